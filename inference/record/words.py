"""A run's record in words, for the command line, tooltips and details."""

from __future__ import annotations

from inference.record.readings import TITLES, Reading, Source
from inference.record.run_record import RunRecord


def reading_text(reading: Reading, unit: str, digits: int = 0) -> str:
    """``1,830 J``, ``≈ 96 J`` for what is estimated, ``–`` for what is not available."""
    return value_text(reading.value, reading.source, unit, digits)


def value_text(value: float | None, source: Source, unit: str, digits: int = 0) -> str:
    """The same of a number and its source."""
    if value is None:
        return "–"
    if unit == "MB" and value >= 1024:
        value, unit, digits = value / 1024, "GB", 1
    elif unit == "J" and value >= 1e5:
        value, unit, digits = value / 1e3, "kJ", 0
    elif unit in ("W", "J", "s") and value < 10:
        digits = max(digits, 1)
    sign = "≈ " if source is Source.ESTIMATED else ""
    return f"{sign}{value:,.{digits}f} {unit}".rstrip()


def short_lines(record: RunRecord) -> list[str]:
    """What a tooltip shows: what computed it, how long, memory, energy, temperature."""
    usage = record.usage
    where = " · ".join(filter(None, (record.backend, record.device, record.precision)))
    lines = [where] if where else []
    lines.append(f"{record.total_s:.1f} s, {reading_text(usage.ram_peak_mb, 'MB')} memory")
    if usage.vram_peak_mb.value is not None:
        lines.append(f"{reading_text(usage.vram_peak_mb, 'MB')} graphics memory")
    if usage.energy_j.value is not None:
        power = reading_text(usage.power_mean_w, "W")
        how = "estimated" if usage.energy_j.source is Source.ESTIMATED else "measured"
        lines.append(f"{reading_text(usage.energy_j, 'J')} of energy, {power} on average ({how})")
    hot = [r.value for r in (usage.cpu_temperature_max_c, usage.gpu_temperature_max_c) if r.value is not None]
    if hot:
        lines.append(f"at most {max(hot):.0f} °C")
    return lines


def long_rows(record: RunRecord) -> list[tuple[str, str, str]]:
    """Everything: (name, value, what to know about it)."""
    rows = [
        ("Run", record.id, record.started_utc),
        ("Outcome", record.outcome.value, record.reason),
        ("Model", f"{record.model_name} {record.model_version}", record.model_id),
        ("Hash of the model", record.source_hash or "–", ""),
        ("Hash of the weights", record.weights_hash or "–", "" if record.weights_hash else "none was told"),
        ("Backend", record.backend or "–", ""),
        ("Device", record.device or "–", ""),
        ("Precision", record.precision or "–", ""),
        ("Image", record.input_hash or "–", "SHA-256 of the voxels"),
        ("Image's size", " × ".join(map(str, reversed(record.shape))) or "–", record.modality),
        ("Parameters", ", ".join(f"{k} = {v}" for k, v in record.parameters.items()) or "–", ""),
        ("Time", f"{record.total_s:.2f} s", ""),
    ]
    rows += [(f"  {stage}", f"{seconds:.2f} s", "") for stage, seconds in record.seconds.items()]
    rows += [
        (TITLES[name][0], reading_text(reading, TITLES[name][1], 1), _how(reading))
        for name, reading in record.usage.items()
    ]
    rows += [(name.capitalize(), text, "") for name, text in record.computer.items()]
    if record.confinement is not None:
        rows.append(("Confinement", str(record.confinement.get("sentence", "")), ""))
    return [*rows, ("Program", record.program or "–", "")]


def _how(reading: Reading) -> str:
    if reading.value is None:
        return reading.note
    return f"{reading.source.value}; {reading.note}" if reading.note else reading.source.value
