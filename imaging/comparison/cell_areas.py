"""How much surface passes through a cell whose eight corners are voxels, inside or outside a mask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from math import hypot

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Affine

Corner = tuple[int, int, int]  # 0 or 1 along i, j and k
Point = tuple[float, float, float]  # in units of a cell, (i, j, k)
Loop = list[Point]
Triangle = tuple[Point, Point, Point]

CORNERS: tuple[Corner, ...] = tuple((i, j, k) for k, j, i in product((0, 1), repeat=3))  # in the order of a code's bits
ALIKE = 9  # decimals: triangulations whose areas differ by less are the same size


def cell_areas(affine: Affine) -> NDArray[np.float64]:
    """Area in square millimetres of the surface in a cell, by the cell's code.

    A code has a bit for each corner that is inside: bit ``i + 2 j + 4 k``. The surface is that of marching cubes
    (Lorensen and Cline 1987) through the middles of the cell's edges, as in the definition of surface Dice by Nikolov
    et al. 2018 (arXiv 1809.04430); the areas agree with those of the package surface-distance that they published.

    Args:
        affine: of the grid; it may be sheared.

    Returns:
        (256,); codes 0 and 255 have no surface.
    """
    steps = np.asarray(affine, np.float64)[:3, :3]
    to_world = np.linalg.det(steps) * np.linalg.inv(steps).T  # the map of area vectors that belongs to a map of points
    vectors = _area_vectors() @ to_world.T
    return np.asarray(np.linalg.norm(vectors, axis=2).sum(axis=1))


@cache
def _area_vectors() -> NDArray[np.float64]:
    """(256, most triangles, 3) normals of each code's triangles, as long as their areas; in units of a cell."""
    found = [[_area_vector(t) for loop in _loops(code) for t in _largest(loop)] for code in range(256)]
    table = np.zeros((256, max(len(vectors) for vectors in found), 3))
    for code, vectors in enumerate(found):
        if vectors:
            table[code, : len(vectors)] = vectors
    return table


def _area_vector(triangle: Triangle) -> Point:
    at, *others = triangle
    one, other = ([end - start for start, end in zip(at, corner, strict=True)] for corner in others)
    i, j, k = ((one[n - 2] * other[n - 1] - one[n - 1] * other[n - 2]) / 2 for n in range(3))
    return i, j, k


def _loops(code: int) -> list[Loop]:
    """The closed lines in which the surface meets the cell's sides."""
    inside = {corner: bool(code >> bit & 1) for bit, corner in enumerate(CORNERS)}
    next_to: dict[Point, list[Point]] = {}
    for ring in _sides():
        for one, other in _lines(ring, inside):
            next_to.setdefault(one, []).append(other)
            next_to.setdefault(other, []).append(one)
    loops: list[Loop] = []
    left = set(next_to)
    for start in next_to:
        loop: Loop = []
        here: Point | None = start if start in left else None
        while here is not None:
            loop.append(here)
            left.discard(here)
            here = next((point for point in next_to[here] if point in left), None)
        if loop:
            loops.append(loop)
    return loops


def _sides() -> Iterator[list[Corner]]:
    """The four corners of each of the cell's six sides, in turn."""
    for axis, level in product(range(3), (0, 1)):
        for_axis = [np.roll((level, u, v), axis) for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))]
        yield [(int(i), int(j), int(k)) for i, j, k in for_axis]


def _lines(ring: list[Corner], inside: dict[Corner, bool]) -> Iterable[tuple[Point, Point]]:
    """How the surface crosses one side: from the middle of an edge to that of another.

    Where two opposite corners are inside and the others are not, two lines cut off the corners that are fewer in the
    whole cell.
    """
    middles = [_middle(ring[n], ring[(n + 1) % 4]) for n in range(4)]
    crossed = [n for n in range(4) if inside[ring[n]] != inside[ring[(n + 1) % 4]]]
    if len(crossed) == 2:
        return [(middles[crossed[0]], middles[crossed[1]])]
    if not crossed:
        return []
    few = sum(inside.values()) <= 4
    return [(middles[n - 1], middles[n]) for n in range(4) if inside[ring[n]] == few]


def _middle(one: Corner, other: Corner) -> Point:
    i, j, k = ((a + b) / 2 for a, b in zip(one, other, strict=True))
    return i, j, k


def _largest(loop: Loop) -> list[Triangle]:
    """The loop as triangles; of all ways to cut it, the one with the most area in a cube."""

    def area(triangles: list[Triangle]) -> float:
        return round(sum(hypot(*_area_vector(t)) for t in triangles), ALIKE)

    return max(_triangulations(loop), key=area)


def _triangulations(loop: Loop) -> list[list[Triangle]]:
    if len(loop) < 3:
        return [[]]
    found: list[list[Triangle]] = []
    for n in range(1, len(loop) - 1):  # the third corner of the triangle on the closing edge
        halves = product(_triangulations(loop[: n + 1]), _triangulations(loop[n:]))
        found += [[*one, *other, (loop[0], loop[n], loop[-1])] for one, other in halves]
    return found
