"""Find what is as bright as bone without being bone: contrast in vessels, kidneys, bladder and bowel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.morphology import components, dilate, local_mean_and_spread

Mask = NDArray[np.bool_]

LEAST_HU = 95.0
LEAST_ML = 0.4
SMOOTH_HU, SMOOTH_SHARE = 30.0, 0.12  # spread allowed in 3x3x3 voxels: noise plus a share of the brightness
RIM_HU, RIM_SHARE = 60.0, 0.25  # how much brighter than the inside a cortex is
METAL_HU = 2000.0


def bright_organs(hu: NDArray[np.float32], step_mm: float) -> Mask:
    """Evenly bright regions that no brighter shell surrounds, grown over their blurred border.

    Bone and contrast share their HU range, but bone has a cortex: outwards from marrow it gets brighter first, outwards
    from a filled vessel or organ only darker.

    Args:
        hu: (k, j, i) HU on a grid of about 3 mm.
        step_mm: voxel size.
    """
    from scipy import ndimage

    mean, spread = local_mean_and_spread(hu)
    even = (mean > LEAST_HU) & (mean < METAL_HU) & (spread < np.maximum(SMOOTH_HU, SMOOTH_SHARE * mean))
    labels, counts = components(even)
    brightest = ndimage.maximum_filter(hu, 3)
    organs = np.zeros(hu.shape, bool)
    least = LEAST_ML * 1000 / step_mm**3
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        if counts[number] < least or box is None:
            continue
        wide = tuple(slice(max(side.start - 3, 0), side.stop + 3) for side in box)
        part = labels[wide] == number
        if not _has_cortex(part, hu[wide], brightest[wide]):
            organs[wide] |= _with_border(part, hu[wide])
    return organs


def _has_cortex(part: Mask, hu: NDArray[np.float32], brightest: NDArray[np.float32]) -> bool:
    rim = dilate(part, 2) & ~part
    inside = float(hu[part].mean())
    return bool((brightest[rim] > inside + max(RIM_HU, RIM_SHARE * inside)).mean() >= 0.5)


def _with_border(part: Mask, hu: NDArray[np.float32]) -> Mask:
    inside = float(hu[part].mean())
    return dilate(part, 2, hu < inside + max(RIM_HU, RIM_SHARE * inside))
