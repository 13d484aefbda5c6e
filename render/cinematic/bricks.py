"""Bricks of a few voxels: what each holds, and the most extinction it can have under a look.

Delta tracking draws its steps from an upper bound of the extinction (a majorant); one for each brick instead of one for
the volume saves most of the look-ups (Yue et al. 2010, "Unbiased, adaptive stochastic sampling for rendering
inhomogeneous participating media"). What the voxels hold is found once for a volume; the bounds after each edit of the
look take a range maximum from a sparse table for every brick and class in it.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from render.cinematic.brick_size import Edges, brick_edges, brick_shape
from render.cinematic.scene import ClassMap, Field
from render.cinematic.tables import ClassTables
from render.cinematic.workers import worker_count
from render.compiled import compiled

CLASS_WORDS = 4  # of 64 bits


@dataclass(frozen=True, eq=False)
class ValueBricks:
    """(K, J, I, 2) uint16: the lowest and the highest voxel that a look-up in the brick can touch."""

    ranges: NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class ClassBricks:
    """(K, J, I, 4) uint64: a bit for each class that a look-up in the brick can touch."""

    sets: NDArray[np.uint64]


def value_bricks(field: Field) -> ValueBricks:
    """The ranges of all bricks; one pass over the voxels."""
    edges = brick_edges(field)
    ranges = np.empty((*brick_shape(field.shape, edges), 2), np.uint16)
    _in_slabs(lambda first, last: _find_ranges(field.values, edges, ranges, first, last), ranges.shape[0])
    return ValueBricks(ranges)


def class_bricks(classes: ClassMap, edges: Edges) -> ClassBricks:
    """The classes of all bricks with these edges, see ``brick_edges``; one pass over the voxels."""
    sets = np.zeros((*brick_shape(classes.classes.shape, edges), CLASS_WORDS), np.uint64)
    _in_slabs(lambda first, last: _find_classes(classes.classes, edges, sets, first, last), sets.shape[0])
    return ClassBricks(sets)


def majorants(
    field: Field, values: ValueBricks, classes: ClassBricks | None, tables: ClassTables
) -> NDArray[np.float32]:
    """(K, J, I) float32: the most extinction per millimetre that a look-up in each brick can find."""
    scale = (tables.table.shape[1] - 1) / (tables.high - tables.low)
    per_voxel = (field.high - field.low) / 65535 * scale
    offset = (field.low - tables.low) * scale + 0.5
    highest = _sparse_maxima(np.ascontiguousarray(tables.table[:, :, 3]))
    found = np.empty(values.ranges.shape[:3], np.float32)
    sets = classes.sets if classes is not None else np.zeros((1, 1, 1, 0), np.uint64)
    _in_slabs(
        lambda first, last: _bound(values.ranges, per_voxel, offset, sets, highest, found, first, last), len(found)
    )
    return found


def _in_slabs(work: Callable[[int, int], None], count: int) -> None:
    """Call ``work(low, high)`` over ranges of 0..count on threads."""
    workers = worker_count()
    edges = np.linspace(0, count, min(4 * workers, count) + 1).astype(int)
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, int(a), int(b)) for a, b in pairwise(edges)]:
            done.result()


def _sparse_maxima(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """(levels, rows, n): the maximum of 2**level entries from each entry on (clipped at the end)."""
    levels = [rows]
    step = 1
    while 2 * step <= rows.shape[1]:
        last = levels[-1]
        moved = np.concatenate([last[:, step:], np.repeat(last[:, -1:], step, axis=1)], axis=1)
        levels.append(np.maximum(last, moved))
        step *= 2
    return np.stack(levels)


@compiled
def _find_ranges(values, edges, ranges, first, last):
    ei, ej, ek = edges
    nk, nj, ni = values.shape
    for bk in range(first, last):
        for bj in range(ranges.shape[1]):
            for bi in range(ranges.shape[2]):
                low, high = 65535, 0
                for k in range(max(bk * ek - 1, 0), min(bk * ek + ek + 1, nk)):
                    for j in range(max(bj * ej - 1, 0), min(bj * ej + ej + 1, nj)):
                        for i in range(max(bi * ei - 1, 0), min(bi * ei + ei + 1, ni)):
                            v = values[k, j, i]
                            low = min(low, v)
                            high = max(high, v)
                ranges[bk, bj, bi, 0] = low
                ranges[bk, bj, bi, 1] = high


@compiled
def _find_classes(classes, edges, sets, first, last):
    ei, ej, ek = edges
    nk, nj, ni = classes.shape
    one = np.uint64(1)
    for bk in range(first, last):
        for bj in range(sets.shape[1]):
            for bi in range(sets.shape[2]):
                before = -1
                for k in range(max(bk * ek - 1, 0), min(bk * ek + ek + 1, nk)):
                    for j in range(max(bj * ej - 1, 0), min(bj * ej + ej + 1, nj)):
                        for i in range(max(bi * ei - 1, 0), min(bi * ei + ei + 1, ni)):
                            c = classes[k, j, i]
                            if c != before:
                                sets[bk, bj, bi, c >> 6] |= one << np.uint64(c & 63)
                                before = c


@compiled
def _bound(ranges, per_voxel, offset, sets, highest, found, first, last):
    rows, last_entry = highest.shape[1], highest.shape[2] - 1
    has_classes = sets.shape[3] > 0
    for bk in range(first, last):
        for bj in range(found.shape[1]):
            for bi in range(found.shape[2]):
                low = int(min(max(ranges[bk, bj, bi, 0] * per_voxel + offset, 0), last_entry))
                high = int(min(max(ranges[bk, bj, bi, 1] * per_voxel + offset, 0), last_entry))
                level = 0
                while (2 << level) <= high - low + 1:
                    level += 1
                second = high + 1 - (1 << level)
                most = np.float32(0.0)
                for row in range(rows):
                    if has_classes and not (sets[bk, bj, bi, row >> 6] >> np.uint64(row & 63)) & np.uint64(1):
                        continue
                    most = max(most, highest[level, row, low], highest[level, row, second])
                found[bk, bj, bi] = most
