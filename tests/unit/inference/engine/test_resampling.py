"""Resampling on straight grids against scipy's general one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.engine.resampling import resampled
from inference.engine.splines import spline_resized

SHAPE = (2, 17, 23, 12)
Places = list[NDArray[np.float64]]
VIEWS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "as it is": lambda a: a,
    "as images come": lambda a: np.ascontiguousarray(a.transpose(0, 3, 2, 1)).transpose(0, 3, 2, 1),
    "flipped": lambda a: a[:, ::-1, :, ::-1],
    "every other": lambda a: np.repeat(np.repeat(a, 2, 1), 3, 3)[:, ::2, :, ::3],
    "turned and flipped": lambda a: np.ascontiguousarray(a.transpose(0, 2, 3, 1)[:, ::-1]).transpose(0, 3, 1, 2),
    "channels last": lambda a: np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 0, -1)), -1, 0),
}


def image(kind: Any = np.float32) -> NDArray[Any]:
    return np.random.default_rng(0).integers(-1000, 3000, SHAPE).astype(kind)


def read(given: NDArray[Any], places: Places) -> NDArray[np.float64]:
    from scipy import ndimage

    grid = np.meshgrid(*places, indexing="ij")
    channels = [ndimage.map_coordinates(c.astype(np.float64), grid, order=1, mode="nearest") for c in given]
    return np.stack(channels)


def places(*steps: float, start: float = 0.0, beyond: int = 0) -> Places:
    sizes = [int((n - 1) / step) + 1 + beyond for n, step in zip(SHAPE[1:], steps, strict=True)]
    return [np.arange(n, dtype=np.float64) * step + start for n, step in zip(sizes, steps, strict=True)]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "where",
    [
        places(1.9, 0.7, 1.3),
        places(0.31, 2.5, 1.0),
        places(1.0, 1.0, 0.5),
        places(1.4, 1.0, 1.0, start=-2.3, beyond=6),  # the border's value goes on
        places(1.0, 1.0, 1.0),
    ],
)
def test_values_are_those_of_trilinear_interpolation(view: str, where: Places) -> None:
    for kind in (np.int16, np.float32, np.uint8):
        given = VIEWS[view](image(kind))
        before = given.copy()
        found = resampled(given, where)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, read(given, where), atol=2e-3)  # of values up to 3000, float32
        assert not np.shares_memory(found, given)
        np.testing.assert_array_equal(given, before)


def test_sums_are_made_in_double_precision() -> None:
    line = np.array([3000.0, -1000.0] * 500, np.float32).reshape(1, 1000, 1, 1)
    where = [np.arange(900, dtype=np.float64) * 1.1, np.zeros(1), np.zeros(1)]
    exact = read(line, where).astype(np.float32)
    np.testing.assert_array_equal(resampled(line, where), exact)
    turned = line.transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(resampled(turned, where[1:] + where[:1]), exact.transpose(0, 2, 3, 1))


def test_one_plane_and_one_voxel_can_be_read() -> None:
    single = np.full((1, 1, 1, 1), 7, np.int16)
    assert resampled(single, [np.array([-1.0, 0.0, 0.4, 5.0])] * 3).tolist() == np.full((1, 4, 4, 4), 7.0).tolist()


@pytest.mark.parametrize("shape", [(9, 30, 24), (17, 40, 6), (34, 23, 13)])
def test_splines_are_scipys(shape: tuple[int, int, int]) -> None:
    from scipy import ndimage

    given = image()
    found = spline_resized(given, shape, None)
    places = [(np.arange(new) + 0.5) * old / new - 0.5 for new, old in zip(shape, SHAPE[1:], strict=True)]
    for channel, ours in zip(given, found, strict=True):
        grid = np.meshgrid(*places, indexing="ij")
        expected = ndimage.map_coordinates(channel.astype(np.float64), grid, order=3, mode="nearest")
        np.testing.assert_allclose(ours, expected.clip(channel.min(), channel.max()), atol=1e-3)
    assert found.dtype == np.float32


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("planes", [7, 30, 12])
def test_thick_slices_are_read_by_the_nearest_plane(axis: int, planes: int) -> None:
    given = image()
    shape = [20, 20, 20]
    shape[axis] = planes
    found = spline_resized(given, (shape[0], shape[1], shape[2]), axis)
    assert found.shape == (2, *shape)
    old = given.shape[axis + 1]
    half = (np.arange(planes) + 0.5) * old / planes - 0.5
    flat = [n for n in range(3) if n != axis]
    for n in range(planes):
        nearest = min(int(np.floor(half[n] + 0.5)), old - 1)
        plane = given.take([nearest], axis + 1)
        size = [1, 1, 1]
        for a in flat:
            size[a] = 20
        expected = spline_resized(plane, (size[0], size[1], size[2]), None)
        np.testing.assert_allclose(found.take([n], axis + 1), expected, atol=1e-2)


def test_the_same_shape_is_the_same_image() -> None:
    given = image()
    assert spline_resized(given, SHAPE[1:], None) is given
