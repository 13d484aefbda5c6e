"""What the meter reads, as small protocols: real ones stand beside this file, fakes in the tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class CpuSample:
    """The processors at one moment.

    Attributes:
        joules: energy since some fixed moment; never goes back.
    """

    joules: float


class CpuEnergy(Protocol):
    """A counter of the processors' energy."""

    @property
    def note(self) -> str:
        """What is counted, and by what."""

    def read(self) -> CpuSample | None:
        """Now; None when it cannot be read any more."""


@dataclass(frozen=True)
class GpuSample:
    """One GPU at one moment; None stands for what it does not tell.

    Attributes:
        joules: energy since some fixed moment.
        watts: power.
        temperature_c: of its core.
        used_mb: memory in use by all programs, MiB.
        process_mb: memory by process, MiB; None for a process whose memory the driver does not tell.
    """

    joules: float | None = None
    watts: float | None = None
    temperature_c: float | None = None
    used_mb: float | None = None
    process_mb: dict[int, float | None] = field(default_factory=dict)


class Gpu(Protocol):
    """One GPU."""

    @property
    def name(self) -> str:
        """As its maker calls it."""

    @property
    def index(self) -> int:
        """Its number in the driver's order."""

    def read(self) -> GpuSample | None:
        """Now; None when it cannot be read any more."""


@dataclass(frozen=True)
class ProcessSample:
    """A process with all its children at one moment.

    Attributes:
        pids: all of them.
        cpu_s: processor time since each of them began, ended children included.
        rss_mb: resident memory, MiB; pages that they share are counted for each.
    """

    pids: Collection[int]
    cpu_s: float
    rss_mb: float


class Processes(Protocol):
    """Looks at processes."""

    def read(self, pid: int) -> ProcessSample | None:
        """A process with its children; None when it is gone."""


class Thermometer(Protocol):
    """The processors' temperature."""

    def read(self) -> float | None:
        """The hottest part in degrees Celsius; None when nothing tells."""


@dataclass(frozen=True)
class Sensors:
    """Everything that can be read on a computer.

    Attributes:
        processes, thermometer: always there.
        cpu: None when there is no readable counter; ``cpu_problem`` says why.
        gpus: those whose driver answers; ``gpu_problem`` says why there are none.
        watts_per_core: assumed power of one busy core, for the estimate where there is no counter.
        threads_per_core: of the processors.
        computer: facts for the record.
    """

    processes: Processes
    thermometer: Thermometer
    cpu: CpuEnergy | None = None
    cpu_problem: str = ""
    gpus: Sequence[Gpu] = ()
    gpu_problem: str = ""
    watts_per_core: float = 12.0
    threads_per_core: float = 1.0
    computer: dict[str, str] = field(default_factory=dict)
