"""The columns of the tables of runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from inference.record.readings import Reading
from inference.record.run_record import Outcome, RunRecord
from inference.record.summary import Figure, Summary, hottest
from inference.record.words import reading_text, short_lines, value_text
from widgets.entry_time import exact
from widgets.runs.rows import Column


def run_columns(names: Mapping[str, str]) -> list[Column[RunRecord]]:
    """One row for each run; ``names`` of the images by their hash."""

    def outcome_tip(r: RunRecord) -> str:
        return r.reason

    def image(r: RunRecord) -> str:
        return names.get(r.input_hash, "")

    return [
        Column(_text("Begun"), _begun, lambda r: r.started_utc, lambda r: f"{exact(r.started_utc)}\n{r.id}",
               is_number=False),
        Column(_text("Model"), lambda r: r.model_name, lambda r: r.model_name,
               lambda r: "\n".join([f"{r.model_name} {r.model_version}", *short_lines(r)]), is_number=False),
        Column(_text("Image"), image, image, lambda r: f"{image(r)}\n{r.input_hash}", is_number=False),
        Column(_text("Outcome"), lambda r: outcome_text(r.outcome), lambda r: r.outcome.value, outcome_tip,
               is_number=False),
        Column(_text("Time"), lambda r: f"{r.total_s:,.1f} s", lambda r: r.total_s, _stages),
        _reading(_text("Power, mean"), "W", lambda r: r.usage.power_mean_w),
        _reading(_text("most"), "W", lambda r: r.usage.power_max_w),
        _reading(_text("Energy"), "J", lambda r: r.usage.energy_j),
        _reading(_text("above idle"), "J", lambda r: r.usage.energy_above_idle_j),
        _reading(_text("Hottest"), "°C", hottest),
        _reading(_text("RAM"), "MB", lambda r: r.usage.ram_peak_mb),
        _reading(_text("VRAM"), "MB", lambda r: r.usage.vram_peak_mb),
        Column(_text("Device"), lambda r: r.device, lambda r: r.device, lambda r: r.backend, is_number=False),
    ]  # fmt: skip


def summary_columns(first: str, names: Mapping[str, str]) -> list[Column[Summary]]:
    """One row for each image or model; ``first`` is the heading of their names."""

    def name(s: Summary) -> str:
        return names.get(s.key, s.key)

    return [
        Column(first, name, name, lambda s: f"{name(s)}\n{s.key}", is_number=False),
        Column(_text("Runs"), lambda s: str(s.runs), lambda s: s.runs),
        Column(_text("done"), lambda s: str(s.done), lambda s: s.done),
        _figure(_text("Time, mean"), "s", 1, lambda s: (s.seconds, s.seconds.mean)),
        _figure(_text("longest"), "s", 1, lambda s: (s.seconds, s.seconds.most)),
        _figure(_text("Power, mean"), "W", 0, lambda s: (s.power_mean_w, s.power_mean_w.mean)),
        _figure(_text("most"), "W", 0, lambda s: (s.power_max_w, s.power_max_w.most)),
        _figure(_text("Energy per run"), "J", 0, lambda s: (s.energy_j, s.energy_j.mean)),
        _figure(_text("in all"), "J", 0, lambda s: (s.spent_j, s.spent_j.total)),
        _figure(_text("Hottest"), "°C", 0, lambda s: (s.temperature_c, s.temperature_c.most)),
        _figure(_text("RAM"), "MB", 0, lambda s: (s.ram_mb, s.ram_mb.most)),
        _figure(_text("VRAM"), "MB", 0, lambda s: (s.vram_mb, s.vram_mb.most)),
    ]


def outcome_text(outcome: Outcome) -> str:
    """How a run ended, in the user's language."""
    return _text(outcome.value)


def _begun(record: RunRecord) -> str:
    return datetime.fromisoformat(record.started_utc).astimezone().strftime("%Y-%m-%d %H:%M")


def _stages(record: RunRecord) -> str:
    return "\n".join(f"{stage}: {seconds:.1f} s" for stage, seconds in record.seconds.items())


def _reading(title: str, unit: str, of: Callable[[RunRecord], Reading]) -> Column[RunRecord]:
    def tip(record: RunRecord) -> str:
        reading = of(record)
        return reading.note if reading.value is None else "\n".join(filter(None, (reading.source.value, reading.note)))

    return Column(title, lambda r: reading_text(of(r), unit), lambda r: of(r).value, tip)


def _figure(
    title: str, unit: str, digits: int, of: Callable[[Summary], tuple[Figure, float | None]]
) -> Column[Summary]:
    def text(summary: Summary) -> str:
        figure, value = of(summary)
        return value_text(value, figure.source, unit, digits)

    return Column(title, text, lambda s: of(s)[1], lambda s: of(s)[0].source.value)


def _text(text: str) -> str:
    return QCoreApplication.translate("RunColumns", text)
