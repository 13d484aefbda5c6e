"""The path tracer on the processor, without OpenGL: for servers, for tests, and as the reference."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from render.cinematic.kernel import trace_rows
from render.cinematic.prepared import PreparedScene, Preparer
from render.cinematic.scene import LinearPicture, TracedScene
from render.cinematic.workers import step_back, worker_count

ROWS_AT_ONCE = 8  # between two questions whether to go on


class NumbaTracer:
    """Implements ``render.cinematic.scene.Tracer``.

    Each pixel has random numbers of its own, so a picture is the same to the last bit whatever the number of threads.

    Args:
        workers: threads; as many as the machine can spare when None.
        steps_back: let everybody else go first.
    """

    name = "numba"

    def __init__(self, workers: int | None = None, steps_back: bool = False) -> None:
        self._workers = workers or worker_count()
        begin = step_back if steps_back else lambda: None
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="tracer", initializer=begin)
        self._preparer = Preparer()
        self._prepared: PreparedScene | None = None
        self._scene: TracedScene | None = None
        self._sums: NDArray[np.float32] = np.zeros((2, 0, 0, 4), np.float32)
        self._samples = 0
        self.lookups = 0  # density look-ups since the scene was shown

    @property
    def device(self) -> str:
        """The processor and how much of it is used."""
        return f"{platform.machine()}, {self._workers} threads"

    def show(self, scene: TracedScene) -> None:
        """Draw this from now on; nothing happens when it is what is drawn already."""
        if scene.is_same(self._scene):
            return
        self._prepared = self._preparer.prepare(scene)
        self._scene = scene
        self._sums = np.zeros((2, scene.size_px[1], scene.size_px[0], 4), np.float32)
        self._samples = self.lookups = 0

    def sample(self, count: int, is_wanted: Callable[[], bool] = lambda: True) -> int:
        """Add samples; see ``Tracer``."""
        for done in range(count):
            sample = self._one_sample(is_wanted)
            if sample is None:
                return done
            self._sums[self._samples % 2] += sample
            self._samples += 1
        return count

    def picture(self) -> LinearPicture:
        """The mean of the samples so far."""
        from render.cinematic.convergence import noise_of

        if self._samples == 0:
            return LinearPicture(np.zeros(self._sums.shape[1:], np.float32), 0)
        mean = (self._sums[0] + self._sums[1]) / np.float32(self._samples)
        return LinearPicture(mean, self._samples, noise_of(self._sums, self._samples))

    def close(self) -> None:
        """Let threads and arrays go."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._prepared = self._scene = None
        self._preparer = Preparer()

    def _one_sample(self, is_wanted: Callable[[], bool]) -> NDArray[np.float32] | None:
        """One sample of each pixel; None when it was stopped."""
        if self._prepared is None or self._scene is None:
            raise RuntimeError("show a scene first")
        width, height = self._scene.size_px
        out = np.empty((height, width, 4), np.float32)
        arrays, seed, number = self._prepared.arrays, self._scene.seed, self._samples
        stopped = threading.Event()

        def rows(first: int) -> int:
            if stopped.is_set() or not is_wanted():
                stopped.set()
                return 0
            last = min(first + ROWS_AT_ONCE, height)
            lookups: int = trace_rows(first, last, number, seed, *arrays, out)
            return lookups

        self.lookups += sum(self._pool.map(rows, range(0, height, ROWS_AT_ONCE)))
        return None if stopped.is_set() else out
