"""Where a network's grid lies in the image's grid: one straight line for each axis, so the way back needs no floats."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

TIE = 1e-4  # network voxels: source voxels this close to the middle between two network voxels count as in the middle


@dataclass(frozen=True)
class AxisMap:
    """One axis of the network's grid.

    Attributes:
        source_axis: 0, 1, 2 for i, j, k of the image.
        scale, offset: index in the image = scale * index in the network + offset.
        size: of the network's grid along this axis.
        source_size: of the image along its axis.
        is_cut: parts of the image may lie outside on purpose (cropped); they are background on the way back. Otherwise
            they belong to the outermost network voxel, as resampling leaves less than a voxel over.
    """

    source_axis: int
    scale: float
    offset: float
    size: int
    source_size: int
    is_cut: bool = False

    def flipped(self) -> AxisMap:
        """The same, counted from the other end."""
        return replace(self, scale=-self.scale, offset=self.offset + self.scale * (self.size - 1))

    def resampled(self, step: float, start: float, size: int) -> AxisMap:
        """A new grid whose index n lies at ``step * n + start`` of this one."""
        return replace(self, scale=self.scale * step, offset=self.offset + self.scale * start, size=size)

    def cropped(self, start: int, size: int) -> AxisMap:
        """From ``start`` on; negative starts and sizes beyond the end are padding."""
        is_cut = self.is_cut or start > 0 or start + size < self.size
        return replace(self.resampled(1.0, float(start), size), is_cut=is_cut)

    def network_index(self) -> NDArray[np.int64]:
        """For each index of the image along its axis the nearest network index, -1 for background.

        A source voxel in the middle between two network voxels belongs to the one with the lower network index.
        """
        place = (np.arange(self.source_size) - self.offset) / self.scale
        nearest = np.ceil(place - 0.5 - TIE).astype(np.int64)
        inside = (nearest >= 0) & (nearest < self.size)
        clamped = np.clip(nearest, 0, self.size - 1)
        return np.where(inside | (not self.is_cut), clamped, -1)


def whole(shape_kji: tuple[int, int, int]) -> tuple[AxisMap, AxisMap, AxisMap]:
    """The image's own grid as the network's, axes in the order i, j, k."""
    k, j, i = shape_kji
    return AxisMap(0, 1.0, 0.0, i, i), AxisMap(1, 1.0, 0.0, j, j), AxisMap(2, 1.0, 0.0, k, k)
