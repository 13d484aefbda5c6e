"""Shapes of boolean volumes, quick enough for millions of voxels. Arrays are (k, j, i)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def dilate(mask: Mask, times: int = 1, inside: Mask | None = None) -> Mask:
    """Grow by the six neighbours, ``times`` times, optionally only ``inside`` another mask."""
    grown = mask.copy()
    for _ in range(times):
        before = grown.copy()
        for axis in range(3):
            low, high = _halves(axis)
            grown[low] |= before[high]
            grown[high] |= before[low]
        if inside is not None:
            grown &= inside
            grown |= mask
    return grown


def erode(mask: Mask, times: int = 1) -> Mask:
    """Shrink by the six neighbours; voxels beyond the array count as inside the mask."""
    return ~dilate(~mask, times)


def close_with_ball(mask: Mask, radius: float) -> Mask:
    """Closing with a ball of ``radius`` voxels; a mask that touches the array's border goes on beyond it."""
    from scipy import ndimage

    pad = int(np.ceil(radius)) + 1
    box = bounding_slices(mask, margin=pad)
    if box is None:
        return mask.copy()
    part = np.pad(mask[box], pad, mode="edge")
    grown = ndimage.distance_transform_edt(~part) <= radius
    kept = np.asarray(ndimage.distance_transform_edt(grown) > radius)
    closed = mask.copy()
    closed[box] |= kept[(slice(pad, -pad),) * 3]
    return closed


def open_with_ball(mask: Mask, radius: float) -> Mask:
    """Opening with a ball of ``radius`` voxels; a mask that touches the array's border goes on beyond it."""
    from scipy import ndimage

    if mask.all() or not mask.any():
        return mask.copy()
    pad = int(np.ceil(radius)) + 1
    wide = np.pad(mask, pad, mode="edge")
    core = np.asarray(ndimage.distance_transform_edt(wide) > radius)
    if not core.any():
        return np.zeros_like(mask)
    grown = np.asarray(ndimage.distance_transform_edt(~core) <= radius)
    return grown[(slice(pad, -pad),) * 3] & mask


def components(mask: Mask) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Six-connected parts: their numbers (0 outside) and each part's voxel count, with 0 for the outside."""
    import cc3d

    labels = cc3d.connected_components(np.ascontiguousarray(mask), connectivity=6)
    counts = np.bincount(labels.ravel()).astype(np.int64)
    counts[0] = 0
    return labels, counts


def labels_beside(labels: NDArray[Any], rim: Mask, steps: int = 1) -> NDArray[Any]:
    """For each voxel of ``rim`` the number of a part within ``steps`` of it, else 0."""
    from scipy import ndimage

    cross = ndimage.iterate_structure(ndimage.generate_binary_structure(3, 1), steps)
    return np.where(rim, ndimage.grey_dilation(labels, footprint=cross), 0)


def bounding_slices(mask: Mask, margin: int) -> tuple[slice, slice, slice] | None:
    """The smallest box around a mask plus ``margin`` voxels, None for an empty mask."""
    ranges = []
    for axis in range(3):
        hits = np.flatnonzero(mask.any(axis=tuple(n for n in range(3) if n != axis)))
        if hits.size == 0:
            return None
        ranges.append(slice(max(int(hits[0]) - margin, 0), min(int(hits[-1]) + 1 + margin, mask.shape[axis])))
    return ranges[0], ranges[1], ranges[2]


def fill_enclosed(mask: Mask, most_voxels: float = np.inf) -> Mask:
    """Fill what is enclosed on all sides, unless a hole is larger than ``most_voxels``."""
    labels, counts = components(~mask)
    if len(counts) < 2:
        return mask.copy()
    open_to_border = np.zeros(len(counts), bool)
    for axis in range(3):
        for end in (0, -1):
            open_to_border[np.unique(np.take(labels, end, axis))] = True
    hole = ~open_to_border & (counts <= most_voxels)
    hole[0] = False
    return np.asarray(mask | hole[labels])


def fill_planes(mask: Mask, axis: int) -> Mask:
    """Fill what is enclosed within each plane across ``axis``."""
    from scipy import ndimage

    filled = mask.copy()
    for n in np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis))):
        plane = (slice(None),) * axis + (int(n),)
        filled[plane] = ndimage.binary_fill_holes(mask[plane])
    return filled


def local_mean_and_spread(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of each voxel's 3x3x3 neighbourhood."""
    from scipy import ndimage

    mean = ndimage.uniform_filter(values, 3)
    square = ndimage.uniform_filter(values * values, 3)
    return mean, np.sqrt(np.maximum(square - mean * mean, 0))


def _halves(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    rest = (slice(None),) * axis
    return (*rest, slice(None, -1)), (*rest, slice(1, None))
