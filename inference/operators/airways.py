"""Trachea and main bronchi among the enclosed gas of the coarse grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.morphology import components

Mask = NDArray[np.bool_]

LEAST_LENGTH_MM = 30.0
AREA_MM2 = (40.0, 900.0)
FROM_MIDLINE_MM = 45.0
LEAST_ML = 3.0
HIGHEST_HU = -600.0


def airways(hu: NDArray[np.float32], enclosed: Mask, left: Mask, right: Mask, step_mm: float) -> Mask:
    """The upright tube of gas between the lungs, with what hangs on it.

    Args:
        hu: (k, j, i) HU, k to superior.
        enclosed: gas inside the body that is not lung.
        left, right: the lungs; without any, nothing is called airway.
        step_mm: voxel size.

    Returns:
        A mask, empty when no tube qualifies (bowel gas does not).
    """
    lung = left | right
    levels = np.flatnonzero(lung.any(axis=(1, 2)))
    found = np.zeros_like(enclosed)
    if levels.size == 0:
        return found
    labels, counts = components(enclosed & (hu < HIGHEST_HU))
    middle = _between(left, right)
    lowest = levels[0] + 0.25 * (levels[-1] - levels[0])
    for number in np.flatnonzero(counts * step_mm**3 / 1000 >= LEAST_ML):
        part = labels == number
        if _is_trachea(part, lowest, middle, step_mm):
            found |= part
    return found


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
    area = part.sum(axis=(1, 2))
    levels = np.flatnonzero(area)
    if (levels.size - 1) * step_mm < LEAST_LENGTH_MM or levels[0] < lowest:
        return False
    typical = float(np.median(area[levels])) * step_mm**2
    place = float(np.average(np.arange(part.shape[2]), weights=part.sum(axis=(0, 1))))
    return AREA_MM2[0] <= typical <= AREA_MM2[1] and abs(place - middle) * step_mm <= FROM_MIDLINE_MM
