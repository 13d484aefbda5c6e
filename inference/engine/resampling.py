"""Linear resampling on a grid that is straight along the image's axes, plane by plane and rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.worker.footprint import core_count


def resampled(image: NDArray[Any], coordinates: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
    """Read an image between its voxels.

    Sums are float64, as in MONAI's Spacing, and rounded once, so that the result is its, bit for bit but for rounding
    in the last place. One plane of the image in float64 is all that is held for each thread beside the result.

    Args:
        image: (channel, x, y, z), any type and any strides.
        coordinates: for each spatial axis the places to read, in voxels; beyond the border the border's value holds.

    Returns:
        float32; a fresh array, in the image's own order of memory.
    """
    order = sorted(range(3), key=lambda axis: -abs(image.strides[axis + 1]))  # planes lie together in memory
    readings = [_Reading.of(coordinates[axis], image.shape[axis + 1]) for axis in order]
    shape = [len(reading.low) for reading in readings]
    target = np.empty((len(image), *shape), np.float32)
    with ThreadPoolExecutor(core_count()) as pool:
        for channel, result in zip(image, target, strict=True):
            source = channel.transpose(order)
            list(pool.map(lambda n, s=source, r=result: _plane(s, r, readings, n), range(shape[0])))
    back = [order.index(axis) + 1 for axis in range(3)]
    return target.transpose(0, *back)


@dataclass(frozen=True, eq=False)
class _Reading:
    """Along one axis: between which voxels each place lies, and how near to the second."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    share: NDArray[np.float64]

    @staticmethod
    def of(places: NDArray[np.float64], size: int) -> _Reading:
        inside = np.clip(places, 0.0, size - 1.0)
        low = np.minimum(inside.astype(np.int64), max(size - 2, 0))
        return _Reading(low, np.minimum(low + 1, size - 1), inside - low)

    @property
    def changes_nothing(self) -> bool:
        """True when every voxel is read where it is."""
        return not self.share[:-1].any() and np.array_equal(self.low + self.share, np.arange(len(self.low)))


def _plane(source: NDArray[Any], target: NDArray[np.float32], readings: Sequence[_Reading], n: int) -> None:
    """One plane of the result: between two planes of the image, then between their lines, then along these."""
    across, lines, along = readings
    share = across.share[n]
    plane = source[across.low[n]].astype(np.float64)
    if share:
        plane *= 1.0 - share
        plane += source[across.high[n]] * share
    if not lines.changes_nothing:
        weight = lines.share[:, None]
        plane = plane[lines.low] * (1.0 - weight) + plane[lines.high] * weight
    if not along.changes_nothing:
        plane = plane[:, along.low] * (1.0 - along.share) + plane[:, along.high] * along.share
    target[n] = plane
