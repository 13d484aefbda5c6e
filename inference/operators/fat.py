"""Fat under the skin and fat inside the wall of muscle and bone, on the coarse grid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.morphology import close_with_ball, components, fill_planes, open_with_ball

Mask = NDArray[np.bool_]

FAT_HU = (-190.0, -30.0)
SKIN_MM = 5.0
SEPTA_MM = 3.0
WALL_GAP_MM = 18.0
TRUNK_CM2 = 320.0  # a head or a thigh has less in one slice


class Fat(NamedTuple):
    """Masks (k, j, i) that do not overlap."""

    subcutaneous: Mask
    visceral: Mask


def fat_compartments(hu: NDArray[np.float32], body: Mask, lung: Mask, bone: Mask, step_mm: float) -> Fat:
    """Fat outside and inside the body wall.

    Args:
        hu: (k, j, i) HU, k along the patient.
        body, lung, bone: masks.
        step_mm: voxel size.

    Returns:
        Subcutaneous fat, and visceral fat in slices of the trunk only (heads and limbs have none).
    """
    fat = body & (hu > FAT_HU[0]) & (hu < FAT_HU[1]) & ~bone
    wall = _inside_wall(hu, body, lung, bone, step_mm)
    trunk = _trunk_slices(body, lung, step_mm)
    return Fat(fat & ~wall, fat & wall & trunk[:, None, None])


def _inside_wall(hu: NDArray[np.float32], body: Mask, lung: Mask, bone: Mask, step_mm: float) -> Mask:
    """All within the outer border of muscle and bone, bridged where it is thin."""
    from scipy import ndimage

    depth_mm = ndimage.distance_transform_edt(np.pad(body, ((0, 0), (1, 1), (1, 1)), mode="edge")) * step_mm
    lean = (body & (hu > FAT_HU[1]) & (depth_mm[:, 1:-1, 1:-1] > SKIN_MM)) | lung | bone
    lean |= body & (hu < FAT_HU[0])
    lean &= body
    firm = open_with_ball(lean, SEPTA_MM / step_mm) | bone | lung
    labels, counts = components(firm)
    firm = np.asarray((counts > 0.02 * counts.sum())[labels])
    return fill_planes(close_with_ball(firm, WALL_GAP_MM / step_mm), 0) & body


def _trunk_slices(body: Mask, lung: Mask, step_mm: float) -> NDArray[np.bool_]:
    """Slices that show lung, or whose largest part is too large for a head or a limb."""
    from scipy import ndimage

    trunk = np.asarray(lung.any(axis=(1, 2)))
    for k in np.flatnonzero(~trunk & body.any(axis=(1, 2))):
        labels, _count = ndimage.label(body[k])
        largest = np.bincount(labels.ravel())[1:].max()
        trunk[k] = largest * step_mm**2 / 100 >= TRUNK_CM2
    return np.asarray(trunk)
