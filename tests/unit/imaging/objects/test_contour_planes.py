"""Contours in millimetres come onto the slices where they lie, on any grid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.objects.contour_planes import ContoursMm, FilledStructure, on_slices, to_mm
from imaging.objects.contours import trace

SHAPE = (7, 20, 23)


def grids() -> Iterator[Geometry]:
    """Flipped, oblique, tilted, and unevenly sliced with a slice-wise drift."""
    chance = np.random.default_rng(5)
    turn, _ = np.linalg.qr(chance.normal(size=(3, 3)))
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn @ np.diag([0.7, 0.8, 2.5]), [-100, 33, -700]
    tilted = affine.copy()
    tilted[:3, 2] += 0.6 * affine[:3, 1]
    drift = chance.uniform(0, 6, (SHAPE[0], 1)) * turn[:, 1]
    origins = affine[:3, 3] + np.cumsum(chance.uniform(1, 7, (SHAPE[0], 1)), axis=0) * turn[:, 2] + drift
    yield Geometry(SHAPE, np.diag([-0.5, 0.5, -3, 1.0]))
    yield Geometry(SHAPE, affine)
    yield Geometry(SHAPE, tilted)
    yield Geometry(SHAPE, affine, None, origins)


def whole(filled: FilledStructure, geometry: Geometry) -> np.ndarray:
    mask = np.zeros(geometry.shape, bool)
    mask[filled.box.slices] = filled.mask
    return mask


def squares(z: list[float], size: float = 6, center: tuple[float, float] = (10, 10)) -> ContoursMm:
    """One square for each z, in millimetres."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size / 2 + center
    points = np.concatenate([np.column_stack([corners, np.full(4, at)]) for at in z])
    return ContoursMm(points, np.arange(0, 4 * len(z) + 1, 4))


def grid(step: float = 1.0, depth: int = 20) -> Geometry:
    return Geometry((depth, 20, 20), np.diag([1, 1, step, 1.0]))


def per_slice(filled: FilledStructure, geometry: Geometry) -> list[int]:
    return [int(n) for n in whole(filled, geometry).sum(axis=(1, 2))]


@pytest.mark.parametrize("geometry", list(grids()))
def test_masks_come_back_from_rounded_millimetres(geometry: Geometry) -> None:
    chance = np.random.default_rng(9)
    for share in (0.1, 0.5, 0.8):
        mask = chance.random(SHAPE) < share
        contours = trace(mask)
        points = np.round(to_mm(contours, geometry), 4)
        filled = on_slices(ContoursMm(points, contours.starts), geometry)
        assert np.array_equal(whole(filled, geometry), mask)
        assert (filled.gaps, filled.passed_over, filled.outside, filled.is_cut) == (0, 0, 0, False)


def test_a_plane_between_slices_goes_to_the_nearest_and_half_way_to_the_higher() -> None:
    geometry = grid(step=2.0)
    filled = on_slices(squares([4.9, 7.0, 9.4]), geometry)
    assert [k for k, n in enumerate(per_slice(filled, geometry)) if n] == [2, 4, 5]


def test_of_several_planes_a_slice_takes_the_nearest() -> None:
    geometry = grid(step=3.0)
    filled = on_slices(squares([8.1, 9.0, 9.9]), geometry)
    assert per_slice(filled, geometry)[3] == 36
    assert filled.passed_over == 2


def test_wide_planes_leave_gaps_that_can_be_bridged() -> None:
    geometry = grid()
    contours = ContoursMm(
        np.concatenate([squares([2.0], size=4).points, squares([6.0], size=8).points]), np.array([0, 4, 8])
    )
    plain = on_slices(contours, geometry)
    assert plain.gaps == 3
    assert plain.step_slices == 4
    assert [k for k, n in enumerate(per_slice(plain, geometry)) if n] == [2, 6]
    bridged = on_slices(contours, geometry, bridge_gaps=True)
    assert bridged.bridged == 3
    counts = per_slice(bridged, geometry)[2:7]
    assert counts == sorted(counts)
    assert counts[0] == 16
    assert counts[-1] == 64
    assert counts[2] == 36  # half-way between sides of 4 and 8


def test_parts_far_from_each_other_are_not_joined() -> None:
    geometry = grid()
    filled = on_slices(squares([1.0, 2.0, 3.0, 12.0, 13.0]), geometry, bridge_gaps=True)
    assert filled.bridged == 0
    assert per_slice(filled, geometry)[4:12] == [0] * 8


def test_what_lies_outside_is_counted() -> None:
    geometry = grid()
    filled = on_slices(squares([-5.0, 3.0, 40.0]), geometry)
    assert filled.outside == 2
    assert not filled.is_cut
    assert on_slices(squares([3.0], center=(-1, 5)), geometry).is_cut


def test_contours_across_the_slices_are_refused() -> None:
    across = ContoursMm(squares([3.0]).points[:, [2, 0, 1]], np.array([0, 4]))
    with pytest.raises(UserError, match="planes"):
        on_slices(across, grid())
