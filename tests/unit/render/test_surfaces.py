"""Surfaces: closed, of the right volume, and where the voxels are."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Box, Geometry
from render.coarse_mask import boundary_faces, coarsened, coarsening
from render.surfaces import Surface, segment_surface, triangle_shares

OBLIQUE = np.array([[0.9, -0.5, 0.1, 10], [0.6, 0.8, 0.2, -20], [-0.1, 0.1, 2.5, 30], [0, 0, 0, 1]], float)
SHEARED = np.array([[0.8, 0, 0, 5], [0, 0.8, -0.7, 6], [0, 0, 2.0, 7], [0, 0, 0, 1]], float)
MIRRORED = np.diag([-1.0, 1.0, 1.0, 1.0])


def ball(radius: float, size: int) -> NDArray[np.bool_]:
    k, j, i = np.indices((size, size, size)) - (size - 1) / 2
    return np.asarray(k**2 + j**2 + i**2 <= radius**2)


def surface_of(mask: NDArray[np.bool_], affine: NDArray[np.float64], budget: int = 10**7) -> Surface:
    surface = segment_surface(mask, Geometry(mask.shape, affine), Box.whole(mask.shape), budget)
    assert surface is not None
    return surface


def is_closed(surface: Surface) -> bool:
    """Each edge belongs to exactly two triangles, which run along it in opposite directions."""
    a, b, c = surface.triangles.T
    edges = Counter((int(p), int(q)) for x, y in ((a, b), (b, c), (c, a)) for p, q in zip(x, y, strict=True))
    return all(count == 1 and edges.get((q, p)) == 1 for (p, q), count in edges.items())


@pytest.mark.parametrize("affine", [np.eye(4), OBLIQUE, SHEARED, MIRRORED], ids=["plain", "oblique", "sheared", "left"])
def test_a_ball_is_closed_and_keeps_volume_and_place(affine: NDArray[np.float64]) -> None:
    mask = ball(12, 32)
    geometry = Geometry(mask.shape, affine)
    surface = surface_of(mask, affine)
    expected_ml = np.count_nonzero(mask) * geometry.voxel_volume_ml
    assert is_closed(surface)
    assert surface.volume_ml == pytest.approx(expected_ml, rel=0.02)
    middle = (surface.points_mm.min(axis=0) + surface.points_mm.max(axis=0)) / 2
    assert middle == pytest.approx(geometry.to_world([15.5, 15.5, 15.5]), abs=0.05)


def test_the_surface_lies_half_a_voxel_beyond_the_outer_centres() -> None:
    mask = np.zeros((20, 20, 20), bool)
    mask[4:16, 5:15, 6:14] = True
    spacing = np.array([2.0, 3.0, 4.0])
    indices = surface_of(mask, np.diag([*spacing, 1.0])).points_mm / spacing
    # A box is the worst case: the smoothing swings over by a sixth of a voxel beside its sharp edges.
    assert indices.min(axis=0) == pytest.approx([5.5, 4.5, 3.5], abs=0.2)
    assert indices.max(axis=0) == pytest.approx([13.5, 14.5, 15.5], abs=0.2)


def test_a_cropped_box_lies_where_it_was_cropped() -> None:
    whole = np.zeros((40, 40, 40), bool)
    box = Box(20, 32, 5, 17, 11, 23)
    whole[box.slices] = ball(5, 12)
    geometry = Geometry(whole.shape, OBLIQUE)
    from_crop = segment_surface(whole[box.slices], geometry, box, 10**7)
    from_whole = segment_surface(whole, geometry, Box.whole(whole.shape), 10**7)
    assert from_crop is not None
    assert from_whole is not None
    assert from_crop.points_mm == pytest.approx(from_whole.points_mm, abs=1e-3)


def test_normals_point_outwards_also_in_left_handed_grids() -> None:
    for affine in (np.eye(4), MIRRORED):
        surface = surface_of(ball(9, 24), affine)
        outwards = surface.points_mm - surface.points_mm.mean(axis=0)
        assert (np.einsum("ij,ij->i", surface.normals, outwards) > 0).all()
        assert np.linalg.norm(surface.normals, axis=1) == pytest.approx(1, abs=1e-3)
        assert surface.volume_ml > 0


def test_unevenly_spaced_slices_keep_their_true_positions() -> None:
    heights = np.array([0.0, 1, 2, 3, 10, 17, 24, 25, 26, 27])
    origins = np.stack([np.zeros(10), np.zeros(10), heights], axis=1)
    geometry = Geometry((10, 16, 16), np.diag([1, 1, 3.0, 1]), slice_origins_mm=origins)
    mask = np.zeros((10, 16, 16), bool)
    mask[3:7, 4:12, 4:12] = True
    surface = segment_surface(mask, geometry, Box.whole(mask.shape), 10**7)
    assert surface is not None
    assert surface.points_mm[:, 2].min() == pytest.approx(2.5, abs=0.3)
    assert surface.points_mm[:, 2].max() == pytest.approx(24.5, abs=0.3)


def test_thin_structures_keep_most_of_their_volume() -> None:
    mask = np.zeros((12, 40, 12), bool)
    mask[5:7, 4:36, 5:7] = True  # two voxels across, as a rib at 3 mm
    assert surface_of(mask, np.eye(4)).volume_ml == pytest.approx(0.128, rel=0.2)


def test_one_voxel_has_a_surface() -> None:
    mask = np.zeros((3, 3, 3), bool)
    mask[1, 1, 1] = True
    surface = surface_of(mask, np.eye(4))
    assert is_closed(surface)
    assert surface.points_mm.mean(axis=0) == pytest.approx([1, 1, 1], abs=1e-3)


def test_no_voxels_no_surface() -> None:
    mask = np.zeros((4, 4, 4), bool)
    assert segment_surface(mask, Geometry(mask.shape, np.eye(4)), Box.whole(mask.shape), 100) is None


@pytest.mark.parametrize("budget", [6000, 600])
def test_the_budget_is_kept_without_losing_volume_or_place(budget: int) -> None:
    """6000 triangles are reached by decimation, 600 only by way of a coarser mask."""
    mask = ball(22, 50)
    assert (2 * boundary_faces(mask) > 4 * budget) == (budget == 600)
    surface = surface_of(mask, SHEARED, budget)
    geometry = Geometry(mask.shape, SHEARED)
    assert len(surface.triangles) <= budget * 1.05
    assert is_closed(surface)
    assert surface.volume_ml == pytest.approx(np.count_nonzero(mask) * geometry.voxel_volume_ml, rel=0.04)
    middle = (surface.points_mm.min(axis=0) + surface.points_mm.max(axis=0)) / 2
    assert middle == pytest.approx(geometry.to_world([24.5, 24.5, 24.5]), abs=0.8)


def test_boundary_faces_count_the_border_of_the_array_too() -> None:
    assert boundary_faces(np.ones((1, 1, 1), bool)) == 6
    assert boundary_faces(np.ones((2, 3, 4), bool)) == 2 * (6 + 8 + 12)


def test_coarsening_unites_the_short_axes_first() -> None:
    assert coarsening((5.0, 0.7, 0.7), 2.0) == (1, 2, 2)
    assert coarsening((1.0, 1.0, 1.0), 1.0) == (1, 1, 1)


def test_a_coarser_mask_keeps_the_volume_of_thin_sheets() -> None:
    mask = np.zeros((30, 30, 30), bool)
    mask[10] = True  # one voxel thick: half of a block of two, so a threshold of more than half would lose it
    coarse = coarsened(mask, (2, 2, 2))
    assert coarse.any()
    assert np.count_nonzero(coarse) * 8 == pytest.approx(900, rel=1.01)


def test_shares_follow_the_area_and_nobody_goes_without() -> None:
    shares = triangle_shares({1: 8000, 2: 1000, 3: 1}, 100_000)
    assert shares[1] == pytest.approx(4 * shares[2], rel=0.01)
    assert shares[3] >= 400
    assert triangle_shares({}, 1000) == {}
