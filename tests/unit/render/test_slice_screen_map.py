"""Screen positions, zoom and pan."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.geometry import Geometry
from render.screen_map import LEAST_ZOOM, MOST_ZOOM, limited_pan, pan_onto, screen_map, zoomed
from render.slice_geometry import SliceGrid, slice_grid
from session.presentation import Plane, SliceCamera


def grid_of(plane: Plane = Plane.CORONAL) -> SliceGrid:
    geometry = Geometry((30, 20, 10), np.diag([2.0, 1.0, 0.5, 1.0]))
    return slice_grid(geometry, plane, SliceCamera(), (5.0, 5.0, 5.0))


def test_the_whole_picture_fits_and_keeps_its_proportions() -> None:
    grid = grid_of()  # 10 columns of 2 mm, 30 rows of 0.5 mm
    place = screen_map(grid, SliceCamera(), 400, 400)
    assert place.rect_of((0, 30, 0, 10)) == pytest.approx((0, 50, 400, 350))
    assert place.scale == pytest.approx(20)
    assert (place.column_px, place.row_px) == pytest.approx((40, 10))


@pytest.mark.parametrize("seed", range(10))
def test_screen_and_world_are_inverse_for_any_camera(seed: int) -> None:
    random = np.random.default_rng(seed)
    grid = grid_of(list(Plane)[seed % 3])
    camera = SliceCamera(zoom=float(random.uniform(0.3, 20)), pan_mm=(float(random.normal()), float(random.normal())))
    place = screen_map(grid, camera, 613, 377)
    x, y = random.uniform(0, 377, 2)
    assert place.to_screen(*grid.to_pixel(place.to_world(grid, x, y))) == pytest.approx((x, y))
    center = place.to_screen((grid.rows - 1) / 2, (grid.columns - 1) / 2)
    shift = (613 / 2 - center[0]) / place.scale, (377 / 2 - center[1]) / place.scale
    assert shift == pytest.approx(camera.pan_mm)  # the view's middle lies right of and below the picture's


def test_zoom_keeps_what_lies_under_the_cursor() -> None:
    grid, camera, size, at = grid_of(), SliceCamera(1.5, (1.0, -2.0)), (500.0, 300.0), (120.0, 250.0)
    before = screen_map(grid, camera, *size).to_world(grid, *at)
    zoom, pan = zoomed(grid, camera, size, 1.3, at)
    after = screen_map(grid, SliceCamera(zoom, pan), *size).to_world(grid, *at)
    assert zoom == pytest.approx(1.95)
    np.testing.assert_allclose(before, after)


def test_zoom_and_pan_have_limits() -> None:
    grid = grid_of()
    assert zoomed(grid, SliceCamera(50.0), (400, 400), 100, (200, 200))[0] == MOST_ZOOM
    assert zoomed(grid, SliceCamera(0.5), (400, 400), 0.001, (200, 200))[0] == LEAST_ZOOM
    assert limited_pan(grid, (1000.0, -1000.0)) == pytest.approx((10.0, -7.5))


@pytest.mark.parametrize("plane", list(Plane))
def test_a_place_can_be_brought_into_the_middle(plane: Plane) -> None:
    grid, place = grid_of(plane), (6.0, 12.0, 3.0)
    shown = screen_map(grid, SliceCamera(4.0, pan_onto(grid, place)), 500, 300)
    assert shown.to_screen(*grid.to_pixel(place)) == pytest.approx((250, 150))


def test_device_pixels_are_the_same_place() -> None:
    place = screen_map(grid_of(), SliceCamera(2.0, (1.0, 1.0)), 400, 300)
    x, y = place.to_screen(3, 4)
    assert place.in_device_pixels(2.0).to_screen(3, 4) == pytest.approx((2 * x, 2 * y))
