"""The measures of how much two masks agree, for one segment."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.comparison.surface_cells import MaskOf, OnPart, ScannedMasks, scan
from imaging.comparison.surface_distances import distances
from imaging.errors import UserError
from imaging.extent import Extent, extent_of
from imaging.geometry import Box, Geometry

TOLERANCE_MM = 1.0
ROBUST_PERCENT = 95.0
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Agreement:
    """How much mask B agrees with mask A.

    Surface Dice and the Hausdorff distances follow Nikolov et al. 2018 (arXiv 1809.04430) and the package
    surface-distance that belongs to it: the surface runs between the voxels, each piece of it counts with its area, and
    of the two directions (A to B, B to A) the larger Hausdorff distance counts. Voxels at the image's border end there.
    Of a slice of unknown thickness the outlines are compared: its two faces, which always agree, count in nothing.

    Where both masks are empty there is nothing to agree about: every measure is NaN and counts in no mean. Where one
    is empty, Dice and surface Dice are 0, and the distances infinite.

    Attributes:
        voxels_a, voxels_b, voxels_common: how many voxels.
        size_a, size_b: their volumes, or areas where the thickness of the only slice is unknown.
        dice: twice the common voxels by the sum of both, 0-1.
        surface_dice: share of both surfaces that lies within ``tolerance_mm`` of the other one, 0-1.
        hd95_mm: the distance that 95 % of the surface's area does not exceed.
        hausdorff_mm: the largest distance.
        farthest_mm: LPS position where it is, on the surface that strays; None where a mask is empty.
        tolerance_mm: of the surface Dice.
    """

    voxels_a: int
    voxels_b: int
    voxels_common: int
    size_a: Extent
    size_b: Extent
    dice: float
    surface_dice: float
    hd95_mm: float
    hausdorff_mm: float
    farthest_mm: Point | None
    tolerance_mm: float = TOLERANCE_MM

    @property
    def difference(self) -> Extent:
        """How much larger B is than A."""
        return Extent(self.size_b.amount - self.size_a.amount, self.size_a.is_area)

    @property
    def difference_percent(self) -> float:
        """The same in per cent of A; NaN or infinite where A is empty."""
        if self.voxels_a == 0:
            return nan if self.voxels_b == 0 else inf
        return 100 * (self.size_b.amount / self.size_a.amount - 1)

    @property
    def is_measured(self) -> bool:
        """False where both masks are empty."""
        return self.voxels_a + self.voxels_b > 0


def compare_masks(
    a: NDArray[np.bool_], b: NDArray[np.bool_], geometry: Geometry, tolerance_mm: float = TOLERANCE_MM
) -> Agreement:
    """Compare two masks of (k, j, i) on one geometry.

    Raises:
        UserError: unevenly spaced slices.
    """
    if a.shape != geometry.shape or b.shape != geometry.shape:
        raise ValueError(f"masks of {a.shape} and {b.shape} do not fit a grid of {geometry.shape}")
    full = Box.whole(geometry.shape)
    return compare_in_box(lambda box: a[box.slices], lambda box: b[box.slices], full, geometry, tolerance_mm)


def require_even(geometry: Geometry) -> None:
    """Make sure that distances on this grid have a meaning.

    Raises:
        UserError: unevenly spaced slices.
    """
    if not geometry.is_regular:
        raise UserError(
            "Masks on unevenly spaced slices cannot be compared: their surfaces have gaps of unknown size.",
            "Open the series with --regular-grid and segment it there.",
        )


def compare_in_box(
    a: MaskOf,
    b: MaskOf,
    box: Box,
    geometry: Geometry,
    tolerance_mm: float = TOLERANCE_MM,
    on_part: OnPart = lambda _: None,
) -> Agreement:
    """Compare two masks that lie within a box of the grid.

    Args:
        a, b: give the voxels of a part of the grid.
        box: holds all voxels of both.
        geometry: the whole grid.
        tolerance_mm: of the surface Dice.
        on_part: called with 0-1 between parts of the work; what it raises ends the work.

    Raises:
        UserError: unevenly spaced slices, or a tolerance below 0.
    """
    require_even(geometry)
    if not tolerance_mm >= 0:
        raise UserError("The tolerance must be 0 mm or more.")
    scanned = scan(a, b, box, lambda done: on_part(done / 2), is_endless=not geometry.has_thickness)
    if scanned.voxels_a == 0 or scanned.voxels_b == 0:
        return _with_an_empty_one(scanned, geometry, tolerance_mm)
    there, back = distances(scanned.a, scanned.b, geometry.affine, lambda done: on_part((1 + done) / 2))
    strays_in_a = there.mm.max() >= back.mm.max()
    cells, mm = (scanned.a, there.mm) if strays_in_a else (scanned.b, back.mm)
    farthest = cells.centers(np.array([mm.argmax()]))[0] + (box.i0, box.j0, box.k0)
    if not geometry.has_thickness:
        farthest[2] = box.k0  # outlines lie in their slice
    within = there.area_within(tolerance_mm) + back.area_within(tolerance_mm)
    return Agreement(
        **_sizes(scanned, geometry),
        dice=2 * scanned.voxels_common / (scanned.voxels_a + scanned.voxels_b),
        surface_dice=within / float(there.areas.sum() + back.areas.sum()),
        hd95_mm=max(there.percentile(ROBUST_PERCENT), back.percentile(ROBUST_PERCENT)),
        hausdorff_mm=float(mm.max()),
        farthest_mm=_point(geometry.to_world(farthest)),
        tolerance_mm=tolerance_mm,
    )


def _with_an_empty_one(scanned: ScannedMasks, geometry: Geometry, tolerance_mm: float) -> Agreement:
    is_nothing = scanned.voxels_a == scanned.voxels_b == 0
    share, mm = (nan, nan) if is_nothing else (0.0, inf)
    return Agreement(
        **_sizes(scanned, geometry),
        dice=share,
        surface_dice=share,
        hd95_mm=mm,
        hausdorff_mm=mm,
        farthest_mm=None,
        tolerance_mm=tolerance_mm,
    )


def _sizes(scanned: ScannedMasks, geometry: Geometry) -> dict[str, Any]:
    return {
        "voxels_a": scanned.voxels_a,
        "voxels_b": scanned.voxels_b,
        "voxels_common": scanned.voxels_common,
        "size_a": extent_of(geometry, scanned.voxels_a),
        "size_b": extent_of(geometry, scanned.voxels_b),
    }


def _point(lps_mm: NDArray[np.float64]) -> Point:
    x, y, z = (float(mm) for mm in lps_mm)
    return x, y, z
