"""The upright coarse grid and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.geometry import Geometry
from inference.operators.coarse_grid import LOWEST_HU, make_coarse_grid, padding_value


def ramp(geometry: Geometry) -> np.ndarray:
    """HU that grow by 2 per mm to the left, 3 to the back and 5 to the head."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij")
    return np.asarray(geometry.to_world(np.stack([i, j, k], -1)) @ [2.0, 3.0, 5.0], np.float32)


def test_a_volume_of_the_same_step_is_taken_as_it_is() -> None:
    geometry = Geometry((9, 10, 11), np.diag([3.0, 3, 3, 1]))
    grid = make_coarse_grid(ramp(geometry), geometry)
    assert np.allclose(grid.hu, ramp(geometry), atol=1e-3)
    assert grid.known.all()


def test_the_grid_stands_upright_whatever_the_axes() -> None:
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 2.0], [-3.0, 0, 0], [0, -1.5, 0]])  # i to anterior, j to inferior, k to left
    geometry = Geometry((20, 30, 12), affine)
    grid = make_coarse_grid(ramp(geometry), geometry)
    steps = [np.median(np.diff(grid.hu, axis=axis)[2:-2, 2:-2, 2:-2]) for axis in range(3)]
    assert np.allclose(steps, [15, 9, 6], atol=0.05)  # 3 mm to the head, to the back, to the left


def test_tilted_and_uneven_slices_are_straightened() -> None:
    heights = np.cumsum([0, 2, 5, 3, 7, 4, 2, 6, 5, 3.0])
    origins = heights[:, None] * [0, np.tan(0.3), 1]
    geometry = Geometry((10, 40, 40), np.diag([1.0, 1, 4, 1]), slice_origins_mm=origins)
    grid = make_coarse_grid(ramp(geometry), geometry)
    inner = grid.hu[1:-1, 6:-6, 2:-2]
    assert np.allclose([np.median(np.diff(inner, axis=axis)) for axis in range(3)], [15, 9, 6], atol=0.2)
    assert not grid.known.all()  # the tilt leaves corners empty


@pytest.mark.parametrize("spacing", [(0.7, 0.9, 2.0), (3.0, 3.0, 3.0), (4.0, 4.0, 7.0)])
def test_a_field_comes_back_where_it_was(spacing: tuple[float, float, float]) -> None:
    geometry = Geometry((16, 40, 44), np.diag([*spacing, 1.0]))
    volume = ramp(geometry)
    grid = make_coarse_grid(volume, geometry)
    sample = grid.slice_sampler(grid.hu)
    back = np.stack([sample(k) for k in range(geometry.shape[0])])
    assert np.abs(back - volume)[4:-4, 10:-10, 10:-10].max() < 0.15  # 0.05 mm of the steepest ramp


def test_padding_and_values_that_are_not_finite_are_unknown() -> None:
    geometry = Geometry((4, 40, 40), np.diag([3.0, 3, 3, 1]))
    volume = np.full((4, 40, 40), 40.0)
    volume[:, :10], volume[:, 30:] = -3024, np.nan
    grid = make_coarse_grid(volume, geometry)
    assert grid.known[:, 11:29].all()
    assert not grid.known[:, :10].any()
    assert not grid.known[:, 30:].any()
    assert (grid.hu[~grid.known] == LOWEST_HU).all()
    assert np.allclose(grid.hu[grid.known], 40)


def test_the_padding_value_needs_equal_corners() -> None:
    volume = np.full((3, 64, 64), -1024, np.int16)
    volume[:, 10:50, 10:50] = 30
    assert padding_value(volume) == -1024
    volume[1, 0, 0] = -1010  # noise: the room's air
    assert padding_value(volume) is None


def test_a_single_slice_makes_a_single_level() -> None:
    geometry = Geometry((1, 30, 30), np.diag([2.0, 2, 5, 1]))
    grid = make_coarse_grid(np.zeros((1, 30, 30)), geometry)
    assert grid.hu.shape[0] == 1
    assert grid.slice_sampler(grid.hu)(0).shape == (30, 30)


def test_a_huge_field_gets_a_larger_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.operators.coarse_grid.MOST_VOXELS", 1000)
    geometry = Geometry((30, 30, 30), np.diag([3.0, 3, 3, 1]))
    grid = make_coarse_grid(np.zeros(geometry.shape), geometry)
    assert grid.step_mm > 8
    assert grid.hu.size < 2500
