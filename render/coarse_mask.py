"""A coarser mask of the same volume, so that a huge surface never has to be made only to be thinned out again."""

from __future__ import annotations

import numpy as np

from imaging.edit import Mask


def boundary_faces(mask: Mask) -> int:
    """How many voxel faces separate inside from outside; the border of the array counts as outside."""
    faces = 0
    for axis in range(3):
        head = tuple(slice(1, None) if n == axis else slice(None) for n in range(3))
        tail = tuple(slice(None, -1) if n == axis else slice(None) for n in range(3))
        faces += int(np.count_nonzero(mask[head] != mask[tail]))
        faces += int(np.count_nonzero(mask.take(0, axis)) + np.count_nonzero(mask.take(-1, axis)))
    return faces


def coarsening(spacing_kji_mm: tuple[float, float, float], excess: float) -> tuple[int, int, int]:
    """How many voxels to unite along k, j and i so that a surface gets about ``excess`` times smaller.

    Axes with short steps are united first, so that the coarse voxels come as near to cubes as whole numbers allow.
    """
    factors = [1, 1, 1]
    while factors[0] * factors[1] * factors[2] < excess**1.5:
        steps = [spacing * factor for spacing, factor in zip(spacing_kji_mm, factors, strict=True)]
        factors[int(np.argmin(steps))] += 1
    return factors[0], factors[1], factors[2]


def coarsened(mask: Mask, factors: tuple[int, int, int]) -> Mask:
    """Unite blocks of voxels; the threshold is the one that keeps the volume, so thin structures do not vanish.

    Args:
        mask: (k, j, i) boolean.
        factors: block size along k, j, i. The last blocks are filled up with background.
    """
    padding = [(0, -size % factor) for size, factor in zip(mask.shape, factors, strict=True)]
    padded = np.pad(mask, padding) if any(after for _, after in padding) else mask
    k, j, i = (size // factor for size, factor in zip(padded.shape, factors, strict=True))
    blocks = padded.reshape(k, factors[0], j, factors[1], i, factors[2])
    counts = blocks.sum(axis=(1, 3, 5), dtype=np.uint16)
    wanted = int(np.count_nonzero(mask)) / (factors[0] * factors[1] * factors[2])
    at_least = np.cumsum(np.bincount(counts.reshape(-1))[::-1])[::-1]  # [n]: blocks with n voxels or more
    threshold = 1 + int(np.argmin(np.abs(at_least[1:] - wanted))) if at_least.size > 1 else 1
    return np.asarray(counts >= threshold)
