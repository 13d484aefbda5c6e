"""The part of a volume that all slice views on the screen show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from imaging.geometry import Box, Geometry
from render.screen_map import screen_map
from render.slice_geometry import Floats, slice_grid
from session.presentation import Plane, PresentationState

Bound = tuple[Floats, float, float]  # gradient over (i, j, k), and the interval in which its product must lie
ROUNDS = 4
SMALL = 1e-6  # of a gradient's length: a view that stands on the grid's axes bounds those exactly


def visible_box(geometry: Geometry, shown: PresentationState, sizes: Mapping[Plane, tuple[float, float]]) -> Box:
    """The smallest box of voxels that holds whatever every one of the views shows.

    Each view sees a column through the volume, as wide and high as the view; the box holds what these columns have in
    common. Where a view does not stand on the grid's axes the box is somewhat larger than that, never smaller.

    Args:
        geometry: of the volume. Slices at uneven distances are taken whole.
        shown: cameras and crosshair.
        sizes: width and height of each view on the screen, in any unit of length; no view bounds nothing.

    Returns:
        Half-open, inside the volume; empty when no voxel is seen by all.
    """
    bounds = [bound for plane, size in sizes.items() for bound in _bounds(geometry, shown, plane, size)]
    k, j, i = geometry.shape
    reach = np.array([[-0.5, i - 0.5], [-0.5, j - 0.5], [-0.5, k - 0.5]])
    for _ in range(ROUNDS):
        for bound in bounds:
            _tighten(reach, bound)
    if not geometry.is_regular:
        reach[2] = (-0.5, k - 0.5)
    low, high = np.floor(reach[:, 0] + 0.5).astype(int), np.ceil(reach[:, 1] + 0.5).astype(int)
    i0, j0, k0 = np.clip(low, 0, (i, j, k)).tolist()
    i1, j1, k1 = np.clip(high, 0, (i, j, k)).tolist()
    return Box(k0, max(k0, k1), j0, max(j0, j1), i0, max(i0, i1))


def _bounds(geometry: Geometry, shown: PresentationState, plane: Plane, size: tuple[float, float]) -> list[Bound]:
    """What a view's edges say of indices (i, j, k)."""
    camera = shown.slice_cameras[plane]
    grid = slice_grid(geometry, plane, camera, shown.crosshair_mm)
    place = screen_map(grid, camera, *size)
    (row0, column0), (row1, column1) = place.to_pixel(0, 0), place.to_pixel(*size)
    linear, origin = geometry.affine[:3, :3], geometry.affine[:3, 3]
    found = []
    for step_mm, low, high in ((grid.down_mm, row0, row1), (grid.right_mm, column0, column1)):
        step = np.array(step_mm)
        across = step / (step @ step)
        offset = float((origin - grid.origin_mm) @ across)
        found.append((linear.T @ across, low - offset, high - offset))
    return found


def _tighten(reach: Floats, bound: Bound) -> None:
    """Narrow each index's interval as far as the others' intervals allow."""
    gradient, low, high = bound
    matters = np.abs(gradient) > SMALL * np.linalg.norm(gradient)
    for axis in np.flatnonzero(matters):
        others = [n for n in np.flatnonzero(matters) if n != axis]
        ends = np.array([np.sort(gradient[n] * reach[n]) for n in others]).reshape(-1, 2).sum(axis=0)
        edges = np.sort(np.array([low - ends[1], high - ends[0]]) / gradient[axis])
        reach[axis] = max(reach[axis, 0], edges[0]), min(reach[axis, 1], edges[1])
