"""Planes through volumes of every orientation: what is shown where, and what the letters say."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Box, Geometry
from render.reslice import grey_pixels, label_pixels
from render.slice_geometry import (
    crosshair_on_slice,
    direction_letters,
    slice_grid,
    slice_position_mm,
    stepped_crosshair,
)
from session.presentation import Plane, SliceCamera

SIZE = {0: 7, 1: 6, 2: 5}  # voxels along x, y, z
SPACING = {0: 1.0, 1: 1.5, 2: 2.5}
ORIENTATIONS = list(product(permutations(range(3)), product((1, -1), repeat=3)))
CAMERA = SliceCamera()


def value_at(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A value that tells every position from every other, linear so that interpolation is exact."""
    return points @ np.array([1.0, 20.0, 400.0])


def indices(shape: tuple[int, int, int]) -> NDArray[np.intp]:
    k, j, i = np.indices(shape)
    return np.stack([i, j, k], axis=-1)


def oriented(axes: tuple[int, ...], signs: tuple[int, ...]) -> Geometry:
    """The same block of space, stored with index axis n along LPS axis ``axes[n]``, forwards or backwards."""
    affine = np.eye(4)
    affine[:3, :3] = 0
    for column, (axis, sign) in enumerate(zip(axes, signs, strict=True)):
        affine[axis, column] = SPACING[axis] * sign
        if sign < 0:
            affine[axis, 3] = SPACING[axis] * (SIZE[axis] - 1)
    i, j, k = (SIZE[a] for a in axes)
    return Geometry((k, j, i), affine)


def rotated(geometry: Geometry, degrees: tuple[float, float, float]) -> Geometry:
    turn = np.eye(4)
    for axis, angle in enumerate(np.deg2rad(degrees)):
        one, two = (axis + 1) % 3, (axis + 2) % 3
        step = np.eye(4)
        step[one, one] = step[two, two] = np.cos(angle)
        step[one, two], step[two, one] = -np.sin(angle), np.sin(angle)
        turn = step @ turn
    return Geometry(geometry.shape, turn @ geometry.affine)


def sheared(tilt_deg: float = 18.5) -> Geometry:
    """A gantry tilt: slices shifted along j."""
    affine = np.diag([0.5, 0.5, 4.0, 1.0])
    affine[1, 2] = 4.0 * np.tan(np.deg2rad(tilt_deg))
    return Geometry((9, 40, 30), affine)


def uneven(tilt_deg: float = 18.5) -> Geometry:
    """The same with slices at uneven distances."""
    regular = sheared(tilt_deg)
    heights = np.cumsum([0, 4.0, 4.0, 1.1, 7.0, 4.0, 4.0, 2.0, 4.0])
    origins = np.stack([heights * 0, heights * np.tan(np.deg2rad(tilt_deg)), heights], axis=-1)
    affine = regular.affine.copy()
    affine[:3, 2] = (origins[-1] - origins[0]) / 8
    return Geometry(regular.shape, affine, None, origins)


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS)
def test_every_orientation_gives_the_same_radiological_pictures(axes: tuple[int, ...], signs: tuple[int, ...]) -> None:
    geometry = oriented(axes, signs)
    voxels = value_at(geometry.to_world(indices(geometry.shape)))
    x, y, z = (np.arange(SIZE[a]) * SPACING[a] for a in range(3))
    middle = (x[3], y[2], z[1])
    expected = {
        Plane.AXIAL: x[None, :] + 20 * y[:, None] + 400 * middle[2],  # right on the left, front up
        Plane.CORONAL: x[None, :] + 20 * middle[1] + 400 * z[::-1, None],  # right on the left, head up
        Plane.SAGITTAL: middle[0] + 20 * y[None, :] + 400 * z[::-1, None],  # front on the left, head up
    }
    letters = {
        Plane.AXIAL: ("R", "L", "A", "P"),
        Plane.CORONAL: ("R", "L", "S", "I"),
        Plane.SAGITTAL: ("A", "P", "S", "I"),
    }
    for plane in Plane:
        grid = slice_grid(geometry, plane, CAMERA, middle)
        np.testing.assert_allclose(grey_pixels(voxels, geometry, grid), expected[plane])
        assert grid.letters() == letters[plane]
        rows, columns = np.indices((grid.rows, grid.columns))
        np.testing.assert_allclose(value_at(grid.to_world(rows, columns)), expected[plane])
        assert grid.cut is not None
        assert np.shares_memory(grid.cut.of(voxels), voxels)


@pytest.mark.parametrize("seed", range(20))
def test_pixels_stand_where_their_voxels_do_on_oblique_grids(seed: int) -> None:
    random = np.random.default_rng(seed)
    axes, signs = ORIENTATIONS[random.integers(len(ORIENTATIONS))]
    geometry = rotated(oriented(axes, signs), tuple(random.uniform(-35, 35, 3)))
    voxels = value_at(geometry.to_world(indices(geometry.shape)))
    crosshair = geometry.to_world(random.uniform(0, np.array(geometry.shape[::-1]) - 1))
    for plane in Plane:
        grid = slice_grid(geometry, plane, CAMERA, crosshair)
        rows, columns = np.indices((grid.rows, grid.columns))
        np.testing.assert_allclose(
            grey_pixels(voxels, geometry, grid), value_at(grid.to_world(rows, columns)), atol=1e-9
        )
        right, down = np.array(grid.right_mm), np.array(grid.down_mm)
        assert abs(right @ down) < 1e-9
        assert abs((np.asarray(crosshair) - grid.origin_mm) @ grid.normal) <= grid.step_mm / 2 + 1e-9
        row, column = grid.to_pixel(grid.to_world(1.25, 2.5))
        assert (row, column) == pytest.approx((1.25, 2.5))


def test_letters_name_the_strongest_direction_first() -> None:
    assert direction_letters([1, 0, 0]) == "L"
    assert direction_letters([0, -1, 0.1]) == "A"
    assert direction_letters([0, 0.5, -0.8]) == "IP"
    assert direction_letters([-0.5, 0.6, 0.7]) == "SPR"


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS[::5])
def test_a_box_covers_exactly_the_pixels_that_show_it(axes: tuple[int, ...], signs: tuple[int, ...]) -> None:
    geometry = oriented(axes, signs)
    box = Box(1, 3, 0, 4, 2, 4)
    inside = np.zeros(geometry.shape, bool)
    inside[box.slices] = True
    for plane in Plane:
        for position in geometry.to_world([[2, 1, 1], [0, 5, 4], [3, 3, 2]]):
            grid = slice_grid(geometry, plane, CAMERA, position)
            assert grid.cut is not None
            shown = grid.cut.of(inside)
            rows = grid.cut.rows_of(box, geometry.shape)
            if rows is None:
                assert not shown.any()
                continue
            expected = np.zeros_like(shown)
            expected[rows[0] : rows[1], rows[2] : rows[3]] = True
            np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize("geometry", [sheared(), uneven(), uneven(0.0)], ids=["sheared", "uneven", "uneven, no tilt"])
@pytest.mark.parametrize("is_smooth", [True, False])
def test_tilted_and_uneven_series_show_each_slice_at_its_true_position(geometry: Geometry, is_smooth: bool) -> None:
    voxels = value_at(geometry.to_world(indices(geometry.shape))).astype(np.float32)
    crosshair = geometry.to_world([15, 20, 4])
    nearest_error = 0.25 + 20 * (0.25 + 3.5 * np.tan(np.deg2rad(18.5))) + 400 * 3.5 + 1  # half a voxel and half a gap
    for plane in (Plane.CORONAL, Plane.SAGITTAL):
        grid = slice_grid(geometry, plane, CAMERA, crosshair)
        picture = grey_pixels(voxels, geometry, grid, is_smooth=is_smooth, outside=-1e6)
        rows, columns = np.indices((grid.rows, grid.columns))
        points = grid.to_world(rows, columns)
        index = geometry.to_index(points)
        inside = ((index >= 0) & (index <= np.array(geometry.shape[::-1]) - 1)).all(axis=-1)
        assert inside.sum() > 100
        error = np.abs(picture - value_at(points))[inside]
        assert error.max() <= (0.5 if is_smooth else nearest_error)
        beyond = ((index < -1) | (index > np.array(geometry.shape[::-1]))).any(axis=-1)
        assert (picture[beyond] == -1e6).all()


@pytest.mark.parametrize("geometry", [sheared(), uneven()], ids=["sheared", "uneven"])
def test_the_acquired_slices_of_a_tilted_series_are_shown_untouched(geometry: Geometry) -> None:
    voxels = np.arange(np.prod(geometry.shape)).reshape(geometry.shape)
    for k in range(geometry.shape[0]):
        grid = slice_grid(geometry, Plane.AXIAL, CAMERA, geometry.to_world([3, 4, k]))
        np.testing.assert_array_equal(grey_pixels(voxels, geometry, grid), voxels[k])


@pytest.mark.parametrize("geometry", [sheared(), uneven(), oriented(*ORIENTATIONS[17])])
@pytest.mark.parametrize("tilt", [(0.0, 0.0), (20.0, -35.0), (-60.0, 5.0)])
def test_resliced_labels_are_those_of_the_nearest_voxel(geometry: Geometry, tilt: tuple[float, float]) -> None:
    labels = np.random.default_rng(3).integers(1, 200, geometry.shape).astype(np.uint8)
    crosshair = geometry.to_world((np.array(geometry.shape[::-1]) - 1) / 2)
    for plane in Plane:
        grid = slice_grid(geometry, plane, SliceCamera(tilt_deg=tilt), crosshair)
        picture = label_pixels(labels, geometry, grid)
        rows, columns = np.indices((grid.rows, grid.columns))
        index = geometry.to_index(grid.to_world(rows, columns))
        nearest = np.floor(index + 0.5).astype(int)
        inside = ((nearest >= 0) & (nearest < geometry.shape[::-1])).all(axis=-1)
        is_tie = (np.abs(np.abs(index - nearest) - 0.5) < 1e-3).any(axis=-1)
        i, j, k = nearest[inside & ~is_tie].T
        np.testing.assert_array_equal(picture[inside & ~is_tie], labels[k, j, i])
        assert not picture[~inside & ~is_tie].any()


def test_an_oblique_plane_passes_through_the_crosshair_and_interpolates_exactly() -> None:
    geometry = oriented((0, 1, 2), (1, 1, 1))
    voxels = value_at(geometry.to_world(indices(geometry.shape))).astype(np.float32)
    crosshair = (3.2, 4.1, 4.9)
    grid = slice_grid(geometry, Plane.AXIAL, SliceCamera(tilt_deg=(25.0, 10.0)), crosshair)
    assert grid.cut is None
    assert np.dot(np.asarray(crosshair) - grid.origin_mm, grid.normal) == pytest.approx(0, abs=1e-9)
    rows, columns = np.indices((grid.rows, grid.columns))
    points = grid.to_world(rows, columns)
    index = geometry.to_index(points)
    inside = ((index >= 0) & (index <= np.array(geometry.shape[::-1]) - 1)).all(axis=-1)
    assert inside.sum() > 10
    np.testing.assert_allclose(grey_pixels(voxels, geometry, grid)[inside], value_at(points)[inside], atol=0.05)


def test_a_slab_shows_the_highest_value_of_its_slices() -> None:
    geometry = oriented((0, 1, 2), (1, 1, -1))
    voxels = np.random.default_rng(1).normal(size=geometry.shape)
    crosshair = geometry.to_world([3, 2, 2])
    grid = slice_grid(geometry, Plane.AXIAL, CAMERA, crosshair)
    picture = grey_pixels(voxels, geometry, grid, slab_mm=5.0)
    np.testing.assert_array_equal(picture, voxels[1:4].max(axis=0))


def test_a_slab_of_an_oblique_plane_shows_the_highest_value_across_it() -> None:
    geometry = Geometry((40, 40, 40), np.eye(4))
    voxels = np.zeros(geometry.shape, np.int16)
    voxels[24, 20, 20] = 1000  # 4 mm above the plane
    camera = SliceCamera(tilt_deg=(10.0, 0.0))
    grid = slice_grid(geometry, Plane.AXIAL, camera, (20.0, 20.0, 20.0))
    assert grey_pixels(voxels, geometry, grid, outside=0).max() == 0
    assert grey_pixels(voxels, geometry, grid, slab_mm=12.0, outside=0).max() > 300


@pytest.mark.parametrize("geometry", [sheared(), uneven(), oriented(*ORIENTATIONS[30]), oriented(*ORIENTATIONS[5])])
@pytest.mark.parametrize("plane", list(Plane))
def test_steps_go_slice_by_slice_and_leave_the_other_planes_alone(geometry: Geometry, plane: Plane) -> None:
    start = geometry.to_world((np.array(geometry.shape[::-1]) - 1) / 2)
    forward = {Plane.AXIAL: 2, Plane.CORONAL: 1, Plane.SAGITTAL: 0}[plane]
    grid = slice_grid(geometry, plane, CAMERA, start)
    moved = stepped_crosshair(geometry, plane, CAMERA, start, 1)
    after = slice_grid(geometry, plane, CAMERA, moved)
    assert abs(after.number - grid.number) == 1
    assert moved[forward] > start[forward]
    assert np.dot(moved, after.normal) == pytest.approx(slice_position_mm(geometry, after, after.number))
    across = np.asarray(moved) - start
    np.testing.assert_allclose(across - (across @ grid.normal) * np.array(grid.normal), 0, atol=1e-9)
    seen = set()
    position = crosshair_on_slice(geometry, grid, start, 0)
    direction = 1 if grid.is_forward else -1
    for _ in range(grid.count + 3):
        seen.add(slice_grid(geometry, plane, CAMERA, position).number)
        position = stepped_crosshair(geometry, plane, CAMERA, position, direction)
    assert seen == set(range(grid.count))
