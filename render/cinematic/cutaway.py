"""Opens the way to some segments: what else lies around them and between them and the viewer is cut away.

On a coarse grid every node gets its depth within the region to be cut, in millimetres (outside: below 0): the margin
less the distance to the nearest chosen voxel, found by chamfer steps (Borgefors 1986) of true lengths, so that sheared
grids are right too. Towards the viewer a funnel: slice by slice each node also takes over the depth of the place behind
it, and a little more with every millimetre. Between the nodes the depth is interpolated, so the cut is smooth.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from render.cinematic.field_source import reduction_factors
from render.cinematic.scene import CUT, ClassMap, Field
from render.cinematic.slabs import IsWanted, always, in_slabs, slab_thickness
from render.compiled import compiled
from session.look.cut import Cutaway

MOST_NODES = 600_000
WIDENING = 0.2  # millimetres of radius for each towards the viewer
FAR = 1e6  # mm

Depths = NDArray[np.float32]
Factors = NDArray[np.int64]  # along k, j, i


def cut_away(
    class_map: ClassMap, field: Field, cutaway: Cutaway, is_wanted: IsWanted = always, most_nodes: int = MOST_NODES
) -> ClassMap | None:
    """A class map in which the way to the chosen segments is cut free.

    Args:
        class_map: which class each voxel has; stays as it is.
        field: gives the grid.
        cutaway: the segments, the margin, and from where.
        is_wanted: asked every few milliseconds.
        most_nodes: of the coarse grid.

    Returns:
        The map itself when none of the segments has voxels; None when it was called off.
    """
    is_chosen = np.zeros(256, np.bool_)
    is_chosen[[n for n, number in enumerate(class_map.numbers, start=1) if number in cutaway.segments]] = True
    factors = np.array(reduction_factors(field.shape, field.spacing_mm, most_nodes, max(field.shape)))
    distances = _chosen_distances(class_map.classes, is_chosen, factors, is_wanted)
    if not (distances == 0).any():
        return class_map if is_wanted() else None
    node_mm = np.linalg.inv(field.index_from_world)[:3, :3] * factors[::-1]  # columns: steps along i, j, k
    _spread(distances, _chamfer_lengths(node_mm))
    depths = _swept(np.float32(cutaway.margin_mm) - distances, node_mm, np.asarray(cutaway.towards, np.float64))
    return cut_where_deep(class_map, is_chosen, depths, factors, is_wanted)


def cut_where_deep(
    class_map: ClassMap, stays: NDArray[np.bool_], depths: Depths, factors: Factors, is_wanted: IsWanted = always
) -> ClassMap | None:
    """A class map that is cut wherever a depth, interpolated between the nodes of a coarse grid, is above 0.

    Args:
        class_map: stays as it is.
        stays: (256,) classes that are not cut.
        depths: (k, j, i) float32 at the middles of blocks of voxels.
        factors: voxels of a block along k, j, i.
        is_wanted: asked every few milliseconds.

    Returns:
        None when it was called off.
    """
    classes = class_map.classes.copy()

    def cut(first: int, last: int) -> None:
        _cut_slab(classes, stays, depths, factors, first, last)

    if not in_slabs(cut, 0, classes.shape[0], slab_thickness(classes.shape), is_wanted):
        return None
    return ClassMap(classes, class_map.numbers, class_map.means)


def _chosen_distances(
    classes: NDArray[np.uint8], is_chosen: NDArray[np.bool_], factors: Factors, is_wanted: IsWanted
) -> Depths:
    """0 at the nodes whose block holds a chosen voxel, ``FAR`` elsewhere."""
    k, j, i = (-(-n // int(f)) for n, f in zip(classes.shape, factors, strict=True))
    distances = np.full((k, j, i), FAR, np.float32)
    step = int(factors[0])

    def mark(first: int, last: int) -> None:
        _mark_slab(classes, is_chosen, distances, factors, first, last)

    in_slabs(mark, 0, classes.shape[0], slab_thickness(classes.shape, step), is_wanted)
    return distances


def _chamfer_lengths(node_mm: NDArray[np.float64]) -> Depths:
    """(3, 3, 3) lengths in mm of the steps to the neighbours, [k, j, i]."""
    lengths = np.empty((3, 3, 3), np.float32)
    for place in np.ndindex(3, 3, 3):
        lengths[place] = np.linalg.norm(node_mm @ (np.array(place[::-1]) - 1.0))
    return lengths


def _swept(depths: Depths, node_mm: NDArray[np.float64], towards: NDArray[np.float64]) -> Depths:
    """Depths that go on towards the viewer, along the axis that leads there most directly."""
    length = float(np.linalg.norm(towards))
    if not length > 0:
        return depths
    per_mm = np.linalg.solve(node_mm, towards / length)[::-1]  # nodes along k, j, i
    axis = int(np.argmax(np.abs(per_mm)))
    step_mm = 1 / abs(float(per_mm[axis]))
    shift = np.delete(per_mm, axis) * step_mm
    turned = np.moveaxis(depths, axis, 0)
    along = np.ascontiguousarray(turned if per_mm[axis] > 0 else turned[::-1])
    _sweep(along, float(shift[0]), float(shift[1]), WIDENING * step_mm)
    back = along if per_mm[axis] > 0 else along[::-1]
    return np.ascontiguousarray(np.moveaxis(back, 0, axis))


@compiled
def _mark_slab(classes, is_chosen, distances, factors, first, last):
    """0 where a block holds a chosen voxel."""
    for k in range(first, last):
        for j in range(classes.shape[1]):
            for i in range(classes.shape[2]):
                if is_chosen[classes[k, j, i]]:
                    distances[k // factors[0], j // factors[1], i // factors[2]] = 0.0


@compiled
def _spread(distances, lengths):
    """The least sum of steps to a node of 0: one pass forwards, one backwards."""
    for n in range(distances.size):
        _relax(distances, lengths, n, 1)
    for n in range(distances.size - 1, -1, -1):
        _relax(distances, lengths, n, -1)


@compiled
def _relax(distances, lengths, n, sign):
    """Come to a node by way of the 13 neighbours that the pass has seen."""
    _, rows, columns = distances.shape
    i = n % columns
    j = (n // columns) % rows
    k = n // (columns * rows)
    best = distances[k, j, i]
    for place in range(13):
        dk, dj, di = (place // 9 - 1) * sign, (place // 3 % 3 - 1) * sign, (place % 3 - 1) * sign
        ak, aj, ai = k + dk, j + dj, i + di
        if 0 <= ak < distances.shape[0] and 0 <= aj < rows and 0 <= ai < columns:
            best = min(best, distances[ak, aj, ai] + lengths[dk + 1, dj + 1, di + 1])
    distances[k, j, i] = best


@compiled
def _sweep(depths, shift_j, shift_i, gain):
    """From slice to slice: the greater of a node's own depth and that behind it, interpolated linearly, plus a gain."""
    count, rows, columns = depths.shape
    for k in range(1, count):
        for j in range(rows):
            behind_j = j - shift_j
            if behind_j < 0 or behind_j > rows - 1:
                continue
            low_j = min(int(behind_j), max(rows - 2, 0))
            high_j = min(low_j + 1, rows - 1)
            part_j = behind_j - low_j
            for i in range(columns):
                behind_i = i - shift_i
                if behind_i < 0 or behind_i > columns - 1:
                    continue
                low_i = min(int(behind_i), max(columns - 2, 0))
                high_i = min(low_i + 1, columns - 1)
                part_i = behind_i - low_i
                lower = depths[k - 1, low_j, low_i] * (1 - part_i) + depths[k - 1, low_j, high_i] * part_i
                upper = depths[k - 1, high_j, low_i] * (1 - part_i) + depths[k - 1, high_j, high_i] * part_i
                taken = lower * (1 - part_j) + upper * part_j + gain
                depths[k, j, i] = max(depths[k, j, i], np.float32(taken))


@compiled
def _node_before(n, factor, count):
    """The node at or before voxel ``n``, and how far it is to the next (0-1); at the ends, their own."""
    at = (n - 0.5 * (factor - 1)) / factor
    at = min(max(at, 0.0), count - 1.0)
    low = min(int(at), max(count - 2, 0))
    return low, np.float32(at - low)


@compiled
def _cut_slab(classes, is_chosen, depths, factors, first, last):
    """Cut what is not chosen where the interpolated depth is above 0."""
    nk, nj, ni = depths.shape
    row = np.empty(ni, np.float32)
    for k in range(first, last):
        low_k, part_k = _node_before(k, factors[0], nk)
        high_k = min(low_k + 1, nk - 1)
        for j in range(classes.shape[1]):
            low_j, part_j = _node_before(j, factors[1], nj)
            high_j = min(low_j + 1, nj - 1)
            deepest = np.float32(-FAR)
            for n in range(ni):
                lower = depths[low_k, low_j, n] + part_j * (depths[low_k, high_j, n] - depths[low_k, low_j, n])
                upper = depths[high_k, low_j, n] + part_j * (depths[high_k, high_j, n] - depths[high_k, low_j, n])
                row[n] = lower + part_k * (upper - lower)
                deepest = max(deepest, row[n])
            if deepest <= 0:
                continue
            for i in range(classes.shape[2]):
                low_i, part_i = _node_before(i, factors[2], ni)
                depth = row[low_i] + part_i * (row[min(low_i + 1, ni - 1)] - row[low_i])
                if depth > 0 and not is_chosen[classes[k, j, i]]:
                    classes[k, j, i] = CUT
