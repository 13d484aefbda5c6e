"""A field's values on a coarse grid, on which a body or a brain is found quickly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.cinematic.field_source import FULL, reduction_factors
from render.cinematic.scene import Field
from render.cinematic.slabs import IsWanted, always, in_slabs, slab_thickness

Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CoarseValues:
    """Means of blocks of voxels.

    Attributes:
        values: (k, j, i) float32, in the image's unit.
        factors: voxels of a block along k, j, i; the last block of an axis may have fewer.
        world_from_index: (4, 4) of the field.
    """

    values: Values
    factors: NDArray[np.int64]
    world_from_index: NDArray[np.float64]

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Steps along k, j, i."""
        k, j, i = (np.linalg.norm(self.world_from_index[:3, :3], axis=0)[::-1] * self.factors).tolist()
        return k, j, i

    @property
    def node_mm3(self) -> float:
        """What a node stands for."""
        return abs(float(np.linalg.det(self.world_from_index[:3, :3]))) * float(np.prod(self.factors))

    def world(self, nodes: NDArray[np.float64]) -> NDArray[np.float64]:
        """LPS mm of (n, 3) nodes (k, j, i)."""
        index = nodes * self.factors + (self.factors - 1) / 2
        return np.asarray(index[:, ::-1] @ self.world_from_index[:3, :3].T + self.world_from_index[:3, 3])

    def nodes(self, world: NDArray[np.float64]) -> NDArray[np.float64]:
        """Continuous (n, 3) nodes (k, j, i) of points in LPS mm."""
        back = np.linalg.inv(self.world_from_index[:3, :3])
        index = ((world - self.world_from_index[:3, 3]) @ back.T)[:, ::-1]
        return np.asarray((index - (self.factors - 1) / 2) / self.factors)


def coarse_values(field: Field, most_nodes: int, is_wanted: IsWanted = always) -> CoarseValues | None:
    """Means of a field's values over blocks about as long as wide; None when it was called off."""
    factors = np.array(reduction_factors(field.shape, field.spacing_mm, most_nodes, max(field.shape)), np.int64)
    sizes = [-(-n // int(f)) for n, f in zip(field.shape, factors, strict=True)]
    values = np.empty(sizes, np.float32)
    step = int(factors[0])

    def unite(first: int, last: int) -> None:
        block = field.values[first:last].astype(np.float32)
        for axis, factor in enumerate(factors):
            starts = np.arange(0, block.shape[axis], factor)
            counts = np.diff(np.append(starts, block.shape[axis])).reshape([-1 if a == axis else 1 for a in range(3)])
            block = np.asarray(np.add.reduceat(block, starts, axis) / counts, np.float32)
        values[first // step : first // step + len(block)] = block

    if not in_slabs(unite, 0, field.shape[0], slab_thickness(field.shape, step), is_wanted):
        return None
    values *= np.float32((field.high - field.low) / FULL)
    values += np.float32(field.low)
    return CoarseValues(values, factors, np.asarray(np.linalg.inv(field.index_from_world), np.float64))
