"""Labels from the network's grid to the image's own, by index alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.engine.placement import AxisMap


def to_source(values: NDArray[Any], axes: Sequence[AxisMap], shape_kji: tuple[int, int, int]) -> NDArray[Any]:
    """Each voxel of the image takes the value of the network voxel that is nearest to it.

    The rule for ties is ``AxisMap.network_index``'s: a voxel in the middle between two takes the one with the lower
    network index. MONAI's Invertd decides such voxels by how its floats round; everywhere else both agree.

    Args:
        values: (x, y, z) on the network's grid, any type; 0 is background.
        axes: where that grid lies, for x, y, z.
        shape_kji: of the image.

    Returns:
        (k, j, i), the same type.
    """
    by_source = sorted(range(3), key=lambda n: -axes[n].source_axis)  # network axes in the order k, j, i
    turned = values.transpose(by_source)
    k, j, i = (axes[n].network_index() for n in by_source)
    result = np.zeros(shape_kji, values.dtype)
    inside_j, inside_i = np.flatnonzero(j >= 0), np.flatnonzero(i >= 0)
    if not len(inside_j) or not len(inside_i):
        return result
    js, is_ = slice(inside_j[0], inside_j[-1] + 1), slice(inside_i[0], inside_i[-1] + 1)
    last, plane = -1, None
    for row in np.flatnonzero(k >= 0):
        if k[row] != last or plane is None:  # neighbouring slices often take the same network slice
            last, plane = k[row], turned[k[row]][j[js]][:, i[is_]]
        result[row, js, is_] = plane
    return result
