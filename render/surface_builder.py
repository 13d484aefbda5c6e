"""A thread that makes surfaces."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from render.surface_cache import BuiltSurface, SurfaceOrder, build

logger = logging.getLogger(__name__)


class SurfaceBuilder:
    """Carries out orders one after the other.

    Args:
        on_built: called on the builder's thread with each surface.
        on_batch_done: called there at the end of each list of orders.
        on_failed: called there with a sentence when making surfaces broke; the details are in the log.
    """

    def __init__(
        self,
        on_built: Callable[[BuiltSurface], None],
        on_batch_done: Callable[[], None],
        on_failed: Callable[[str], None],
    ) -> None:
        self._on_built = on_built
        self._on_batch_done = on_batch_done
        self._on_failed = on_failed
        self._orders: queue.SimpleQueue[list[SurfaceOrder] | None] = queue.SimpleQueue()
        self._generation = 0
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def order(self, orders: list[SurfaceOrder], generation: int) -> None:
        """Make these surfaces; orders of earlier generations that still wait are dropped."""
        self._generation = generation
        if self._is_closed or not orders:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="3D surfaces", daemon=True)
            self._thread.start()
        self._orders.put(orders)

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop after the surface that is being made. Doing it twice is harmless."""
        self._is_closed = True
        self._orders.put(None)
        if self._thread is not None:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                logger.warning("a 3D surface was still being made %.0f s after the view was closed", timeout_s)

    def _is_wanted(self, order: SurfaceOrder) -> bool:
        return not self._is_closed and order.generation == self._generation

    def _run(self) -> None:
        while (orders := self._orders.get()) is not None:
            try:
                for built in build(orders, self._is_wanted):
                    if not self._is_closed:
                        self._on_built(built)
            except Exception as error:
                logger.exception("3D surfaces")
                self._on_failed(f"3D surfaces could not be made ({type(error).__name__}).")
            if not self._is_closed:
                self._on_batch_done()
