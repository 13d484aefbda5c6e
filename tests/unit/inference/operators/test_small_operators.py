"""Edge refinement, the judgement of HU, and shapes."""

from __future__ import annotations

import numpy as np
import pytest

from inference.morphology import (
    close_with_ball,
    components,
    dilate,
    erode,
    fill_enclosed,
    fill_planes,
    local_mean_and_spread,
    open_with_ball,
)
from inference.operators.edge_refinement import refine_slice
from inference.operators.hounsfield import looks_like_hounsfield


def test_only_the_border_is_judged_by_its_values() -> None:
    cover = np.array([[0, 0.3, 0.3, 0.9, 1]], np.float32)
    hu = np.array([[500, 100, 500, 500, -50]], np.float32)
    assert refine_slice(cover, hu, lambda values: values > 200).tolist() == [[False, False, True, True, True]]


def ct(low: float, high: float) -> np.ndarray:
    return np.random.default_rng(1).uniform(low, high, (6, 20, 20))


@pytest.mark.parametrize(
    "values", [ct(-1000, 300), ct(-120, 200), ct(-950, -600), np.where(ct(0, 1) > 0.2, -3024, ct(-120, 200))]
)
def test_ct_is_known(values: np.ndarray) -> None:
    assert looks_like_hounsfield(values)


@pytest.mark.parametrize(
    "values", [ct(0, 4095), ct(0, 255).astype(np.uint8), ct(-1, 1), np.zeros((3, 3, 3)), np.full((2, 2, 2), np.nan)]
)
def test_other_values_are_not_ct(values: np.ndarray) -> None:
    assert not looks_like_hounsfield(values)


def test_dilation_and_erosion_undo_each_other_on_a_cube() -> None:
    mask = np.zeros((9, 9, 9), bool)
    mask[3:6, 3:6, 3:6] = True
    assert dilate(mask).sum() == 27 + 6 * 9
    assert np.array_equal(erode(dilate(mask)), mask)
    assert np.array_equal(dilate(mask, 2, inside=mask), mask)


def test_the_arrays_border_neither_erodes_nor_closes() -> None:
    mask = np.ones((5, 5, 5), bool)
    assert erode(mask, 3).all()
    assert np.array_equal(open_with_ball(mask, 2), mask)
    edge = np.zeros((8, 8, 8), bool)
    edge[:2] = True
    assert np.array_equal(close_with_ball(edge, 2), edge)
    assert np.array_equal(open_with_ball(edge, 3), edge)


def test_closing_bridges_a_gap_and_opening_cuts_a_bridge() -> None:
    mask = np.zeros((12, 12, 24), bool)
    mask[2:10, 2:10, 2:10] = mask[2:10, 2:10, 12:20] = True
    closed = close_with_ball(mask, 1.5)
    assert closed[4:8, 4:8, 10:12].all()
    mask[5, 5, 10:12] = True
    assert not open_with_ball(mask, 1.5)[5, 5, 11]
    assert not close_with_ball(np.zeros((3, 3, 3), bool), 2).any()


def test_holes_are_filled_by_size_and_by_plane() -> None:
    mask = np.ones((9, 9, 9), bool)
    mask[4, 4, 4] = False
    mask[2:4, 2:4, 6:8] = False
    assert fill_enclosed(mask).all()
    small = fill_enclosed(mask, most_voxels=4)
    assert small[4, 4, 4]
    assert not small[2, 2, 6]
    tube = np.ones((5, 7, 7), bool)
    tube[:, 3, 3] = False
    assert not fill_enclosed(tube)[0, 3, 3]
    assert fill_planes(tube, 0).all()
    assert not fill_planes(tube, 1)[2, 3, 3]


def test_components_count_and_local_statistics() -> None:
    mask = np.zeros((4, 4, 4), bool)
    mask[0, 0, :2] = mask[3, 3, 3] = True
    _labels, counts = components(mask)
    assert sorted(counts.tolist()) == [0, 1, 2]
    mean, spread = local_mean_and_spread(np.full((4, 4, 4), 7, np.float32))
    assert np.allclose(mean, 7)
    assert np.allclose(spread, 0, atol=1e-2)
