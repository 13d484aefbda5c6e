"""The brush's mask against the definition: distance of each voxel's centre to the line."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.edits.paint import swept_ball
from imaging.geometry import Geometry

SHEARED = np.array([[0.8, 0.1, 0.3, -20], [0.0, 0.9, 0.2, 5], [0.1, 0, 2.5, 7], [0, 0, 0, 1]])
STRAIGHT = np.diag([0.7, 0.7, 2.0, 1.0])
FLIPPED = np.array([[0, 0, -1.5, 4], [0, -0.6, 0, 9], [0.9, 0, 0, -3], [0, 0, 0, 1.0]])
SHAPE = (20, 40, 44)


def whole(box, mask) -> NDArray[np.bool_]:
    out = np.zeros(SHAPE, bool)
    out[box.slices] = mask
    return out


def by_definition(geometry: Geometry, start, end, radius, flat_axis=None) -> NDArray[np.bool_]:
    k, j, i = np.indices(SHAPE)
    points = geometry.to_world(np.stack([i, j, k], -1))
    if flat_axis is not None:
        index_s, index_e = geometry.to_index(start), geometry.to_index(end)
        slice_number = np.round(index_s[2 - flat_axis])
        index_s[2 - flat_axis] = index_e[2 - flat_axis] = slice_number
        start, end = geometry.to_world(index_s), geometry.to_world(index_e)
    way = end - start
    share = np.clip(((points - start) @ way) / max(way @ way, 1e-30), 0, 1)
    inside = np.linalg.norm(points - start - share[..., None] * way, axis=-1) <= radius
    if flat_axis is not None:
        inside &= np.indices(SHAPE)[flat_axis] == slice_number
    return inside


@pytest.mark.parametrize("affine", [STRAIGHT, SHEARED, FLIPPED], ids=["straight", "sheared", "flipped"])
@pytest.mark.parametrize("flat_axis", [None, 0, 1, 2])
def test_the_mask_is_every_voxel_within_the_radius(affine, flat_axis) -> None:
    geometry = Geometry(SHAPE, affine)
    rng = np.random.default_rng(1)
    for _ in range(25):
        ends = geometry.to_world(rng.uniform(0, 1, (2, 3)) * (np.array(SHAPE[::-1]) - 1))
        radius = float(rng.uniform(1.3, 9))
        got = whole(*swept_ball(geometry, ends[0], ends[1], radius, flat_axis))
        wanted = by_definition(geometry, ends[0], ends[1], radius, flat_axis)
        center = tuple(np.round(geometry.to_index(ends[0])[::-1]).astype(int))
        wanted[center] = True
        assert np.array_equal(got, wanted)


def test_a_brush_that_does_not_move_is_a_ball() -> None:
    geometry = Geometry(SHAPE, STRAIGHT)
    here = geometry.to_world([20, 20, 10])
    got = whole(*swept_ball(geometry, here, here, 5.0))
    assert np.array_equal(got, by_definition(geometry, here, here, 5.0))


def test_moving_along_a_row_paints_the_whole_row() -> None:
    geometry = Geometry(SHAPE, STRAIGHT)
    start, end = geometry.to_world([5, 20, 10]), geometry.to_world([35, 20, 10])
    got = whole(*swept_ball(geometry, start, end, 0.5))
    assert got.sum() == 31
    assert got[10, 20, 5:36].all()


def test_the_smallest_brush_paints_one_voxel() -> None:
    geometry = Geometry(SHAPE, STRAIGHT)
    here = geometry.to_world([10.4, 20.3, 9.6])
    got = whole(*swept_ball(geometry, here, here, 0.01))
    assert list(zip(*np.nonzero(got), strict=True)) == [(10, 20, 10)]


def test_a_straight_stroke_is_the_same_however_many_events_it_has() -> None:
    geometry = Geometry(SHAPE, SHEARED)
    start, end = geometry.to_world([6, 8, 4]), geometry.to_world([37, 30, 15])
    once = whole(*swept_ball(geometry, start, end, 4.0))
    stops = [start + (end - start) * t for t in np.linspace(0, 1, 38)]
    many = np.zeros(SHAPE, bool)
    for a, b in itertools.pairwise(stops):
        many |= whole(*swept_ball(geometry, a, b, 4.0))
    differing = np.count_nonzero(once ^ many)
    centers = {tuple(np.round(geometry.to_index(s)[::-1]).astype(int)) for s in stops}
    assert differing <= len(centers)  # only the stops' own voxels, which every event adds
    assert differing == np.count_nonzero(many & ~once)


def test_outside_the_grid_there_is_nothing() -> None:
    geometry = Geometry(SHAPE, STRAIGHT)
    box, mask = swept_ball(geometry, [500, 500, 500], [510, 500, 500], 3.0)
    assert box.is_empty
    assert mask.size == 0


def test_a_brush_over_the_border_is_cut_off() -> None:
    geometry = Geometry(SHAPE, STRAIGHT)
    got = whole(*swept_ball(geometry, [-1.0, 0, 0], [-1.0, 4.0, 0], 3.0))
    wanted = by_definition(geometry, np.array([-1.0, 0, 0]), np.array([-1.0, 4.0, 0]), 3.0)
    assert np.array_equal(got, wanted)
    assert got.any()


def test_uneven_slices_are_measured_where_they_are() -> None:
    origins = np.zeros((20, 3))
    origins[:, 2] = np.cumsum([1.0] * 10 + [5.0] * 10)
    geometry = Geometry(SHAPE, np.diag([0.7, 0.7, 3.0, 1.0]), slice_origins_mm=origins)
    here = geometry.to_world([20, 20, 12])
    got = whole(*swept_ball(geometry, here, here, 6.0))
    assert np.array_equal(got, by_definition(geometry, here, here, 6.0))
