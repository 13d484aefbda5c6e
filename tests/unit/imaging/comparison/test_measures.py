"""The measures against numbers of the package surface-distance, a distance transform, and what can be seen by eye."""

from __future__ import annotations

from math import inf, isnan, sqrt

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from scipy.spatial.distance import cdist

from imaging.comparison import surface_cells
from imaging.comparison.cell_areas import cell_areas
from imaging.comparison.measures import compare_in_box, compare_masks
from imaging.comparison.surface_cells import scan
from imaging.comparison.surface_distances import distances
from imaging.errors import UserError
from imaging.geometry import Box, Geometry

# (k, j, i) spacing: Dice, HD95, largest distance, surface Dice at 1 mm and at 2.5 mm; by surface-distance 0.1
REFERENCE = {
    (1.0, 1.0, 1.0): (0.8104651162790698, 4.69041575982343, 10.04987562112089, 0.8039127017028457, 0.941107425647791),
    (5.0, 0.8, 0.8): (0.8104651162790698, 6.248199740725324, 12.36931687685298, 0.5785348781363225, 0.8740360591209161),
    (2.5, 0.7, 1.1): (0.8104651162790698, 5.360037313302958, 10.70233619356073, 0.5541825818191992, 0.8980907767642067),
}


@pytest.fixture(scope="module")
def shapes() -> tuple[np.ndarray, np.ndarray]:
    """Two ellipsoids that nearly agree, and a crumb that only the second has."""
    k, j, i = np.indices((14, 40, 44))
    a = ((k - 6.5) / 4.5) ** 2 + ((j - 19) / 13) ** 2 + ((i - 20) / 15) ** 2 < 1
    b = ((k - 7) / 4.2) ** 2 + ((j - 21) / 14) ** 2 + ((i - 21.5) / 13) ** 2 < 1
    b[2:4, 3:8, 30:37] = True
    return a, b


def upright(shape: tuple[int, int, int], spacing_kji: tuple[float, float, float]) -> Geometry:
    k, j, i = spacing_kji
    return Geometry(shape, np.diag([i, j, k, 1.0]))


SHEARED = np.array([[0.8, 0.0, 0.9, 5], [0.0, 0.7, 0.4, -3], [0.0, 0.0, 2.0, 40], [0, 0, 0, 1]])


@pytest.mark.parametrize("spacing", REFERENCE)
def test_measures_agree_with_the_reference(shapes, spacing) -> None:
    a, b = shapes
    dice, hd95, largest, at_1_mm, at_2_5_mm = REFERENCE[spacing]
    geometry = upright(a.shape, spacing)
    found = compare_masks(a, b, geometry)
    assert found.dice == pytest.approx(dice, abs=1e-12)
    assert found.hd95_mm == pytest.approx(hd95, abs=1e-9)
    assert found.hausdorff_mm == pytest.approx(largest, abs=1e-9)
    assert found.surface_dice == pytest.approx(at_1_mm, abs=1e-12)
    assert compare_masks(a, b, geometry, 2.5).surface_dice == pytest.approx(at_2_5_mm, abs=1e-12)


def test_measures_do_not_depend_on_the_direction_of_the_axes(shapes) -> None:
    a, b = shapes
    turn, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((3, 3)))
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([0.8, 0.8, 5.0])
    affine[:3, 3] = 100, -250, 980
    found, straight = (
        compare_masks(a, b, Geometry(a.shape, affine)),
        compare_masks(a, b, upright(a.shape, (5, 0.8, 0.8))),
    )
    assert found.hd95_mm == pytest.approx(straight.hd95_mm, abs=1e-9)
    assert found.surface_dice == pytest.approx(straight.surface_dice, abs=1e-12)


def test_a_distance_exactly_at_the_tolerance_lies_within_it_on_an_oblique_grid(shapes) -> None:
    angle = np.deg2rad(31.7)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    block = np.zeros((12, 12, 12), bool)
    block[3:8, 3:8, 3:8] = True
    assert compare_masks(block, np.roll(block, 1, 2), Geometry(block.shape, affine)).surface_dice == pytest.approx(1)


@pytest.mark.parametrize("affine", [np.diag([1.1, 0.7, 2.5, 1.0]), SHEARED], ids=["upright", "sheared"])
def test_distances_equal_those_between_all_cells(shapes, affine) -> None:
    a, b = (mask[:, ::2, ::2] for mask in shapes)
    box = Box.whole(a.shape)
    found = scan(lambda part: a[part.slices], lambda part: b[part.slices], box)
    there, back = distances(found.a, found.b, affine)
    table = cdist(found.a.centers() @ affine[:3, :3].T, found.b.centers() @ affine[:3, :3].T)
    assert np.allclose(there.mm, table.min(axis=1), atol=1e-9)
    assert np.allclose(back.mm, table.min(axis=0), atol=1e-9)
    assert there.mm.max() > 2


def test_distances_equal_the_distance_transform_of_the_cells(shapes) -> None:
    a, b = shapes
    spacing = (2.5, 0.7, 1.1)
    found = scan(lambda part: a[part.slices], lambda part: b[part.slices], Box.whole(a.shape))
    there, _ = distances(found.a, found.b, upright(a.shape, spacing).affine)
    other = np.ones(found.b.shape, bool)
    other.reshape(-1)[found.b.places] = False
    assert np.allclose(there.mm, distance_transform_edt(other, sampling=spacing).reshape(-1)[found.a.places], atol=1e-9)


def test_cell_areas_of_even_faces_and_single_corners() -> None:
    areas = cell_areas(np.diag([0.7, 1.1, 2.5, 1.0]))
    assert areas[0] == areas[255] == 0
    assert areas[0b01010101] == pytest.approx(1.1 * 2.5)  # the face between the corners at i = 0 and i = 1
    assert areas[0b00110011] == pytest.approx(0.7 * 2.5)
    assert areas[0b00001111] == pytest.approx(0.7 * 1.1)
    corner = np.cross([-0.35, 0.55, 0], [-0.35, 0, 1.25])
    assert areas[1] == pytest.approx(np.linalg.norm(corner) / 2)
    assert np.allclose(areas, areas[::-1])  # inside out is as large


def test_cell_areas_of_a_sheared_grid_are_those_of_the_tilted_faces() -> None:
    i, j, k = SHEARED[:3, :3].T
    areas = cell_areas(SHEARED)
    assert areas[0b01010101] == pytest.approx(np.linalg.norm(np.cross(j, k)))
    assert areas[0b00110011] == pytest.approx(np.linalg.norm(np.cross(i, k)))
    assert areas[0b00001111] == pytest.approx(np.linalg.norm(np.cross(i, j)))


def test_the_area_of_a_ball_is_right_to_some_per_cent() -> None:
    k, j, i = np.indices((62, 62, 62)) - 30.5
    ball = k**2 + j**2 + i**2 < 25**2
    found = scan(lambda part: ball[part.slices], lambda part: ball[part.slices], Box.whole(ball.shape))
    assert cell_areas(np.eye(4))[found.a.codes].sum() == pytest.approx(4 * np.pi * 25**2, rel=0.1)


def test_the_same_mask_agrees_wholly() -> None:
    mask = np.zeros((5, 6, 7), bool)
    mask[1:3, 2:4, 2:6] = True
    found = compare_masks(mask, mask, upright(mask.shape, (2, 1, 1)))
    assert (found.dice, found.surface_dice, found.hd95_mm, found.hausdorff_mm) == (1, 1, 0, 0)
    assert found.size_a.volume_ml == found.size_b.volume_ml == pytest.approx(16 * 2 / 1000)
    assert (found.difference.amount, found.difference_percent) == (0, 0)


def test_the_farthest_place_is_where_the_crumb_is(shapes) -> None:
    a, b = shapes
    geometry = upright(a.shape, (2.5, 0.7, 1.1))
    found = compare_masks(a, b, geometry)
    i, j, k = geometry.to_index(found.farthest_mm)
    assert 1 <= k <= 4
    assert 2 <= j <= 8
    assert 29 <= i <= 37
    turned = compare_masks(b, a, geometry)
    assert turned.farthest_mm == found.farthest_mm
    assert turned.difference.amount == pytest.approx(-found.difference.amount)


def test_the_farthest_place_counts_from_the_grid_and_not_from_the_box(shapes) -> None:
    a, b = (np.pad(mask, ((3, 0), (2, 0), (9, 0))) for mask in shapes)
    geometry = upright(a.shape, (2.5, 0.7, 1.1))
    box = Box(3, a.shape[0], 2, a.shape[1], 9, a.shape[2])
    inside = compare_in_box(lambda part: a[part.slices], lambda part: b[part.slices], box, geometry)
    whole = compare_masks(a, b, geometry)
    assert inside.farthest_mm == whole.farthest_mm
    assert inside.hd95_mm == pytest.approx(whole.hd95_mm, abs=1e-9)
    assert inside.surface_dice == pytest.approx(whole.surface_dice, abs=1e-12)


def test_masks_that_touch_the_border_end_there() -> None:
    whole = np.ones((4, 4, 4), bool)
    found = compare_masks(whole, whole[:, :, ::-1].copy(), upright(whole.shape, (1, 1, 1)))
    assert (found.dice, found.hd95_mm) == (1, 0)
    part = whole.copy()
    part[:, :, 2:] = False
    assert compare_masks(whole, part, upright(whole.shape, (1, 1, 1))).hausdorff_mm == 2


def test_volume_difference_is_b_minus_a() -> None:
    a = np.zeros((4, 4, 4), bool)
    b = a.copy()
    a[0], b[:2] = True, True
    found = compare_masks(a, b, upright(a.shape, (1, 1, 1)))
    assert found.difference.amount == pytest.approx(0.016)
    assert found.difference_percent == pytest.approx(100)


def test_two_empty_masks_have_nothing_to_agree_about() -> None:
    nothing = np.zeros((3, 3, 3), bool)
    found = compare_masks(nothing, nothing, upright(nothing.shape, (1, 1, 1)))
    assert all(isnan(n) for n in (found.dice, found.surface_dice, found.hd95_mm, found.difference_percent))
    assert found.farthest_mm is None
    assert not found.is_measured


def test_one_empty_mask_agrees_in_nothing() -> None:
    nothing = np.zeros((3, 3, 3), bool)
    found = compare_masks(nothing, ~nothing, upright(nothing.shape, (1, 1, 1)))
    assert (found.dice, found.surface_dice, found.hd95_mm, found.hausdorff_mm) == (0, 0, inf, inf)
    assert (found.farthest_mm, found.difference_percent) == (None, inf)
    assert found.is_measured


def test_a_few_slices_at_a_time_give_the_same(shapes, monkeypatch) -> None:
    a, b = shapes
    geometry = upright(a.shape, (2.5, 0.7, 1.1))
    at_once = compare_masks(a, b, geometry)
    monkeypatch.setattr(surface_cells, "VOXELS_AT_ONCE", 3 * 40 * 44)
    assert compare_masks(a, b, geometry) == at_once


def test_a_single_voxel_has_eight_cells() -> None:
    mask = np.ones((1, 1, 1), bool)
    found = scan(lambda part: mask[part.slices], lambda part: mask[part.slices], Box.whole(mask.shape))
    assert sorted(found.a.codes) == [1, 2, 4, 8, 16, 32, 64, 128]
    assert np.abs(found.a.centers()).tolist() == [[0.5, 0.5, 0.5]] * 8
    assert cell_areas(np.eye(4))[found.a.codes].sum() == pytest.approx(8 * sqrt(3) / 8)


def test_uneven_slices_are_refused(shapes) -> None:
    a, b = shapes
    origins = np.zeros((a.shape[0], 3))
    origins[:, 2] = np.arange(a.shape[0]) ** 1.5
    with pytest.raises(UserError, match="unevenly spaced"):
        compare_masks(a, b, Geometry(a.shape, np.eye(4), slice_origins_mm=origins))


@pytest.mark.parametrize("tolerance", [-1, float("nan")])
def test_tolerances_that_make_no_sense_are_refused(shapes, tolerance) -> None:
    a, b = shapes
    with pytest.raises(UserError, match="tolerance"):
        compare_masks(a, b, upright(a.shape, (1, 1, 1)), tolerance)


def test_masks_of_another_shape_are_our_mistake(shapes) -> None:
    a, b = shapes
    with pytest.raises(ValueError):
        compare_masks(a, b[1:], upright(a.shape, (1, 1, 1)))
