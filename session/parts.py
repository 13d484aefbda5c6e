"""The connected parts of a structure: what touches, by a side, an edge or a corner, is one part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.blocks import Labels
from imaging.geometry import Box

COUNTED_AT_ONCE = 1 << 20  # voxels

PartIds = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class SegmentParts:
    """The parts of one structure, numbered from 1, as they were when they were looked for.

    Attributes:
        box: the structure's bounding box on the grid.
        numbers: (k, j, i) of the box: the part that each voxel belongs to, 0 for none.
        voxel_counts: by part number; position 0 is 0.
    """

    box: Box
    numbers: NDArray[Any]
    voxel_counts: NDArray[np.int64]

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
        if len(ids) == 1:
            return _tight(self.box, self.numbers == ids[0])
        wanted = np.zeros(self.count + 1, bool)
        wanted[ids] = True
        return self.box, wanted[self.numbers]


def _tight(box: Box, mask: NDArray[np.bool_]) -> tuple[Box, NDArray[np.bool_]]:
    """A mask cut to what it holds."""
    low, size = [box.k0, box.j0, box.i0], list(mask.shape)
    for axis in range(3):
        others = tuple(n for n in range(3) if n != axis)
        found = np.flatnonzero(mask.any(axis=others))
        first, last = int(found[0]), int(found[-1]) + 1
        mask = mask[tuple(slice(first, last) if n == axis else slice(None) for n in range(3))]
        low[axis], size[axis] = low[axis] + first, last - first
    (k, j, i), (nk, nj, ni) = low, size
    return Box(k, k + nk, j, j + nj, i, i + ni), mask


def find_parts(labels: Labels, label_value: int, box: Box) -> SegmentParts:
    """Find the parts of a structure; takes about a second for each 30 million voxels of its box.

    Libraries that are faster hold Python's lock meanwhile, and the window would stand still.

    Args:
        labels: (k, j, i).
        label_value: the structure's.
        box: its bounding box, or a larger one.
    """
    from scipy import ndimage  # only needed where somebody looks at parts

    numbers, count = ndimage.label(labels[box.slices] == label_value, np.ones((3, 3, 3), bool))
    numbers = numbers.astype(np.min_scalar_type(count), copy=False)
    return SegmentParts(box, numbers, part_sizes(numbers, count))


def part_sizes(numbers: NDArray[Any], count: int) -> NDArray[np.int64]:
    """How many voxels each part has, position 0 left at 0; in pieces, so that the lock is free in between."""
    flat = numbers.reshape(-1)
    sizes = np.zeros(count + 1, np.int64)
    for start in range(0, flat.size, COUNTED_AT_ONCE):
        sizes += np.bincount(flat[start : start + COUNTED_AT_ONCE], minlength=count + 1)
    sizes[0] = 0
    return sizes


def bounding_boxes(labels: Labels) -> dict[int, Box]:
    """The bounding box of each label value above 0."""
    from scipy import ndimage  # heavy, and only needed for whole masks

    found = {}
    for value, where in enumerate(ndimage.find_objects(labels), start=1):
        if where is not None:
            k, j, i = where
            found[value] = Box(k.start, k.stop, j.start, j.stop, i.start, i.stop)
    return found
