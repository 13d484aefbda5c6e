"""Small pictures of the series on the shelf that were not opened yet: the first slice that a load brings."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from imaging.errors import UserError
from imaging.geometry import Box
from imaging.opening import start_loading
from imaging.series import Series
from imaging.volume import Volume
from session.presentation import Windowing, first_windowing
from session.session import Session, ShelfItem

WAIT_S = 20.0

Take = Callable[[ShelfItem, Volume, Windowing], None]


class ShelfPictures:
    """Reads one slice of each new DICOM series on the shelf, one after the other, on a thread of its own.

    Research formats are read in one piece, which is too much for a picture: they get theirs when they are opened.

    Args:
        session: whose shelf.
        take: called on the document's thread with a volume of one slice.
    """

    def __init__(self, session: Session, take: Take) -> None:
        self._session = session
        self._take = take
        self._seen: set[str] = set()
        self._waiting: list[ShelfItem] = []
        self._lock = threading.Lock()
        self._is_working = False
        self._is_over = False

    def stop(self) -> None:
        """The window goes away: take no further picture."""
        self._is_over = True
        with self._lock:
            self._waiting.clear()

    def look(self) -> None:
        """Queue what is new; what is open has its picture from the document."""
        opened = {i.series_id for i in self._session.document.case.images} if self._session.document else set()
        fresh = [
            i for i in self._session.shelf if i.series.stack is not None and i.series.id not in self._seen | opened
        ]
        self._seen |= {item.series.id for item in fresh}
        with self._lock:
            self._waiting += fresh
            starts = bool(self._waiting) and not self._is_working
            self._is_working = self._is_working or starts
        if starts:
            threading.Thread(target=self._work, name="shelf pictures", daemon=True).start()

    def _next(self) -> ShelfItem | None:
        with self._lock:
            self._is_working = bool(self._waiting)
            return self._waiting.pop(0) if self._waiting else None

    def _work(self) -> None:
        while (item := self._next()) is not None:
            with contextlib.suppress(UserError):  # a series that cannot be read says why when it is opened
                found = first_slice(item.series)
                if found is not None:
                    self._give(item, found)

    def _give(self, item: ShelfItem, volume: Volume) -> None:
        windowing = first_windowing(volume)
        self._session.post(lambda: None if self._is_over else self._take(item, volume, windowing))


def first_slice(series: Series) -> Volume | None:
    """A volume of the slice that arrives first, which is the middle one; None when none comes in time.

    Raises:
        UserError: the series cannot be read.
    """
    assert series.geometry is not None
    arrived = threading.Event()
    spans: list[tuple[int, int]] = []

    def note(k0: int, k1: int) -> None:
        spans.append((k0, k1))
        arrived.set()

    loading = start_loading(series, on_slices=note)
    came = arrived.wait(WAIT_S)
    loading.cancel()
    if not came or loading.voxels is None:
        return None
    k = spans[0][0]
    voxels = loading.voxels[k : k + 1].copy()
    _, rows, columns = series.geometry.shape
    return Volume(series.geometry.cropped(Box(k, k + 1, 0, rows, 0, columns)), voxels, series.quantity)
