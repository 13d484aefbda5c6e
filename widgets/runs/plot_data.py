"""What the plot of runs shows: a few panels above each other, the runs side by side in their order of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from inference.record.readings import Reading, Source, Usage
from inference.record.run_record import RunRecord

MOST_RUNS = 120
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Bar:
    """One number of one run.

    Attributes:
        value: height, 0 or more.
        most: the largest value that was seen, drawn as a line over the bar; None for none.
        inner: a part of the value that is filled more strongly; None for none.
        series: 0 for CPU and main memory and what is both, 1 for GPU.
        is_estimated: drawn hollow.
        is_unfinished: of a run without a result.
    """

    value: float
    most: float | None = None
    inner: float | None = None
    series: int = 0
    is_estimated: bool = False
    is_unfinished: bool = False


@dataclass(frozen=True)
class Panel:
    """One quantity.

    Attributes:
        title, unit: of the axis.
        bars: for each run, those that it has.
        why_empty: a sentence where no run has any; the panel is only a line then.
        columns: how many bars stand side by side in a run.
    """

    title: str
    unit: str
    bars: tuple[tuple[Bar, ...], ...]
    why_empty: str = ""
    columns: int = 1

    @property
    def top(self) -> float:
        """The largest number in it."""
        return max((max(bar.value, bar.most or 0.0) for run in self.bars for bar in run), default=0.0)


def panels_of(records: Sequence[RunRecord]) -> list[Panel]:
    """All panels for these runs, from top to bottom."""
    return [
        Panel(_text("Time"), "s", tuple((Bar(r.total_s, is_unfinished=not r.is_done),) for r in records)),
        _power(records),
        _energy(records),
        _pair(records, _text("Memory, most"), "GB", ("ram_peak_mb", "vram_peak_mb"), 1 / 1024),
        _pair(records, _text("Temperature, most"), "°C", ("cpu_temperature_max_c", "gpu_temperature_max_c"), 1.0),
    ]


def ticks(top: float, about: int = 3) -> list[float]:
    """Round numbers from 0 to ``top`` at equal steps, at most ``about`` of them beside 0."""
    if top <= 0:
        return [0.0]
    power = 10.0 ** math.floor(math.log10(top / about))
    step = next(s * power for s in STEPS if s * power >= top / about * 0.999)
    return [n * step for n in range(math.floor(top / step * 1.001) + 1)]


def _power(records: Sequence[RunRecord]) -> Panel:
    def bar(record: RunRecord) -> Bar | None:
        return _bar(record, record.usage.power_mean_w, most=record.usage.power_max_w)

    return _panel(records, _text("Power, mean and most"), "W", bar, lambda u: u.power_mean_w)


def _energy(records: Sequence[RunRecord]) -> Panel:
    def bar(record: RunRecord) -> Bar | None:
        return _bar(record, record.usage.energy_j, inner=record.usage.energy_above_idle_j)

    return _panel(records, _text("Energy"), "J", bar, lambda u: u.energy_j)


def _panel(
    records: Sequence[RunRecord],
    title: str,
    unit: str,
    bar: Callable[[RunRecord], Bar | None],
    reading: Callable[[Usage], Reading],
) -> Panel:
    bars = tuple(() if (made := bar(record)) is None else (made,) for record in records)
    return Panel(title, unit, bars, "" if any(bars) else _why(records, reading))


def _pair(records: Sequence[RunRecord], title: str, unit: str, names: tuple[str, str], factor: float) -> Panel:
    """Two numbers side by side: of the CPU and of the GPU; one column where no run has the second."""
    bars = []
    for record in records:
        made = [_bar(record, getattr(record.usage, name), series=n, factor=factor) for n, name in enumerate(names)]
        bars.append(tuple(bar for bar in made if bar is not None))
    columns = 2 if any(bar.series == 1 for run in bars for bar in run) else 1
    why = "" if any(bars) else _why(records, lambda usage: getattr(usage, names[0]))
    return Panel(title, unit, tuple(bars), why, columns)


def _bar(
    record: RunRecord,
    reading: Reading,
    *,
    most: Reading | None = None,
    inner: Reading | None = None,
    series: int = 0,
    factor: float = 1.0,
) -> Bar | None:
    if reading.value is None:
        return None
    return Bar(
        reading.value * factor,
        None if most is None else most.value,
        None if inner is None else inner.value,
        series,
        reading.source is Source.ESTIMATED,
        not record.is_done,
    )


def _why(records: Sequence[RunRecord], reading: Callable[[Usage], Reading]) -> str:
    notes = [reading(record.usage).note for record in records if record.is_done]
    return notes[-1] if notes else ""


def _text(text: str) -> str:
    return QCoreApplication.translate("RunPlot", text)
