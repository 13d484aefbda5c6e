"""Cameras of the 3D view."""

from __future__ import annotations

import numpy as np
import pytest

from render.volume_camera import (
    StandardView,
    axes_of,
    depth_of,
    fitted,
    letters_of,
    mm_per_px,
    panned,
    point_under,
    projected,
    ray_through,
    turned,
    zoomed,
)
from session.presentation import VolumeCamera

CUBE = np.array([[x, y, z] for x in (-50, 50) for y in (-50, 50) for z in (-50, 50)], float)


@pytest.mark.parametrize(
    ("view", "letters"),
    [
        (StandardView.ANTERIOR, ("R", "L", "S", "I")),
        (StandardView.POSTERIOR, ("L", "R", "S", "I")),
        (StandardView.LEFT, ("A", "P", "S", "I")),
        (StandardView.RIGHT, ("P", "A", "S", "I")),
        (StandardView.SUPERIOR, ("L", "R", "A", "P")),
        (StandardView.INFERIOR, ("R", "L", "A", "P")),
    ],
)
def test_standard_views_show_the_sides_a_radiologist_expects(view: StandardView, letters: tuple[str, ...]) -> None:
    assert letters_of(fitted(CUBE, 1.0, view)) == letters


@pytest.mark.parametrize("aspect", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("view", list(StandardView))
def test_a_fitted_camera_sees_every_point_and_wastes_little(view: StandardView, aspect: float) -> None:
    points = CUBE * [1.0, 0.5, 2.0] + [10, 20, 30]
    camera = fitted(points, aspect, view)
    right, up, back = axes_of(camera)
    offset = points - np.array(camera.position_mm)
    slope = np.tan(np.radians(15)) * -(offset @ back)
    reach = np.maximum(np.abs(offset @ up) / slope, np.abs(offset @ right) / slope / aspect)
    assert 0.85 < reach.max() <= 1


def test_turning_keeps_the_distance_and_follows_the_hand() -> None:
    camera = fitted(CUBE, 1.0)
    turned_right = turned(camera, 50, 0, 500)
    assert np.linalg.norm(turned_right.position_mm) == pytest.approx(np.linalg.norm(camera.position_mm))
    assert turned_right.position_mm[0] < 0  # dragging to the right shows more of the patient's right side
    assert turned(camera, 0, 50, 500).position_mm[2] > 0  # dragging down shows more of the top
    back_again = turned(turned_right, -50, 0, 500)
    assert back_again.position_mm == pytest.approx(camera.position_mm)


def test_panning_moves_the_focal_point_with_the_hand() -> None:
    camera = fitted(CUBE, 1.0)
    step = mm_per_px(camera, 500)
    moved = panned(camera, 10, 0, 500)
    assert moved.focal_point_mm == pytest.approx((-10 * step, 0, 0))
    assert panned(camera, 0, 10, 500).focal_point_mm == pytest.approx((0, 0, 10 * step))


def test_zooming_comes_nearer_and_stops_before_the_focal_point() -> None:
    camera = fitted(CUBE, 1.0)
    assert np.linalg.norm(zoomed(camera, 2).position_mm) == pytest.approx(np.linalg.norm(camera.position_mm) / 2)
    assert zoomed(camera, 1e9) == camera


def test_the_point_under_the_middle_lies_on_the_line_of_sight() -> None:
    camera = VolumeCamera((0, -100, 0), (0, 0, 0), (0, 0, 1))
    assert point_under(camera, 200, 100, (400, 200), 60) == pytest.approx((0, -40, 0))
    x, _, z = point_under(camera, 400, 0, (400, 200), 100)
    assert z == pytest.approx(100 * np.tan(np.radians(15)))
    assert x == pytest.approx(2 * z)


TILTED = VolumeCamera((30.0, -180.0, 55.0), (4.0, -6.0, 8.0), (0.2, 0.1, 0.97), 24.0)
SIZE = (640, 360)


def test_what_is_projected_is_found_again_under_its_pixel() -> None:
    points = np.random.default_rng(4).uniform(-60, 60, (50, 3))
    seen = projected(TILTED, points, SIZE)
    assert (seen[:, 2] > 0).all()
    for point, (x, y, depth) in zip(points, seen, strict=True):
        assert point_under(TILTED, x, y, SIZE, depth) == pytest.approx(tuple(point))


def test_a_ray_leads_to_the_point_under_its_pixel() -> None:
    for x, y in ((0.0, 0.0), (320.0, 180.0), (511.5, 77.25)):
        ray = ray_through(TILTED, x, y, SIZE)
        assert np.linalg.norm(ray) == pytest.approx(1.0)
        point = np.array(TILTED.position_mm) + 140.0 / depth_of(TILTED, ray) * np.array(ray)
        assert tuple(point) == pytest.approx(point_under(TILTED, x, y, SIZE, 140.0))


def test_depth_counts_along_the_line_of_sight() -> None:
    camera = VolumeCamera((0, -100, 0), (0, 0, 0), (0, 0, 1))
    assert depth_of(camera, (0, 1, 0)) == pytest.approx(1.0)
    assert depth_of(camera, (1, 0, 0)) == pytest.approx(0.0)
    assert depth_of(camera, (0, -2, 0)) == pytest.approx(-2.0)
    assert depth_of(camera, np.array([3, 4, 0]) / 5) == pytest.approx(0.8)


def test_points_beside_and_behind_the_camera_do_not_divide_by_zero() -> None:
    camera = VolumeCamera((0, -100, 0), (0, 0, 0), (0, 0, 1))
    seen = projected(camera, [[[0, -100, 5], [0, -200, 0]]], SIZE)
    assert seen.shape == (1, 2, 3)
    assert np.isfinite(seen).all()
    assert seen[0, :, 2] == pytest.approx([0, -100])
