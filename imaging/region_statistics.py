"""What an image holds inside an ellipse: mean, spread, extremes, of the voxels in its plane only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.measurement import Measurement
from imaging.volume import Volume, Voxels

Floats = NDArray[np.float64]

ROWS_AT_ONCE = 32
MOST_POINTS = 60_000  # of a tilted plane
ALIGNED = 1e-3  # voxels by which a plane may leave a slice at the ellipse's edge and still be that slice
RIM_MM = (
    2.5e-4  # so near the rim is inside: ends of axes often lie on voxel centres, and files round by a third of this
)


@dataclass(frozen=True)
class RegionStatistics:
    """Values in the image's unit.

    Attributes:
        count: voxels whose centres lie inside (of a tilted plane: points of the plane, a smallest voxel edge apart,
            further in very large regions); padding and what is no number are left out.
        mean, deviation: mean and standard deviation (of the voxels as they are: divided by ``count``).
        least, most: extremes.
    """

    count: int
    mean: float
    deviation: float
    least: float
    most: float


def ellipse_statistics(volume: Volume, ellipse: Measurement) -> RegionStatistics | None:
    """Statistics of the voxels inside an ellipse.

    In a plane that is a slice of the grid these are the slice's voxels whose centres lie inside. A tilted plane is
    looked at at steps of the smallest voxel edge, and each point counts with the voxel that holds it. Half-way between
    two voxels it is the one with the higher index. Rounding of the points as in a file of 32-bit floats changes nothing
    of that where a point lies exactly on a border.

    Returns:
        None where nothing of the image lies inside, or the image has colours.
    """
    if volume.voxels.ndim != 3:
        return None
    values = ellipse_values(volume, ellipse)
    values = values[np.isfinite(values)]
    if volume.outside_value is not None:
        values = values[values != volume.outside_value]
    if values.size == 0:
        return None
    mean, deviation = float(values.mean()), float(values.std())
    return RegionStatistics(int(values.size), mean, deviation, float(values.min()), float(values.max()))


def ellipse_values(volume: Volume, ellipse: Measurement) -> Floats:
    """The values inside an ellipse as float64, in no particular order."""
    geometry = volume.geometry
    axis = _slice_axis(geometry, ellipse)
    found = _tilted_values(volume, ellipse) if axis is None else _slice_values(volume, ellipse, axis)
    return np.asarray(found, np.float64)


def box_size(geometry: Geometry, ellipse: Measurement) -> int:
    """How many voxels have to be looked at, about."""
    rows = np.sort(np.ptp(geometry.to_index(_rim(ellipse)), axis=0))[1:] + 1
    return int(rows[0] * rows[1])


def _rim(ellipse: Measurement) -> Floats:
    """(4, 3) the ends of both axes' sides: corners of the parallelogram around the ellipse."""
    center, one, other = np.asarray(ellipse.points_mm, np.float64)
    one, other = one - center, other - center
    return np.array([center + a * one + b * other for a in (-1, 1) for b in (-1, 1)])


def _slice_axis(geometry: Geometry, ellipse: Measurement) -> int | None:
    """The index axis (0 = i, 1 = j, 2 = k) along which the ellipse's plane is one slice; None for a tilted plane."""
    indices = geometry.to_index(_rim(ellipse))
    flat = [axis for axis in range(3) if np.ptp(indices[:, axis]) < ALIGNED]
    return flat[0] if len(flat) == 1 else None


def _slice_values(volume: Volume, ellipse: Measurement, axis: int) -> Voxels:
    """The voxels of the nearest slice whose centres lie inside."""
    geometry = volume.geometry
    corners = geometry.to_index(_rim(ellipse))
    size = geometry.shape[::-1]
    number = int(_nearest(corners[0, axis]))
    low = np.clip(np.floor(corners.min(axis=0)), 0, None).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, size)
    others = [n for n in range(3) if n != axis]
    if not 0 <= number < size[axis] or any(low[n] >= high[n] for n in others):
        return np.empty(0)
    low[axis], high[axis] = number, number + 1
    fast, slow = others
    (u_rows, u_columns), (v_rows, v_columns) = _shares(geometry, ellipse, low, fast, slow, high)
    region = volume.voxels[low[2] : high[2], low[1] : high[1], low[0] : high[0]].squeeze(2 - axis)
    found = []
    for start in range(0, len(region), ROWS_AT_ONCE):  # what fits the processor's cache is done twice as fast
        rows = slice(start, start + ROWS_AT_ONCE)
        u, v = u_rows[rows, None] + u_columns, v_rows[rows, None] + v_columns
        found.append(region[rows][u * u + v * v <= 1.0])
    return np.concatenate(found)


def _shares(
    geometry: Geometry, ellipse: Measurement, low: NDArray[np.int_], fast: int, slow: int, high: NDArray[np.int_]
) -> list[tuple[Floats, Floats]]:
    """For both half axes the share of a row and of a column; their sum is a voxel's place along it, 1 at its rim."""
    center, one, other = np.asarray(ellipse.points_mm, np.float64)
    first = geometry.to_world(low) - center
    found = []
    for half in (one - center, other - center):
        reach = float(np.linalg.norm(half))
        along = half / (reach * (reach + RIM_MM))
        steps = geometry.affine[:3, :3].T @ along
        column = np.arange(high[fast] - low[fast]) * steps[fast]
        if slow == 2 and not geometry.is_regular:  # slices at uneven places
            ijk = np.repeat(low[None], high[2] - low[2], axis=0)
            ijk[:, 2] += np.arange(len(ijk))
            row = (geometry.to_world(ijk) - geometry.to_world(low)) @ along
        else:
            row = np.arange(high[slow] - low[slow]) * steps[slow]
        found.append((first @ along + row, column))
    return found


def _tilted_values(volume: Volume, ellipse: Measurement) -> Voxels:
    """The voxels that hold the points of a regular raster on the ellipse's plane."""
    geometry = volume.geometry
    center, one, other = np.asarray(ellipse.points_mm, np.float64)
    step = max(min(geometry.spacing_mm), (ellipse.area_mm2 / MOST_POINTS) ** 0.5)
    along = []
    for half in (one - center, other - center):
        reach = float(np.linalg.norm(half)) + RIM_MM
        count = int(reach / step)
        along.append((np.arange(-count, count + 1) * step / reach, half * reach / max(reach - RIM_MM, 1e-9)))
    (u, first), (v, second) = along
    inside = np.argwhere(u[:, None] ** 2 + v[None] ** 2 <= 1.0)
    points = center + u[inside[:, 0], None] * first + v[inside[:, 1], None] * second
    i, j, k = _nearest(geometry.to_index(points)).astype(int).T
    nk, nj, ni = geometry.shape
    held = (i >= 0) & (i < ni) & (j >= 0) & (j < nj) & (k >= 0) & (k < nk)
    return np.asarray(volume.voxels[k[held], j[held], i[held]])


def _nearest(index: Floats) -> Floats:
    """The voxel that holds a continuous index."""
    return np.asarray(np.floor(index + 0.5 + ALIGNED))
