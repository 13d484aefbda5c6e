"""A run on a region of the image only: what the network needs of its grid, and what of the result counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Box
from inference.engine.preparing import Prepared, cut
from inference.engine.recipe import Windows


def around_region(prepared: Prepared, roi: Box, windows: Windows | None) -> Prepared:
    """Of the network's grid only what lies around a region, but no less than a window where there is as much.

    Args:
        prepared: all of the image.
        roi: the region in the image's voxels, at least partly inside it.
        windows: of the model; None where the network takes the image at once, all of which is kept then.
    """
    k0, k1, j0, j1, i0, i1 = roi
    spans = ((i0, i1), (j0, j1), (k0, k1))
    sizes_of_window = prepared.shape if windows is None else windows.roi
    starts, sizes = [], []
    for axis, size, window in zip(prepared.axes, prepared.shape, sizes_of_window, strict=True):
        first, end = spans[axis.source_axis]
        low_place, high_place = sorted((place - axis.offset) / axis.scale for place in (first, end - 1))
        least = min(window or size, size)
        low, high = max(int(np.floor(low_place)), 0), min(int(np.ceil(high_place)) + 1, size)
        low = max(low - max(least - (high - low), 0) // 2, 0)
        high = min(max(high, low + least), size)
        low = max(min(low, high - least), 0)
        starts.append(low)
        sizes.append(high - low)
    return cut(prepared, starts, sizes, 0.0)


def clear_outside(array: NDArray[Any], box: Box) -> None:
    """Set everything outside of a region to 0, in place."""
    inside = array[box.slices].copy()
    array[...] = 0
    array[box.slices] = inside
