"""Fat under the skin and fat inside the wall of muscle and bone, on the coarse grid."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.morphology import close_with_ball, components, dilate, erode, fill_planes, open_with_ball

Mask = NDArray[np.bool_]
Field = NDArray[np.float32]

FAT_HU = (-190.0, -30.0)
SKIN_MM = 8.0  # thick slices smear it
SEPTA_MM = 3.0
BOWEL_WALL_MM = 6.0
LEAST_PART = 0.15  # of the largest firm part: what is left of the skin is smaller, a thigh is not
WALL_GAP_MM = 24.0
LEVELS_MM = 9.0  # a gap that shows over fewer levels than twice this is bridged
TRUNK_CM2 = 320.0  # a head or a thigh has less in one slice
CHEST_CM2 = 120.0  # of lung in a slice: from here up, what lies beside the lungs is armpit and shoulder


class Fat(NamedTuple):
    """Masks (k, j, i) that do not overlap."""

    subcutaneous: Mask
    visceral: Mask


def fat_compartments(hu: Field, body: Mask, lung: Mask, bone: Mask, gas: Mask, step_mm: float) -> Fat:
    """Fat outside and inside the body wall.

    Args:
        hu: (k, j, i) HU, k to superior.
        body, lung, bone: masks.
        gas: enclosed gas that is not lung (bowel, airways).
        step_mm: voxel size.

    Returns:
        Subcutaneous fat, and visceral fat in slices of the trunk only (heads, limbs and shoulders have none).
    """
    fat = body & (hu > FAT_HU[0]) & (hu < FAT_HU[1]) & ~bone
    fat &= ~(dilate(lung | gas, 2) & ~dilate(erode(fat)))  # the blurred border of gas passes through the values of fat
    wall = _inside_wall(hu, body, lung | gas, bone, step_mm)
    cavity = wall & _trunk_slices(body, lung, step_mm)[:, None, None] & _between_lungs(lung, step_mm)
    return Fat(fat & ~wall, fat & cavity)


def _inside_wall(hu: Field, body: Mask, hollow: Mask, bone: Mask, step_mm: float) -> Mask:
    """All within the outer border of muscle and bone, bridged where it is thin or torn."""
    from scipy import ndimage

    depth: Any = ndimage.distance_transform_edt(np.pad(body, ((0, 0), (1, 1), (1, 1))))
    deep = depth[:, 1:-1, 1:-1] * step_mm > SKIN_MM
    lean = body & deep & ((hu > FAT_HU[1]) | (hu < FAT_HU[0]))
    firm = open_with_ball(lean, SEPTA_MM / step_mm) | bone | (dilate(hollow, round(BOWEL_WALL_MM / step_mm)) & deep)
    labels, counts = components(firm)
    firm = np.asarray((counts > LEAST_PART * counts.max(initial=1))[labels])
    wall = fill_planes(close_with_ball(firm, WALL_GAP_MM / step_mm), 0)
    along = max(1, round(LEVELS_MM / step_mm))
    return np.asarray(ndimage.median_filter(wall.view(np.uint8), (2 * along + 1, 1, 1)) > 0) & body


def _trunk_slices(body: Mask, lung: Mask, step_mm: float) -> NDArray[np.bool_]:
    """Slices that show lung, or whose largest part is too large for a head or a limb."""
    from scipy import ndimage

    trunk = np.asarray(lung.any(axis=(1, 2)))
    for k in np.flatnonzero(~trunk & body.any(axis=(1, 2))):
        labels, _count = ndimage.label(body[k])
        largest = np.bincount(labels.ravel())[1:].max()
        trunk[k] = largest * step_mm**2 / 100 >= TRUNK_CM2
    return np.asarray(trunk)


def _between_lungs(lung: Mask, step_mm: float) -> Mask:
    """The box around the lungs in chest slices, nothing above them, everything below."""
    allowed = np.ones_like(lung)
    chest = np.flatnonzero(lung.sum(axis=(1, 2)) * step_mm**2 / 100 >= CHEST_CM2)
    if chest.size == 0:
        return allowed
    for k in range(chest[0], lung.shape[0]):
        rows, columns = np.flatnonzero(lung[k].any(axis=1)), np.flatnonzero(lung[k].any(axis=0))
        allowed[k] = False
        if rows.size:
            allowed[k, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return allowed
