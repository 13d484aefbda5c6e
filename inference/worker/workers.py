"""The worker processes of one client: one for all built-in models, and one at a time for a foreign model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from inference.catalogue import ModelInfo
from inference.packages.kept_networks import KeptNetworks
from inference.worker.confinement import Confinement
from inference.worker.exchange import LOOK_EVERY_S, Watch
from inference.worker.process import WorkerGone, WorkerProcess

START_TIMEOUT_S = 60.0
Key = tuple[object, ...]


class Workers:
    """Starts workers when they are needed. One thread at a time may use it, except for ``kill``.

    Args:
        python_path: further folders in which the workers find modules.
        keep_warm_s: how long a foreign model's worker waits for its next run before it is ended.
        kept_networks: where foreign models' converted networks are kept now; None not to keep any.
    """

    def __init__(
        self,
        python_path: Sequence[Path],
        keep_warm_s: float,
        kept_networks: Callable[[], KeptNetworks] | None = None,
    ) -> None:
        self._kept_networks = kept_networks
        self._python_path = python_path
        self._keep_warm_s = keep_warm_s
        self._shared: WorkerProcess | None = None
        self._foreign: WorkerProcess | None = None
        self._key: Key = ()
        self._timer: threading.Timer | None = None
        self._lock = threading.RLock()  # only against the timer

    @property
    def shared(self) -> WorkerProcess | None:
        """The built-in models' worker, while it runs."""
        return _if_running(self._shared)

    @property
    def foreign(self) -> WorkerProcess | None:
        """The foreign model's worker, while it runs."""
        return _if_running(self._foreign)

    def for_built_in(self, watch: Watch) -> WorkerProcess:
        """The shared worker, started if there is none.

        Raises:
            WorkerGone: it does not start; and what ``watch`` raises.
        """
        if self.shared is None:
            self.discard(self._shared)
            watch.say(0.0, "Starting the worker")
            self._shared = WorkerProcess(self._python_path)
            self._await_ready(self._shared, watch)
        assert self._shared is not None
        return self._shared

    def for_foreign(self, info: ModelInfo, memory_mb: int, watch: Watch) -> WorkerProcess:
        """A foreign model's own worker: that of its last run, if it is still there and may take as much.

        Args:
            memory_mb: the most that it may take; 0: all that the machine has.

        Raises:
            WorkerGone: it does not start; and what ``watch`` raises.
        """
        assert info.package is not None
        with self._lock:
            self._stop_timer()
        total_mb = psutil.virtual_memory().total >> 20
        wanted_mb = min(memory_mb or total_mb, total_mb)
        key = (info, _stamp(info.package))
        if self.foreign is None or key != self._key or self.foreign.memory_mb < wanted_mb:
            self.discard(self._foreign)
            watch.say(0.0, "Starting the worker")
            kept = None if self._kept_networks is None else self._kept_networks()
            networks = None if kept is None else kept.of(info.id, info.package, info.package_hash)
            self._foreign = WorkerProcess(self._python_path, info.package, wanted_mb, networks)
            self._key = key
            self._await_ready(self._foreign, watch)
        assert self._foreign is not None
        return self._foreign

    def rest(self, process: WorkerProcess) -> None:
        """A run is over: a foreign model's worker ends soon if it gets no other."""
        if process is not self._foreign or not process.is_running:
            return
        if self._keep_warm_s <= 0:
            self.discard(process)
            return
        with self._lock:
            self._start_timer()

    def keep_warm(self, seconds: float) -> None:
        """Another time for which a worker waits, also for one that waits already. May be called from any thread."""
        with self._lock:
            self._keep_warm_s = seconds
            if self._timer is not None:
                self._stop_timer()
                self._start_timer()

    def discard(self, process: WorkerProcess | None) -> None:
        """End a worker, now."""
        if process is None:
            return
        if process is self._shared:
            self._shared = None
        if process is self._foreign:
            self._foreign = None
        process.end()

    def discard_built_in(self) -> str:
        """End the shared worker; what it printed last."""
        return self._discarded(self._shared)

    def discard_foreign(self) -> str:
        """End the foreign model's worker; what it printed last."""
        return self._discarded(self._foreign)

    def kill(self) -> None:
        """End all that runs; whoever uses it hears it. May be called from any thread."""
        for process in (self._shared, self._foreign):
            if process is not None:
                process.kill()

    def discard_all(self) -> None:
        """End all, and clean up."""
        with self._lock:
            self._stop_timer()
            self.discard(self._shared)
            self.discard(self._foreign)

    def _discarded(self, process: WorkerProcess | None) -> str:
        if process is None:
            return ""
        self.discard(process)
        return process.printed

    def _await_ready(self, process: WorkerProcess, watch: Watch) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        try:
            while (received := process.receive(LOOK_EVERY_S)) is None:
                watch.look()
                if time.monotonic() > deadline:
                    raise WorkerGone("it does not start")
        except WorkerGone:
            raise
        except BaseException:
            self.discard(process)
            raise
        if process.package is not None:
            process.confinement = Confinement.from_json(received[0]["confinement"])

    def _start_timer(self) -> None:
        timer = threading.Timer(self._keep_warm_s, lambda: self._end_rest(timer))
        timer.daemon = True
        self._timer = timer
        timer.start()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _end_rest(self, timer: threading.Timer) -> None:
        """On the timer's thread: end the worker, unless the next run was quicker."""
        with self._lock:
            if self._timer is timer:
                self.discard(self._foreign)


def _if_running(process: WorkerProcess | None) -> WorkerProcess | None:
    return process if process is not None and process.is_running else None


def _stamp(package: Path) -> tuple[int, int, int]:
    """Changes when the files of a model do: their number, newest time and total size."""
    states = [path.stat() for path in package.rglob("*") if path.is_file()]
    return len(states), max((s.st_mtime_ns for s in states), default=0), sum(s.st_size for s in states)
