"""Cubic resampling as nnU-Net v2 does it (its resample_data_or_seg, there by scikit-image's resize)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.engine.recipe import Image, Shape
from inference.worker.footprint import core_count

CUBIC = 3


def spline_resized(image: Image, shape: Shape, coarse_axis: int | None) -> Image:
    """An image on another number of voxels over the same extent, edge to edge.

    Args:
        image: (channel, x, y, z).
        shape: the new (x, y, z).
        coarse_axis: an axis along which the nearest plane is taken, for images of thick slices; None to treat all
            axes alike.
    """
    if image.shape[1:] == shape:
        return image
    channels = [_whole(c, shape) if coarse_axis is None else _by_planes(c, shape, coarse_axis) for c in image]
    return np.stack(channels)


def _whole(channel: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    from scipy import ndimage

    if channel.shape == shape:
        return channel
    factors = [new / old for new, old in zip(shape, channel.shape, strict=True)]
    # splines need float64 sums; the border's value goes on outside, and voxels are squares, not points
    zoom: Any = ndimage.zoom
    result = zoom(channel.astype(np.float64), factors, order=CUBIC, mode="nearest", grid_mode=True)
    return np.asarray(np.clip(result, channel.min(), channel.max()), np.float32)


def _by_planes(channel: NDArray[np.float32], shape: Shape, axis: int) -> NDArray[np.float32]:
    planes = np.moveaxis(channel, axis, 0)
    plane = tuple(n for a, n in enumerate(shape) if a != axis)
    with ThreadPoolExecutor(core_count()) as pool:
        resized = np.stack(list(pool.map(lambda one: _whole(one, plane), planes)))
    old, new = len(planes), shape[axis]
    places = (np.arange(new) + 0.5) * old / new - 0.5
    # nnU-Net reads order 0 by scipy, which takes the upper plane in the middle between two
    nearest = np.clip(np.floor(places + 0.5).astype(int), 0, old - 1)
    return np.moveaxis(resized[nearest], 0, axis)
