"""Planes and crop box on a grid: for structures that are not cut, beside others that are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from render.cinematic.scene import Field
from session.look.cut import ClipPlane, Cut


def box_in_voxels(cut: Cut, extent: tuple[float, float, float]) -> NDArray[np.float64]:
    """(3, 2) first and last continuous index of the crop box along i, j and k; voxel centres are whole.

    Args:
        cut: holds the box as fractions of the image.
        extent: of the image along (i, j, k), in voxels.
    """
    ends = np.clip(np.array([cut.box.low, cut.box.high]), 0.0, 1.0)
    return np.asarray((ends * np.asarray(extent) - 0.5).T)


def unit_normal(plane: ClipPlane) -> NDArray[np.float64]:
    """The plane's normal with length 1."""
    normal = np.asarray(plane.normal, np.float64)
    return np.asarray(normal / max(float(np.linalg.norm(normal)), 1e-12))


def kept_share(field: Field, cut: Cut, extent: tuple[float, float, float]) -> NDArray[np.float32]:
    """(k, j, i) share of each voxel that planes and box leave: 0 or 1, and between them where a plane cuts through."""
    world_from_index = np.linalg.inv(field.index_from_world)
    places = np.ogrid[tuple(slice(0, n) for n in field.shape)][::-1]  # i, j, k
    share = np.ones(field.shape, np.float32)
    for axis, (first, last) in enumerate(box_in_voxels(cut, extent)):
        inside = np.minimum(places[axis] - first, last - places[axis]) + 0.5
        np.minimum(share, np.clip(inside, 0, 1).astype(np.float32), out=share)
    for plane in cut.planes:
        normal = unit_normal(plane)
        slope = normal @ world_from_index[:3, :3]  # millimetres of distance per index step
        start = float(normal @ (world_from_index[:3, 3] - np.asarray(plane.point_mm)))
        steps = [(places[n] * slope[n]).astype(np.float32) for n in range(3)]
        distance = steps[0] + steps[1] + steps[2] + np.float32(start)
        distance /= np.float32(max(float(np.abs(slope).sum()), 1e-12))
        np.minimum(share, np.clip(distance + 0.5, 0, 1), out=share)
    return share
