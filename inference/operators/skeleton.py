"""Bone with its marrow on the coarse grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.morphology import bounding_slices, close_with_ball, components, dilate, fill_enclosed, labels_beside

Mask = NDArray[np.bool_]

BONE_HU = 120.0  # at 3 mm, thin cortex blurred
CORTEX_HU = 250.0  # every thicker bone reaches this somewhere
CORTEX_SHARE = 0.07
THIN_BONE_HU = 170.0  # what a thin rib still reaches
BESIDE = 2  # voxels
LEAST_ML = 0.25
SURELY_BONE_ML = 100.0
MOST_CONTACT = 0.4  # share of the surface against bright organs: stones, bowel contents, pieces of vessel
BRANCH_HU = 40.0  # a vessel that leaves a bright organ is hardly brighter than it
CLOSING_MM = 4.5
ENCLOSED_MM = 24.0
LARGEST_MARROW_ML = 15.0
LARGEST_MARROW_CM2 = 14.0
SURELY_MARROW_CM2 = 0.6
MARROW_HU, FATTY_MARROW_HU = 50.0, -20.0  # the vertebral canal lies between


def skeleton(hu: NDArray[np.float32], body: Mask, organs: Mask, step_mm: float) -> Mask:
    """Bright parts that hold cortex, closed over their marrow.

    Args:
        hu: (k, j, i) HU on a grid of about 3 mm, k along the patient.
        body: where bone may be.
        organs: evenly bright organs and vessels, never bone.
        step_mm: voxel size.
    """
    bone = _with_cortex((hu > BONE_HU) & body & ~organs, hu, organs, step_mm)
    box = bounding_slices(bone, margin=3)
    if box is None:
        return bone
    filled = np.zeros_like(bone)
    solid = bone[box]
    bridged = close_with_ball(solid, CLOSING_MM / step_mm) & ~organs[box]
    part = solid | (bridged & (_sides_with_bone(solid, round(ENCLOSED_MM / step_mm)) >= 5))
    part = fill_enclosed(part, LARGEST_MARROW_ML * 1000 / step_mm**3)
    filled[box] = _fill_marrow(part, hu[box], step_mm) & body[box] & ~organs[box]
    return filled


def _with_cortex(bright: Mask, hu: NDArray[np.float32], organs: Mask, step_mm: float) -> Mask:
    """Keep parts that hold cortex and are neither inclusions nor branches of bright organs."""
    from scipy import ndimage

    labels, counts = components(bright)
    dense = np.bincount(labels[hu > CORTEX_HU], minlength=len(counts)) > CORTEX_SHARE * counts
    volume_ml = counts * step_mm**3 / 1000
    inclusion = _share_of_surface(labels, bright, organs, len(counts)) > MOST_CONTACT
    beside = np.where(organs, hu, np.float32(-1024))
    good = volume_ml > SURELY_BONE_ML
    boxes = ndimage.find_objects(labels)
    for number in np.flatnonzero((volume_ml > LEAST_ML) & ~inclusion & ~good):
        wide = tuple(slice(max(side.start - BESIDE, 0), side.stop + BESIDE) for side in boxes[number - 1])
        part = labels[wide] == number
        good[number] = _is_bone(hu[wide][part], beside[wide][dilate(part, BESIDE)], bool(dense[number]))
    return np.asarray(good[labels])


def _is_bone(values: NDArray[np.float32], beside: NDArray[np.float32], is_dense: bool) -> bool:
    """Judge a small part by its HU and by those of bright organs within reach.

    Alone, a thin rib needs little; beside a filled vessel a part must be dense and brighter than it.
    """
    brightest = float(np.percentile(values, 95))
    organ = beside[beside > BONE_HU]
    if organ.size == 0:
        return is_dense or brightest > THIN_BONE_HU
    return is_dense and brightest > float(np.percentile(organ, 90)) + BRANCH_HU


def _share_of_surface(labels: NDArray[Any], bright: Mask, organs: Mask, count: int) -> NDArray[np.float64]:
    rim = dilate(bright) & ~bright
    owner = labels_beside(labels, rim)
    surface = np.bincount(owner[rim], minlength=count)
    return np.asarray(np.bincount(owner[rim & organs], minlength=count) / np.maximum(surface, 1))


def _sides_with_bone(bone: Mask, reach: int) -> NDArray[np.int8]:
    """In how many of the axes' six directions a voxel sees bone within ``reach`` voxels; marrow in five or six."""
    sides = np.zeros(bone.shape, np.int8)
    for axis in range(3):
        place = np.arange(bone.shape[axis]).reshape([-1 if n == axis else 1 for n in range(3)])
        for turned in (bone, np.flip(bone, axis)):
            last = np.maximum.accumulate(np.where(turned, place, -reach - 1), axis=axis)
            seen = place - last <= reach
            sides += seen if turned is bone else np.flip(seen, axis)
    return sides


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
        lower = np.array([np.percentile(hu[k][holes == n], 20) for n in numbers])
        middle = ndimage.median(hu[k], holes, numbers)
        marrow = (area_cm2 < SURELY_MARROW_CM2) | (lower > MARROW_HU) | (middle < FATTY_MARROW_HU)
        marrow &= area_cm2 < LARGEST_MARROW_CM2
        filled[k] |= np.isin(holes, numbers[marrow])
    return filled
