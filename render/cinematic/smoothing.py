"""Simple filters against noise, in numpy: for where Open Image Denoise is absent, and for coverage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
MIDDLE = 0.2  # luminances are compared as l / (l + MIDDLE): 0-1, and even to the eye
STEPS = (1, 2, 4)  # pixels between the taps of each pass
WEIGHTS = (0.25, 0.5, 0.25)
TOLERANCE = 0.15  # difference of compared luminances at which a neighbour's weight has fallen to a third
BAND_ROWS = 512
SPARK = 3.0  # times the brightest but one of its neighbours


def without_sparks(rgb: Picture, ordinary: float = 0.0) -> Picture:
    """A copy in which no pixel is much brighter than the second brightest of the eight around it.

    Args:
        rgb: (height, width, 3) linear light.
        ordinary: luminance that is no spark wherever it stands; few samples of something faint stand alone, too.
    """
    light = rgb @ LUMINANCE
    padded = np.pad(light, 1, mode="edge")
    height, width = light.shape
    around = np.stack(
        [
            padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            if (dy, dx) != (0, 0)
        ]
    )
    around.partition(6, axis=0)
    most = np.maximum(SPARK * around[6], ordinary)
    return np.asarray(rgb * np.minimum(1.0, most / np.maximum(light, 1e-6))[..., None], np.float32)


def ordinary_light(rgb: Picture) -> float:
    """A luminance that many pixels of a picture (height, width, 3) reach; 0 when it is black."""
    light = rgb @ LUMINANCE
    light = light[light > 0]
    return float(np.percentile(light, 90.0)) if light.size else 0.0


def smoothed(rgb: Picture) -> Picture:
    """Less noise, edges kept: sparks clamped, then three passes of a bilateral filter with growing holes.

    The passes are those of the edge-avoiding wavelets of Dammertz et al. 2010, with luminance, smoothed before it is
    compared, as the only guide.

    Args:
        rgb: (height, width, 3) linear light, finite.
    """
    ordinary = ordinary_light(rgb)
    return _in_bands(lambda band: _smoothed_band(band, ordinary), 1 + 1 + 2 * sum(STEPS), rgb)


def guided(values: Picture, guide: Picture, radius: int = 4, smallest: float = 1e-3) -> Picture:
    """Smooth ``values`` where ``guide`` is smooth, keep its edges where ``guide`` has some.

    The guided filter of He et al. 2010: in each window the result is a linear function of the guide.

    Args:
        values: (height, width).
        guide: (height, width), about 0 to 1.
        radius: of the windows, in pixels.
        smallest: variance of the guide below which it counts as even.
    """
    return _in_bands(lambda v, g: _guided_band(v, g, radius, smallest), 2 * radius, values, guide)


def _guided_band(values: Picture, guide: Picture, radius: int, smallest: float) -> Picture:
    mean_guide, mean = _box(guide, radius), _box(values, radius)
    covariance = _box(guide * values, radius) - mean_guide * mean
    variance = np.maximum(_box(guide * guide, radius) - mean_guide * mean_guide, 0.0)
    slope = covariance / (variance + smallest)
    return np.asarray(_box(slope, radius) * guide + _box(mean - slope * mean_guide, radius), np.float32)


def compared_light(rgb: Picture) -> Picture:
    """(height, width): luminance from 0 to 1, in which equal steps look about equal."""
    light = np.maximum(rgb @ LUMINANCE, 0.0)
    return np.asarray(light / (light + MIDDLE), np.float32)


def _in_bands(function: Callable[..., Picture], reach: int, *pictures: Picture) -> Picture:
    """Some rows at a time, so that a large still needs no gigabytes; rows at most ``reach`` away are seen."""
    rows = len(pictures[0])
    parts = []
    for first in range(0, rows, BAND_ROWS):
        start, end = max(0, first - reach), min(rows, first + BAND_ROWS + reach)
        found = function(*(picture[start:end] for picture in pictures))
        parts.append(found[first - start : first - start + BAND_ROWS])
    return np.concatenate(parts)


def _smoothed_band(rgb: Picture, ordinary: float) -> Picture:
    found = without_sparks(rgb, ordinary)
    for n, step in enumerate(STEPS):
        found = _pass(found, step, TOLERANCE * (1.0 if n == 0 else 0.5))
    return found


def _pass(rgb: Picture, step: int, tolerance: float) -> Picture:
    height, width = rgb.shape[:2]
    light = _box(compared_light(rgb), max(step, 2))
    padded = np.pad(rgb, ((step, step), (step, step), (0, 0)), mode="edge")
    lights = np.pad(light, step, mode="edge")
    total, weights = np.zeros_like(rgb), np.zeros_like(light)
    for y, down in enumerate(WEIGHTS):
        for x, across in enumerate(WEIGHTS):
            place = (slice(y * step, y * step + height), slice(x * step, x * step + width))
            difference = (lights[place] - light) / np.float32(tolerance)
            weight = np.float32(down * across) * np.exp(-difference * difference)
            total += weight[..., None] * padded[place]
            weights += weight
    return np.asarray(total / weights[..., None], np.float32)


def _box(values: NDArray[Any], radius: int) -> NDArray[np.float64]:
    """The mean over windows of (2 radius + 1) pixels squared, edge pixels repeated; by running sums."""
    size = 2 * radius + 1
    sums = np.pad(values, (radius + 1, radius), mode="edge").astype(np.float64).cumsum(axis=0).cumsum(axis=1)
    whole = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return np.asarray(whole / size**2)
