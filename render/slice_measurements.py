"""Which measurements a slice shows, where on it, and what of them lies under the pointer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.measurement import Measurement, MeasurementKind, Point, as_point
from render.slice_geometry import SliceGrid

Pixels = NDArray[np.float64]  # (n, 2) continuous row and column

PARALLEL = 0.999  # cosine; planes that are turned by less than 2.5 degrees count as the same
ON_SLICE = 0.51  # slices on either side that are still this one
NEXT_TO = 1.51  # slices on either side on which it is shown faintly
ELLIPSE_CORNERS = 96
HANDLE_PX, BODY_PX = 9.0, 6.0  # how near the pointer must come, in logical pixels


@dataclass(frozen=True)
class ShownMeasurement:
    """A measurement as one slice shows it.

    Attributes:
        measurement: what it is.
        is_near: it lies on a neighbouring slice, and is shown faintly.
        is_draft: it is being drawn or moved.
    """

    measurement: Measurement
    is_near: bool = False
    is_draft: bool = False


@dataclass(frozen=True)
class MeasurementHit:
    """What lies under the pointer: one handle of a measurement, or (None) its line."""

    measurement: Measurement
    handle: int | None


def shown_measurements(
    measurements: Iterable[Measurement], draft: Measurement | None, hidden: frozenset[int], grid: SliceGrid
) -> tuple[ShownMeasurement, ...]:
    """The measurements that are seen on a slice, the draft last.

    One is seen on the slices through which it goes in views of the plane on which it was drawn, faintly on their
    neighbours, and in other views only where it lies wholly on the slice.
    """
    found = []
    for measurement in measurements:
        distance = slices_away(measurement, grid)
        is_replaced = draft is not None and draft.number == measurement.number
        if distance < NEXT_TO and not is_replaced and measurement.number not in hidden:
            found.append(ShownMeasurement(measurement, distance > ON_SLICE))
    if draft is not None and slices_away(draft, grid) < NEXT_TO:
        found.append(ShownMeasurement(draft, slices_away(draft, grid) > ON_SLICE, True))
    return tuple(found)


def slices_away(measurement: Measurement, grid: SliceGrid) -> float:
    """How many slices a measurement is away from a slice; infinite where the view does not show it at all."""
    heights = heights_of(corners_mm(measurement), grid)
    low, high = float(heights.min()), float(heights.max())
    if measurement.kind is MeasurementKind.BOX:  # a body is cut or it is not, from whatever side it is seen
        return 0.0 if low <= 0 <= high or max(-low, high) <= ON_SLICE else float("inf")
    if abs(float(np.dot(measurement.normal, grid.normal))) < PARALLEL:
        is_flat = measurement.kind is not MeasurementKind.ELLIPSE and max(-low, high) <= ON_SLICE
        return 0.0 if is_flat else float("inf")
    return max(0.0, low, -high)


def heights_of(points_mm: Iterable[Point], grid: SliceGrid) -> NDArray[np.float64]:
    """(n,) distances of points from a slice along its normal, in slices."""
    heights = np.asarray(list(points_mm), np.float64) @ np.asarray(grid.normal) - grid.position_mm
    return np.asarray(heights / grid.step_mm)


def corners_mm(measurement: Measurement) -> tuple[Point, ...]:
    """The points that say how far a measurement reaches; of a box all eight, the first four with the first corner.

    In the number of a box's corner, bit 0 is set at the far end of the first edge, bit 1 of the second, bit 2 of the
    third.
    """
    if measurement.kind is not MeasurementKind.BOX:
        return measurement.points_mm
    corner, *ends = np.asarray(measurement.points_mm, np.float64)
    edges = [end - corner for end in ends]
    return tuple(as_point(corner + sum(e for n, e in enumerate(edges) if bits >> n & 1)) for bits in range(8))


def handles_mm(measurement: Measurement) -> tuple[Point, ...]:
    """Where a measurement can be taken hold of: its ends and vertex; of an ellipse the four ends of its axes.

    A box has none: it says where a model found something, and not where somebody would have liked it.
    """
    if measurement.kind is MeasurementKind.BOX:
        return ()
    if measurement.kind is not MeasurementKind.ELLIPSE:
        return measurement.points_mm
    center, one, other = np.asarray(measurement.points_mm, np.float64)
    return tuple(as_point(p) for p in (one, 2 * center - one, other, 2 * center - other))


def with_handle(measurement: Measurement, handle: int, to_mm: Point) -> Measurement:
    """The measurement after a handle was dragged; the opposite end of an ellipse's axis stays where it is.

    Args:
        measurement: before.
        handle: index into ``handles_mm``.
        to_mm: where the handle is now.
    """
    if measurement.kind is not MeasurementKind.ELLIPSE:
        points = list(measurement.points_mm)
        points[handle] = to_mm
        return measurement.changed(points_mm=tuple(points))
    center, one, other = np.asarray(measurement.points_mm, np.float64)
    half = (one, other)[handle // 2] - center
    half = half if handle % 2 == 0 else -half
    length = float(np.linalg.norm(half))
    fixed = center - half
    reach = float((np.asarray(to_mm) - fixed) @ half) / length / 2
    if abs(reach) < 1e-3:
        return measurement
    offset = half / length * reach
    moved = fixed + offset
    ends = [moved + (one - center), moved + (other - center)]
    ends[handle // 2] = moved + (offset if handle % 2 == 0 else -offset)
    return measurement.changed(points_mm=(as_point(moved), as_point(ends[0]), as_point(ends[1])))


def ellipse_between(corner_mm: Point, opposite_mm: Point, grid: SliceGrid) -> tuple[Point, Point, Point]:
    """Points of the ellipse that fills the rectangle between two corners, along the picture's rows and columns."""
    one, other = np.asarray(corner_mm, np.float64), np.asarray(opposite_mm, np.float64)
    center = (one + other) / 2
    halves = []
    for step in (grid.right_mm, grid.down_mm):
        unit = np.asarray(step) / np.linalg.norm(step)
        halves.append(center + unit * abs(float((other - one) @ unit)) / 2)
    return as_point(center), as_point(halves[0]), as_point(halves[1])


def to_pixels(points_mm: Iterable[Point], grid: SliceGrid) -> Pixels:
    """Points projected onto a slice."""
    offset = np.asarray(list(points_mm), np.float64) - grid.origin_mm
    right, down = np.asarray(grid.right_mm), np.asarray(grid.down_mm)
    return np.stack([offset @ down / (down @ down), offset @ right / (right @ right)], axis=1)


def outline(measurement: Measurement, grid: SliceGrid) -> Pixels:
    """The line that is drawn: open for lengths and angles, for ellipses and boxes closed, its first corner repeated."""
    if measurement.kind is MeasurementKind.BOX:
        return _section(measurement, grid)
    if measurement.kind is not MeasurementKind.ELLIPSE:
        return to_pixels(measurement.points_mm, grid)
    center, one, other = to_pixels(measurement.points_mm, grid)
    turn = np.linspace(0, 2 * np.pi, ELLIPSE_CORNERS + 1)[:, None]
    return np.asarray(center + np.cos(turn) * (one - center) + np.sin(turn) * (other - center))


def hit(
    shown: Iterable[ShownMeasurement], at_mm: Point, grid: SliceGrid, pixels_per_mm: float
) -> MeasurementHit | None:
    """The topmost measurement under the pointer; what lies on other slices cannot be taken hold of.

    Args:
        shown: as they are drawn, the topmost last.
        at_mm: the pointer, on the slice.
        grid: the slice.
        pixels_per_mm: logical pixels of the view.
    """
    size = np.asarray(grid.pixel_mm[::-1]) * pixels_per_mm  # of a pixel of the picture on the screen: height, width
    at = to_pixels([at_mm], grid)[0] * size
    found: MeasurementHit | None = None
    for item in shown:
        if item.is_near:
            continue
        corners = handles_mm(item.measurement)
        away = np.zeros(0)
        if corners:
            away = np.linalg.norm(to_pixels(corners, grid) * size - at, axis=1)
            away[np.abs(heights_of(corners, grid)) > ON_SLICE] = np.inf
        if away.size and away.min() <= HANDLE_PX:
            found = MeasurementHit(item.measurement, int(away.argmin()))
        elif _distance(outline(item.measurement, grid) * size, at) <= BODY_PX:
            found = MeasurementHit(item.measurement, None)
    return found


def _section(box: Measurement, grid: SliceGrid) -> Pixels:
    """Where a slice cuts a box: a closed polygon; of a flat box that lies in the slice, its face."""
    corners = np.asarray(corners_mm(box), np.float64)
    heights = heights_of(corners, grid)
    found = []
    for one in range(8):
        for other in (one | 1, one | 2, one | 4):
            low, high = heights[one], heights[other]
            if other != one and min(low, high) <= 0 <= max(low, high):
                share = low / (low - high) if low != high else 0.0
                found.append(corners[one] + share * (corners[other] - corners[one]))
    points = np.unique(np.round(to_pixels([as_point(p) for p in found] or corners, grid), 6), axis=0)
    away = points - points.mean(axis=0)
    points = points[np.argsort(np.arctan2(away[:, 0], away[:, 1]))]
    return np.asarray(np.concatenate([points, points[:1]]))


def _distance(corners: Pixels, at: Pixels) -> float:
    """Of a point from a polyline."""
    one, way = corners[:-1], np.diff(corners, axis=0)
    share = ((at - one) * way).sum(axis=1) / np.maximum((way * way).sum(axis=1), 1e-12)
    nearest = one + np.clip(share, 0, 1)[:, None] * way
    return float(np.linalg.norm(nearest - at, axis=1).min())
