"""Tell lung, outside air and gas in hollow organs apart on the coarse grid.

Lung is recognised by what fills its depth: grey, textured parenchyma. Free gas (bowel, trachea, the room) is purer and
without texture, foam under the patient is as grey but smooth. Sizes, shapes and places alone do not tell them apart in
cropped scans, where lung may touch any face of the volume and no outside air be seen.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.morphology import components, dilate, erode, local_mean_and_spread, open_with_ball

Mask = NDArray[np.bool_]

GAS_HU = -400.0
PURE_HU = -940.0
PARENCHYMA_HU = (-940.0, -450.0)
TEXTURE_HU = (10.0, 130.0)  # spread in 3x3x3 voxels: foam and free gas lie below, borders and stool above
WALL_HU = -400.0
WALL_VOXELS = 2.0  # radius of the ball that fits into a chest wall, not into a table
GROWTH = 8  # voxels


class Gas(NamedTuple):
    """Masks (k, j, i) that do not overlap."""

    lung: Mask
    outside: Mask
    enclosed: Mask  # bowel, airways, sinuses


def classify_gas(hu: NDArray[np.float32], known: Mask, step_mm: float) -> Gas:
    """Split what is lighter than -400 HU.

    Args:
        hu: (k, j, i) upright grid of about 3 mm, k to superior.
        known: False where there is only padding.
        step_mm: voxel size.
    """
    gas = (hu < GAS_HU) & known
    mean, spread = local_mean_and_spread(hu)
    parenchyma = (mean > PARENCHYMA_HU[0]) & (mean < PARENCHYMA_HU[1])
    parenchyma &= (spread > TEXTURE_HU[0]) & (spread < TEXTURE_HU[1])
    shallow, deep = erode(gas), erode(gas, 2)
    beyond = _beyond_the_field(known)
    ml = step_mm**3 / 1000
    seeds = _deep_lung(deep, parenchyma, spread, ml)
    air = _pure_gas(shallow, mean < PURE_HU, seeds)
    seeds |= _thin_lung(shallow & ~seeds, parenchyma, mean < PURE_HU, beyond, ml) & ~air
    lung, air = _grow_together(seeds, air, gas)
    lung = _plausible(_walled(lung, hu, gas), ml)
    lung |= _pieces_beside(lung, gas & ~lung & ~air)
    rest = gas & ~lung
    outside = _reaching(rest, beyond)
    return Gas(lung, outside, rest & ~outside)


def _beyond_the_field(known: Mask) -> Mask:
    """The grid's side faces and the voxels beside padding: where the room's air begins."""
    beyond = dilate(~known)
    beyond[:, 0] = beyond[:, -1] = True
    beyond[:, :, 0] = beyond[:, :, -1] = True
    return beyond


def _deep_lung(deep: Mask, parenchyma: Mask, spread: NDArray[np.float32], ml: float) -> Mask:
    """Parts at least two voxels deep that are mostly parenchyma."""
    labels, counts = components(deep)
    share = _share(labels, parenchyma, counts)
    textured = _share(labels, spread > 15, counts)
    good = (counts * ml > 2) & (share > 0.35) & (textured > 0.5)
    return np.asarray(good[labels])


def _thin_lung(shallow: Mask, parenchyma: Mask, pure: Mask, beyond: Mask, ml: float) -> Mask:
    """Thin recesses of lung; never beside the room, where foam and cloth look the same."""
    labels, counts = components(shallow)
    share, free = _share(labels, parenchyma, counts), _share(labels, pure, counts)
    open_air = np.zeros(len(counts), bool)
    open_air[np.unique(labels[beyond])] = True
    good = (counts * ml > 1) & (share > 0.25) & (free < 0.5 * share) & ~open_air
    good[0] = False
    return np.asarray(good[labels])


def _pure_gas(shallow: Mask, pure: Mask, lung: Mask) -> Mask:
    """Cores of free gas, but not the bullae and large airways that lie within lung."""
    cores = shallow & pure & ~lung
    labels, counts = components(cores)
    rim = dilate(cores) & ~cores
    rim_labels = _spread_labels(labels, rim)
    touching = np.bincount(rim_labels[rim], minlength=len(counts))
    in_lung = np.bincount(rim_labels[rim & lung], minlength=len(counts))
    good = (counts >= 8) & (in_lung < 0.5 * np.maximum(touching, 1))
    good[0] = False
    return np.asarray(good[labels])


def _spread_labels(labels: NDArray[Any], rim: Mask, steps: int = 1) -> NDArray[Any]:
    """Give each rim voxel the number of a part within ``steps`` of it."""
    from scipy import ndimage

    cross = ndimage.iterate_structure(ndimage.generate_binary_structure(3, 1), steps)
    return np.where(rim, ndimage.grey_dilation(labels, footprint=cross), 0)


def _grow_together(lung: Mask, air: Mask, gas: Mask) -> tuple[Mask, Mask]:
    for _ in range(GROWTH):
        lung = dilate(lung, 1, gas & ~air)
        air = dilate(air, 1, gas & ~lung)
    return lung, air


def _walled(lung: Mask, hu: NDArray[np.float32], gas: Mask) -> Mask:
    """Drop parts that lie in gas or behind the thin table (foam) instead of in the patient.

    Where the volume ends does not count.
    """
    labels, counts = components(lung)
    rim = dilate(lung) & ~lung
    rim_labels = _spread_labels(labels, rim)
    solid = hu > WALL_HU
    thick = dilate(open_with_ball(solid, WALL_VOXELS))
    wall = np.bincount(rim_labels[rim & solid & thick], minlength=len(counts))
    thin = np.bincount(rim_labels[rim & solid & ~thick], minlength=len(counts))
    open_gas = np.bincount(rim_labels[rim & gas], minlength=len(counts))
    good = (wall > 2 * open_gas) & (wall > thin)
    good[0] = False
    return np.asarray(good[labels])


def _pieces_beside(lung: Mask, rest: Mask) -> Mask:
    """Gas that nobody claimed and that lies against lung for a third of its surface."""
    labels, counts = components(rest)
    rim = dilate(rest, 2) & ~rest
    rim_labels = _spread_labels(labels, rim, 2)
    around = np.bincount(rim_labels[rim], minlength=len(counts))
    beside = np.bincount(rim_labels[rim & lung], minlength=len(counts))
    good = beside > 0.33 * np.maximum(around, 1)
    good[0] = False
    return np.asarray(good[labels])


def _plausible(lung: Mask, ml: float) -> Mask:
    """Keep parts that are large, or that leave the volume through its upper face as the bases of lungs do."""
    labels, counts = components(lung)
    volume = counts * ml
    upper = np.zeros(len(counts), bool)
    upper[np.unique(labels[-2:])] = True
    border = np.zeros(len(counts), bool)
    for axis in range(3):
        for end in (0, -1):
            border[np.unique(np.take(labels, end, axis))] = True
    good = (volume > 250) | (upper & (volume > 4)) | (border & (volume > 60))
    if (good & (volume > 0)).any():  # beside a lung, smaller pieces are its recesses
        good |= volume > 10
    good[0] = False
    return np.asarray(good[labels])


def _reaching(gas: Mask, beyond: Mask) -> Mask:
    labels, counts = components(gas)
    good = np.zeros(len(counts), bool)
    good[np.unique(labels[beyond & gas])] = True
    good[0] = False
    return np.asarray(good[labels])


def _share(labels: NDArray[Any], of: Mask, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of each part's voxels that lie in a mask."""
    inside = np.bincount(labels[of], minlength=len(counts))
    inside[0] = 0
    return np.asarray(inside / np.maximum(counts, 1))
