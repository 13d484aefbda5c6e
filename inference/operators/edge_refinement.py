"""Bring a coarse mask to the volume's own voxels: inside as found, along the border by the voxels' own values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

INSIDE, OUTSIDE = 0.98, 0.02


def refine_slice(cover: Plane, hu: Plane, belongs: Callable[[Plane], Mask]) -> Mask:
    """One slice of a refined mask.

    Args:
        cover: (j, i) the coarse mask, linearly interpolated: 1 deep inside, 0 deep outside, between along the border.
        hu: (j, i) the volume's values.
        belongs: which border voxels are in, judged by their HU.
    """
    border = (cover > OUTSIDE) & (cover < INSIDE)
    inside = cover >= INSIDE
    if border.any():
        inside[border] = belongs(hu[border])
    return np.asarray(inside)
