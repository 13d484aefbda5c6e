"""How bright the middle of a head is: the scale of MR images, which have no unit, whatever lies around the brain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.volume import Volume

HEAD_MM = 150.0  # below the vertex; what is lower is neck
SAMPLES = 50_000
BRAIN_SHARE = 0.6  # of the radius of the ball that is as large as the head: within it lies little but brain
PERCENTILES = (2, 98)
AIR = 0.1  # of the way from the darkest to the brightest


@dataclass(frozen=True, eq=False)
class MiddleLevels:
    """Of the head in an image.

    Attributes:
        dark, bright: almost the lowest and almost the highest value.
        air: background's upper end.
        median: of a ball in the middle: brain.
        middle_mm: the head's centre of mass (LPS).
        radius_mm: of the ball that is as large as the head.
    """

    dark: float
    bright: float
    air: float
    median: float
    middle_mm: NDArray[np.float64]
    radius_mm: float


def middle_levels(values: NDArray[Any], places_mm: NDArray[np.float64], voxel_mm3: float) -> MiddleLevels | None:
    """The levels of an image; much as S. M. Smith's, Human Brain Mapping 17 (2002).

    Args:
        values: (n,) of an even sample of its voxels.
        places_mm: (n, 3) where they lie, LPS.
        voxel_mm3: what each of them stands for.

    Returns:
        None when nothing is brighter than the rest.
    """
    above = values[values > values.min()] if values.size else values
    if above.size == 0:
        return None
    dark, bright = (float(p) for p in np.percentile(above, PERCENTILES))
    air = dark + AIR * (bright - dark)
    is_matter = values > air
    if not is_matter.any():
        return None
    matter, places = values[is_matter].astype(np.float64), places_mm[is_matter]
    is_head = places[:, 2] > float(np.percentile(places[:, 2], 99.8)) - HEAD_MM
    matter, places = matter[is_head], places[is_head]
    middle = np.average(places, axis=0, weights=np.minimum(matter, bright) - dark + 1e-9)
    radius = float((3 * len(matter) * voxel_mm3 / (4 * np.pi)) ** (1 / 3))
    within = matter[np.linalg.norm(places - middle, axis=1) < BRAIN_SHARE * radius]
    within = within[within < bright]
    if within.size == 0:
        return None
    return MiddleLevels(dark, bright, air, float(np.median(within)), middle, radius)


def middle_range(volume: Volume) -> tuple[float, float]:
    """What is dark in an image, and the median of the head's middle; the image's ``window_range`` if there is none."""
    voxels = volume.voxels
    if voxels.ndim == 3:
        step = max(1, round((voxels.size / SAMPLES) ** (1 / 3)))
        steps = [min(step, max(1, n // 8)) for n in voxels.shape]  # of few thick slices, all
        part = tuple(slice(None, None, s) for s in steps)
        numbers = [np.arange(0, n, s) for n, s in zip(voxels.shape, steps, strict=True)]
        k, j, i = (axis.reshape(-1) for axis in np.meshgrid(*numbers, indexing="ij"))
        values = voxels[part].reshape(-1).astype(np.float64)
        is_known = np.isfinite(values)
        if volume.outside_value is not None:
            is_known &= values != volume.outside_value
        places = volume.geometry.to_world(np.stack([i, j, k], axis=-1)[is_known])
        each_mm3 = float(np.prod(volume.geometry.spacing_mm) * np.prod(steps))
        found = middle_levels(values[is_known], places, each_mm3)
        if found is not None and found.median > found.dark:
            return found.dark, found.median
    return volume.window_range()
