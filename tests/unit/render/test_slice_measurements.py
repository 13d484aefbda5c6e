"""On which slices a measurement is seen, what lies under the pointer, and how handles drag it."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind, Point
from render.slice_geometry import SliceGrid, slice_grid
from render.slice_measurements import (
    MeasurementHit,
    ellipse_between,
    handles_mm,
    hit,
    outline,
    shown_measurements,
    slices_away,
    to_pixels,
    with_handle,
)
from session.presentation import Plane, SliceCamera

GEOMETRY = Geometry((20, 60, 80), np.diag([0.5, 0.5, 2.0, 1.0]))
UP: Point = (0.0, 0.0, 1.0)


def grid(z_mm: float = 20.0, plane: Plane = Plane.AXIAL, tilt: tuple[float, float] = (0.0, 0.0)) -> SliceGrid:
    return slice_grid(GEOMETRY, plane, SliceCamera(tilt_deg=tilt), (20.0, 15.0, z_mm))


def length(one: Point, other: Point, number: int = 1, normal: Point = UP) -> Measurement:
    return Measurement(number, MeasurementKind.LENGTH, (one, other), normal, f"Length {number}")


def test_it_is_seen_on_its_slices_and_faintly_on_their_neighbours() -> None:
    flat = length((5.0, 5.0, 20.0), (25.0, 15.0, 20.0))
    far = [slices_away(flat, grid(z)) for z in (20.0, 22.0, 18.0, 24.0, 30.0)]
    assert far == pytest.approx([0, 1, 1, 2, 5])
    through = length((5.0, 5.0, 16.0), (25.0, 15.0, 24.0))
    assert [slices_away(through, grid(z)) for z in (14.0, 16.0, 20.0, 24.0)] == pytest.approx([1, 0, 0, 0])
    seen = shown_measurements([flat, through], None, frozenset(), grid(22.0))
    assert [(s.measurement.number, s.is_near) for s in seen] == [(1, True), (1, False)]
    assert shown_measurements([flat], None, frozenset({1}), grid()) == ()


def test_other_planes_show_it_only_where_it_lies_in_them() -> None:
    across = length((5.0, 15.0, 20.0), (25.0, 15.0, 20.0))
    coronal = slice_grid(GEOMETRY, Plane.CORONAL, SliceCamera(), (20.0, 15.0, 20.0))
    assert slices_away(across, coronal) == 0.0
    assert slices_away(length((5.0, 15.0, 20.0), (25.0, 16.0, 20.0)), coronal) == np.inf
    region = Measurement(1, MeasurementKind.ELLIPSE, ((9.0, 15.0, 20.0),) * 3, UP, "r")
    assert slices_away(region, coronal) == np.inf
    assert slices_away(length((5.0, 5.0, 20.0), (25.0, 25.0, 20.0)), grid(tilt=(20.0, 0.0))) == np.inf


def test_a_draft_takes_the_place_of_what_is_moved() -> None:
    before, other = length((5.0, 5.0, 20.0), (9.0, 5.0, 20.0)), length((5.0, 9.0, 20.0), (9.0, 9.0, 20.0), 2)
    draft = before.moved((1.0, 0.0, 0.0))
    seen = shown_measurements([before, other], draft, frozenset(), grid())
    assert [(s.measurement, s.is_draft) for s in seen] == [(other, False), (draft, True)]


def test_the_pointer_finds_handles_before_lines_and_nothing_elsewhere() -> None:
    one = length((5.0, 5.0, 20.0), (25.0, 5.0, 20.0))
    seen = shown_measurements([one], None, frozenset(), grid())

    def under(x: float, y: float, scale: float = 4.0) -> MeasurementHit | None:
        return hit(seen, (x, y, 20.0), grid(), scale)

    assert under(26.0, 5.5) == MeasurementHit(one, 1)
    assert under(15.0, 6.0) == MeasurementHit(one, None)
    assert under(15.0, 7.0) is None
    assert under(15.0, 7.0, scale=2.0) == MeasurementHit(one, None)  # zoomed out it is as many pixels away
    assert hit(shown_measurements([one], None, frozenset(), grid(22.0)), (25.0, 5.0, 22.0), grid(22.0), 4.0) is None


def test_an_ellipse_fills_its_rectangle_and_its_ends_are_dragged_along_their_axes() -> None:
    points = ellipse_between((4.0, 6.0, 20.0), (14.0, 12.0, 20.0), grid())
    region = Measurement(1, MeasurementKind.ELLIPSE, points, UP, "r")
    assert region.half_axes_mm == pytest.approx((5.0, 3.0))
    line = outline(region, grid())
    corners = to_pixels([(4.0, 6.0, 20.0), (14.0, 12.0, 20.0)], grid())
    np.testing.assert_allclose([line.min(axis=0), line.max(axis=0)], corners, atol=1e-9)
    for handle in range(4):
        grip = np.asarray(handles_mm(region)[handle])
        away = grip - region.points_mm[0]
        target = grip + 0.4 * away + np.cross(away, UP)  # what is across the axis does not count
        after = with_handle(region, handle, tuple(target))  # type: ignore[arg-type]
        moved = handles_mm(after)
        np.testing.assert_allclose(moved[handle], grip + 0.4 * away)
        opposite = handle ^ 1
        np.testing.assert_allclose(moved[opposite], handles_mm(region)[opposite])
        assert after.half_axes_mm[1 - handle // 2] == pytest.approx(region.half_axes_mm[1 - handle // 2])
    gone = with_handle(region, 0, handles_mm(region)[1])
    assert gone == region  # an ellipse without width would have no axis to take hold of
