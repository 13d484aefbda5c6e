"""Resample unevenly spaced or tilted slices to a regular grid with axes at right angles.

Rows and columns keep their directions and spacing; k runs along the normal of the slices. Along k the value between two
slices is their linear mix, taken where each slice really lies (a tilted slice is shifted sideways by linear
interpolation before it is mixed).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import SeriesWarning, Volume

_REPAIRED = (SeriesWarning.VARIABLE_SPACING, SeriesWarning.GANTRY_TILT, SeriesWarning.MISSING_SLICE)
_MAX_GROWTH = 4  # of the number of slices; a few close slices must not multiply a whole volume
Plane = NDArray[Any]


def to_regular_grid(volume: Volume) -> Volume:
    """The volume on an orthogonal, evenly spaced, right-handed grid that covers all its slices.

    Args:
        volume: (k, j, i) voxels, or (k, j, i, 3); slices parallel, in the order of their positions.

    Returns:
        A volume of the same type, without the warnings that the resampling settles. Voxels outside the slices hold
        ``outside_value``, or the lowest value where there is none. A regular volume is returned unchanged.
    """
    geometry = volume.geometry
    if geometry.is_regular and not geometry.is_sheared:
        return volume
    origins = _slice_origins(geometry)
    target, offsets = _target(geometry, origins)
    source = volume.voxels
    heights = _heights(geometry, origins)
    if heights[0] > heights[-1]:
        source, heights, offsets = source[::-1], heights[::-1], offsets[::-1]
    fill = volume.outside_value if volume.outside_value is not None else float(np.nanmin(volume.voxels))
    try:
        voxels = np.empty(target.shape + volume.voxels.shape[3:], volume.voxels.dtype)
    except MemoryError as error:
        raise UserError("There is not enough memory to resample this series.") from error
    _resample(source, heights, offsets, voxels, target.spacing_mm[2], fill)
    voxels.setflags(write=False)
    warnings = tuple(w for w in volume.warnings if w not in _REPAIRED)
    return replace(volume, geometry=target, voxels=voxels, warnings=warnings)


def _slice_origins(geometry: Geometry) -> NDArray[np.float64]:
    """(k, 3) LPS positions of each slice's first voxel."""
    if geometry.slice_origins_mm is not None:
        return geometry.slice_origins_mm
    k = np.arange(geometry.shape[0], dtype=np.float64)
    return np.asarray(geometry.affine[:3, 3] + k[:, None] * geometry.affine[:3, 2])


def _normal(geometry: Geometry) -> NDArray[np.float64]:
    normal = np.cross(geometry.direction[:, 0], geometry.direction[:, 1])
    return np.asarray(normal / np.linalg.norm(normal))


def _heights(geometry: Geometry, origins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each slice along the normal, from the lowest."""
    heights = origins @ _normal(geometry)
    return np.asarray(heights - heights.min())


def _target(geometry: Geometry, origins: NDArray[np.float64]) -> tuple[Geometry, NDArray[np.float64]]:
    """The regular grid, and where each slice's first voxel lies in it: (k, 2) in voxels along i and j."""
    row, column, normal = geometry.direction[:, 0], geometry.direction[:, 1], _normal(geometry)
    spacing_i, spacing_j, _ = geometry.spacing_mm
    heights = origins @ normal
    sideways = np.stack([origins @ row / spacing_i, origins @ column / spacing_j], axis=-1)
    anchor = sideways[int(heights.argmin())]
    low = anchor - np.ceil(anchor - sideways.min(axis=0) - 1e-6)  # the lowest slice keeps its voxel centres
    high = anchor + np.ceil(sideways.max(axis=0) - anchor - 1e-6)
    spread = np.round(high - low).astype(int)
    step = _step(np.sort(heights))
    extent = float(heights.max() - heights.min())
    depth = int(np.ceil(extent / step - 1e-3)) + 1
    shape = (depth, geometry.shape[1] + int(spread[1]), geometry.shape[2] + int(spread[0]))
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = row * spacing_i, column * spacing_j, normal * step
    affine[:3, 3] = row * spacing_i * low[0] + column * spacing_j * low[1] + normal * heights.min()
    return Geometry(shape, affine, geometry.frame_of_reference_uid), sideways - low


def _step(heights: NDArray[np.float64]) -> float:
    """The spacing that keeps the finest part's detail, unless that would multiply the volume."""
    gaps = np.diff(heights)
    gaps = gaps[gaps > 1e-3]
    finest = float(np.percentile(gaps, 5))
    coarsest = float(heights[-1] - heights[0]) / (_MAX_GROWTH * len(heights))
    usual = float(np.median(gaps))
    return usual if abs(usual - finest) < 0.02 * usual else max(finest, coarsest)


def _resample(
    source: Plane,
    heights: NDArray[np.float64],
    offsets: NDArray[np.float64],
    target: Plane,
    step: float,
    fill: float,
) -> None:
    """Mix the two shifted slices around each target slice; only two are in memory."""
    shifted: dict[int, Plane] = {}
    for k in range(len(target)):
        below, weight = _neighbour(heights, k * step)
        for n in [n for n in shifted if n < below]:
            del shifted[n]
        for n in (below, below + 1) if weight > 0 else (below,):
            if n not in shifted:
                shifted[n] = _shifted(source[n], offsets[n], target.shape[1:3], fill)
        plane = shifted[below]
        if weight > 0:
            plane = plane + np.float32(weight) * (shifted[below + 1] - plane)
            _fill_around(plane, offsets[below : below + 2], source.shape[1:3], fill)
        target[k] = np.round(plane) if target.dtype.kind in "iu" else plane


def _fill_around(plane: Plane, offsets: NDArray[np.float64], size: tuple[int, ...], fill: float) -> None:
    """Set what only one of two slices covers: half a value and half a fill is neither."""
    i0, j0 = np.floor(offsets.max(axis=0) + 1e-4).astype(int)
    i1, j1 = np.ceil(offsets.min(axis=0) - 1e-4).astype(int) + np.array([size[1], size[0]])
    plane[:j0], plane[j1:], plane[:, :i0], plane[:, i1:] = fill, fill, fill, fill


def _neighbour(heights: NDArray[np.float64], height: float) -> tuple[int, float]:
    """The slice below a height and how far it is to the next (0 to 1)."""
    if height >= heights[-1]:
        return len(heights) - 1, 0.0
    below = int(np.searchsorted(heights, height + 1e-6, side="right")) - 1
    gap = heights[below + 1] - heights[below]
    weight = (height - heights[below]) / gap if gap > 0 else 0.0
    return below, float(weight) if weight > 1e-6 else 0.0


def _shifted(plane: Plane, offset: NDArray[np.float64], shape: tuple[int, ...], fill: float) -> Plane:
    """A slice laid into the target's plane at a fractional offset, float32."""
    canvas = np.full((shape[0], shape[1], *plane.shape[2:]), fill, np.float32)
    whole = np.floor(offset + 1e-4).astype(int)
    fraction = np.clip(offset - whole, 0, 1)
    i0, j0 = int(whole[0]), int(whole[1])
    moved = plane.astype(np.float32)
    for axis, part in _fractions(fraction):
        moved = _slid(moved, axis, part)
    canvas[j0 : j0 + moved.shape[0], i0 : i0 + moved.shape[1]] = moved
    return canvas


def _fractions(fraction: NDArray[np.float64]) -> Iterator[tuple[int, float]]:
    for axis, part in ((1, float(fraction[0])), (0, float(fraction[1]))):
        if 1e-4 < part < 1 - 1e-4:
            yield axis, part


def _slid(plane: Plane, axis: int, part: float) -> Plane:
    """The plane moved by part of a voxel towards higher indices; one voxel longer, its ends repeated."""
    padding = [(0, 0)] * plane.ndim
    padding[axis] = (1, 1)
    wide = np.pad(plane, padding, mode="edge")
    count = wide.shape[axis] - 1
    first, second = (np.take(wide, range(n, n + count), axis=axis) for n in (0, 1))
    return np.asarray(second + np.float32(part) * (first - second), np.float32)
