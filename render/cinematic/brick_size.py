"""How large the bricks of a grid are whose voxels may be longer than wide."""

from __future__ import annotations

from render.cinematic.scene import Field

FEWEST_VOXELS = 4  # of the finest axis, along the shortest edge
MOST_VOXELS = 8  # along any edge
ENOUGH_BRICKS = 1 << 17  # finding all their bounds anew after an edit of the look takes a few milliseconds

Edges = tuple[int, int, int]


def brick_edges(field: Field) -> Edges:
    """Voxels along the edges (i, j, k) of a field's bricks, each a power of two.

    A bound holds for a whole brick, so bricks that are long on one side cost look-ups: a brick is as near to a cube, in
    millimetres, as its voxels allow. Small grids have smaller bricks.
    """
    voxels = field.shape[::-1]
    edges = [1, 1, 1]
    shortest_mm = FEWEST_VOXELS * min(field.spacing_mm)

    def length_mm(axis: int) -> float:
        return edges[axis] * field.spacing_mm[axis]

    while min(map(length_mm, range(3))) < shortest_mm or _count(voxels, edges) > ENOUGH_BRICKS:
        growing = [axis for axis in range(3) if edges[axis] < MOST_VOXELS]
        if not growing:
            break
        edges[min(growing, key=length_mm)] *= 2
    return edges[0], edges[1], edges[2]


def brick_shape(shape: tuple[int, ...], edges: Edges) -> tuple[int, int, int]:
    """How many bricks a grid of (k, j, i) voxels has along (k, j, i)."""
    k, j, i = (-(-voxels // edge) for voxels, edge in zip(shape, reversed(edges), strict=True))
    return k, j, i


def _count(voxels: tuple[int, ...], edges: list[int]) -> int:
    count = 1
    for along, edge in zip(voxels, edges, strict=True):
        count *= -(-along // edge)
    return count
