"""A segmentation: segment records, layers of label values, and the one path on which both change."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np

from imaging.blocks import BlockDelta, Labels
from imaging.change import Change
from imaging.edit import Edit
from imaging.extent import Extent, extent_of
from imaging.geometry import Box, Geometry
from imaging.layer_snapshot import LayerSnapshot
from imaging.segment import Segment
from imaging.volume import Voxels

if TYPE_CHECKING:
    from imaging.transaction import Transaction

COUNTED_AT_ONCE = 1 << 18  # counting holds the interpreter's lock, and the window waits for it


class Segmentation:
    """Segments and their voxels on one geometry.

    Read ``segments``, ``layers`` and ``voxel_counts`` freely, but change them only by ``apply``, ``begin`` or
    ``replay``; the arrays in ``layers`` are views that cannot be written.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self._segments: dict[int, Segment] = {}
        self._layers: list[Labels] = []
        self._counts: dict[int, int] = {}
        self._highest_number = 0
        self._snapshots: tuple[weakref.ref[LayerSnapshot], ...] = ()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments in list order."""
        return tuple(self._segments.values())

    @property
    def layers(self) -> tuple[Labels, ...]:
        """Read-only views of the label arrays, uint8 or uint16 (k, j, i)."""
        views = tuple(layer.view() for layer in self._layers)
        for view in views:
            view.setflags(write=False)
        return views

    @property
    def next_number(self) -> int:
        """A segment number that was never used in this case."""
        return self._highest_number + 1

    def segment(self, number: int) -> Segment:
        """The segment with this number; KeyError when there is none."""
        return self._segments[number]

    def has_segment(self, number: int) -> bool:
        """True when a segment has this number."""
        return number in self._segments

    def find(self, name: str) -> Segment | None:
        """The first segment of this name, whatever its case, or None."""
        wanted = name.casefold()
        return next((s for s in self._segments.values() if s.name.casefold() == wanted), None)

    def voxel_count(self, number: int) -> int:
        """How many voxels a segment has, always up to date."""
        return self._counts.get(number, 0)

    def volume_ml(self, number: int) -> float:
        """A segment's volume in millilitres; on unevenly spaced slices each slice counts with its own thickness."""
        if self.geometry.is_regular:
            return self.voxel_count(number) * self.geometry.voxel_volume_ml
        per_slice = np.count_nonzero(self.mask(number), axis=(1, 2))
        return float(per_slice @ self.geometry.slice_voxel_volumes_ml())

    def extent(self, number: int) -> Extent:
        """How large a segment is: its volume, or its area where nobody says how thick the only slice is."""
        if self.geometry.has_thickness:
            return Extent(self.volume_ml(number))
        return extent_of(self.geometry, self.voxel_count(number))

    def mask(self, number: int, box: Box | None = None) -> Voxels:
        """Boolean array of a segment's voxels, of the whole grid or of a region of it."""
        segment = self._segments[number]
        region = box or Box.whole(self.geometry.shape)
        if segment.layer >= len(self._layers):
            return np.zeros(region.shape, bool)
        return np.asarray(self._layers[segment.layer][region.slices] == segment.label_value)

    def segments_at(self, k: int, j: int, i: int) -> list[Segment]:
        """The segments that hold one voxel, upper layers first."""
        values = {(n, int(layer[k, j, i])) for n, layer in enumerate(self._layers)}
        found = [s for s in self._segments.values() if (s.layer, s.label_value) in values]
        return sorted(found, key=lambda s: -s.layer)

    def bounding_box(self, number: int) -> Box | None:
        """The smallest box around a segment, None when it is empty. Costs one pass over its layer."""
        mask = self.mask(number)
        edges: list[int] = []
        for axes in ((1, 2), (0, 2), (0, 1)):
            where = np.flatnonzero(mask.any(axis=axes))
            if where.size == 0:
                return None
            edges += [int(where[0]), int(where[-1]) + 1]
        return Box(*edges)

    def apply(self, edit: Edit, image: Voxels | None = None) -> Change | None:
        """Carry out one edit.

        Args:
            edit: what to do.
            image: (k, j, i) values on the same grid, needed by rules with an intensity range.

        Returns:
            What changed, None when nothing did.

        Raises:
            UserError: the edit wants to change a locked segment.
            KeyError: the edit names a segment that does not exist.
        """
        transaction = self.begin(image)
        try:
            transaction.apply(edit)
        except BaseException:
            transaction.rollback()
            raise
        return transaction.finish()

    def begin(self, image: Voxels | None = None) -> Transaction:
        """Start a change of several edits, each visible at once, that ends as one ``Change``."""
        from imaging.transaction import Transaction  # it knows this class, so it cannot be imported above

        return Transaction(self, image)

    def require_fitting(self, change: Change) -> None:
        """Raise ValueError when a change from a file cannot follow what is here: ``replay`` would stop half-way."""
        numbers, layers = set(self._segments), len(self._layers)
        for before, after in change.records:
            if after is not None:
                numbers.add(after.number)
                layers = max(layers, after.layer + 1)
            elif before is not None:
                numbers.remove(before.number)
        if change.has_segmentation and numbers != set(change.order[1]):
            raise ValueError("the change lists other segments than there are")
        if any(not 0 <= delta.layer < layers for delta in change.deltas):
            raise ValueError("the change is about a layer that is not there")

    def replay(self, change: Change) -> None:
        """Put a recorded change in force again (or take it back: ``replay(change.inverted())``)."""
        for before, after in change.records:
            self._put(before, after)
        for delta in change.deltas:
            self._xor(delta)
        self._segments = {n: self._segments[n] for n in change.order[1]}
        for before, after in change.records:
            if before and after and (before.layer, before.label_value) != (after.layer, after.label_value):
                self._counts[after.number] = int(np.count_nonzero(self.mask(after.number)))

    def snapshot(self) -> LayerSnapshot:
        """The layers as they are now, to be copied on another thread; it costs nothing on this one.

        Take none while another thread works a change out: half of that would be in it.
        """
        made = LayerSnapshot(self._layers)
        self._snapshots = (*(one for one in self._snapshots if one() is not None), weakref.ref(made))
        return made

    # The rest is for Transaction and the case file only.

    def _keep(self, layer: int, box: Box) -> None:
        """Must be called before a region of a layer is written: snapshots take what it holds."""
        for one in self._snapshots:
            snapshot = one()
            if snapshot is not None:
                snapshot.keep(layer, box)

    def _put(self, before: Segment | None, after: Segment | None) -> None:
        if after is None:
            if before is not None:
                self._segments.pop(before.number)
                self._counts.pop(before.number, None)
            return
        self._segments[after.number] = after
        self._highest_number = max(self._highest_number, after.number)
        while len(self._layers) <= after.layer:
            dtype = np.uint16 if after.label_value > 255 else np.uint8
            self._layers.append(np.zeros(self.geometry.shape, dtype))

    def _xor(self, delta: BlockDelta) -> None:
        self._keep(delta.layer, delta.box)
        region = self._layers[delta.layer][delta.box.slices]
        changed = delta.xor != 0
        self._count(delta.layer, region[changed], -1)
        region ^= delta.xor.astype(region.dtype, copy=False)
        self._count(delta.layer, region[changed], 1)

    def _count(self, layer: int, values: Labels, sign: int) -> None:
        """Add ``sign`` to the count of each label value's segment; values of removed segments count nowhere."""
        for start in range(0, values.size, COUNTED_AT_ONCE):
            counts = np.bincount(values[start : start + COUNTED_AT_ONCE])
            for value in np.flatnonzero(counts[1:]) + 1:
                number = self._number_of(layer, int(value))
                self._counts[number] = self._counts.get(number, 0) + sign * int(counts[value])

    def _number_of(self, layer: int, label_value: int) -> int:
        for segment in self._segments.values():
            if segment.layer == layer and segment.label_value == label_value:
                return segment.number
        return 0  # of a segment that the same change removes or moves; nobody reads this count

    def load(self, segments: list[Segment], layers: list[Labels], highest_number: int, counts: list[int]) -> None:
        """Take over the state of a checkpoint; only for the case file, on a fresh segmentation."""
        self._segments = {s.number: s for s in segments}
        self._layers = layers
        self._highest_number = highest_number
        self._counts = {s.number: count for s, count in zip(segments, counts, strict=True)}

    def recount(self) -> None:
        """Count every segment's voxels anew; one pass over each layer."""
        self._counts = {}
        for n, layer in enumerate(self._layers):
            counts = np.zeros(int(np.iinfo(layer.dtype).max) + 1, np.int64)
            for plane in layer:
                counts += np.bincount(plane.reshape(-1), minlength=counts.size)
            for segment in self._segments.values():
                if segment.layer == n:
                    self._counts[segment.number] = int(counts[segment.label_value])
