"""An intensity range from the image itself: what lies around a point."""

from __future__ import annotations

import numpy as np

from imaging.geometry import Box
from imaging.volume import Volume

DEVIATIONS = 2.0  # mean ± 2 standard deviations hold about 95 % of a homogeneous tissue's values


def picked_range(volume: Volume, point_mm: tuple[float, float, float], radius_mm: float) -> tuple[float, float] | None:
    """Mean ± 2 standard deviations of the voxels whose centres lie within a ball.

    Args:
        volume: with one value per voxel.
        point_mm: LPS centre of the ball.
        radius_mm: of the ball; at least the voxel at the point is taken.

    Returns:
        Lowest and highest value, None where the point lies outside the image or the image has colours.
    """
    if volume.voxels.ndim != 3:
        return None
    geometry = volume.geometry
    i, j, k = (round(float(v)) for v in geometry.to_index(point_mm))
    if Box(k, k + 1, j, j + 1, i, i + 1).clipped(geometry.shape).is_empty:
        return None
    ri, rj, rk = (int(np.ceil(radius_mm / step)) for step in geometry.spacing_mm)
    box = Box(k - rk, k + rk + 1, j - rj, j + rj + 1, i - ri, i + ri + 1).clipped(geometry.shape)
    kk, jj, ii = np.mgrid[box.k0 : box.k1, box.j0 : box.j1, box.i0 : box.i1]
    distances = np.linalg.norm(geometry.to_world(np.stack([ii, jj, kk], axis=-1)) - np.asarray(point_mm), axis=-1)
    inside = distances <= radius_mm
    inside[k - box.k0, j - box.j0, i - box.i0] = True
    values = volume.voxels[box.slices][inside].astype(np.float64)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return None
    spread = DEVIATIONS * max(float(values.std()), 1e-3)
    return round(float(values.mean()) - spread, 1), round(float(values.mean()) + spread, 1)
