"""Split lung into left and right on the upright coarse grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.morphology import bounding_slices, components, erode

Mask = NDArray[np.bool_]

MOST_EROSION = 5  # voxels
STRADDLING = 0.15  # share of a part that may lie beyond the midline
RIB_VOXELS, LEAST_RIB_VOXELS = 6, 50
LEAST_PART = 0.02  # share of the lungs: smaller parts go where their larger half is


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
    """Parts left and right of the midline; parts astride are eroded until they fall apart there."""
    beyond = np.arange(lung.shape[2]) > middle
    left, right, whole = np.zeros_like(lung), np.zeros_like(lung), lung
    for times in range(MOST_EROSION):
        labels, counts = components(erode(whole, min(times, 1)))
        on_left = np.bincount(labels[:, :, beyond].ravel(), minlength=len(counts))
        share = on_left / np.maximum(counts, 1)
        large = counts > LEAST_PART * lung.sum()
        astride = large & (share > STRADDLING) & (share < 1 - STRADDLING)
        left |= ((share > 0.5) & (counts > 0) & ~astride)[labels]
        right |= ((share <= 0.5) & (counts > 0) & ~astride)[labels]
        whole = np.asarray(astride[labels])
        if not whole.any():
            break
    return left | (whole & beyond), right | (whole & ~beyond)


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
    gap = _gap(lung)
    if gap is not None:
        return gap
    columns = np.flatnonzero(lung.any(axis=(0, 1)))
    whole = np.asarray(body.any(axis=(0, 1)))
    if not (whole[0] or whole[-1]):
        return float(np.average(np.arange(lung.shape[2]), weights=body.sum(axis=(0, 1))))
    return float(columns[-1] + 1 if _ribs_at_lower_columns(lung, bone, body) else columns[0] - 1)


def _ribs_at_lower_columns(lung: Mask, bone: Mask, body: Mask) -> bool:
    """Whether a lung that is cut close has its ribs, so its outer side, at lower columns: then it is a right one.

    Where no bone is seen, the side with more soft tissue is the mediastinum.
    """
    higher, lower = (_seen(lung, bone, outwards) for outwards in (1, -1))
    if max(higher, lower) < LEAST_RIB_VOXELS:
        soft = body & ~lung
        higher, lower = (-_seen(lung, soft, outwards) for outwards in (1, -1))
    return lower > higher


def _seen(lung: Mask, other: Mask, outwards: int) -> int:
    """How often ``other`` lies within a few columns of lung towards higher (1) or lower (-1) columns."""
    total = 0
    for offset in range(1, RIB_VOXELS + 1):
        near, far = (slice(None, -offset), slice(offset, None))[::outwards]
        total += int((lung[:, :, near] & other[:, :, far]).sum())
    return total


def _gap(lung: Mask) -> float | None:
    """Half-way between two large parts that lie side by side, None when there are no two."""
    labels, counts = components(lung)
    if len(counts) < 3:
        return None
    second, first = (int(n) for n in np.argsort(counts)[-2:])
    if counts[second] < 0.15 * counts.sum():
        return None
    places = [np.arange(lung.shape[2]) @ (labels == n).sum(axis=(0, 1)) / counts[n] for n in (first, second)]
    reach = [np.flatnonzero((labels == n).any(axis=(0, 1))) for n in (first, second)]
    near, far = (reach[0], reach[1]) if places[0] < places[1] else (reach[1], reach[0])
    overlap = near[-1] - far[0]
    narrow = min(len(near), len(far))
    return float((near[-1] + far[0]) / 2) if overlap < 0.3 * narrow else None


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
