"""Looks for the body or the brain on a thread of its own, so that a first picture need not wait for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.volume import Quantity
from render.cinematic.scene import Field
from render.cinematic.workers import step_back
from session.look.inside import Region

logger = logging.getLogger(__name__)

RegionDepths = tuple[NDArray[np.float32], NDArray[np.int64]]


@dataclass(eq=False)
class _Search:
    field: Field
    quantity: Quantity
    region: Region
    is_wanted: bool = True
    is_done: bool = False
    found: RegionDepths | None = None
    error: Exception | None = None
    thread: threading.Thread | None = None


class RegionFinder:
    """Knows one region of one field. It belongs to the drawing thread, which is told when it may ask again.

    Args:
        on_found: called on the finder's own thread when a search is over, well or not.
    """

    def __init__(self, on_found: Callable[[], None]) -> None:
        self._on_found = on_found
        self._search: _Search | None = None

    def depths(self, field: Field, quantity: Quantity, region: Region) -> RegionDepths | None:
        """See ``region_depths``; None while it is looked for.

        Raises:
            Exception: whatever went wrong in the search, once.
        """
        search = self._search
        if search is None or search.field is not field or search.region is not region:
            self.forget()
            search = self._search = _Search(field, quantity, region)
            search.thread = threading.Thread(target=self._run, args=(search,), name="region", daemon=True)
            search.thread.start()
        if not search.is_done:
            return None
        self._search = None
        if search.error is not None:
            raise search.error
        return search.found

    def forget(self) -> None:
        """Call a search off; nothing is told of it any more."""
        if self._search is not None:
            self._search.is_wanted = False
            self._search = None

    def close(self, timeout_s: float = 5.0) -> None:
        """Call the search off and wait for its end."""
        thread = self._search.thread if self._search is not None else None
        self.forget()
        if thread is not None:
            thread.join(timeout_s)
            if thread.is_alive():
                logger.warning("a region was still being looked for %.0f s after the view was closed", timeout_s)

    def _run(self, search: _Search) -> None:
        from render.cinematic.inside_region import region_depths

        step_back()
        try:
            search.found = region_depths(search.field, search.quantity, search.region, lambda: search.is_wanted)
        except Exception as error:  # noqa: BLE001  (raised again in ``depths``)
            search.error = error
        search.is_done = True
        if search.is_wanted:
            self._on_found()
