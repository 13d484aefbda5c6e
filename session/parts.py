"""The connected parts of a structure: what touches, by a side, an edge or a corner, is one part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.blocks import Labels
from imaging.geometry import Box

CONNECTIVITY = 26  # as "keep the largest component" of the common model libraries means it

PartIds = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class SegmentParts:
    """The parts of one structure, numbered from 1, as they were when they were looked for.

    Attributes:
        box: the structure's bounding box on the grid.
        numbers: (k, j, i) of the box: the part that each voxel belongs to, 0 for none.
        voxel_counts: by part number; position 0 is 0.
        boxes: by part number, (n + 1, 6): first and last index along k, j, i within ``box``.
    """

    box: Box
    numbers: NDArray[Any]
    voxel_counts: NDArray[np.int64]
    boxes: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.voxel_counts) - 1

    def at(self, k: int, j: int, i: int) -> int:
        """The number of the part that holds a voxel of the grid, 0 for none."""
        place = k - self.box.k0, j - self.box.j0, i - self.box.i0
        inside = all(0 <= n < size for n, size in zip(place, self.box.shape, strict=True))
        return int(self.numbers[place]) if inside else 0

    def where(self, ids: PartIds) -> tuple[Box, NDArray[np.bool_]]:
        """The voxels of some parts: a region of the grid around them and a mask of its shape; at least one part."""
        low, high = self.boxes[ids, 0::2].min(axis=0), self.boxes[ids, 1::2].max(axis=0) + 1
        (k0, j0, i0), (k1, j1, i1) = (n.tolist() for n in (low, high))
        region = self.numbers[k0:k1, j0:j1, i0:i1]
        if len(ids) == 1:
            mask = region == ids[0]
        else:
            wanted = np.zeros(self.count + 1, bool)
            wanted[ids] = True
            mask = wanted[region]
        box = self.box
        return Box(box.k0 + k0, box.k0 + k1, box.j0 + j0, box.j0 + j1, box.i0 + i0, box.i0 + i1), mask


def find_parts(labels: Labels, label_value: int, box: Box) -> SegmentParts:
    """Find the parts of a structure; takes about a second for each 50 million voxels of its box.

    Args:
        labels: (k, j, i).
        label_value: the structure's.
        box: its bounding box, or a larger one.
    """
    import cc3d  # only needed where somebody looks at parts

    numbers = cc3d.connected_components(labels[box.slices] == label_value, connectivity=CONNECTIVITY)
    found = cc3d.statistics(numbers, no_slice_conversion=True)
    counts = np.asarray(found["voxel_counts"], np.int64).copy()
    counts[0] = 0
    numbers = numbers.astype(np.min_scalar_type(len(counts) - 1), copy=False)
    return SegmentParts(box, numbers, counts, np.asarray(found["bounding_boxes"], np.int64))


def bounding_boxes(labels: Labels) -> dict[int, Box]:
    """The bounding box of each label value above 0."""
    from scipy import ndimage  # heavy, and only needed for whole masks

    found = {}
    for value, where in enumerate(ndimage.find_objects(labels), start=1):
        if where is not None:
            k, j, i = where
            found[value] = Box(k.start, k.stop, j.start, j.stop, i.start, i.stop)
    return found
