"""The patient without table, clothes and the room's air."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.morphology import components, dilate, fill_enclosed, fill_planes, labels_beside, open_with_ball

Mask = NDArray[np.bool_]

SKIN_HU = -300.0
OPENING_MM = 6.0
THROAT_CM2 = 10.0
LEAST_SHARE = 0.03  # of the largest part's volume: arms and legs beside it stay


def body_mask(hu: NDArray[np.float32], known: Mask, lung: Mask, outside: Mask, enclosed: Mask, step_mm: float) -> Mask:
    """Tissue, lungs and enclosed gas of the patient on the upright coarse grid.

    Args:
        hu: (k, j, i) HU.
        known: False where there is only padding.
        lung, outside, enclosed: masks from the classification of gas.
        step_mm: voxel size.

    Returns:
        A mask, empty when nothing thick enough is there.
    """
    solid = ((hu > SKIN_HU) & known) | lung
    core = open_with_ball(solid, OPENING_MM / step_mm)
    core = _large_parts(core, hu)
    body = dilate(core, 2, solid & ~outside)
    body = fill_enclosed(body) & ~outside
    filled = fill_planes(body, 0) & known
    body = filled & ~(outside & ~_small_in_plane(filled & outside, step_mm))
    return np.asarray(body | _within(enclosed & ~body, body))


def _small_in_plane(gas: Mask, step_mm: float) -> Mask:
    """Axial cross-sections as small as a throat's: through an open mouth the room's air reaches down the airways."""
    from scipy import ndimage

    small = np.zeros_like(gas)
    for k in np.flatnonzero(gas.any(axis=(1, 2))):
        labels, _count = ndimage.label(gas[k])
        area_cm2 = np.bincount(labels.ravel()) * step_mm**2 / 100
        small[k] = (area_cm2 < THROAT_CM2)[labels] & gas[k]
    return small


def _within(gas: Mask, body: Mask) -> Mask:
    """Gas that a cut through the field opens: most of its surface is still the body's."""
    labels, counts = components(gas)
    rim = dilate(gas) & ~gas
    owner = labels_beside(labels, rim)
    surface = np.bincount(owner[rim], minlength=len(counts))
    good = np.bincount(owner[rim & body], minlength=len(counts)) > 0.6 * surface
    good[0] = False
    return np.asarray(good[labels])


def _large_parts(core: Mask, hu: NDArray[np.float32]) -> Mask:
    """The largest part and others of some size that measure like tissue, not like a table's foam or shell."""
    labels, counts = components(core)
    tissue = np.bincount(labels[(hu > -150) & (hu < 150)], minlength=len(counts))
    tissue[0] = 0
    good = (tissue > 0.5 * counts) | (counts == counts.max(initial=1))
    good &= counts > LEAST_SHARE * counts.max(initial=1)
    good[0] = False
    return np.asarray(good[labels])
