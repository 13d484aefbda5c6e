"""The box of what all slice views show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imaging.geometry import Box, Geometry
from render.screen_map import screen_map
from render.slice_geometry import slice_grid
from render.visible_box import visible_box
from session.presentation import Plane, PresentationState, SliceCamera

SHAPE = (30, 40, 50)
SIZES = dict.fromkeys(Plane, (300.0, 300.0))


def upright() -> Geometry:
    return Geometry(SHAPE, np.diag([1.0, 1.0, 2.0, 1.0]))


def turned() -> Geometry:
    """About the patient's long axis by 20 degrees."""
    c, s = np.cos(np.deg2rad(20)), np.sin(np.deg2rad(20))
    affine = np.eye(4)
    affine[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.diag([1.0, 1.0, 2.0])
    return Geometry(SHAPE, affine)


def shown(**cameras: SliceCamera) -> PresentationState:
    state = PresentationState(crosshair_mm=(25.0, 20.0, 30.0))
    return replace(state, slice_cameras=state.slice_cameras | {Plane(name): one for name, one in cameras.items()})


def test_everything_is_seen_at_first() -> None:
    assert visible_box(upright(), shown(), SIZES) == Box(0, 30, 0, 40, 0, 50)
    assert visible_box(upright(), shown(), {}) == Box(0, 30, 0, 40, 0, 50)


def test_a_zoomed_axial_view_bounds_two_axes() -> None:
    box = visible_box(upright(), shown(axial=SliceCamera(zoom=5.0)), SIZES)
    assert (box.k0, box.k1) == (0, 30)
    middle = (50 / 2, 40 / 2)
    assert (box.i0, box.i1) == (middle[0] - 5, middle[0] + 5)  # 50 mm fill 300 px; a fifth of that is seen
    assert (box.j0, box.j1) == (middle[1] - 5, middle[1] + 5)


def test_pan_moves_it_and_a_second_view_narrows_it() -> None:
    right = shown(axial=SliceCamera(zoom=5.0, pan_mm=(10.0, 0.0)), coronal=SliceCamera(zoom=6.0))
    box = visible_box(upright(), right, SIZES)
    assert box.i0 == 30  # the axial view shows 30 to 40
    assert box.i1 == 30  # the coronal one 20 to 30: they see nothing together
    assert box.is_empty
    only_axial = visible_box(upright(), right, {Plane.AXIAL: (300.0, 300.0)})
    assert (only_axial.i0, only_axial.i1) == (30, 40)


@pytest.mark.parametrize("tilt", [(0.0, 0.0), (12.0, -7.0)])
@pytest.mark.parametrize("geometry", [upright(), turned()])
def test_no_voxel_that_all_views_show_is_left_out(geometry: Geometry, tilt: tuple[float, float]) -> None:
    state = shown(axial=SliceCamera(zoom=3.0, pan_mm=(4.0, -3.0), tilt_deg=tilt), sagittal=SliceCamera(zoom=2.0))
    box = visible_box(geometry, state, SIZES)
    k, j, i = np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij")
    points = geometry.to_world(np.stack([i, j, k], axis=-1).reshape(-1, 3))
    seen = np.ones(len(points), bool)
    for plane, size in SIZES.items():
        camera = state.slice_cameras[plane]
        grid = slice_grid(geometry, plane, camera, state.crosshair_mm)
        place = screen_map(grid, camera, *size)
        right, down = np.array(grid.right_mm), np.array(grid.down_mm)
        offset = points - grid.origin_mm
        x = place.left + (offset @ right / (right @ right) + 0.5) * place.column_px
        y = place.top + (offset @ down / (down @ down) + 0.5) * place.row_px
        seen &= (x > 0) & (x < size[0]) & (y > 0) & (y < size[1])
    seen = seen.reshape(SHAPE)
    inside = np.zeros(SHAPE, bool)
    inside[box.k0 : box.k1, box.j0 : box.j1, box.i0 : box.i1] = True
    assert seen.any()
    assert not (seen & ~inside).any()
    assert inside.sum() < inside.size
