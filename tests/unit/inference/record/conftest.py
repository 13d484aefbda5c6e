"""Sensors that do what a test says, on a clock of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inference.record.meter import Meter, Trace
from inference.record.readings import Reading, Source, Usage
from inference.record.run_record import Outcome, RunRecord
from inference.record.sensors import CpuSample, GpuSample, ProcessSample, Sensors


class Clock:
    """Stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeCpu:
    joules: float | None = 0.0
    note: str = "fake counter"

    def read(self) -> CpuSample | None:
        return None if self.joules is None else CpuSample(self.joules)


@dataclass
class FakeGpu:
    sample: GpuSample | None = field(default_factory=GpuSample)
    name: str = "Fake 4000"
    index: int = 0

    def read(self) -> GpuSample | None:
        return self.sample


@dataclass
class FakeProcesses:
    """By process number: (processor time, MiB, all process numbers)."""

    known: dict[int, tuple[float, float, set[int]]] = field(default_factory=dict)

    def read(self, pid: int) -> ProcessSample | None:
        if pid not in self.known:
            return None
        cpu_s, rss_mb, pids = self.known[pid]
        return ProcessSample(pids, cpu_s, rss_mb)


@dataclass
class FakeThermometer:
    celsius: float | None = None

    def read(self) -> float | None:
        return self.celsius


@dataclass
class Bench:
    """A fake computer with a meter on it."""

    clock: Clock = field(default_factory=Clock)
    cpu: FakeCpu | None = None
    gpus: list[FakeGpu] = field(default_factory=list)
    processes: FakeProcesses = field(default_factory=FakeProcesses)
    thermometer: FakeThermometer = field(default_factory=FakeThermometer)
    pid: int | None = 7
    threads_per_core: float = 2.0

    def sensors(self) -> Sensors:
        return Sensors(
            self.processes,
            self.thermometer,
            self.cpu,
            "" if self.cpu is not None else "this computer shows no energy counters",
            self.gpus,
            "" if self.gpus else "no NVIDIA driver answers",
            12.0,
            self.threads_per_core,
        )

    def watch(self, steps: int, step_s: float, change: Callable[[float], None]) -> Trace:
        """Look, then move the clock and change something, again and again; ``change`` gets the time passed."""
        meter = Meter(self.sensors(), lambda: self.pid, clock=self.clock)
        change(0.0)
        meter.look()
        for step in range(1, steps + 1):
            self.clock.now = 100.0 + step * step_s
            change(step * step_s)
            meter.look()
        return meter.stop()


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def gpu() -> type[FakeGpu]:
    return FakeGpu


@pytest.fixture
def cpu() -> type[FakeCpu]:
    return FakeCpu


@pytest.fixture
def powercap(tmp_path: Path) -> Callable[..., Path]:
    """``powercap(name, uj, range_uj=..., zone=...)`` writes a counter and gives its file."""

    def write(name: str, microjoules: int, range_uj: int = 262_143_328_850, zone: str = "intel-rapl:0") -> Path:
        folder = tmp_path / "powercap" / zone
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
        (folder / "energy_uj").write_text(f"{microjoules}\n")
        return folder / "energy_uj"

    return write


class FakeNvml:
    """A module like pynvml with one GPU; what stands in ``unsupported`` raises as the driver does."""

    NVML_TEMPERATURE_GPU = 0
    NVML_ERROR_NOT_SUPPORTED = 3

    class NVMLError(Exception):
        def __init__(self, value: int) -> None:
            self.value = value

    def __init__(self) -> None:
        self.unsupported: set[str] = set()
        self.broken = False
        self.asked: list[str] = []
        self.has_driver = True
        self.processes = [SimpleNamespace(pid=7, usedGpuMemory=512 * 2**20)]

    def nvmlInit(self) -> None:
        if not self.has_driver:
            raise self.NVMLError(9)

    def nvmlDeviceGetCount(self) -> int:
        return 1

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, _handle: int) -> str:
        return "Tesla T4"

    def nvmlDeviceGetTotalEnergyConsumption(self, _handle: int) -> int:
        return self._answer("energy", 5_000_000)

    def nvmlDeviceGetPowerUsage(self, _handle: int) -> int:
        return self._answer("power", 65_500)

    def nvmlDeviceGetMemoryInfo(self, _handle: int) -> Any:
        return self._answer("memory", SimpleNamespace(used=2 * 2**30))

    def nvmlDeviceGetTemperature(self, _handle: int, sensor: int) -> int:
        assert sensor == self.NVML_TEMPERATURE_GPU
        return self._answer("temperature", 61)

    def nvmlDeviceGetComputeRunningProcesses(self, _handle: int) -> Any:
        return self._answer("processes", self.processes)

    def _answer(self, what: str, value: Any) -> Any:
        self.asked.append(what)
        if self.broken:
            raise self.NVMLError(999)
        if what in self.unsupported:
            raise self.NVMLError(self.NVML_ERROR_NOT_SUPPORTED)
        return value


@pytest.fixture
def nvml() -> FakeNvml:
    return FakeNvml()


@pytest.fixture
def record() -> Callable[..., RunRecord]:
    """``record(id, seconds=..., joules=..., **fields)``."""

    def make(
        run_id: str = "20260101-120000-aaaaaa", seconds: float = 2.0, joules: float = 40.0, **more: Any
    ) -> RunRecord:
        usage = Usage(
            energy_j=Reading(joules, Source.COUNTER, "fake counter"),
            power_mean_w=Reading(joules / seconds, Source.COUNTER),
            ram_peak_mb=Reading(700.0, Source.SAMPLED),
        )
        fields: dict[str, Any] = {
            "id": run_id,
            "started_utc": f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}T{run_id[9:11]}:00:00+00:00",
            "outcome": Outcome.DONE,
            "model_id": "pretend",
            "model_name": "Pretend",
            "model_version": "3.1",
            "input_hash": "ab" * 32,
            "total_s": seconds,
            "seconds": {"network": seconds / 2},
            "parameters": {"threshold": 100.0},
            "shape": (10, 20, 30),
            "spacing_mm": (1.0, 1.0, 2.5),
            "usage": usage,
        }
        return RunRecord(**fields | more)

    return make
