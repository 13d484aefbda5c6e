"""Surfaces for files: every edge joins exactly two triangles, however the voxels touch."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.formats.masks import read_labels
from imaging.geometry import Box, Geometry
from render.surface_export.checking import MeshCheck, check_mesh
from render.surface_export.closed_surface import closed_surface
from render.surface_export.parts import make_parts
from render.surface_export.thinning import thinned
from render.surface_export.voxel_fans import fan_tables
from render.surface_export.voxel_hull import Hull, voxel_hull
from render.surfaces import Surface

Mask = NDArray[np.bool_]
OBLIQUE = np.array([[0.9, -0.5, 0.1, 10], [0.6, 0.8, 0.2, -20], [-0.1, 0.1, 2.5, 30], [0, 0, 0, 1]], float)
SHEARED = np.array([[0.8, 0, 0, 5], [0, 0.8, -0.7, 6], [0, 0, 2.0, 7], [0, 0, 0, 1]], float)
MIRRORED = np.diag([-1.0, 1.0, 1.0, 1.0])
REAL_MASKS = os.environ.get("LIMNER_REAL_MASKS", "")


def _mask(*voxels: tuple[int, int, int], shape: tuple[int, int, int] = (6, 6, 6)) -> Mask:
    made = np.zeros(shape, bool)
    for voxel in voxels:
        made[voxel] = True
    return made


def _surface(mask: Mask, affine: NDArray[np.float64], smoothing: int, budget: int | None = None) -> Surface:
    return closed_surface(mask, Geometry(mask.shape, affine), Box.whole(mask.shape), smoothing, budget)[0]


def _check(mask: Mask, smoothing: int = 20, budget: int | None = None) -> MeshCheck:
    return check_mesh(_surface(mask, np.eye(4), smoothing, budget))


def _assert_closed(hull: Hull) -> None:
    """Each edge has two squares, which run along it in opposite directions; doubled ones have four, and are known."""
    first, second = hull.squares.astype(np.int64), np.roll(hull.squares, -1, axis=1).astype(np.int64)
    keys, counts = np.unique(first << 32 | second, return_counts=True)
    turned, turned_counts = np.unique(second << 32 | first, return_counts=True)
    assert np.array_equal(keys, turned)
    assert np.array_equal(counts, turned_counts)
    assert counts.max() <= 2
    doubled = np.sort(np.concatenate([a.astype(np.int64) << 32 | b for a, b in (hull.doubled.T, hull.doubled.T[::-1])]))
    assert np.array_equal(keys[counts == 2], doubled)
    assert len(np.unique(hull.squares)) == len(hull.points)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
@pytest.mark.parametrize("is_inverse", [False, True])
def test_the_hull_is_closed_for_every_way_in_which_voxels_can_touch(
    order: tuple[int, int, int], is_inverse: bool
) -> None:
    """All 4096 patterns of 3 x 2 x 2 voxels, one beside the other, in all directions, and their negatives."""
    masks = (np.arange(4096)[:, None] >> np.arange(12) & 1).astype(bool).reshape(4096, 3, 2, 2)
    row = np.pad(masks, ((0, 0), (1, 1), (1, 1), (1, 1))).reshape(-1, 4, 4).transpose(order)
    hull = voxel_hull(~row if is_inverse else row)
    _assert_closed(hull)
    assert len(hull.doubled) > 0 or not is_inverse


def test_each_fan_of_a_corner_is_drawn_another_way() -> None:
    """So surfaces that are parted at a corner do not fall together again."""
    _, counts, _ = fan_tables()
    assert counts.max() == 4  # four voxels that touch only along edges, and their negative
    for corner in range(256):
        mask = np.array([corner >> bit & 1 for bit in range(8)], bool).reshape(2, 2, 2)
        hull = voxel_hull(mask)
        at_middle = np.flatnonzero((hull.points == 0.5).all(axis=1))
        assert len(at_middle) == counts[corner]
        means = [hull.points[hull.squares[(hull.squares == n).any(axis=1)]].mean(axis=(0, 1)) for n in at_middle]
        assert len({tuple(mean.round(6)) for mean in means}) == len(means)


@pytest.mark.parametrize("smoothing", [0, 20])
@pytest.mark.parametrize(
    ("voxels", "bodies"),
    [
        ([(2, 2, 2)], 1),
        ([(2, 2, 2), (2, 3, 3)], 2),  # an edge
        ([(2, 2, 2), (3, 3, 3)], 2),  # a corner
        ([(2, 2, 2), (2, 3, 3), (3, 2, 3), (3, 3, 2)], 4),
        ([(2, 2, 2), (3, 2, 2), (3, 2, 3), (3, 3, 3), (2, 3, 3)], 1),  # around an edge, and joined elsewhere
    ],
)
def test_voxels_that_touch_in_an_edge_or_a_corner(
    voxels: list[tuple[int, int, int]], bodies: int, smoothing: int
) -> None:
    mask = _mask(*voxels)
    check = _check(mask, smoothing)
    assert check.is_watertight, check.defects
    assert check.euler_characteristic == 2 * bodies
    assert check.volume_ml == pytest.approx(len(voxels) / 1000, rel=0.15)


def test_a_slit_between_two_cavities_gets_a_middle_for_each_side() -> None:
    mask = np.ones((5, 6, 6), bool)
    mask[2, 2, 2] = mask[2, 3, 3] = False
    hull = voxel_hull(mask)
    assert len(hull.doubled) == 1
    for smoothing in (0, 20):
        assert _check(mask, smoothing).is_watertight


def test_random_voxels() -> None:
    rng = np.random.default_rng(3)
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        mask = rng.random((9, 10, 11)) < share
        _assert_closed(voxel_hull(mask))
        check = _check(mask, 0)
        assert check.is_watertight, f"{share}: {check.defects}"
        thin = _check(mask, 20, 200)
        assert thin.is_watertight, f"{share}: {thin.defects}"


def test_a_cavity_is_kept() -> None:
    mask = np.ones((12, 12, 12), bool)
    mask[4:8, 4:8, 4:8] = False
    check = _check(mask)
    assert check.is_watertight
    assert check.euler_characteristic == 4
    assert check.volume_ml == pytest.approx((12**3 - 64) / 1000, rel=0.02)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 9, 9), (1, 1, 9), (8, 9, 10)])
def test_masks_that_fill_the_grid_are_closed_at_its_border(shape: tuple[int, int, int]) -> None:
    mask = np.ones(shape, bool)
    surface = _surface(mask, np.eye(4), 0)
    check = check_mesh(surface)
    assert check.is_watertight
    assert check.volume_ml == pytest.approx(mask.size / 1000)
    assert surface.points_mm.min(axis=0).tolist() == [-0.5, -0.5, -0.5]
    assert surface.points_mm.max(axis=0).tolist() == [n - 0.5 for n in shape[::-1]]
    assert _check(mask, 20).is_watertight


@pytest.mark.parametrize("affine", [np.eye(4), OBLIQUE, SHEARED, MIRRORED], ids=["plain", "oblique", "sheared", "left"])
@pytest.mark.parametrize("budget", [None, 500])
def test_grids_of_all_kinds_keep_volume_and_place(affine: NDArray[np.float64], budget: int | None) -> None:
    k, j, i = np.indices((30, 30, 30)) - 14.5
    mask = np.asarray(k**2 + j**2 + i**2 <= 12**2)
    geometry = Geometry(mask.shape, affine)
    surface = _surface(mask, affine, 20, budget)
    check = check_mesh(surface)
    assert check.is_watertight
    assert check.euler_characteristic == 2
    assert check.volume_ml == pytest.approx(np.count_nonzero(mask) * geometry.voxel_volume_ml, rel=0.02)
    middle = (surface.points_mm.min(axis=0) + surface.points_mm.max(axis=0)) / 2
    assert middle == pytest.approx(geometry.to_world([14.5, 14.5, 14.5]), abs=0.2)
    if budget is not None:
        assert len(surface.triangles) <= budget


def test_thin_things_keep_their_volume() -> None:
    mask = np.zeros((12, 40, 12), bool)
    mask[5:7, 4:36, 5:7] = True  # two voxels across, as a rib at 3 mm
    assert _check(mask).volume_ml == pytest.approx(0.128, rel=0.02)


def test_thinning_keeps_the_corners_of_a_box() -> None:
    surface = _surface(np.ones((10, 12, 14), bool), np.eye(4), 0)
    points, triangles = thinned(surface.points_mm.astype(float), surface.triangles, 12)
    assert len(triangles) == 12
    for corner in product((-0.5, 13.5), (-0.5, 11.5), (-0.5, 9.5)):
        assert np.linalg.norm(points - corner, axis=1).min() < 0.1


def test_thinning_stops_where_nothing_can_go() -> None:
    points = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], float)
    faces = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)], np.int32)
    assert len(thinned(points, faces, 2)[1]) == 4


@pytest.mark.slow
@pytest.mark.skipif(not REAL_MASKS, reason="LIMNER_REAL_MASKS names no mask file")
def test_all_segments_of_a_real_segmentation_are_watertight() -> None:
    for part in make_parts(read_labels(Path(REAL_MASKS))):
        assert part.check.is_watertight, part.sentence
        assert abs(part.change_percent) < 2, part.sentence
