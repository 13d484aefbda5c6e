"""What the computer draws at rest, measured once for each start of the program, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from inference.record.meter import Meter
from inference.record.sensors import Sensors
from inference.record.usage import IdlePower, idle_power_of

SECONDS = 5.0
MOST_LOAD_PERCENT = 15.0  # of all processors; above it the computer is not at rest
TRIES = 24
STEP_S = 0.1


class IdleWatch:
    """Waits for a quiet moment and measures then; a run that begins in between ends the attempt.

    Args:
        sensors: made when they are first needed.
        seconds: how long to look.
        load: the processors' load since the last call, percent.
    """

    def __init__(
        self,
        sensors: Callable[[], Sensors],
        seconds: float = SECONDS,
        load: Callable[[], float] = lambda: psutil.cpu_percent(None),
    ) -> None:
        self._sensors = sensors
        self._seconds = seconds
        self._load = load
        self._lock = threading.Lock()
        self._runs = 0
        self._is_disturbed = False
        self._thread: threading.Thread | None = None
        self._found: IdlePower | None = None

    @property
    def found(self) -> IdlePower | None:
        """The result; None before there is one, and where nothing can be counted."""
        return self._found

    def begin(self) -> None:
        """Measure in the background; harmless when that was done or is going on."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="idle power", daemon=True)
                self._thread.start()

    def measure_now(self) -> IdlePower | None:
        """Measure on this thread, whatever the load is, unless that was done; for the command line."""
        if self._found is None:
            self._found = self._measured(is_any_load=True)
        return self._found

    @contextmanager
    def run(self) -> Iterator[IdlePower | None]:
        """Around each run of a model: the computer is not at rest then. Gives what was measured before."""
        with self._lock:
            self._runs += 1
            self._is_disturbed = True
        try:
            yield self._found
        finally:
            with self._lock:
                self._runs -= 1

    def _run(self) -> None:
        for _ in range(TRIES):
            if self._found is not None:
                return
            self._found = self._measured(is_any_load=False)

    def _measured(self, *, is_any_load: bool) -> IdlePower | None:
        sensors = self._sensors()
        if sensors.cpu is None and not sensors.gpus:
            return None
        with self._lock:
            self._is_disturbed = self._runs > 0
        self._load()
        meter = Meter(sensors, lambda: None)
        meter.start()
        waited = threading.Event()
        passed = 0.0
        while passed < self._seconds:
            waited.wait(STEP_S)
            passed += STEP_S
        trace, load = meter.stop(), self._load()
        if self._is_disturbed or (load > MOST_LOAD_PERCENT and not is_any_load):
            return None
        return idle_power_of(trace, f", the processors {load:.0f} % busy")
