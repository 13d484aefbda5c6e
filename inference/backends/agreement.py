"""How much two computations of one window agree."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_VOXELS = 50  # smaller structures say nothing: one voxel changes their Dice by percents


def mean_dice(labels: NDArray[Any], truth: NDArray[Any]) -> float:
    """Mean Dice over the structures of either; the share of equal voxels where there is none worth counting.

    Args:
        labels, truth: label values (x, y, z), or one truth value for each channel (channel, x, y, z).
    """
    if truth.dtype == np.bool_:
        pairs = [(a, b) for a, b in zip(labels, truth, strict=True) if max(a.sum(), b.sum()) >= LEAST_VOXELS]
    else:
        pairs = [(labels == value, truth == value) for value in sorted(_counting(labels) | _counting(truth))]
    if not pairs:
        return float((labels == truth).mean())
    return float(np.mean([2 * (a & b).sum() / (a.sum() + b.sum()) for a, b in pairs]))


def _counting(labels: NDArray[Any]) -> set[int]:
    """Label values of structures that are large enough; not the background."""
    values, counts = np.unique(labels, return_counts=True)
    return {int(value) for value, count in zip(values, counts, strict=True) if value and count >= LEAST_VOXELS}
