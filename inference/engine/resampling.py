"""Linear resampling along one axis at a time: what three-dimensional interpolation on a straight grid comes to."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.worker.footprint import core_count

CHUNK_BYTES = 8 << 20  # of intermediate numbers for each thread


def resampled(image: NDArray[Any], coordinates: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
    """Read an image between its voxels, on a grid that is straight along the same axes.

    Args:
        image: (channel, x, y, z), any type and any strides.
        coordinates: for each spatial axis the places to read, in voxels; beyond the border the border's value holds.

    Returns:
        float32; a fresh array, in the image's own order of memory.
    """
    sizes = image.shape[1:]
    result: NDArray[Any] = image
    changed = [n for n in range(3) if not _is_same(coordinates[n], sizes[n])]
    # the axis that loses most comes first, so that the others have less to do
    for axis in sorted(changed, key=lambda n: len(coordinates[n]) / sizes[n]):
        # rounded once, at the end: the network's input is then that of three-dimensional interpolation, bit for bit
        is_last = axis == max(changed, key=lambda n: len(coordinates[n]) / sizes[n])
        result = _along(result, axis + 1, coordinates[axis], np.dtype(np.float32 if is_last else np.float64))
    if result is image or result.dtype != np.float32:
        result = _ordered_copy(result)
    return result


def _is_same(places: NDArray[np.float64], size: int) -> bool:
    return len(places) == size and np.array_equal(places, np.arange(size))


def _along(image: NDArray[Any], axis: int, places: NDArray[np.float64], kind: np.dtype[Any]) -> NDArray[Any]:
    """Interpolated along one axis; the result lies in memory as the image does."""
    order = _memory_order(image)
    source = image.transpose(order)
    along = order.index(axis)
    size = source.shape[along]
    inside = np.clip(places, 0.0, size - 1.0)
    low = np.minimum(inside.astype(np.int64), max(size - 2, 0))
    share = inside - low
    high = np.minimum(low + 1, size - 1)
    shape = [*source.shape[:along], len(places), *source.shape[along + 1 :]]
    target = np.empty(shape, kind)
    if along == source.ndim - 1:
        _within_lines(source, target, low, high, share)
    else:
        _between_lines(source, target, along, (low, high, share))
    back = np.argsort(order)
    return target.transpose(back)


def _between_lines(
    source: NDArray[Any],
    target: NDArray[Any],
    along: int,
    reading: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
) -> None:
    lows, highs, shares = reading
    lines, out = np.moveaxis(source, along, 0), np.moveaxis(target, along, 0)  # views

    def one(n: int) -> None:
        first, second, share = lines[lows[n]], lines[highs[n]], shares[n]
        # float64 in between, as in MONAI's Spacing
        out[n] = first if share == 0.0 else first * np.float64(1.0 - share) + second * share

    with ThreadPoolExecutor(core_count()) as pool:
        list(pool.map(one, range(target.shape[along])))


def _within_lines(
    source: NDArray[Any],
    target: NDArray[Any],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    share: NDArray[np.float64],
) -> None:
    """Along the axis that is contiguous in memory."""
    lines, out = source.reshape(-1, source.shape[-1]), target.reshape(-1, target.shape[-1])
    step = max(1, CHUNK_BYTES // (8 * max(target.shape[-1], 1)))

    def some(start: int) -> None:
        part = lines[start : start + step]
        out[start : start + step] = part[:, low] * (1.0 - share) + part[:, high] * share

    with ThreadPoolExecutor(core_count()) as pool:
        list(pool.map(some, range(0, len(lines), step)))


def _memory_order(image: NDArray[Any]) -> list[int]:
    """Axes from the one with the largest steps in memory to the one with the smallest."""
    return sorted(range(image.ndim), key=lambda axis: -abs(image.strides[axis]))


def _ordered_copy(image: NDArray[Any]) -> NDArray[np.float32]:
    order = _memory_order(image)
    return np.array(image.transpose(order), np.float32, order="C").transpose(np.argsort(order))
