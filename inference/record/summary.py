"""Many runs in a few numbers: by case, by model, or all of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from inference.record.readings import Reading, Source, combined
from inference.record.run_record import Outcome, RunRecord


@dataclass(frozen=True)
class Figure:
    """Mean, largest and sum of one number over those runs that have it.

    Attributes:
        mean, most, total: None when no run has it.
        count: how many have it.
        source: that of the least sure one.
    """

    mean: float | None = None
    most: float | None = None
    total: float | None = None
    count: int = 0
    source: Source = Source.NONE


@dataclass(frozen=True)
class Summary:
    """Some runs together. Times, power, energy, memory and temperatures are those of finished runs.

    Attributes:
        key: what they have in common: an image's hash, a model's id; empty for all.
        runs, done, cancelled, unfinished: counts; ``unfinished`` are the refused and failed ones.
        seconds, power_mean_w, power_max_w, energy_j, energy_above_idle_j, temperature_c, ram_mb, vram_mb: figures; the
            temperature is that of the hotter of CPU and GPU.
        spent_j: energy of all runs, those without a result included.
    """

    key: str
    runs: int
    done: int
    cancelled: int
    unfinished: int
    seconds: Figure
    power_mean_w: Figure
    power_max_w: Figure
    energy_j: Figure
    energy_above_idle_j: Figure
    temperature_c: Figure
    ram_mb: Figure
    vram_mb: Figure
    spent_j: Figure


def summarise(records: Sequence[RunRecord], key: str = "") -> Summary:
    """One summary of all these runs."""
    done = [record for record in records if record.is_done]
    cancelled = sum(record.outcome is Outcome.CANCELLED for record in records)
    return Summary(
        key,
        runs=len(records),
        done=len(done),
        cancelled=cancelled,
        unfinished=len(records) - len(done) - cancelled,
        seconds=_figure(done, lambda r: Reading(r.total_s, Source.COUNTER)),
        power_mean_w=_figure(done, lambda r: r.usage.power_mean_w),
        power_max_w=_figure(done, lambda r: r.usage.power_max_w),
        energy_j=_figure(done, lambda r: r.usage.energy_j),
        energy_above_idle_j=_figure(done, lambda r: r.usage.energy_above_idle_j),
        temperature_c=_figure(done, hottest),
        ram_mb=_figure(done, lambda r: r.usage.ram_peak_mb),
        vram_mb=_figure(done, lambda r: r.usage.vram_peak_mb),
        spent_j=_figure(records, lambda r: r.usage.energy_j),
    )


def by_case(records: Iterable[RunRecord]) -> list[Summary]:
    """One summary for each image, in the order of their first runs."""
    return _grouped(records, lambda record: record.input_hash)


def by_model(records: Iterable[RunRecord]) -> list[Summary]:
    """One summary for each model, in the order of their first runs."""
    return _grouped(records, lambda record: record.model_id)


def hottest(record: RunRecord) -> Reading:
    """The higher one of the temperatures of CPU and GPU."""
    both = (record.usage.cpu_temperature_max_c, record.usage.gpu_temperature_max_c)
    return max(both, key=lambda reading: -1e9 if reading.value is None else reading.value)


def _grouped(records: Iterable[RunRecord], key: Callable[[RunRecord], str]) -> list[Summary]:
    groups: dict[str, list[RunRecord]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return [summarise(members, name) for name, members in groups.items()]


def _figure(records: Iterable[RunRecord], reading: Callable[[RunRecord], Reading]) -> Figure:
    found = [reading(record) for record in records]
    told = [r for r in found if r.value is not None]
    values = [r.value for r in told if r.value is not None]
    if not values:
        return Figure()
    return Figure(sum(values) / len(values), max(values), sum(values), len(values), combined(told))
