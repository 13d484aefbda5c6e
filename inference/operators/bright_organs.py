"""Find what is as bright as bone without being bone: contrast in vessels, kidneys, bladder and bowel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.morphology import components, dilate, erode, local_mean_and_spread

Mask = NDArray[np.bool_]
Field = NDArray[np.float32]

LEVELS_HU = (95.0, 170.0, 280.0)  # a bright loop of bowel must be seen apart from the liver it touches
LEAST_ML = 0.4
DENSE_HU = 350.0  # as bright as dense bone without marrow: contrast only where large and of one brightness
LEAST_DENSE_ML = 8.0
DENSE_RANGE = 0.4  # 5th to 95th percentile, share of the mean
SMOOTH_HU, SMOOTH_SHARE = 30.0, 0.12  # spread allowed in 3x3x3 voxels: noise plus a share of the brightness
RIM_HU, RIM_NOISE, RIM_SHARE = 30.0, 3.0, 0.1  # how much brighter than the inside a cortex is, at least
CORTEX_SHARE = 0.45  # of the rim: less in a chain of organs that touches ribs, more around marrow
LEAST_CORTEX_SHARE, MOST_DARK_SHARE = 0.35, 0.25
METAL_HU = 2000.0
BORDER_HU = 30.0


def bright_organs(hu: Field, step_mm: float) -> Mask:
    """Evenly bright regions that no brighter shell surrounds, grown over their blurred border.

    Bone and contrast share their HU range, but bone has a cortex: outwards from marrow it gets brighter first, outwards
    from a filled vessel or organ only darker.

    Args:
        hu: (k, j, i) HU on a grid of about 3 mm.
        step_mm: voxel size.
    """
    from scipy import ndimage

    mean, spread = local_mean_and_spread(hu)
    even = (mean < METAL_HU) & (spread < np.maximum(SMOOTH_HU, SMOOTH_SHARE * mean))
    margin = max(RIM_HU, RIM_NOISE * _noise(hu, spread))
    brightest = np.asarray(ndimage.maximum_filter(hu, 3), np.float32)
    organs = np.zeros(hu.shape, bool)
    for level in LEVELS_HU:
        organs |= _without_cortex(even & (mean > level), hu, brightest, margin, step_mm)
    return _downhill(organs, hu)


def _without_cortex(even: Mask, hu: Field, brightest: Field, margin: float, step_mm: float) -> Mask:
    from scipy import ndimage

    labels, counts = components(even)
    organs = np.zeros(hu.shape, bool)
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        volume_ml = counts[number] * step_mm**3 / 1000
        if volume_ml < LEAST_ML or box is None:
            continue
        wide = tuple(slice(max(side.start - 3, 0), side.stop + 3) for side in box)
        part = labels[wide] == number
        if not _is_dense_bone(hu[wide][part], volume_ml) and not _has_cortex(part, hu[wide], brightest[wide], margin):
            organs[wide] |= part
    return organs


def _is_dense_bone(values: Field, volume_ml: float) -> bool:
    mean = float(values.mean())
    low, high = np.percentile(values, (5, 95))
    return mean > DENSE_HU and (volume_ml < LEAST_DENSE_ML or high - low > DENSE_RANGE * mean)


def _has_cortex(part: Mask, hu: Field, brightest: Field, margin: float) -> bool:
    """Whether the rim has brighter places all around, or many of them and hardly any darker ones."""
    rim = dilate(part, 2) & ~part
    inside = float(hu[part].mean())
    brighter = float((brightest[rim] > (1 + RIM_SHARE) * inside + margin).mean())
    darker = float((brightest[rim] < inside).mean())
    return brighter >= CORTEX_SHARE or (brighter >= LEAST_CORTEX_SHARE and darker < MOST_DARK_SHARE)


def _noise(hu: Field, spread: Field) -> float:
    """Spread of the calmest quarter of soft tissue; 0 where there is none."""
    soft = erode((hu > -20) & (hu < 120))
    return float(np.percentile(spread[soft], 25)) if soft.any() else 0.0


def _downhill(organs: Mask, hu: Field) -> Mask:
    """Add the border, where values only fall: two voxels, three around the brightest contents."""
    from scipy import ndimage

    grown = organs.copy()
    for step in range(3):
        beside = ndimage.maximum_filter(np.where(grown, hu, np.float32(-1024)), footprint=CROSS)
        limit = beside + BORDER_HU if step < 2 else np.where(beside > LEVELS_HU[-1], beside, np.float32(-1024))
        grown |= (hu > LEVELS_HU[0]) & (hu <= limit)
    return grown


CROSS = np.array(
    [[[0, 0, 0], [0, 1, 0], [0, 0, 0]], [[0, 1, 0], [1, 1, 1], [0, 1, 0]], [[0, 0, 0], [0, 1, 0], [0, 0, 0]]], bool
)
