"""Where the network's windows lie, and how much each voxel of one counts, as MONAI's sliding-window inferer has it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.engine.recipe import Shape, Windows


class Padding(NamedTuple):
    """Voxels added before and after each axis where the image is smaller than a window."""

    before: Shape
    after: Shape


def window_size(windows: Windows, image: Shape) -> Shape:
    """Size of a window; an axis without one takes the image's."""
    x, y, z = (roi or size for roi, size in zip(windows.roi, image, strict=True))
    return x, y, z


def padding(size: Shape, image: Shape) -> Padding:
    """What must be added so that one window fits, the smaller half before."""
    lacking = [max(roi - n, 0) for roi, n in zip(size, image, strict=True)]
    x, y, z = (n // 2 for n in lacking)
    u, v, w = (n - n // 2 for n in lacking)
    return Padding((x, y, z), (u, v, w))


def window_starts(size: Shape, windows: Windows, image: Shape) -> list[Shape]:
    """First voxels of all windows, the first axis outermost.

    Args:
        size: of a window; ``image`` is at least as large.
        windows: how they overlap.
        image: shape of the padded image.
    """
    starts = _even_starts if windows.is_even else _starts
    along = [starts(roi, share, n) for roi, share, n in zip(size, windows.overlap, image, strict=True)]
    return [(x, y, z) for x in along[0] for y in along[1] for z in along[2]]


def _starts(roi: int, overlap: float, size: int) -> list[int]:
    interval = roi if roi == size else max(int(roi * (1 - overlap)), 1)
    count = next(n for n in range(math.ceil(size / interval)) if n * interval + roi >= size) + 1
    return [min(n * interval, size - roi) for n in range(count)]


def _even_starts(roi: int, overlap: float, size: int) -> list[int]:
    """As many windows as steps of at most ``1 - overlap`` windows need, spread evenly (nnU-Net v2)."""
    count = math.ceil((size - roi) / (roi * (1 - overlap))) + 1
    step = (size - roi) / (count - 1) if count > 1 else 0.0
    return [int(np.round(step * n)) for n in range(count)]


def importance(size: Shape, windows: Windows) -> NDArray[np.float32]:
    """How much each voxel of a window counts, (x, y, z) float32.

    The Gaussian is the product of three, each of ``sigma_scale`` times the window's size, and never less than
    ``least_weight``. nnU-Net's has its middle at voxel ``size // 2``, ends 4 sigma from there, and is rounded to half
    precision; where it would be 0, it is the least other value.
    """
    if not windows.is_gaussian:
        return np.ones(size, np.float32)
    if windows.is_nnunets:
        return _nnunets_gaussian(size, windows.sigma_scale)
    lines = []
    for n in size:
        x = np.arange(-(n - 1) / 2.0, (n - 1) / 2.0 + 1, dtype=np.float32)
        sigma = n * windows.sigma_scale
        lines.append(np.exp(x**2 / np.float32(-2 * sigma**2)))
    product = lines[0][:, None, None] * lines[1][None, :, None] * lines[2][None, None, :]
    least = np.float32(max(float(product.min()), windows.least_weight))
    return np.asarray(np.maximum(product, least), np.float32)


def _nnunets_gaussian(size: Shape, sigma_scale: float) -> NDArray[np.float32]:
    """nnU-Net v2's ``compute_gaussian``: one voxel, blurred by scipy's filter, times 10 in half precision."""
    lines = []
    for n in size:
        sigma, place = n * sigma_scale, np.arange(n) - n // 2
        reach = int(4.0 * sigma + 0.5)
        lines.append(np.where(np.abs(place) <= reach, np.exp(-0.5 / sigma**2 * place**2), 0.0))
    product = lines[0][:, None, None] * lines[1][None, :, None] * lines[2][None, None, :]
    half = (10.0 * product).astype(np.float16)
    half[half == 0] = half[half > 0].min()
    return half.astype(np.float32)
