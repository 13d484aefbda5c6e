"""How much of what is solid there is around each voxel: smooth normals at the borders of segments.

The labels' own steps would show as facets, so the share is a Gaussian mean of about one voxel, equally wide in all
directions in millimetres. Beyond the grid there is nothing solid.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from render.cinematic.scene import CUT, ClassMap
from render.cinematic.slabs import IsWanted, always, in_slabs
from render.compiled import compiled

WIDEST = 2.0  # standard deviation in voxels: thick slices must not blur what thin pixels show
SLICES_AT_ONCE = 16

Weights = NDArray[np.float32]


def occupancy_of(
    class_map: ClassMap,
    solid: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    is_wanted: IsWanted = always,
) -> NDArray[np.uint8]:
    """(k, j, i) 255 within what is solid, falling to 0 over its border.

    Args:
        class_map: which class each voxel has.
        solid: of each class, the rest first; what is cut away never is.
        spacing_mm: of the grid, along (i, j, k).
        is_wanted: when it says no, what is left of the work is not done, and 0 there.
    """
    classes = class_map.classes
    shares = np.zeros(classes.shape, np.uint8)
    is_solid = np.zeros(256, np.uint8)
    is_solid[: len(solid)] = solid
    is_solid[CUT] = 0
    if not is_solid.any():
        return shares
    along_i, along_j, along_k = (gaussian_weights(sigma) for sigma in smoothing_sigmas(spacing_mm))

    def smooth(first: int, last: int) -> None:
        _smooth_slab(classes, is_solid, along_k, along_j, along_i, shares, first, last)

    in_slabs(smooth, 0, classes.shape[0], SLICES_AT_ONCE, is_wanted)
    return shares


def smoothing_sigmas(spacing_mm: tuple[float, float, float]) -> tuple[float, float, float]:
    """Standard deviations in voxels along (i, j, k): the longest step, but at most ``WIDEST`` of the shortest."""
    sigma_mm = min(max(spacing_mm), WIDEST * min(spacing_mm))
    i, j, k = (sigma_mm / spacing for spacing in spacing_mm)
    return i, j, k


def gaussian_weights(sigma: float) -> Weights:
    """(2 r + 1,) float32 of sum 1, as far as twice the standard deviation (in voxels)."""
    reach = int(np.ceil(2 * sigma - 1e-6))
    at = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (at / max(sigma, 1e-6)) ** 2)
    return np.asarray(weights / weights.sum(), np.float32)


@compiled
def _smooth_slab(classes, is_solid, along_k, along_j, along_i, shares, first, last):
    """Smooth within each slice that is needed, kept in a ring, and then across slices."""
    count, rows, columns = classes.shape
    reach = along_k.size // 2
    ring = np.zeros((along_k.size, rows, columns), np.float32)
    is_filled = np.zeros(along_k.size, np.bool_)
    across = np.empty((rows, columns), np.float32)
    line = np.zeros(columns + along_i.size - 1, np.float32)
    row = np.empty(columns, np.float32)
    for k in range(first - reach, last + reach):
        slot = k % along_k.size
        if is_filled[slot]:
            ring[slot] = np.float32(0)
        is_filled[slot] = False
        if 0 <= k < count:
            is_filled[slot] = _smooth_slice(classes[k], is_solid, along_j, along_i, line, across, ring[slot])
        if k - reach >= first:
            _mix_slices(ring, is_filled, along_k, k - reach, row, shares)


@compiled
def _smooth_slice(classes, is_solid, along_j, along_i, line, across, smoothed):
    """Add a slice's smoothed shares to ``smoothed``, which is all 0; False when nothing is solid."""
    rows, columns = classes.shape
    reach_i, reach_j = along_i.size // 2, along_j.size // 2
    has_any = False
    for j in range(rows):
        found = np.uint8(0)
        for i in range(columns):
            share = is_solid[classes[j, i]]
            found |= share
            line[i + reach_i] = share
        if found == 0:
            continue
        has_any = True
        out = across[j]
        for i in range(columns):
            out[i] = along_i[0] * line[i]
        for t in range(1, along_i.size):
            weight = along_i[t]
            for i in range(columns):
                out[i] += weight * line[i + t]
        for at in range(max(0, j - reach_j), min(rows, j + reach_j + 1)):
            weight = along_j[j - at + reach_j]
            target = smoothed[at]
            for i in range(columns):
                target[i] += weight * out[i]
    return has_any


@compiled
def _mix_slices(ring, is_filled, along_k, k, row, shares):
    """The finished slice ``k``; slots of slices without anything are left out."""
    rows, columns = ring.shape[1:]
    reach = along_k.size // 2
    if not is_filled.any():
        return
    for j in range(rows):
        for i in range(columns):
            row[i] = 0.5
        for t in range(along_k.size):
            slot = (k + t - reach) % along_k.size
            if is_filled[slot]:
                weight = along_k[t] * np.float32(255)
                source = ring[slot, j]
                for i in range(columns):
                    row[i] += weight * source[i]
        target = shares[k, j]
        for i in range(columns):
            target[i] = np.uint8(min(row[i], np.float32(255)))
