"""Where a model was unsure: the places of a map that are most worth a look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.extent import Extent, extent_of
from imaging.geometry import Geometry
from inference.model import Overlay
from inference.result import label_counts

WORST_SHARE = 0.5  # of the voxels with any doubt, these are looked at
SURELY = 128  # whatever the others are: half of the most that there can be is doubt
LEAST_VALUE = 26  # a tenth of the most that there can be: less is noise
BLOCK_MM = 2.0  # what is nearer to each other than this is one place
REACH_MM = 20.0  # edge of one place; a region of more than twice that (an organ's whole border) is several
LEAST_ML = 0.02  # size times doubt; less is not worth a look
LEAST_MM2 = 7.0  # the same across, for a slice whose thickness is unknown
MOST_PLACES = 100
FEW_VOXELS = 4_000_000


@dataclass(frozen=True)
class DoubtfulPlace:
    """One place.

    Attributes:
        position_mm: LPS, where the doubt is densest.
        weight: its size, in the unit of that, times its mean doubt (1 for undecided).
        size: its volume, or its area where the thickness of the only slice is unknown.
    """

    position_mm: tuple[float, float, float]
    weight: float
    size: Extent


def threshold_of(values: Overlay) -> int:
    """The least value that counts: from it on lie the worst ``WORST_SHARE`` of the voxels with any doubt."""
    step = 2 if values.size > FEW_VOXELS else 1  # a quantile of every eighth voxel is as good
    counts = label_counts(np.ascontiguousarray(values[::step, ::step, ::step]))[1:]
    total = int(counts.sum())
    if total == 0:
        return LEAST_VALUE
    above = np.cumsum(counts[::-1])[::-1]  # how many have at least the value n + 1
    worst = int(np.flatnonzero(above >= WORST_SHARE * total)[-1]) + 1
    return min(max(worst, LEAST_VALUE), SURELY)


def find_places(values: Overlay, geometry: Geometry) -> tuple[DoubtfulPlace, ...]:
    """The most doubtful places, the worst (size times doubt) first.

    Voxels above a quantile are summed in blocks of about 2 mm; blocks that touch are one region; a region that reaches
    far is taken apart into cubes.

    Args:
        values: uint8 (k, j, i), 0 to 255.
        geometry: of the values.

    Returns:
        At most ``MOST_PLACES``; none below ``LEAST_ML`` or ``LEAST_MM2``.
    """
    from scipy import ndimage  # only needed where there is such a map

    steps = block_steps(geometry)
    threshold = threshold_of(values)
    sums, sizes = _block_sums(values, threshold, steps)
    if not sums.any():
        return ()
    regions, _ = ndimage.label(sums > 0, np.ones((3, 3, 3), bool))
    where = np.argwhere(regions > 0)
    weight, size = sums[tuple(where.T)] / 255, sizes[tuple(where.T)].astype(np.float64)
    at_mm = where * (np.asarray(steps) * np.asarray(geometry.spacing_mm[::-1]))
    one = extent_of(geometry, 1)
    least = LEAST_MM2 if one.is_area else LEAST_ML
    found = []
    for blocks in _groups(regions[tuple(where.T)]):
        if weight[blocks].sum() * one.amount >= least:
            for members in _places_of(at_mm[blocks]):
                mine = blocks[members]
                worst = mine[int(np.argmax(weight[mine]))]
                found.append((float(weight[mine].sum()) * one.amount, float(size[mine].sum()), worst))
    found = sorted((f for f in found if f[0] >= least), key=lambda f: -f[0])[:MOST_PLACES]
    return tuple(
        DoubtfulPlace(_worst_voxel(values, where[block], steps, geometry), heavy, extent_of(geometry, large))
        for heavy, large, block in found
    )


def block_steps(geometry: Geometry) -> tuple[int, int, int]:
    """How many voxels along (k, j, i) make a block."""
    i, j, k = (max(1, round(BLOCK_MM / mm)) for mm in geometry.spacing_mm)
    return k, j, i


def _block_sums(
    values: Overlay, threshold: int, steps: tuple[int, int, int]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each block the sum of its values from the threshold on, and how many they are; slab by slab."""
    dk, dj, di = steps
    deep, high, wide = (-(-n // d) for n, d in zip(values.shape, steps, strict=True))
    sums, sizes = np.zeros((deep, high, wide)), np.zeros((deep, high, wide), np.int64)
    for k, plane in enumerate(values):
        found = np.flatnonzero(plane >= threshold)
        if found.size:
            row, column = np.divmod(found, plane.shape[1])
            block = row // dj * wide + column // di
            weights = plane.reshape(-1)[found]
            sums[k // dk] += np.bincount(block, weights, high * wide).reshape(high, wide)
            sizes[k // dk] += np.bincount(block, minlength=high * wide).reshape(high, wide)
    return sums, sizes


def _places_of(at_mm: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """A region's blocks, place by place: all of them, or where it reaches far, those of each cube of ``REACH_MM``."""
    away = at_mm - at_mm.min(axis=0)
    if away.max() <= 2 * REACH_MM:
        return [np.arange(len(at_mm))]
    cubes = (away / REACH_MM).astype(np.int64)
    # one number for each cube: rows could be told apart by np.unique, which would hold up all other threads meanwhile
    return _groups(np.ravel_multi_index(tuple(cubes.T), tuple(cubes.max(axis=0) + 1)))


def _groups(keys: NDArray[Any]) -> list[NDArray[np.intp]]:
    """The indices of equal keys, together."""
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)


def _worst_voxel(
    values: Overlay, block: NDArray[np.intp], steps: tuple[int, int, int], geometry: Geometry
) -> tuple[float, float, float]:
    """LPS of the voxel with the most doubt in a block."""
    first = [int(n) * d for n, d in zip(block, steps, strict=True)]
    part = values[tuple(slice(n, n + d) for n, d in zip(first, steps, strict=True))]
    k, j, i = (int(a) + b for a, b in zip(np.unravel_index(int(part.argmax()), part.shape), first, strict=True))
    x, y, z = geometry.to_world([i, j, k]).tolist()
    return x, y, z
