"""Resampling uneven and tilted slices: a linear field must come out linear, in the right place."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.geometry import Geometry
from imaging.regular_grid import to_regular_grid
from imaging.volume import Quantity, SeriesWarning, Volume


def field(points):
    """A value that is linear in millimetres."""
    return points @ np.array([3.0, -2.0, 5.0]) + 100


def sampled(geometry, warnings=(), dtype=np.float32):
    k, j, i = np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij")
    world = geometry.to_world(np.stack([i, j, k], axis=-1).astype(float))
    return Volume(geometry, field(world).astype(dtype), Quantity.HU, warnings=warnings)


def tilted(shape=(9, 20, 16), spacing=2.5, drift=0.9):
    affine = np.diag([0.7, 0.8, 1, 1.0])
    affine[:3, 2] = 0, drift, spacing
    affine[:3, 3] = 10, -20, 30
    return Geometry(shape, affine)


def uneven(heights, drift=0.0):
    affine = np.diag([0.7, 0.8, 2.0, 1.0])
    origins = np.array([[5.0, 6.0 + drift * h, h] for h in heights])
    return Geometry((len(heights), 20, 16), affine, None, origins)


@pytest.mark.parametrize(
    "geometry",
    [
        tilted(),
        tilted(drift=-1.7),
        uneven([0, 2, 4, 9, 11, 13.0]),
        uneven([0, 2, 4, 9, 11, 13.0], drift=0.33),
        uneven([13, 11, 9, 4, 2, 0.0]),
        uneven([0, 1.1, 5, 9, 16, 18.0], drift=-0.2),
    ],
    ids=["tilt", "back", "gap", "gap and tilt", "downward", "irregular"],
)
def test_a_linear_field_stays_where_it_was(geometry):
    volume = sampled(geometry, (SeriesWarning.GANTRY_TILT, SeriesWarning.VARIABLE_SPACING, SeriesWarning.LOSSY))
    regular = to_regular_grid(volume)
    assert regular.geometry.is_regular
    assert not regular.geometry.is_sheared
    assert np.linalg.det(regular.geometry.affine[:3, :3]) > 0
    assert regular.warnings == (SeriesWarning.LOSSY,)
    expected = sampled(regular.geometry).voxels
    index = volume.geometry.to_index(_world(regular.geometry))
    margin = np.array([1, 4, 0])  # along j a tilted slice and its neighbour do not quite cover each other
    inside = ((index >= margin) & (index <= np.array(geometry.shape[::-1]) - 1 - margin)).all(axis=-1)
    assert inside.mean() > 0.2
    np.testing.assert_allclose(regular.voxels[inside], expected[inside], atol=0.02)


def _world(geometry):
    k, j, i = np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij")
    return geometry.to_world(np.stack([i, j, k], axis=-1).astype(float))


def test_the_grid_covers_every_slice():
    volume = sampled(uneven([0, 2, 4, 9, 11, 13.0], drift=0.33))
    regular = to_regular_grid(volume)
    ends = volume.geometry.to_world(np.array([[0, 0, 0], [15, 19, 0], [0, 0, 5], [15, 19, 5]], float))
    index = regular.geometry.to_index(ends)
    assert (index > -0.01).all()
    assert (index < np.array(regular.geometry.shape[::-1]) - 0.99).all()


def test_slices_that_lie_on_the_grid_are_unchanged():
    volume = sampled(uneven([0, 2, 4, 8, 10.0]), dtype=np.int16)
    regular = to_regular_grid(volume)
    assert regular.voxels.dtype == np.int16
    assert regular.geometry.spacing_mm == pytest.approx((0.7, 0.8, 2.0))
    for old, new in zip(range(5), (0, 1, 2, 4, 5), strict=True):
        np.testing.assert_array_equal(regular.voxels[new], volume.voxels[old])


def test_outside_the_slices_lies_the_outside_value():
    from dataclasses import replace

    regular = to_regular_grid(replace(sampled(tilted()), outside_value=-5000.0))
    index = tilted().to_index(_world(regular.geometry))
    outside = (index[..., 1] < -1) | (index[..., 1] > 20)
    assert outside.any()
    assert (regular.voxels[outside] == -5000).all()


def test_a_regular_volume_is_returned_as_it_is():
    volume = sampled(Geometry((3, 4, 5), np.eye(4)))
    assert to_regular_grid(volume) is volume


def test_colour_is_resampled_per_channel():
    geometry = tilted()
    voxels = np.zeros((*geometry.shape, 3), np.uint8)
    voxels[:] = 10, 120, 250
    regular = to_regular_grid(Volume(geometry, voxels, Quantity.COLOUR))
    index = geometry.to_index(_world(regular.geometry))
    inside = ((index >= 1) & (index <= np.array(geometry.shape[::-1]) - 2)).all(axis=-1)
    assert (regular.voxels[inside] == [10, 120, 250]).all()


def test_a_few_close_slices_do_not_multiply_the_volume():
    heights = [0, 0.01, *np.arange(1, 40) * 5.0]
    regular = to_regular_grid(sampled(uneven(heights)))
    assert regular.geometry.shape[0] <= 4 * len(heights) + 1
