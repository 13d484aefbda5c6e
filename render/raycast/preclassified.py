"""A volume as colours: what VTK's mapper without a label map needs when structures look different.

Opacities are stored as their square root, so that a veil of half a percent per millimetre has more than one of the 256
steps of a byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.scene import Field
from render.raycast.class_functions import ClassFunctions

BITS = 11  # of a value that are looked up
LEVELS = 1 << BITS


def lookup_places(values: NDArray[np.uint16], kinds: NDArray[np.uint8] | None) -> NDArray[np.uint32]:
    """(k, j, i) where each voxel finds its colour in ``color_table``; independent of the functions themselves.

    Args:
        values: of a field.
        kinds: the kind of matter of each voxel, None for 0 everywhere.
    """
    places = (values >> np.uint16(16 - BITS)).astype(np.uint32)
    if kinds is not None:
        places |= kinds.astype(np.uint32) << np.uint32(BITS)
    return places


def color_table(functions: ClassFunctions, field: Field) -> NDArray[np.uint8]:
    """(kinds * LEVELS, 4) red, green, blue and the root of the opacity of a millimetre, 0-255."""
    middles = (np.arange(LEVELS) + 0.5) / LEVELS
    wanted = field.low + (field.high - field.low) * middles
    last = functions.extinctions.shape[1] - 1
    entries = np.clip((wanted - functions.low) / (functions.high - functions.low), 0.0, 1.0) * last
    nearest = (entries + 0.5).astype(np.intp)
    table = np.empty((functions.count, LEVELS, 4), np.uint8)
    table[..., :3] = _outlined(functions)[:, nearest] * 255 + 0.5
    table[..., 3] = np.sqrt(-np.expm1(-functions.extinctions[:, nearest])) * 255 + 0.5
    return table.reshape(-1, 4)


def _outlined(functions: ClassFunctions) -> NDArray[np.floating[Any]]:
    """The colours of all kinds, with those that cannot be seen in the mean colour of the others.

    VTK mixes colours before it looks at opacities: the colour of what is hidden would outline what is not.
    """
    is_seen = functions.extinctions.max(axis=1) > 0
    if is_seen.all() or not is_seen.any():
        return functions.colors
    weights = functions.extinctions[is_seen][..., None]
    colors = functions.colors.copy()
    colors[~is_seen] = (functions.colors[is_seen] * weights).sum(axis=(0, 1)) / weights.sum()
    return colors


def colored(
    places: NDArray[np.uint32], table: NDArray[np.uint8], factors: NDArray[np.float32] | None = None
) -> NDArray[np.uint8]:
    """(k, j, i, 4) colours of all voxels.

    Args:
        places: from ``lookup_places``.
        table: from ``color_table``.
        factors: (k, j, i) on the opacities, from gradients and cuts; None for 1 everywhere.
    """
    packed = np.ascontiguousarray(table).view(np.uint32).reshape(-1)
    rgba = np.take(packed, places).view(np.uint8).reshape(*places.shape, 4)
    if factors is not None:
        rgba[..., 3] = rgba[..., 3] * np.sqrt(factors) + 0.5
    return rgba


def opacity_ramp() -> NDArray[np.float64]:
    """(256,) the opacity that each stored byte stands for."""
    return np.asarray((np.arange(256) / 255.0) ** 2)


def gradient_factors(field: Field, points: NDArray[np.float64]) -> NDArray[np.float32]:
    """(k, j, i) factors on the opacity by the magnitude of the gradient of the values.

    Args:
        field: on any grid, also a sheared one.
        points: (n, 2) magnitudes per millimetre and factors, rising.
    """
    scale = (field.high - field.low) / 65535
    along = [np.gradient(field.values.astype(np.float32), axis=axis) if field.values.shape[axis] > 1 else None
             for axis in (2, 1, 0)]  # fmt: skip
    square = np.zeros(field.shape, np.float32)
    for direction in field.index_from_world[:3, :3].T:  # of x, y and z: index steps per millimetre
        part = np.zeros(field.shape, np.float32)
        for slope, steps in zip(along, direction, strict=True):
            if slope is not None and abs(steps) > 1e-9:
                part += slope * np.float32(steps)
        square += part**2
    magnitudes = np.sqrt(square) * np.float32(scale)
    return np.interp(magnitudes, points[:, 0], np.clip(points[:, 1], 0.0, 1.0)).astype(np.float32)
