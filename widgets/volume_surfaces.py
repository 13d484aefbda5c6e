"""The surfaces that the 3D view shows: what exists, what is ordered, and the result that waits for acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from render.surface_cache import BuiltSurface, SurfaceCache, SurfaceOrder, preview_orders
from render.surfaces import Surface
from render.volume_scene import ShownSurface, shown_surfaces
from session.change import DocumentChange
from session.document import Document
from session.preview import Preview
from widgets.volume_engine import VolumeEngine

TRIANGLES = {"software": 150_000, "hardware": 1_500_000, "reduced": 60_000, "full": 1_500_000}


class VolumeSurfaces:
    """Keeps the surfaces of one document up to date.

    Args:
        engine: makes what is ordered.
    """

    def __init__(self, engine: VolumeEngine) -> None:
        self._engine = engine
        self._cache = SurfaceCache(TRIANGLES["software"])
        self._document: Document | None = None
        self._preview: Preview | None = None
        self._proposed: dict[int, ShownSurface] = {}
        self._batches = 0  # ordered and not yet done

    @property
    def made(self) -> Mapping[int, Surface]:
        """The finished surfaces, by segment."""
        return self._cache.surfaces

    @property
    def proposed(self) -> tuple[ShownSurface, ...]:
        """The finished surfaces of the result that waits for acceptance."""
        return tuple(self._proposed.values())

    @property
    def generation(self) -> int:
        """Counts documents and budgets: what was ordered under an earlier one is of no use."""
        return self._cache.generation

    @property
    def is_stale(self) -> bool:
        """True when something should be ordered."""
        return self._cache.is_stale

    @property
    def is_busy(self) -> bool:
        """True while something is made or should be ordered."""
        return self._batches > 0 or self._cache.is_stale

    def shown(self, hidden: frozenset[int]) -> tuple[ShownSurface, ...]:
        """Everything that can be seen now."""
        if self._document is None:
            return ()
        return shown_surfaces(self._document.segmentation, self.made, hidden) + self.proposed

    def set_document(self, document: Document | None) -> None:
        """Start again with another document."""
        self._document = document
        self._restart()

    def set_quality(self, quality: str, is_software: bool) -> None:
        """Choose the number of triangles: ``auto``, ``full`` or ``reduced``."""
        if quality == "auto":
            quality = "software" if is_software else "hardware"
        if self._cache.triangles != TRIANGLES[quality]:
            self._cache.triangles = TRIANGLES[quality]
            self._restart()

    def note(self, change: DocumentChange) -> None:
        """Mark what a change made stale."""
        if self._document is not None and (change.has_voxels or change.segment_numbers or change.is_structural):
            self._cache.note(change, self._document.segmentation)

    def order(self) -> None:
        """Have everything made that is stale."""
        if self._document is None or not self._engine.is_running:
            return
        self._send(self._cache.orders(self._document.segmentation))
        self.order_preview()

    def order_preview(self) -> None:
        """Have the surfaces of a result that waits for acceptance made, once for each result."""
        if self._document is None or not self._engine.is_running or self._document.preview is self._preview:
            return
        before, self._preview = self._preview, self._document.preview
        if self._preview is not None or not self.is_busy:
            # else it was accepted, and stays in sight until the segments' own surfaces are made
            self._proposed = self._still_right(before, self._preview)
        if self._preview is not None:
            geometry = self._document.segmentation.geometry
            orders = preview_orders(self._preview, geometry, self._cache.triangles, self.generation)
            self._send([order for order in orders if order.number not in self._proposed])

    def _still_right(self, before: Preview | None, after: Preview | None) -> dict[int, ShownSurface]:
        """Surfaces of structures that a step of the review left as they were."""
        if before is None or after is None or before.layers is not after.layers:
            return {}
        numbers = {segment: -place for place, segment in enumerate(before.segments, start=1)}
        found = {}
        for place, segment in enumerate(after.segments, start=1):
            made = self._proposed.get(numbers.get(segment, 0))
            if made is not None:
                found[-place] = replace(made, number=-place)
        return found

    def take(self, built: BuiltSurface) -> bool:
        """Take a finished surface in; True when it changes the picture."""
        return self._take_proposed(built) if built.order.number < 0 else self._cache.accept(built)

    def batch_done(self) -> None:
        """Everything of one order is made or was dropped."""
        self._batches -= 1
        if self._preview is None and not self.is_busy:
            self._proposed = {}

    def _restart(self) -> None:
        self._preview, self._proposed = None, {}
        self._cache.restart(None if self._document is None else self._document.segmentation)

    def _send(self, orders: list[SurfaceOrder]) -> None:
        if orders:
            self._batches += 1
            self._engine.order(orders, self.generation)

    def _take_proposed(self, built: BuiltSurface) -> bool:
        """A surface of the preview, unless the preview is another by now."""
        number, preview = built.order.number, self._preview
        if preview is None or built.surface is None or built.order.generation != self.generation:
            return False
        if -number > len(preview.segments):
            return False
        proposed = preview.segments[-number - 1]
        if preview.layers[proposed.layer] is not built.order.labels or proposed.label_value != built.order.label_value:
            return False
        self._proposed[number] = ShownSurface(number, built.surface, proposed.color)
        return True
