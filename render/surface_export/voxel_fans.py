"""How the faces of voxels meet at a corner: where more than one surface passes through, each gets a point of its own.

A corner of the voxel grid sees 2 x 2 x 2 voxels and 12 faces between them. The faces that separate inside from outside
form one or more closed fans around the corner. Where voxels touch only along an edge or at a corner, a mesh with one
point there would have edges of four triangles; here voxels that share no face do not hang together (6-connectivity of
the inside, as in Artzy, Frieder and Herman 1981), and each fan gets its own copy of the corner.

A corner is a byte: bit ``4 k + 2 j + i`` is the voxel at (k, j, i), each 0 or 1. A face is ``4 axis + 2 u + v``: it
lies across ``axis`` (0 for k), where (u, v) are its voxels' places along the two other axes in the order k, j, i.
"""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.int8]


def fan_tables() -> tuple[Table, Table, Table]:
    """For each of the 256 corners.

    Returns:
        (256, 12) the fan of each face, -1 where there is no face;
        (256,) the number of fans;
        (256, 3, 2) 1 where along the half edge (axis, side) four faces meet that all belong to one fan.
    """
    fans = np.full((256, 12), -1, np.int8)
    counts = np.zeros(256, np.int8)
    doubled = np.zeros((256, 3, 2), np.int8)
    for corner in range(256):
        pairs = {edge: _pairs(corner, *edge) for edge in product(range(3), range(2))}
        groups = _joined([pair for found in pairs.values() for pair in found])
        for number, group in enumerate(groups):
            fans[corner, list(group)] = number
        counts[corner] = len(groups)
        for edge, found in pairs.items():
            doubled[(corner, *edge)] = len(found) == 2 and len({fans[corner, face] for p in found for face in p}) == 1
    return fans, counts, doubled


def _pairs(corner: int, axis: int, side: int) -> list[tuple[int, int]]:
    """Which faces continue each other across the half edge that leaves the corner along an axis."""
    others = [a for a in range(3) if a != axis]
    ring = [(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)]
    voxels = [_place(axis, side, others, spot) for spot in ring]
    inside = [bool(corner >> (4 * k + 2 * j + i) & 1) for k, j, i in voxels]
    faces = [_face(a, b) for a, b in pairwise(voxels)]
    found = [place for place in range(4) if inside[place] != inside[place + 1]]
    if len(found) < 4:
        return [(faces[found[0]], faces[found[1]])] if found else []
    # place and its forerunner are the two faces of the voxel at place: an inner voxel's faces belong together
    return [(faces[place - 1], faces[place]) for place in range(4) if inside[place]]


def _place(axis: int, side: int, others: list[int], spot: tuple[int, int]) -> tuple[int, int, int]:
    place = [0, 0, 0]
    place[axis], place[others[0]], place[others[1]] = side, *spot
    return place[0], place[1], place[2]


def _face(a: tuple[int, int, int], b: tuple[int, int, int]) -> int:
    (axis,) = (n for n in range(3) if a[n] != b[n])
    u, v = (a[n] for n in range(3) if n != axis)
    return 4 * axis + 2 * u + v


def _joined(pairs: list[tuple[int, int]]) -> list[set[int]]:
    groups: list[set[int]] = []
    for pair in pairs:
        touching = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if not group & set(pair)] + [set(pair).union(*touching)]
    return sorted(groups, key=min)
