"""The patient without table and blankets on a coarse grid, and how deep in the patient each place lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.volume import Quantity
from render.cinematic.coarse_values import CoarseValues, Values
from session.look.automatic import histogram, otsu

Mask = NDArray[np.bool_]

SKIN_HU = -300.0
THICK_MM = 7.0  # radius of the ball that fits into every part of a patient, but not into a table's shell or a blanket
GAP_MM = 12.0  # half the width of gaps that are closed: a thin chest wall may be lost to the ball
LEAST_SHARE = 0.03  # of the largest part: arms beside the trunk stay
DIM = 0.35  # of an image without a unit: the share of its tissue's median above which something is tissue
SMOOTH_NODES = 0.7


def depth_in_body(coarse: CoarseValues, quantity: Quantity) -> Values:
    """How deep each node lies in the body, in mm; below 0 outside of it. (k, j, i)

    What is solid is opened with a ball, the large parts that are left are the body, and what they enclose in any axial
    slice (lungs, gas, an airway that opens at the image's end) belongs to it. The image's ends are no surface.
    """
    from scipy import ndimage

    spacing = coarse.spacing_mm
    solid = coarse.values > _threshold(coarse.values, quantity)
    if not solid.any() or solid.all():
        return np.full(solid.shape, np.inf, np.float32)
    core = _opened(solid, spacing, THICK_MM)
    body = _large_parts(core) if core.any() else solid
    body = solid & (ndimage.distance_transform_edt(~body, spacing) <= THICK_MM)  # ears and fingers
    body = _filled(body, _axial_axis(coarse), spacing)
    if body.all():
        return np.full(solid.shape, np.inf, np.float32)
    depth = ndimage.distance_transform_edt(body, spacing) - ndimage.distance_transform_edt(~body, spacing)
    return np.asarray(ndimage.gaussian_filter(depth.astype(np.float32), SMOOTH_NODES, mode="nearest"))


def _threshold(values: Values, quantity: Quantity) -> float:
    """Above which something is solid."""
    if quantity is Quantity.HU:
        return SKIN_HU
    found = histogram(values)
    if np.count_nonzero(found.counts) < 2:
        return float(values.max())
    parted = float(otsu(found, 1)[0])
    return min(parted, DIM * float(np.median(values[values > parted])))


def _opened(mask: Mask, spacing: tuple[float, float, float], radius_mm: float) -> Mask:
    """The union of the balls that fit; beyond the image's ends the mask goes on."""
    from scipy import ndimage

    core = ndimage.distance_transform_edt(mask, spacing) > radius_mm
    if not core.any():
        return np.zeros_like(mask)
    return np.asarray(ndimage.distance_transform_edt(~core, spacing) <= radius_mm)


def _large_parts(mask: Mask) -> Mask:
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    is_large = sizes >= LEAST_SHARE * sizes.max()
    is_large[0] = False
    return np.asarray(is_large[labels])


def _filled(mask: Mask, axis: int, spacing: tuple[float, float, float]) -> Mask:
    """With what is enclosed in a slice across an axis, even where the wall around a large room has narrow gaps."""
    from scipy import ndimage

    wide = ndimage.distance_transform_edt(~mask, spacing) <= GAP_MM
    rooms = _enclosed(wide, axis)
    filled = mask | _enclosed(mask, axis)
    if rooms.any():
        filled |= ndimage.distance_transform_edt(~rooms, spacing) <= GAP_MM
    return np.asarray(filled)


def _enclosed(mask: Mask, axis: int) -> Mask:
    """What a mask encloses in the slices across an axis."""
    from scipy import ndimage

    slices = np.moveaxis(mask, axis, 0)
    return np.moveaxis(np.stack([ndimage.binary_fill_holes(one) & ~one for one in slices]), 0, axis)


def _axial_axis(coarse: CoarseValues) -> int:
    """The array axis (0 k, 1 j, 2 i) that leads most directly from foot to head."""
    directions = coarse.world_from_index[:3, :3] / np.linalg.norm(coarse.world_from_index[:3, :3], axis=0)
    return 2 - int(np.argmax(np.abs(directions[2])))
