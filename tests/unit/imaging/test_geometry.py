"""Positions: to LPS millimetres and back, on every kind of grid."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.geometry import Box, Geometry

OBLIQUE = np.array([[0.6, -0.5, 0.1, 3], [0.4, 0.7, 0.2, -8], [-0.1, 0.1, 2.4, 20], [0, 0, 0, 1]])
SHEARED = np.array([[0.8, 0, 0, -5], [0, 0.8, 0.7, -6], [0, 0, 2, -7], [0, 0, 0, 1]])
SHAPE = (9, 20, 30)


def uneven() -> Geometry:
    heights = np.cumsum([0, 1, 1, 1, 4, 4, 2, 2, 2.0])
    origins = np.stack([np.full(9, -10.0), 0.3 * heights, heights], axis=1)
    return Geometry(SHAPE, np.diag([0.5, 0.5, 2.1, 1.0]), slice_origins_mm=origins)


GRIDS = [Geometry(SHAPE, OBLIQUE), Geometry(SHAPE, SHEARED), Geometry(SHAPE, np.diag([-1.0, -1, 3, 1])), uneven()]


@pytest.mark.parametrize("geometry", GRIDS, ids=["oblique", "sheared", "flipped", "uneven"])
def test_there_and_back(geometry) -> None:
    points = np.random.default_rng(0).uniform(-3, 25, (200, 3))
    assert np.allclose(geometry.to_index(geometry.to_world(points)), points, atol=1e-9)


def test_uneven_slices_lie_where_they_were_said_to_lie() -> None:
    geometry = uneven()
    for k in range(9):
        assert np.allclose(geometry.to_world([0, 0, k]), geometry.slice_origins_mm[k])
    between = (geometry.slice_origins_mm[4] + geometry.slice_origins_mm[5]) / 2
    assert np.allclose(geometry.to_world([0, 0, 4.5]), between)


def test_uneven_slices_stored_from_head_to_feet() -> None:
    up = uneven()
    down = Geometry(SHAPE, np.diag([0.5, 0.5, -2.1, 1.0]), slice_origins_mm=up.slice_origins_mm[::-1])
    assert np.allclose(down.to_index(up.to_world([3, 4, 2.5])), [3, 4, 8 - 2.5])


def test_what_a_grid_says_of_itself() -> None:
    assert Geometry(SHAPE, SHEARED).is_sheared
    assert not Geometry(SHAPE, np.diag([1.0, 1, 3, 1])).is_oblique
    assert Geometry(SHAPE, OBLIQUE).is_oblique
    assert Geometry(SHAPE, np.diag([-0.5, 0.5, 3, 1])).spacing_mm == (0.5, 0.5, 3.0)
    assert Geometry(SHAPE, np.diag([-0.5, 0.5, 3, 1])).voxel_volume_ml == pytest.approx(0.00075)
    assert not uneven().is_regular


def test_cropping_keeps_every_voxel_where_it_is() -> None:
    box = Box(2, 7, 3, 9, 5, 11)
    for geometry in GRIDS:
        cut = geometry.cropped(box)
        assert cut.shape == (5, 6, 6)
        assert np.allclose(cut.to_world([1, 2, 3]), geometry.to_world([6, 5, 5]))


def test_the_same_space_within_a_tolerance() -> None:
    geometry = Geometry(SHAPE, OBLIQUE)
    moved = OBLIQUE.copy()
    moved[0, 3] += 0.0005
    assert geometry.same_space(Geometry(SHAPE, moved))
    moved[0, 3] += 0.01
    assert not geometry.same_space(Geometry(SHAPE, moved))
    assert not geometry.same_space(Geometry((9, 20, 31), OBLIQUE))
    assert not uneven().same_space(Geometry(SHAPE, uneven().affine))


@pytest.mark.parametrize("affine", [np.zeros((4, 4)), np.full((4, 4), np.nan), np.eye(3)])
def test_an_impossible_affine_is_refused(affine) -> None:
    with pytest.raises(ValueError, match="affine"):
        Geometry(SHAPE, affine)


def test_the_affine_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Geometry(SHAPE, OBLIQUE).affine[0, 0] = 9


def test_boxes() -> None:
    box = Box(-2, 5, 0, 30, 3, 40)
    assert box.clipped(SHAPE) == Box(0, 5, 0, 20, 3, 30)
    assert box.intersection(Box(4, 9, 0, 1, 0, 4)) == Box(4, 5, 0, 1, 3, 4)
    assert box.union(Box(4, 9, 0, 1, 0, 4)) == Box(-2, 9, 0, 30, 0, 40)
    assert Box(3, 3, 0, 1, 0, 1).is_empty
    assert np.zeros(SHAPE)[Box(1, 3, 2, 5, 0, 9).slices].shape == Box(1, 3, 2, 5, 0, 9).shape


@pytest.mark.parametrize("number", [1e308, 1e200, 2e9, np.nan, np.inf])
@pytest.mark.parametrize("place", [(0, 0), (1, 2), (2, 3)])
def test_numbers_beyond_all_sense_make_no_grid(number, place) -> None:
    affine = np.diag([1e-8, 1e-8, 1.0, 1.0])
    affine[place] = number
    with pytest.raises(ValueError, match="affine"):
        Geometry(SHAPE, affine)
    origins = np.zeros((9, 3))
    origins[4, 1] = number
    with pytest.raises(ValueError, match="slice_origins_mm"):
        Geometry(SHAPE, np.eye(4), slice_origins_mm=origins)
