"""The outer faces of a mask's voxels as a closed mesh of squares in which each edge joins exactly two."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from imaging.edit import Mask
from render.compiled import compiled
from render.surface_export.voxel_fans import fan_tables

_tables = cache(fan_tables)


@dataclass(frozen=True, eq=False)
class Hull:
    """The faces between inside and outside.

    Attributes:
        points: (n, 3) float64 (i, j, k) indices; voxel centres are whole numbers, so these are halves.
        squares: (m, 4) int32, anticlockwise seen from outside in a right-handed grid.
        copies: numbers of the points that share their place with another, (c,).
        doubled: (d, 2) int32 pairs of points with two edges between them, of two squares each.
    """

    points: NDArray[np.float64]
    squares: NDArray[np.int32]
    copies: NDArray[np.int64]
    doubled: NDArray[np.int32]


def voxel_hull(mask: Mask) -> Hull:
    """Make the hull of a (k, j, i) mask; beyond the array is outside. Leaves the interpreter free."""
    padded = np.pad(mask, 1).view(np.uint8)
    fans, counts, doubled = _tables()
    nothing = (np.empty((0, 3), np.float64), np.empty(0, np.bool_), np.empty((0, 4), np.int32))
    sizes = _walk(padded, fans, counts, doubled, *nothing, np.empty((0, 2), np.int32))
    points, is_copy = np.empty((sizes[0], 3), np.float64), np.empty(sizes[0], np.bool_)
    squares, pairs = np.empty((sizes[1], 4), np.int32), np.empty((sizes[2], 2), np.int32)
    _walk(padded, fans, counts, doubled, points, is_copy, squares, pairs)
    return Hull(points, squares, np.flatnonzero(is_copy), pairs)


@compiled
def _walk(padded, fans, counts, doubled, points, is_copy, squares, pairs):
    """Plane by plane: number the corners, then the squares whose corners are all known. Empty arrays are only counted.

    Returns:
        The numbers of points, squares and doubled edges.
    """
    k_size, j_size, i_size = padded.shape
    first = np.zeros((2, j_size, i_size), np.int64)  # the first copy of each corner of this plane and the one below
    kinds = np.zeros((2, j_size, i_size), np.uint8)
    n_points = n_squares = n_pairs = 0
    for k in range(k_size - 1):
        n_points = _number(padded, k, counts, first[k % 2], kinds[k % 2], points, is_copy, n_points)
        n_pairs = _find_doubled(k, kinds, first, fans, doubled, pairs, n_pairs)
        for j in range(j_size - 1):
            for i in range(i_size - 1):
                here = padded[k, j, i]
                if here != padded[k + 1, j, i]:
                    _square(0, here, k, j, i, fans, first, kinds, squares, n_squares)
                    n_squares += 1
                if here != padded[k, j + 1, i]:
                    _square(1, here, k, j, i, fans, first, kinds, squares, n_squares)
                    n_squares += 1
                if here != padded[k, j, i + 1]:
                    _square(2, here, k, j, i, fans, first, kinds, squares, n_squares)
                    n_squares += 1
    return n_points, n_squares, n_pairs


@compiled
def _number(padded, k, counts, first, kinds, points, is_copy, n_points):
    """Give numbers to the corners above voxel plane k: each fan's copy its own."""
    for j in range(padded.shape[1] - 1):
        for i in range(padded.shape[2] - 1):
            kind = 0
            for bit in range(8):
                if padded[k + (bit >> 2), j + (bit >> 1 & 1), i + (bit & 1)]:
                    kind |= 1 << bit
            kinds[j, i] = kind
            first[j, i] = n_points
            if len(points):
                for number in range(n_points, n_points + counts[kind]):
                    points[number, 0] = i - 0.5
                    points[number, 1] = j - 0.5
                    points[number, 2] = k - 0.5
                    is_copy[number] = counts[kind] > 1
            n_points += counts[kind]
    return n_points


@compiled
def _square(axis, is_inside_low, k, j, i, fans, first, kinds, squares, number):
    """Write the square between a voxel and the next one along an axis."""
    if not len(squares):
        return
    for turn in range(4):
        u = 1 if turn in (1, 2) else 0  # the corner's place along the first of (i, j), (k, i) or (j, k)
        v = 1 if turn in (2, 3) else 0
        back_k, back_j, back_i = 0, 1 - v, 1 - u
        slot = 2 * back_j + back_i
        if axis == 1:
            back_k, back_j, back_i = 1 - u, 0, 1 - v
            slot = 4 + 2 * back_k + back_i
        elif axis == 2:
            back_k, back_j, back_i = 1 - v, 1 - u, 0
            slot = 8 + 2 * back_k + back_j
        plane, row, column = (k - back_k) % 2, j - back_j, i - back_i
        corner = first[plane, row, column] + fans[kinds[plane, row, column], slot]
        squares[number, turn if is_inside_low else 3 - turn] = corner


@compiled
def _find_doubled(k, kinds, first, fans, doubled, pairs, n_pairs):
    """Note the edges of this plane, and up to it, whose two copies have the same ends."""
    now, below = k % 2, (k + 1) % 2
    for j in range(kinds.shape[1] - 1):
        for i in range(kinds.shape[2] - 1):
            kind = kinds[now, j, i]
            for axis in range(3):
                if not doubled[kind, axis, 0] or (k == 0 and axis == 0):
                    continue
                plane, row, column = (below if axis == 0 else now), j - (axis == 1), i - (axis == 2)
                other = kinds[plane, row, column]
                if doubled[other, axis, 1]:
                    if len(pairs):
                        pairs[n_pairs, 0] = first[now, j, i] + fans[kind, _beside(axis, 0)]
                        pairs[n_pairs, 1] = first[plane, row, column] + fans[other, _beside(axis, 1)]
                    n_pairs += 1
    return n_pairs


@compiled
def _beside(axis, side):
    """One of the faces along the half edge that leaves a corner along an axis to a side."""
    if axis == 0:
        return 4 + 2 * side  # across j, at k = side
    if axis == 1:
        return 2 * side  # across k, at j = side
    return side  # across k, at i = side
