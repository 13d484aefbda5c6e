"""Bone with its marrow on the coarse grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.morphology import bounding_slices, close_with_ball, components, fill_enclosed

Mask = NDArray[np.bool_]

BONE_HU = 120.0  # at 3 mm, thin cortex blurred
CORTEX_HU = 250.0  # every bone reaches this somewhere
LEAST_ML = 0.25
CLOSING_MM = 4.5
LARGEST_MARROW_ML = 15.0
LARGEST_MARROW_CM2 = 12.0
MARROW_HU = 60.0


def skeleton(hu: NDArray[np.float32], body: Mask, organs: Mask, step_mm: float) -> Mask:
    """Bright parts that hold cortex, closed over their marrow.

    Args:
        hu: (k, j, i) HU on a grid of about 3 mm, k along the patient.
        body: where bone may be.
        organs: evenly bright organs and vessels, never bone.
        step_mm: voxel size.
    """
    bone = _with_cortex((hu > BONE_HU) & body & ~organs, hu, step_mm)
    box = bounding_slices(bone, margin=3)
    if box is None:
        return bone
    filled = np.zeros_like(bone)
    part = close_with_ball(bone[box], CLOSING_MM / step_mm) & ~organs[box]
    part = fill_enclosed(part, LARGEST_MARROW_ML * 1000 / step_mm**3)
    filled[box] = _fill_marrow(part, hu[box], step_mm) & body[box] & ~organs[box]
    return filled


def _with_cortex(bright: Mask, hu: NDArray[np.float32], step_mm: float) -> Mask:
    labels, counts = components(bright)
    dense = np.bincount(labels[hu > CORTEX_HU], minlength=len(counts))
    good = (dense > 0.05 * counts) & (counts * step_mm**3 / 1000 > LEAST_ML)
    good[0] = False
    return np.asarray(good[labels])


def _fill_marrow(bone: Mask, hu: NDArray[np.float32], step_mm: float) -> Mask:
    """Fill axial holes that measure like marrow; the vertebral canal, the brain and the chest stay open."""
    from scipy import ndimage

    filled = bone.copy()
    for k in np.flatnonzero(bone.any(axis=(1, 2))):
        holes, count = ndimage.label(ndimage.binary_fill_holes(bone[k]) & ~bone[k])
        if count == 0:
            continue
        numbers = np.arange(1, count + 1)
        area_cm2 = np.bincount(holes.ravel())[1:] * step_mm**2 / 100
        mean = ndimage.mean(hu[k], holes, numbers)
        marrow = (area_cm2 < 1) | ((area_cm2 < LARGEST_MARROW_CM2) & ((mean > MARROW_HU) | (mean < -20)))
        filled[k] |= np.isin(holes, numbers[marrow])
    return filled
