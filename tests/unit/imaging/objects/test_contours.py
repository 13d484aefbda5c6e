"""Masks become polygons and polygons become masks: exactly, with holes, islands, single pixels and diagonal touches."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import label

from imaging.errors import UserError
from imaging.objects import contour_filling
from imaging.objects.contour_filling import fill
from imaging.objects.contours import Contours, trace


def filled(contours: Contours, shape: tuple[int, int, int], *, is_xor: bool = False) -> np.ndarray:
    box, mask, *_ = fill(contours, shape, is_xor=is_xor)
    whole = np.zeros(shape, bool)
    whole[box.slices] = mask
    return whole


def area(polygon: np.ndarray) -> float:
    """Signed: above 0 when it runs clockwise (j down)."""
    x, y = polygon.T
    return float(x @ np.roll(y, -1) - np.roll(x, -1) @ y) / 2


def of(*polygons: np.ndarray) -> Contours:
    """Polygons of one slice."""
    starts = np.cumsum([0, *(len(p) for p in polygons)])
    return Contours(np.concatenate(polygons), starts, np.zeros(len(polygons), np.int64))


def rectangle(i0: float, j0: float, i1: float, j1: float) -> np.ndarray:
    return np.array([[i0, j0], [i1, j0], [i1, j1], [i0, j1]])


def covered(*polygons: np.ndarray, is_xor: bool = False) -> int:
    return int(filled(of(*polygons), (1, 40, 40), is_xor=is_xor).sum())


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.6, 0.7, 0.9, 0.97, 1.0])
def test_any_mask_comes_back_exactly(share: float) -> None:
    chance = np.random.default_rng(int(100 * share))
    for _ in range(20):
        mask = chance.random(chance.integers(1, 24, 3)) < share
        contours = trace(mask)
        assert np.array_equal(filled(contours, mask.shape), mask)
        assert len(contours) == sum(label(plane)[1] for plane in mask)  # one for each part that hangs together by edges
        assert sum(area(points) for _, points in contours) == mask.sum()
        for _, points in contours:
            steps = points - np.roll(points, 1, axis=0)
            assert ((steps == 0).sum(axis=1) == 1).all()  # along rows and columns, and no point twice in a row
            assert area(points) > 0
            assert np.array_equal(points % 1, np.full(points.shape, 0.5))  # corners of pixels


def test_nothing_gives_no_contour() -> None:
    contours = trace(np.zeros((3, 4, 5), bool))
    assert len(contours) == 0
    assert not filled(contours, (3, 4, 5)).any()


def test_a_single_pixel_is_a_square_and_straight_lines_have_no_points_inside() -> None:
    mask = np.zeros((1, 6, 6), bool)
    mask[0, 2, 3] = True
    ((k, square),) = trace(mask)
    assert k == 0
    assert square.tolist() == [[2.5, 1.5], [3.5, 1.5], [3.5, 2.5], [2.5, 2.5]]
    mask[0, 1:4, :] = True
    ((_, band),) = trace(mask)
    assert len(band) == 4


@pytest.mark.parametrize("flip", [1, -1])
def test_pixels_that_touch_at_a_corner_are_two_polygons(flip: int) -> None:
    mask = np.eye(2, dtype=bool)[None, ::flip]
    assert [len(points) for _, points in trace(mask)] == [4, 4]


def test_a_hole_is_a_keyhole_whose_channel_has_no_width() -> None:
    mask = np.ones((1, 5, 5), bool)
    mask[0, 2, 2] = False
    ((_, points),) = trace(mask)
    assert area(points) == 24
    edges = {(tuple(a), tuple(b)) for a, b in zip(points.tolist(), np.roll(points, -1, axis=0).tolist(), strict=True)}
    both_ways = {edge for edge in edges if edge[::-1] in edges}
    assert both_ways == {((-0.5, 1.5), (1.5, 1.5)), ((1.5, 1.5), (-0.5, 1.5))}


def test_holes_in_a_row_are_strung_together() -> None:
    mask = np.ones((1, 9, 12), bool)
    mask[0, 2:7:2, 2:10:3] = False
    contours = trace(mask)
    assert len(contours) == 1
    assert np.array_equal(filled(contours, mask.shape), mask)


def test_an_array_cut_from_a_larger_one_keeps_its_place() -> None:
    mask = np.ones((2, 3, 4), bool)
    contours = trace(mask, (10, 20, 30))
    whole = filled(contours, (20, 40, 50))
    assert whole[10:12, 20:23, 30:34].all()
    assert whole.sum() == mask.sum()


def test_a_centre_on_a_border_belongs_to_the_low_side_only() -> None:
    low, high = filled(of(rectangle(0, 0, 3, 2)), (1, 5, 5)), filled(of(rectangle(3, 0, 5, 2)), (1, 5, 5))
    assert low[0, :2, :3].all()
    assert low.sum() == 6
    assert not (low & high).any()
    rounded = rectangle(0, 0, 3, 2) + np.array([[3e-4, -2e-4], [-4e-4, 1e-4], [2e-4, 3e-4], [-1e-4, -3e-4]])
    assert np.array_equal(filled(of(rounded), (1, 5, 5)), low)


def test_slanted_borders_divide_the_centres() -> None:
    corners = rectangle(-0.5, -0.5, 19.5, 12.5)
    triangles = corners[[0, 1, 3]], corners[[1, 2, 3]]
    first, second = (filled(of(triangle), (1, 20, 25)) for triangle in triangles)
    assert np.array_equal(first ^ second, filled(of(corners), (1, 20, 25)))
    assert abs(int(first.sum()) - 130) <= 5


OUTER, HOLE, ISLAND = rectangle(0.5, 0.5, 20.5, 20.5), rectangle(5.5, 5.5, 10.5, 10.5), rectangle(6.5, 6.5, 8.5, 8.5)


def test_contours_in_each_other_are_holes_and_islands() -> None:
    assert covered(OUTER) == 400
    assert covered(OUTER, HOLE) == 375
    assert covered(ISLAND, HOLE[::-1], OUTER) == 379


def test_how_contours_were_understood_is_told() -> None:
    beside = rectangle(15.5, 15.5, 25.5, 25.5)
    assert fill(of(OUTER, HOLE), (1, 40, 40))[2:] == (1, 0)
    assert fill(of(OUTER, beside), (1, 40, 40))[2:] == (0, 1)
    assert fill(of(OUTER, OUTER), (1, 40, 40))[2:] == (0, 0)
    assert fill(of(HOLE, beside), (1, 40, 40))[2:] == (0, 0)


def test_a_contour_that_is_there_twice_counts_once() -> None:
    assert covered(OUTER, np.roll(OUTER, 2, axis=0)[::-1]) == 400
    assert covered(OUTER, OUTER, is_xor=True) == 0


def test_contours_that_overlap_in_part_are_united_unless_declared_otherwise() -> None:
    beside = rectangle(15.5, 15.5, 25.5, 25.5)
    assert covered(OUTER, beside) == 475
    assert covered(OUTER, beside, is_xor=True) == 450


def test_what_lies_outside_the_image_is_cut_off() -> None:
    assert filled(of(rectangle(-30.5, -3.5, 1.5, 80.5)), (1, 10, 10)).sum() == 20
    assert not filled(of(rectangle(20, 20, 30, 30)), (1, 10, 10)).any()


def test_contours_that_would_take_minutes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contour_filling, "MAX_CROSSINGS", 1000)
    zigzag = np.stack([np.arange(200) % 7, np.where(np.arange(200) % 2, 30.0, 1.0)], axis=1)
    with pytest.raises(UserError, match="intricate"):
        filled(of(zigzag), (1, 40, 40))


def test_a_crowd_of_contours_is_one_of_islands_holes_and_twins() -> None:
    chance = np.random.default_rng(4)
    mask = chance.random((1, 90, 90)) < 0.3
    contours = trace(mask)
    assert len(contours) > 1000
    assert np.array_equal(filled(contours, mask.shape), mask)
    polygons = [points for _, points in contours]
    assert np.array_equal(filled(of(*polygons, polygons[0]), mask.shape), mask)


def test_too_many_overlapping_contours_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contour_filling, "MAX_COMBINED", 2)
    with pytest.raises(UserError, match="intricate"):
        covered(OUTER, HOLE, ISLAND)
