"""Split lung into left and right on the upright coarse grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.morphology import bounding_slices, components, dilate, erode

Mask = NDArray[np.bool_]

MOST_EROSION = 5  # voxels
STRADDLING = 0.15  # share of a part that may lie beyond the midline


def split_lungs(lung: Mask, bone: Mask, body: Mask) -> tuple[Mask, Mask]:
    """Left and right lung.

    The midline is the spine's, or the body's where no spine is seen. Lungs that touch are parted where they are thin.

    Args:
        lung, bone, body: (k, j, i), i grows to the patient's left.

    Returns:
        (left, right); either may be empty.
    """
    box = bounding_slices(lung, margin=1)
    if box is None:
        return lung.copy(), lung.copy()
    middle = _midline(lung, bone, body)
    part = lung[box]
    local = middle - box[2].start
    left_core, right_core = _cores(part, local)
    nearest_left = _nearer(left_core, right_core, part)
    left = np.zeros_like(lung)
    left[box] = nearest_left & part
    return left, lung & ~left


def _cores(lung: Mask, middle: float) -> tuple[Mask, Mask]:
    """Parts left and right of the midline after the least erosion that leaves none astride."""
    beyond = np.arange(lung.shape[2]) > middle
    for times in range(MOST_EROSION):
        labels, counts = components(erode(lung, times))
        on_left = np.bincount(labels[:, :, beyond].ravel(), minlength=len(counts))
        share = on_left / np.maximum(counts, 1)
        large = counts > 0.02 * counts.sum()
        astride = large & (share > STRADDLING) & (share < 1 - STRADDLING)
        if not astride.any():
            left = (share > 0.5) & (counts > 0)
            right = (share <= 0.5) & (counts > 0)
            return np.asarray(left[labels]), np.asarray(right[labels])
    return lung & beyond, lung & ~beyond


def _nearer(left: Mask, right: Mask, lung: Mask) -> Mask:
    """Where the left core lies nearer than the right one."""
    from scipy import ndimage

    if not right.any() or not left.any():
        return lung & bool(left.any())
    to_left = ndimage.distance_transform_edt(~left)
    to_right = ndimage.distance_transform_edt(~right)
    return np.asarray(to_left < to_right)


def _midline(lung: Mask, bone: Mask, body: Mask) -> float:
    """Index i of the median plane."""
    spine = _spine(lung, bone)
    if spine is not None:
        return spine
    columns = np.flatnonzero(lung.any(axis=(0, 1)))
    centre = float(np.average(np.arange(lung.shape[2]), weights=lung.sum(axis=(0, 1))))
    whole = np.asarray(body.any(axis=(0, 1)))
    if not (whole[0] or whole[-1]):
        return float(np.average(np.arange(lung.shape[2]), weights=body.sum(axis=(0, 1))))
    # Cut close around one lung: the mediastinum is the side with more soft tissue.
    soft = dilate(lung, 8) & body & ~lung
    place = float(np.average(np.arange(lung.shape[2]), weights=soft.sum(axis=(0, 1)))) if soft.any() else centre
    return float(columns[-1] + 1 if place > centre else columns[0] - 1)


def _spine(lung: Mask, bone: Mask) -> float | None:
    """Column of the thickest bone, median over the slices that show lung; None without thick bone."""
    from scipy import ndimage

    padded: Any = ndimage.distance_transform_edt(np.pad(bone, ((0, 0), (1, 1), (1, 1))))
    depth = padded[:, 1:-1, 1:-1]
    slices = np.flatnonzero(np.asarray(lung.any(axis=(1, 2))))
    deepest = [(int(np.argmax(depth[k])), float(depth[k].max())) for k in slices]
    columns = [at % bone.shape[2] for at, value in deepest if value >= 3]
    if len(columns) < max(1, len(slices) // 5):
        return None
    return float(np.median(columns))
