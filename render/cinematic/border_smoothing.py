"""Smooth borders from the label map: what people and networks draw voxel by voxel has steps that light brings out.

Each voxel at a border goes to the class with the largest Gaussian share around it, which is the argmax of all classes'
smoothed masks, found without making them. One call moves a border by one voxel at most, and structures that are only a
voxel or two thick (vessels, thin walls) are left alone: smoothing would wipe them out.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Box
from render.cinematic.scene import ClassMap
from render.cinematic.slabs import IsWanted, always, in_slabs, slab_thickness
from render.compiled import compiled

WIDTH = 1.2  # standard deviation, of the longest step of the grid
WIDEST = 1.5  # in voxels: thin pixels of thick slices keep their detail


def smooth_borders(
    class_map: ClassMap,
    spacing_mm: tuple[float, float, float],
    is_wanted: IsWanted = always,
    before: ClassMap | None = None,
    changed: Box | None = None,
) -> ClassMap | None:
    """A class map whose borders have lost their steps.

    Args:
        class_map: stays as it is.
        spacing_mm: of the grid, along (i, j, k).
        is_wanted: asked every few milliseconds.
        before: what this made of the class map as it was before a stroke.
        changed: the region of the stroke; only there and a little around it ``before`` is made again.

    Returns:
        A new map with the same numbers and means; None when it was called off.
    """
    classes = class_map.classes
    along = [_weights(sigma) for sigma in border_sigmas(spacing_mm)[::-1]]
    reach = max(weights.size // 2 for weights in along)
    region, smoothed = Box.whole(classes.shape), classes.copy()
    if before is not None and changed is not None:
        region, smoothed = _grown(changed, reach + 2, classes.shape), before.classes.copy()
        smoothed[region.slices] = classes[region.slices]
    around = _grown(region, 1, classes.shape)
    is_border = np.zeros(classes.shape, np.uint8)

    def mark(first: int, last: int) -> None:
        _mark_borders(classes, is_border, np.array(Box(first, last, *around[2:])))

    def vote(first: int, last: int) -> None:
        _vote(classes, is_border, along[0], along[1], along[2], smoothed, np.array(Box(first, last, *region[2:])))

    thickness = slab_thickness(classes.shape)
    if not in_slabs(mark, around.k0, around.k1, thickness, is_wanted):
        return None
    if not in_slabs(vote, region.k0, region.k1, thickness, is_wanted):
        return None
    return ClassMap(smoothed, class_map.numbers, class_map.means)


def border_sigmas(spacing_mm: tuple[float, float, float]) -> tuple[float, float, float]:
    """Standard deviations in voxels along (i, j, k)."""
    sigma_mm = WIDTH * max(spacing_mm)
    i, j, k = (min(sigma_mm / spacing, WIDEST) for spacing in spacing_mm)
    return i, j, k


def _weights(sigma: float) -> NDArray[np.float32]:
    reach = max(round(1.5 * sigma), 1)
    return np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)


def _grown(box: Box, by: int, shape: tuple[int, ...]) -> Box:
    k, j, i = shape
    wide = Box(box.k0 - by, box.k1 + by, box.j0 - by, box.j1 + by, box.i0 - by, box.i1 + by)
    return wide.clipped((k, j, i))


@compiled
def _mark_borders(classes, is_border, box):
    """1 where one of the six neighbours has another class."""
    count, rows, columns = classes.shape
    for k in range(box[0], box[1]):
        below, above = max(k - 1, 0), min(k + 1, count - 1)
        for j in range(box[2], box[3]):
            up, down = max(j - 1, 0), min(j + 1, rows - 1)
            for i in range(box[4], box[5]):
                own = classes[k, j, i]
                differs = (classes[below, j, i] != own) | (classes[above, j, i] != own)
                differs |= (classes[k, up, i] != own) | (classes[k, down, i] != own)
                differs |= (classes[k, j, max(i - 1, 0)] != own) | (classes[k, j, min(i + 1, columns - 1)] != own)
                is_border[k, j, i] = differs


@compiled
def _has_core(classes, is_border, k, j, i):
    """Whether a voxel touches one of its class that lies within it."""
    own = classes[k, j, i]
    for ak in range(max(k - 1, 0), min(k + 2, classes.shape[0])):
        for aj in range(max(j - 1, 0), min(j + 2, classes.shape[1])):
            for ai in range(max(i - 1, 0), min(i + 2, classes.shape[2])):
                if classes[ak, aj, ai] == own and is_border[ak, aj, ai] == 0:
                    return True
    return False


@compiled
def _vote(classes, is_border, along_k, along_j, along_i, smoothed, box):
    """Give border voxels to the class with the largest share around them; its own when there is none larger."""
    shares = np.zeros(256, np.float32)
    met = np.empty(256, np.uint8)
    for k in range(box[0], box[1]):
        for j in range(box[2], box[3]):
            for i in range(box[4], box[5]):
                if is_border[k, j, i] != 0 and _has_core(classes, is_border, k, j, i):
                    smoothed[k, j, i] = _winner(classes, along_k, along_j, along_i, shares, met, k, j, i)


@compiled
def _winner(classes, along_k, along_j, along_i, shares, met, k, j, i):
    """The class with the largest weighted share; ``shares`` is all 0 before and after, ``met`` is for its own use."""
    reach_k, reach_j, reach_i = along_k.size // 2, along_j.size // 2, along_i.size // 2
    first_i, last_i = max(i - reach_i, 0), min(i + reach_i + 1, classes.shape[2])
    count = 0
    for ak in range(max(k - reach_k, 0), min(k + reach_k + 1, classes.shape[0])):
        for aj in range(max(j - reach_j, 0), min(j + reach_j + 1, classes.shape[1])):
            weight = along_k[ak - k + reach_k] * along_j[aj - j + reach_j]
            ai = first_i
            while ai < last_i:  # run by run of one class
                n = classes[ak, aj, ai]
                run = np.float32(0)
                while ai < last_i and classes[ak, aj, ai] == n:
                    run += along_i[ai - i + reach_i]
                    ai += 1
                if shares[n] == 0:
                    met[count] = n
                    count += 1
                shares[n] += weight * run
    best = classes[k, j, i]
    for at in range(count):
        if shares[met[at]] > shares[best] * np.float32(1.00001):  # sums of equal weights may differ by rounding
            best = met[at]
    for at in range(count):
        shares[met[at]] = 0
    return best
