"""A series on its way into memory: geometry and array at once, slices as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from imaging.geometry import Geometry
from imaging.volume import Volume, Voxels

Progress = Callable[[float, str], None]
OnSlices = Callable[[int, int], None]


class Loading:
    """A load that runs in a thread of its own.

    ``voxels`` is the first time point's array while it fills (slices still to come are zero); it exists before the
    first slice does. Should the file hold wider values than its header promised, the load starts over with a wider
    array: always ask for ``voxels`` anew. Formats that are read in one piece have none until they are done.
    """

    def __init__(self, geometry: Geometry, work: Callable[[Loading], list[Volume]]) -> None:
        self.geometry = geometry
        self.voxels: Voxels | None = None
        self.fraction = 0.0
        self._stop = threading.Event()
        pool = ThreadPoolExecutor(1, thread_name_prefix="loading")
        self._future: Future[list[Volume]] = pool.submit(work, self)
        pool.shutdown(wait=False)

    @property
    def is_done(self) -> bool:
        """True when `volumes` answers at once."""
        return self._future.done()

    @property
    def is_cancelled(self) -> bool:
        """True after `cancel`."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Stop soon; `volumes` then raises `Cancelled`."""
        self._stop.set()

    def volumes(self, timeout_s: float | None = None) -> list[Volume]:
        """Wait for all voxels; one volume per time point.

        Raises:
            UserError: the file cannot be read.
            TimeoutError: not done within ``timeout_s``.
        """
        return self._future.result(timeout_s)

    def volume(self, timeout_s: float | None = None) -> Volume:
        """The first time point, see `volumes`."""
        return self.volumes(timeout_s)[0]
