"""How noisy a picture still is, and whether it is finished."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from render.cinematic.scene import LinearPicture

Picture = NDArray[np.float32]

ENOUGH = 0.005  # relative noise that nobody sees
MOST_SAMPLES = 256
DARKEST = 0.05  # of the mean: darker pixels count as this dark, because nobody sees their noise
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def relative_noise(half_a: Picture, half_b: Picture) -> float:
    """The mean relative difference between two halves of a picture's samples, over the pixels that are covered.

    With n samples in all it falls as 1/sqrt(n), and is about twice the relative error of their mean.

    Args:
        half_a, half_b: (height, width, 4) premultiplied linear light, means of as many samples each.

    Returns:
        0 where nothing is covered.
    """
    is_covered = (half_a[..., 3] > 0) | (half_b[..., 3] > 0)
    if not is_covered.any():
        return 0.0
    a = half_a[is_covered][:, :3] @ LUMINANCE
    b = half_b[is_covered][:, :3] @ LUMINANCE
    middle = (a + b) / 2
    least = max(DARKEST * float(middle.mean()), 1e-12)
    return float(np.mean(np.abs(a - b) / np.maximum(middle, least)))


def is_converged(picture: LinearPicture, most_samples: int = MOST_SAMPLES, enough: float = ENOUGH) -> bool:
    """True when more samples would not be seen, or there are as many as were wanted."""
    return picture.samples >= most_samples or (picture.samples > 0 and picture.noise <= enough)


def noise_of(sums: NDArray[np.float32], samples: int) -> float:
    """The relative noise of a tracer's sums of even and odd samples; infinite while one of them is empty.

    Args:
        sums: (2, height, width, 4), the even samples first.
        samples: in both together.
    """
    odd = samples // 2
    if odd == 0:
        return float("inf")
    return relative_noise(sums[0] / np.float32(samples - odd), sums[1] / np.float32(odd))
