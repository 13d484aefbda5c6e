"""From masks to contours: closed polygons along the edges of pixels, so that they enclose exactly these pixels.

A pixel (j, i) is the square from i - 0.5 to i + 0.5 and j - 0.5 to j + 0.5. Pixels that touch only at a corner belong
to different polygons; background pixels that touch at a corner are one hole. A hole becomes a keyhole: a channel of no
width leads from the hole's upper left corner along a line between two rows of pixels to the polygon around it, so that
one closed polygon describes both (PS3.3 C.8.8.6.3). Points in the middle of a straight line are dropped, except the
ends of channels. Polygons run clockwise as seen with i to the right and j down.

How: corners of the mask are found for a block of slices at once. On every line between two rows they pair up from left
to right, on every line between two columns from top to bottom, and these pairs are the edges (no walk over pixels).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_CORNERS_AT_ONCE = 512 << 10
_WHOLE = 15  # all four pixels around a corner belong to the mask
_RISING, _FALLING = 6, 9  # two that touch only here: upper right and lower left; upper left and lower right
# Whether polygons turn where the four pixels around have this code (1 upper left, 2 upper right, 4 lower left, 8 lower
# right): not at straight edges.
_IS_CORNER = np.array([0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0], bool)


@dataclass(frozen=True, eq=False)
class Contours:
    """Closed polygons, one after the other.

    Attributes:
        points: (n, 2) continuous pixel indices (i, j); the last point of a polygon is not its first one again.
        starts: (m + 1,) polygon c has the points from ``starts[c]`` up to ``starts[c + 1]``.
        slices: (m,) index k of each polygon's slice, ascending.
    """

    points: NDArray[np.float64]
    starts: Integers
    slices: Integers

    def __len__(self) -> int:
        return len(self.slices)

    def __iter__(self) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Slice and (n, 2) points of each polygon."""
        for k, begin, end in zip(self.slices, self.starts, self.starts[1:], strict=False):
            yield int(k), self.points[begin:end]


def trace(mask: NDArray[np.bool_], origin: tuple[int, int, int] = (0, 0, 0)) -> Contours:
    """The polygons around the pixels of every slice.

    Args:
        mask: (k, j, i).
        origin: (k, j, i) index of the array's first voxel where it was cut from a larger one.
    """
    step = max(1, _CORNERS_AT_ONCE // ((mask.shape[1] + 1) * (mask.shape[2] + 1)))
    parts = [_traced(mask[first : first + step], first) for first in range(0, mask.shape[0], step)]
    sizes = np.concatenate([np.zeros(1, np.int64), *(part[1] for part in parts)])
    points = np.concatenate([np.zeros((0, 2)), *(part[0] for part in parts)])
    slices = np.concatenate([np.zeros(0, np.int64), *(part[2] for part in parts)])
    shift = np.array([origin[2] - 0.5, origin[1] - 0.5])
    return Contours(points + shift, np.cumsum(sizes), slices + origin[0])


def _traced(mask: NDArray[np.bool_], first: int) -> tuple[NDArray[np.float64], Integers, Integers]:
    """Points (x, y) as corner numbers, number of points and slice of each polygon of a block of slices."""
    corners = _Corners(mask)
    if not len(corners.x):
        return np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64)
    order, starts = _cycles(corners.following)
    is_hole = corners.areas(order, starts) < 0
    nodes, following = np.stack([corners.x, corners.y, corners.k], axis=1), corners.following
    if is_hole.any():
        ring = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(order)))
        nodes, following = _with_channels(corners, nodes, order[is_hole[ring]], ring[is_hole[ring]])
        order, starts = _cycles(following)
    sizes = np.diff(starts, append=len(order))
    places = nodes[order]
    repeats = (places == np.roll(places, 1, axis=0)).all(axis=1)  # a channel that begins at a corner of its polygon
    sizes -= np.add.reduceat(repeats, starts)
    return places[~repeats, :2].astype(np.float64), sizes, places[starts, 2] + first


class _Corners:
    """The corners of a block of slices, and which follows which around the pixels (clockwise, holes the other way).

    Corners stand in the order of slice, line y, place x. Where two polygons touch there are two: the first ends the
    edge from the left, the second begins the edge to the right.
    """

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        k, j, i = mask.shape
        wide = np.zeros((k, j + 2, i + 2), np.uint8)
        wide[:, 1:-1, 1:-1] = mask
        rows = wide[:, :, :-1] | (wide[:, :, 1:] << 1)
        self.codes = rows[:, :-1] | (rows[:, 1:] << 2)
        all_codes = self.codes.reshape(-1)
        where = np.flatnonzero(_IS_CORNER[all_codes])
        where = np.repeat(where, 1 + self._is_double(all_codes[where]))
        code = all_codes[where]
        self.k, inside = np.divmod(where, (j + 1) * (i + 1))
        self.y, self.x = np.divmod(inside, i + 1)
        is_second = np.zeros(len(where), bool)
        is_second[1:] = where[1:] == where[:-1]
        self.height = 2 * (j + 2)
        # Among two at one place, the one that ends the edge from above must stand before the one that begins below.
        is_below = np.where(code == _RISING, ~is_second & self._is_double(code), is_second)
        self.keys = self.key(self.k, self.x, self.y) + is_below
        self.by_column = np.argsort(self.keys, kind="stable")
        self._pair(code)

    @staticmethod
    def _is_double(code: NDArray[np.uint8]) -> NDArray[np.bool_]:
        return np.asarray((code == _RISING) | (code == _FALLING))

    def key(self, k: Integers, x: Integers, y: Integers) -> Integers:
        """Numbers that sort corners by slice, column and line."""
        return np.asarray((k * (self.codes.shape[2] + 1) + x) * self.height + 2 * y)

    def _pair(self, code: NDArray[np.uint8]) -> None:
        """Edges along rows lead to the right where the mask is below them, else to the left; columns follow."""
        left = np.arange(0, len(code), 2)
        is_top = (code[left] & 8) > 0
        self.heads, self.tails = np.where(is_top, left, left + 1), np.where(is_top, left + 1, left)
        across = np.empty(len(code), np.int64)
        across[self.by_column[0::2]], across[self.by_column[1::2]] = self.by_column[1::2], self.by_column[0::2]
        self.following = across
        self.following[self.heads] = self.tails

    def areas(self, order: Integers, starts: Integers) -> Integers:
        """Signed area of each cycle: above 0 for an outer border, below 0 for a hole."""
        step = np.zeros(len(order), np.int64)
        step[self.heads] = (self.x[self.heads] - self.x[self.tails]) * self.y[self.heads]
        return np.asarray(np.add.reduceat(step[order], starts))

    def edge_at(self, k: Integers, x: Integers, y: Integers) -> Integers:
        """The corner from which the edge along a column leads that holds each place."""
        upper = self.by_column[0::2]
        found = np.searchsorted(self.keys[upper], self.key(k, x, y) + 1, side="right") - 1
        ends = np.stack([upper[found], self.by_column[1::2][found]])
        is_head = np.zeros(len(self.x), bool)
        is_head[self.heads] = True
        return np.asarray(np.where(is_head[ends[0]], ends[1], ends[0]))


def _cycles(following: Integers) -> tuple[Integers, Integers]:
    """The cycles of a permutation: its elements cycle by cycle, and where each cycle starts."""
    after = following.tolist()
    seen = bytearray(len(after))
    order: list[int] = []
    starts: list[int] = []
    for first in range(len(after)):
        if seen[first]:
            continue
        starts.append(len(order))
        place = first
        while not seen[place]:
            seen[place] = 1
            order.append(place)
            place = after[place]
    return np.array(order, np.int64), np.array(starts, np.int64)


def _with_channels(corners: _Corners, nodes: Integers, members: Integers, ring: Integers) -> tuple[Integers, Integers]:
    """Join each hole to the border on its left.

    Args:
        corners: of the block.
        nodes: (n, 3) x, y, k of each corner.
        members: the corners of holes.
        ring: which hole each of them belongs to.

    Returns:
        The nodes with those of the channels, and what follows each of them.
    """
    sorting = np.lexsort((corners.y[members], corners.x[members], ring))
    is_first = np.diff(ring[sorting], prepend=-1) != 0
    start = members[sorting[is_first]]  # the upper left corner of each hole: left of it the mask is whole
    k, y = corners.k[start], corners.y[start]
    lines = corners.codes[k, y] != _WHOLE
    lines &= np.arange(lines.shape[1]) < corners.x[start][:, None]
    x = lines.shape[1] - 1 - np.argmax(lines[:, ::-1], axis=1)
    tail = corners.edge_at(k, x, y)
    along = np.lexsort((np.abs(y - corners.y[tail]), tail))
    start, tail, x, y, k = start[along], tail[along], x[along], y[along], k[along]
    return _spliced(corners.following, nodes, start, tail, np.stack([x, y, k], axis=1))


def _spliced(
    following: Integers, nodes: Integers, start: Integers, tail: Integers, ends: Integers
) -> tuple[Integers, Integers]:
    """Lead the edge from ``tail`` over ``ends`` around the hole at ``start`` and back, one hole after the other."""
    count, size = len(start), len(nodes)
    there, back, again = (size + n * count + np.arange(count) for n in range(3))
    previous = np.empty(size, np.int64)
    previous[following] = np.arange(size)
    linked = np.concatenate([following, start, np.zeros(count, np.int64), back])
    linked[previous[start]] = again
    is_first = np.diff(tail, prepend=-1) != 0
    is_last = np.append(is_first[1:], True)
    onward = linked[tail]
    linked[back] = np.append(there[1:], 0)
    linked[back[is_last]] = onward[is_last]
    linked[tail[is_first]] = there[is_first]
    return np.concatenate([nodes, ends, ends, nodes[start]]), linked
