"""What the scanner adds: the table under the patient, the blur of its kernel, and correlated noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.phantom.canvas import Slab, Window
from imaging.phantom.fields import Array

LOWEST_HU, HIGHEST_HU = -1024, 3071  # what 12 stored bits hold


def draw_table(slab: Slab, table: dict[str, Any], hu: dict[str, float]) -> None:
    """A curved table: two thin shells with foam between them, and a mattress; none of it counts as body."""
    window = Window(slice(None), slice(None), slice(None))
    x, y = slab.x[None, :], slab.y[:, None]
    radius = np.float32(table["curvature_mm"])
    depth = np.hypot(x, y - np.float32(table["top_mm"]) + radius) - radius  # 0 on the upper face, grows downwards
    ends = np.abs(x) - np.float32(table["half_width_mm"])
    for layer in table["layers"]:
        shell = np.maximum(np.float32(layer["from_mm"]) - depth, depth - np.float32(layer["to_mm"]))
        slab.paint(window, np.maximum(shell, ends)[None], layer["hu"], None)


def scanned(slab: Slab, noise: dict[str, float], seed: int) -> NDArray[np.int16]:
    """The slab as the scanner gives it: blurred in the slice, noisy, whole Hounsfield units; (k, j, i)."""
    from scipy.ndimage import gaussian_filter

    blur = noise["blur_mm"] / float(slab.x[1] - slab.x[0])
    result = np.empty(slab.shape, np.int16)
    for k, z in enumerate(slab.z):
        smooth = gaussian_filter(slab.hu[k], blur)
        grain = _grain(slab.hu[k].shape, blur, (seed, 9, round(float(z) * 100) % 2**32))
        strength = noise["sigma_air_hu"] + (noise["sigma_centre_hu"] - noise["sigma_air_hu"]) * _centrality(slab)
        result[k] = np.clip(np.rint(smooth + grain * strength), LOWEST_HU, HIGHEST_HU)
    return result


def _grain(shape: tuple[int, ...], blur: float, seed: tuple[int, int, int]) -> Array:
    """Noise of unit strength with the band-pass spectrum of filtered back-projection, (j, i)."""
    from scipy.ndimage import gaussian_filter

    white = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    band = gaussian_filter(white, 0.75 * blur + 0.25) - 0.8 * gaussian_filter(white, 2.2 * blur + 0.4)
    return np.asarray(band / band.std(), np.float32)


def _centrality(slab: Slab) -> Array:
    """1 in the body's middle, where least radiation arrives, falling to 0 outside; (j, i)."""
    distance2 = (slab.x[None, :] / np.float32(165)) ** 2 + (slab.y[:, None] / np.float32(115)) ** 2
    return np.asarray(np.clip(1.15 - distance2, 0, 1), np.float32)
