"""Looks at the computer ten times a second while a run goes on, on a thread of its own."""

from __future__ import annotations

import math
import threading
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from inference.record.sensors import Gpu, GpuSample, Sensors

INTERVAL_S = 0.1


def _numbers() -> array[float]:
    return array("d")


@dataclass
class GpuTrace:
    """What was seen of one GPU; NaN stands for what it did not tell.

    Attributes:
        gpu: which.
        watts, joules: at each look.
        temperature_max_c: None when it tells none.
        used_first_mb, used_max_mb: memory of all programs.
        process_max_mb: most memory of the watched processes, 0 when they had none, NaN when it is not told.
        is_used: the watched processes computed on it.
    """

    gpu: Gpu
    watts: array[float] = field(default_factory=_numbers)
    joules: array[float] = field(default_factory=_numbers)
    temperature_max_c: float | None = None
    used_first_mb: float | None = None
    used_max_mb: float | None = None
    process_max_mb: float = 0.0
    is_used: bool = False

    def add(self, sample: GpuSample | None, pids: set[int]) -> None:
        """One look; ``pids`` are the watched processes so far."""
        sample = sample or GpuSample()
        self.watts.append(math.nan if sample.watts is None else sample.watts)
        self.joules.append(math.nan if sample.joules is None else sample.joules)
        self.temperature_max_c = _larger(self.temperature_max_c, sample.temperature_c)
        if self.used_first_mb is None:
            self.used_first_mb = sample.used_mb
        self.used_max_mb = _larger(self.used_max_mb, sample.used_mb)
        ours = [mb for pid, mb in sample.process_mb.items() if pid in pids]
        if ours:
            self.is_used = True
            told = math.nan if None in ours else sum(mb for mb in ours if mb is not None)
            if not math.isnan(self.process_max_mb):
                self.process_max_mb = told if math.isnan(told) else max(told, self.process_max_mb)


@dataclass
class Trace:
    """What was seen from the first look to the last. All arrays have one number for each look.

    Attributes:
        times_s: when, on a clock that never goes back.
        cpu_joules: the processors' counter; NaN where there is none.
        cpu_s: processor time of the watched processes since the first look.
        rss_max_mb: their most resident memory; None when they were never seen.
        temperature_max_c: of the processors; None when nothing tells it.
        gpus: one for each.
    """

    gpus: list[GpuTrace]
    times_s: array[float] = field(default_factory=_numbers)
    cpu_joules: array[float] = field(default_factory=_numbers)
    cpu_s: array[float] = field(default_factory=_numbers)
    rss_max_mb: float | None = None
    temperature_max_c: float | None = None

    @property
    def seconds(self) -> float:
        """From the first look to the last."""
        return self.times_s[-1] - self.times_s[0] if len(self.times_s) > 1 else 0.0


class Meter:
    """Watches a worker with its children, and the computer under it.

    Args:
        sensors: what is read.
        pid: the worker's process number now; None while there is none.
        interval_s: between two looks.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        sensors: Sensors,
        pid: Callable[[], int | None],
        interval_s: float = INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sensors = sensors
        self._pid = pid
        self._interval_s = interval_s
        self._clock = clock
        self._trace = Trace([GpuTrace(gpu) for gpu in sensors.gpus])
        self._pids: set[int] = set()
        self._worker = -1
        self._base_s = self._last_s = self._before_s = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look once, then go on looking until ``stop``."""
        self.look()
        self._thread = threading.Thread(target=self._run, name="meter", daemon=True)
        self._thread.start()

    def stop(self) -> Trace:
        """Look for the last time; returns all that was seen."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self.look()
        return self._trace

    def look(self) -> None:
        """Read everything once."""
        trace = self._trace
        trace.times_s.append(self._clock())
        sample = None if self._sensors.cpu is None else self._sensors.cpu.read()
        trace.cpu_joules.append(math.nan if sample is None else sample.joules)
        self._look_at_worker()
        for gpu in trace.gpus:
            gpu.add(gpu.gpu.read(), self._pids)
        trace.temperature_max_c = _larger(trace.temperature_max_c, self._sensors.thermometer.read())

    def _look_at_worker(self) -> None:
        pid = self._pid()
        sample = None if pid is None else self._sensors.processes.read(pid)
        if sample is not None and pid is not None:
            if pid != self._worker:
                self._before_s += self._last_s - self._base_s
                # what one that was there before the run had done by then is not this run's
                self._base_s = sample.cpu_s if len(self._trace.times_s) == 1 else 0.0
                self._last_s, self._worker = self._base_s, pid
            self._last_s = max(self._last_s, sample.cpu_s)
            self._pids |= set(sample.pids)
            self._trace.rss_max_mb = _larger(self._trace.rss_max_mb, sample.rss_mb)
        self._trace.cpu_s.append(self._before_s + self._last_s - self._base_s)

    def _run(self) -> None:
        while not self._stopping.wait(self._interval_s):
            self.look()


def _larger(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return b if a is None else a
    return max(a, b)
