"""The brush: the voxels within a radius of a line between two points.

A ball (or disc) that moves from one point to another covers a capsule. The capsule is convex, so along each row of the
grid its voxels are one run, whose two ends follow from three quadratic equations: the ball at the start, the ball at
the end and the cylinder between them. That costs one calculation a row instead of one a voxel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imaging.edit import Mask
from imaging.geometry import Box, Geometry

Floats = NDArray[np.float64]

TINY = 1e-12
ROUNDING = 1e-9  # voxels exactly at the radius belong to the brush, whatever the last bit says


def swept_ball(
    geometry: Geometry, start_mm: ArrayLike, end_mm: ArrayLike, radius_mm: float, flat_axis: int | None = None
) -> tuple[Box, Mask]:
    """Voxels whose centre lies within ``radius_mm`` of the line from start to end.

    The voxel that holds the start is always included, so that the smallest brush paints one voxel.

    Args:
        geometry: the grid.
        start_mm: LPS position where the brush was.
        end_mm: LPS position where it is now.
        radius_mm: the brush's radius.
        flat_axis: paint a disc on one slice: the array axis (0 = k, 1 = j, 2 = i) that stands across the slice.
            Distances are then measured within the slice that holds ``start_mm``.

    Returns:
        The region, clipped to the grid (possibly empty), and the boolean (k, j, i) mask of its shape.
    """
    start = geometry.to_index(start_mm)[::-1].copy()
    end = geometry.to_index(end_mm)[::-1].copy()
    if flat_axis is not None:
        start[flat_axis] = end[flat_axis] = np.round(start[flat_axis])
    box = _reach(geometry, start, end, radius_mm, flat_axis)
    if box.is_empty:
        return box, np.zeros(tuple(max(0, n) for n in box.shape), bool)
    if geometry.is_regular or flat_axis == 0:
        mask = _capsule(geometry, start, end, radius_mm, box)
    else:
        mask = _by_distance(geometry, np.asarray(start_mm, float), np.asarray(end_mm, float), radius_mm, box, flat_axis)
    center = np.round(start).astype(int) - (box.k0, box.j0, box.i0)
    if (center >= 0).all() and (center < box.shape).all():
        mask[tuple(center)] = True
    return box, mask


def _reach(geometry: Geometry, start: Floats, end: Floats, radius_mm: float, flat_axis: int | None) -> Box:
    """A box around the capsule, clipped to the grid. Start and end are (k, j, i) indices."""
    inverse = np.linalg.inv(geometry.affine[:3, :3])[::-1]
    margin = radius_mm * np.linalg.norm(inverse, axis=1)
    if geometry.slice_origins_mm is not None:
        steps = np.linalg.norm(np.diff(geometry.slice_origins_mm, axis=0), axis=1)
        margin[0] = radius_mm / max(float(steps.min(initial=np.inf)), 1e-3) + 1
    if flat_axis is not None:
        margin[flat_axis] = 0
    low = np.ceil(np.minimum(start, end) - margin - ROUNDING).astype(int)
    high = np.floor(np.maximum(start, end) + margin + ROUNDING).astype(int) + 1
    center = np.round(start).astype(int)  # so that the smallest brush still has its one voxel
    low, high = np.minimum(low, center), np.maximum(high, center + 1)
    return Box(low[0], high[0], low[1], high[1], low[2], high[2]).clipped(geometry.shape)


def _capsule(geometry: Geometry, start: Floats, end: Floats, radius_mm: float, box: Box) -> Mask:
    metric = geometry.affine[:3, :3][:, ::-1]
    metric = metric.T @ metric  # squared millimetres of a (k, j, i) step
    dk = np.arange(box.k0, box.k1)[:, None] - start[0]
    dj = np.arange(box.j0, box.j1)[None, :] - start[1]
    way = end - start
    low, high = _ball_run(metric, dk, dj, radius_mm)
    low, high = low + start[2], high + start[2]
    length2 = float(way @ metric @ way)
    if length2 > TINY:
        other_low, other_high = _ball_run(metric, dk - way[0], dj - way[1], radius_mm)
        between_low, between_high = _cylinder_run(metric, dk, dj, way, length2, radius_mm)
        low = np.fmin(np.fmin(low, other_low + end[2]), between_low + start[2])
        high = np.fmax(np.fmax(high, other_high + end[2]), between_high + start[2])
    first = np.ceil(np.nan_to_num(low, nan=1e9, posinf=1e9, neginf=-1e9) - ROUNDING).astype(np.int32)
    last = np.floor(np.nan_to_num(high, nan=-1e9, posinf=1e9, neginf=-1e9) + ROUNDING).astype(np.int32)
    row = np.arange(box.i0, box.i1, dtype=np.int32)
    return np.asarray((row >= first[..., None]) & (row <= last[..., None]))


def _run(a: float, b: Floats, c: Floats) -> tuple[Floats, Floats]:
    """Where a*x*x + 2*b*x + c <= 0 for a > 0: the ends of the run, nan where there is none."""
    inside = b * b - a * c
    root = np.sqrt(np.where(inside >= 0, inside, np.nan))
    return (-b - root) / a, (-b + root) / a


def _ball_run(metric: Floats, dk: Floats, dj: Floats, radius_mm: float) -> tuple[Floats, Floats]:
    b = metric[2, 0] * dk + metric[2, 1] * dj
    c = metric[0, 0] * dk * dk + 2 * metric[0, 1] * dk * dj + metric[1, 1] * dj * dj - radius_mm**2
    return _run(float(metric[2, 2]), b, c * (1 - ROUNDING) - ROUNDING * radius_mm**2)


def _cylinder_run(
    metric: Floats, dk: Floats, dj: Floats, way: Floats, length2: float, radius_mm: float
) -> tuple[Floats, Floats]:
    """The run inside the cylinder between the two ends, relative to the start."""
    along = metric @ way
    across = metric - np.outer(along, along) / length2
    b = across[2, 0] * dk + across[2, 1] * dj
    c = across[0, 0] * dk * dk + 2 * across[0, 1] * dk * dj + across[1, 1] * dj * dj - radius_mm**2
    shape = np.broadcast_shapes(dk.shape, dj.shape)
    if across[2, 2] > 1e-9 * metric[2, 2]:
        low, high = _run(float(across[2, 2]), b, c - ROUNDING * radius_mm**2)
    else:  # the cylinder runs along the row: the whole row or nothing
        inside = np.broadcast_to(c <= ROUNDING * radius_mm**2, shape)
        low, high = np.where(inside, -np.inf, np.nan), np.where(inside, np.inf, np.nan)
    done = along[0] * dk + along[1] * dj  # projection onto the way, of the row's start
    if abs(along[2]) > 1e-9 * length2:
        ends = np.sort(np.stack([-done / along[2], (length2 - done) / along[2]]), axis=0)
        low, high = np.maximum(low, ends[0]), np.minimum(high, ends[1])
        is_run = low <= high
    else:
        is_run = np.broadcast_to((done >= 0) & (done <= length2), shape)
    return np.where(is_run, low, np.nan), np.where(is_run, high, np.nan)


def _by_distance(
    geometry: Geometry, start: Floats, end: Floats, radius_mm: float, box: Box, flat_axis: int | None
) -> Mask:
    """The same by the distance of each voxel, for unevenly spaced slices."""
    k, j, i = np.meshgrid(
        np.arange(box.k0, box.k1), np.arange(box.j0, box.j1), np.arange(box.i0, box.i1), indexing="ij"
    )
    points = geometry.to_world(np.stack([i, j, k], axis=-1))
    way = end - start
    if flat_axis is not None:
        normal = geometry.direction[:, 2 - flat_axis]
        points = points - ((points - start) @ normal)[..., None] * normal
        way = way - (way @ normal) * normal
    length2 = float(way @ way)
    offset = points - start
    share = np.clip(offset @ way / length2, 0, 1) if length2 > TINY else np.zeros(offset.shape[:-1])
    nearest = offset - share[..., None] * way
    return np.asarray((nearest**2).sum(axis=-1) <= radius_mm**2 * (1 + ROUNDING))
