"""Numbers that say where they come from, and all those of one run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Self


class Source(StrEnum):
    """How a number was found, the surest first."""

    COUNTER = "counter"  # the hardware or the kernel counted
    SAMPLED = "sampled"  # we looked several times a second; what happens in between is not seen
    ESTIMATED = "estimated"  # computed from something else under an assumption that the note names
    NONE = "not available"


@dataclass(frozen=True)
class Reading:
    """One number.

    Attributes:
        value: None when there is none.
        source: how it was found.
        note: what to know about it: the sensor, the assumption, or why there is none.
    """

    value: float | None = None
    source: Source = Source.NONE
    note: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) != (self.source is Source.NONE):
            raise ValueError("a reading has a value, or the source “not available”")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError("a reading is a finite number")

    def to_json(self) -> dict[str, Any]:
        """A JSON-able record; four digits behind the point are more than any of these sensors has."""
        value = None if self.value is None else round(self.value, 4)
        return {"value": value, "source": self.source.value, "note": self.note}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """What ``to_json`` wrote; ValueError, KeyError or TypeError for anything else."""
        value = record["value"]
        return cls(None if value is None else float(value), Source(record["source"]), str(record["note"]))


def missing(why: str) -> Reading:
    """No number, and why."""
    return Reading(note=why)


def combined(readings: list[Reading]) -> Source:
    """The source of what is computed from several numbers: that of the least sure one."""
    order = list(Source)
    return max((r.source for r in readings), key=order.index, default=Source.NONE)


@dataclass(frozen=True)
class Usage:
    """What one run took of the computer.

    Energy and power are those of the processors' packages (with their memory, where it is counted) and of the GPUs that
    the run used; not of the whole computer. Counters see other programs, too; energy above idle takes away what the
    computer draws anyway.

    Attributes:
        cpu_s: seconds of processor time of the worker with its children.
        ram_peak_mb, vram_peak_mb: most memory of the worker with its children, MiB.
        energy_j: CPU and GPU together; ``energy_above_idle_j`` without what they take at rest.
        cpu_energy_j, gpu_energy_j: the parts.
        idle_w: CPU and GPU together at rest.
        power_mean_w, power_max_w: CPU and GPU together; likewise ``cpu_power_...`` and ``gpu_power_...``.
        cpu_temperature_max_c, gpu_temperature_max_c: the hottest that was seen, degrees Celsius.
    """

    cpu_s: Reading = field(default_factory=Reading)
    ram_peak_mb: Reading = field(default_factory=Reading)
    vram_peak_mb: Reading = field(default_factory=Reading)
    energy_j: Reading = field(default_factory=Reading)
    energy_above_idle_j: Reading = field(default_factory=Reading)
    cpu_energy_j: Reading = field(default_factory=Reading)
    gpu_energy_j: Reading = field(default_factory=Reading)
    idle_w: Reading = field(default_factory=Reading)
    power_mean_w: Reading = field(default_factory=Reading)
    power_max_w: Reading = field(default_factory=Reading)
    cpu_power_mean_w: Reading = field(default_factory=Reading)
    cpu_power_max_w: Reading = field(default_factory=Reading)
    gpu_power_mean_w: Reading = field(default_factory=Reading)
    gpu_power_max_w: Reading = field(default_factory=Reading)
    cpu_temperature_max_c: Reading = field(default_factory=Reading)
    gpu_temperature_max_c: Reading = field(default_factory=Reading)

    def to_json(self) -> dict[str, Any]:
        """A JSON-able record."""
        return {name: reading.to_json() for name, reading in self.items()}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """What ``to_json`` wrote; readings that it lacks are not available."""
        return cls(**{f.name: Reading.from_json(record[f.name]) for f in fields(cls) if f.name in record})

    def items(self) -> list[tuple[str, Reading]]:
        """All readings by name."""
        return [(f.name, getattr(self, f.name)) for f in fields(self)]


TITLES = {
    "cpu_s": ("Processor time", "s"),
    "ram_peak_mb": ("Memory, most", "MB"),
    "vram_peak_mb": ("Graphics memory, most", "MB"),
    "energy_j": ("Energy", "J"),
    "energy_above_idle_j": ("Energy above idle", "J"),
    "cpu_energy_j": ("Energy of the CPU", "J"),
    "gpu_energy_j": ("Energy of the GPU", "J"),
    "idle_w": ("Power at rest", "W"),
    "power_mean_w": ("Power, mean", "W"),
    "power_max_w": ("Power, most", "W"),
    "cpu_power_mean_w": ("Power of the CPU, mean", "W"),
    "cpu_power_max_w": ("Power of the CPU, most", "W"),
    "gpu_power_mean_w": ("Power of the GPU, mean", "W"),
    "gpu_power_max_w": ("Power of the GPU, most", "W"),
    "cpu_temperature_max_c": ("Temperature of the CPU, most", "°C"),
    "gpu_temperature_max_c": ("Temperature of the GPU, most", "°C"),
}
"""What each reading is called, and its unit (MB are MiB)."""
