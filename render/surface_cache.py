"""Which surfaces exist, which are out of date, and what it takes to make them again.

The cache belongs to the document's thread. ``build`` is pure work for another thread: it reads the label arrays while
they may be painted on; what it misses is marked stale by the next change.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from imaging.blocks import Labels
from imaging.edit import Mask
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from render.label_boxes import label_boxes
from render.surfaces import Surface, segment_surface, triangle_shares
from session.change import DocumentChange
from session.preview import Preview


@dataclass(frozen=True, eq=False)
class SurfaceOrder:
    """One surface to make.

    Attributes:
        number: the segment.
        labels: its layer.
        label_value: its value there.
        geometry: of the grid.
        box: a region that holds the segment; None when only a pass over the layer can tell.
        digest: of the voxels that the present surface was made from, 0 when there is none.
        budget: how many triangles it may have.
        generation: which document it belongs to.
    """

    number: int
    labels: Labels
    label_value: int
    geometry: Geometry
    box: Box | None
    digest: int
    budget: int
    generation: int


@dataclass(frozen=True, eq=False)
class BuiltSurface:
    """An order carried out; ``is_same`` says that the voxels are those of the present surface."""

    order: SurfaceOrder
    surface: Surface | None
    box: Box | None
    digest: int
    is_same: bool = False


class SurfaceCache:
    """The surfaces of one document at a time.

    Args:
        triangles: about how many all surfaces may have together.
    """

    def __init__(self, triangles: int) -> None:
        self.triangles = triangles
        self.surfaces: dict[int, Surface] = {}
        self.generation = 0
        self._places: dict[int, tuple[int, int]] = {}  # layer and label value
        self._boxes: dict[int, Box] = {}  # regions that hold all voxels; missing where nobody looked yet
        self._counts: dict[int, int] = {}
        self._digests: dict[int, int] = {}
        self._stale: set[int] = set()

    def restart(self, segmentation: Segmentation | None) -> None:
        """Another document, or another budget: all surfaces are made anew."""
        self.generation += 1
        for number in list(self._places):
            self._forget(number)
        if segmentation is not None:
            self._note_records(segmentation)

    def note(self, change: DocumentChange, segmentation: Segmentation) -> None:
        """Mark what a change made stale, and let go what it removed."""
        if change.segment_numbers or change.is_structural:
            self._note_records(segmentation)
        for segment in segmentation.segments:
            region = change.boxes.get(segment.layer)
            if region is not None:
                self._note_voxels(segment, region, segmentation.voxel_count(segment.number))

    @property
    def is_stale(self) -> bool:
        """True when there is something to make."""
        return bool(self._stale)

    def orders(self, segmentation: Segmentation) -> list[SurfaceOrder]:
        """What to make now, large segments first; each is ordered once."""
        stale, self._stale = self._stale, set()
        counts = {s.number: segmentation.voxel_count(s.number) for s in segmentation.segments}
        shares = triangle_shares(counts, self.triangles)
        layers = segmentation.layers
        found = []
        for number in sorted(stale, key=lambda n: -counts[n]):
            segment = segmentation.segment(number)
            self._counts[number] = counts[number]
            if counts[number] == 0:
                self._empty(number)
                continue
            found.append(
                SurfaceOrder(
                    number,
                    layers[segment.layer],
                    segment.label_value,
                    segmentation.geometry,
                    self._boxes.get(number),
                    self._digests.get(number, 0),
                    shares[number],
                    self.generation,
                )
            )
        return found

    def accept(self, built: BuiltSurface) -> bool:
        """Take a finished surface in; False when it changes no picture or belongs to a document that was closed."""
        number = built.order.number
        if built.order.generation != self.generation or number not in self._places:
            return False
        if built.box is not None and number not in self._stale:
            self._boxes[number] = built.box
        if built.is_same:
            return False
        if built.surface is None:
            self._empty(number)
            return True
        self._digests[number] = built.digest
        self.surfaces[number] = built.surface
        return True

    def _note_records(self, segmentation: Segmentation) -> None:
        places = {s.number: (s.layer, s.label_value) for s in segmentation.segments}
        for number in [n for n in self._places if n not in places]:
            self._forget(number)
        for number, place in places.items():
            if self._places.get(number) != place:
                self._places[number] = place
                self._boxes.pop(number, None)
                self._stale.add(number)

    def _note_voxels(self, segment: Segment, region: Box, count: int) -> None:
        """A segment can have changed in a region when its box reaches into it, or when its size is another."""
        box = self._boxes.get(segment.number)
        if box is None:
            if count or self._counts.get(segment.number, 0):
                self._stale.add(segment.number)
        elif count != self._counts.get(segment.number, 0) or not box.intersection(region).is_empty:
            self._boxes[segment.number] = box.union(region)
            self._stale.add(segment.number)

    def _empty(self, number: int) -> None:
        self.surfaces.pop(number, None)
        self._digests.pop(number, None)
        self._boxes.pop(number, None)

    def _forget(self, number: int) -> None:
        self._empty(number)
        self._places.pop(number, None)
        self._counts.pop(number, None)
        self._stale.discard(number)


def preview_orders(preview: Preview, geometry: Geometry, triangles: int, generation: int) -> list[SurfaceOrder]:
    """The surfaces of a result that waits for acceptance; their numbers are -1, -2, ... in its order."""
    counts = {-n: s.voxel_count for n, s in enumerate(preview.segments, start=1) if s.voxel_count > 0}
    shares = triangle_shares(counts, triangles)
    found = []
    for number in sorted(counts, key=lambda n: -counts[n]):
        proposed = preview.segments[-number - 1]
        labels = preview.layers[proposed.layer]
        found.append(SurfaceOrder(number, labels, proposed.label_value, geometry, None, 0, shares[number], generation))
    return found


def build(orders: Iterable[SurfaceOrder], is_wanted: Callable[[SurfaceOrder], bool]) -> Iterator[BuiltSurface]:
    """Carry out orders one by one; those no longer wanted when their turn comes are left out."""
    boxes: dict[int, dict[int, Box]] = {}
    for order in orders:
        if not is_wanted(order):
            continue
        box = order.box
        if box is None:
            key = id(order.labels)
            if key not in boxes:
                boxes[key] = label_boxes(order.labels)
            box = boxes[key].get(order.label_value)
        yield _built(order, box)


def _built(order: SurfaceOrder, box: Box | None) -> BuiltSurface:
    if box is None:
        return BuiltSurface(order, None, None, 0)
    mask = np.asarray(order.labels[box.slices] == order.label_value)
    tight = _tightened(mask, box)
    if tight is None:
        return BuiltSurface(order, None, None, 0)
    mask = mask[tuple(slice(a - o, b - o) for a, b, o in zip(tight[::2], tight[1::2], box[::2], strict=True))]
    digest = zlib.crc32(np.packbits(mask).tobytes(), zlib.crc32(repr(tight).encode())) or 1
    if digest == order.digest:
        return BuiltSurface(order, None, tight, digest, is_same=True)
    return BuiltSurface(order, segment_surface(mask, order.geometry, tight, order.budget), tight, digest)


def _tightened(mask: Mask, box: Box) -> Box | None:
    """The smallest box around the mask's voxels, None when it has none."""
    edges: list[int] = []
    for axis, others in enumerate(((1, 2), (0, 2), (0, 1))):
        where = np.flatnonzero(mask.any(axis=others))
        if where.size == 0:
            return None
        edges += [box[2 * axis] + int(where[0]), box[2 * axis] + int(where[-1]) + 1]
    return Box(*edges)
