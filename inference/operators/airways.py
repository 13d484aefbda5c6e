"""Trachea and main bronchi among the gas of the coarse grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.morphology import components

Mask = NDArray[np.bool_]
Field = NDArray[np.float32]

LEAST_LENGTH_MM = 30.0
AREA_MM2 = (40.0, 900.0)
FROM_MIDLINE_MM = 45.0
LEAST_ML = 3.0
HIGHEST_HU = -600.0
FOLLOWED_HU = -850.0
EMPHYSEMA_HU, DARKER_HU = -880.0, 40.0
LARGEST_MM2 = 600.0  # cross-section; more is a leak into lung


def airways(hu: Field, enclosed: Mask, left: Mask, right: Mask, step_mm: float) -> Mask:
    """The upright tube of gas between the lungs, with what hangs on it.

    Args:
        hu: (k, j, i) HU, k to superior.
        enclosed: gas inside the body that is not lung.
        left, right: the lungs; without any, nothing is called airway.
        step_mm: voxel size.

    Returns:
        A mask, empty when no tube qualifies (bowel gas does not). It may take voxels from the lungs, where the upper
        trachea was counted to them.
    """
    lung = left | right
    levels = np.flatnonzero(np.asarray(lung.any(axis=(1, 2))))
    found = np.zeros_like(enclosed)
    if levels.size == 0:
        return found
    middle = _between(left, right)
    lowest = float(levels[0] + 0.25 * (levels[-1] - levels[0]))
    for gas in (enclosed & (hu < HIGHEST_HU), _darker_than_lung(hu, lung)):
        found = _tracheas(gas, lowest, middle, step_mm)
        if found.any():
            return _follow_up(found, hu < FOLLOWED_HU, step_mm)
    return found


def _darker_than_lung(hu: Field, lung: Mask) -> Mask:
    """Where thick slices blur its wall, the trachea was counted to lung; healthy lung is denser than its gas."""
    typical = float(np.median(hu[lung]))
    if typical < EMPHYSEMA_HU:
        return np.zeros_like(lung)
    return np.asarray(lung & (hu < min(typical - DARKER_HU, FOLLOWED_HU)))


def _tracheas(gas: Mask, lowest: float, middle: float, step_mm: float) -> Mask:
    labels, counts = components(gas)
    large = np.flatnonzero(counts * step_mm**3 / 1000 >= LEAST_ML)
    good = [n for n in large if _is_trachea(labels == n, lowest, middle, step_mm)]
    return np.isin(labels, good)


def _between(left: Mask, right: Mask) -> float:
    """Column half-way between the lungs' inner borders, or the inner border of the only lung."""
    columns = np.arange(left.shape[2])
    inner = []
    for lung, inwards in ((left, 5), (right, 95)):
        weights = lung.sum(axis=(0, 1))
        if weights.any():
            inner.append(float(np.interp(inwards / 100 * weights.sum(), np.cumsum(weights), columns)))
    return float(np.mean(inner))


def _is_trachea(part: Mask, lowest: float, middle: float, step_mm: float) -> bool:
    area: Any = part.sum(axis=(1, 2))
    levels = np.flatnonzero(area)
    if (levels.size - 1) * step_mm < LEAST_LENGTH_MM or levels[0] < lowest:
        return False
    typical = float(np.median(area[levels])) * step_mm**2
    place = float(np.average(np.arange(part.shape[2]), weights=part.sum(axis=(0, 1))))
    return AREA_MM2[0] <= typical <= AREA_MM2[1] and abs(place - middle) * step_mm <= FROM_MIDLINE_MM


def _follow_up(tube: Mask, dark: Mask, step_mm: float) -> Mask:
    """Complete each cross-section, and go on upwards, as long as what is dark there is no wider than a trachea."""
    from scipy import ndimage

    tube = tube.copy()
    lowest = int(np.flatnonzero(np.asarray(tube.any(axis=(1, 2))))[0])
    for k in range(lowest, tube.shape[0]):
        last = tube[k] if tube[k].any() else tube[k - 1]
        labels, _count = ndimage.label(dark[k] | tube[k])
        touched = np.unique(labels[last & (labels > 0)])
        if touched.size == 0:
            break
        here = np.isin(labels, touched)
        if here.sum() * step_mm**2 <= LARGEST_MM2:
            tube[k] |= here
        elif not tube[k].any():
            break
    return tube
