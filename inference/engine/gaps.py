"""Voxels without a value: scanners and resampling leave NaN where they saw nothing, and networks spread it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError


def filled(channel: NDArray[Any]) -> tuple[NDArray[Any], str]:
    """The image with its smallest value in place of NaN and infinity.

    Args:
        channel: (k, j, i); never changed.

    Returns:
        The image itself where nothing is missing, else a copy; and what is to be said of it.

    Raises:
        UserError: no voxel has a value.
    """
    if channel.dtype.kind != "f":
        return channel, ""
    # slice by slice: a mask of a whole large image is memory that the run needs
    missing = sum(plane.size - int(np.count_nonzero(np.isfinite(plane))) for plane in channel)
    if not missing:
        return channel, ""
    if missing == channel.size:
        raise UserError("The image is empty: none of its voxels has a value.")
    copy = channel.copy()
    smallest = min(plane[np.isfinite(plane)].min() for plane in channel if np.isfinite(plane).any())
    for plane in copy:
        plane[~np.isfinite(plane)] = smallest
    return copy, f"{missing} voxels of the image have no value; they were taken for its smallest, {smallest:g}."
