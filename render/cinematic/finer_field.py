"""A finer grid for a coarse image.

Its values stay what linear interpolation makes them, but the borders of segments can be smoothed between its voxels,
which takes the steps off labels on thick slices.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.scene import Field
from render.cinematic.slabs import IsWanted, always

FINEST_MM = 0.7  # finer steps are not made
MOST_PARTS = 3  # of a voxel along an axis

Parts = tuple[int, int, int]  # along k, j, i


def finer_parts(field: Field, most_voxels: int) -> Parts:
    """Into how many parts to divide voxels along k, j and i; 1 for axes that are fine enough or a single voxel long.

    The longest steps are divided first, as long as the result has at most ``most_voxels``.
    """
    parts = [1, 1, 1]
    sizes, spacing = field.shape, field.spacing_mm[::-1]
    while True:
        steps = [
            step / count if size > 1 and count < MOST_PARTS and step / (count + 1) >= FINEST_MM else 0.0
            for step, count, size in zip(spacing, parts, sizes, strict=True)
        ]
        longest = int(np.argmax(steps))
        wanted = [count + (axis == longest) for axis, count in enumerate(parts)]
        if steps[longest] == 0 or np.prod([n * c for n, c in zip(sizes, wanted, strict=True)]) > most_voxels:
            return parts[0], parts[1], parts[2]
        parts = wanted


def finer(field: Field, parts: Parts, is_wanted: IsWanted = always) -> Field | None:
    """The field on a grid whose voxels are parts of the present ones; the same object when all parts are 1.

    Args:
        field: stays as it is.
        parts: along k, j, i.
        is_wanted: asked between the axes.

    Returns:
        None when it was called off.
    """
    if parts == (1, 1, 1):
        return field
    values = field.values
    for axis, count in enumerate(parts):
        if not is_wanted():
            return None
        if count > 1:
            values = _divided(values, axis, count)
    scale = np.diag([float(c) for c in parts[::-1]] + [1.0])
    scale[:3, 3] = (np.diag(scale)[:3] - 1) / 2  # the first part's middle lies before the first voxel's
    x, y, z = (step / count for step, count in zip(field.spacing_mm, parts[::-1], strict=True))
    return replace(
        field,
        values=np.ascontiguousarray(values),
        index_from_world=np.asarray(scale @ field.index_from_world),
        spacing_mm=(x, y, z),
    )


def _divided(values: NDArray[np.uint16], axis: int, count: int) -> NDArray[np.uint16]:
    """Interpolated linearly along an axis; the outermost voxels go on to the edges."""
    moved: NDArray[Any] = np.moveaxis(values, axis, 0)
    size = len(moved)
    result = np.empty((size * count, *moved.shape[1:]), np.uint16)
    for part in range(count):
        offset = (part + 0.5) / count - 0.5
        for n in range(size):
            other = moved[min(max(n + (1 if offset > 0 else -1), 0), size - 1)]
            mixed = moved[n] + np.float32(abs(offset)) * (other.astype(np.float32) - moved[n])
            result[n * count + part] = mixed + np.float32(0.5)
    return np.moveaxis(result, 0, axis)
