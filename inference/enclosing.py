"""Which structures of a result really contain others (decision 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from inference.model import Labels

NEARLY_ALL = 0.95  # of a structure's voxels
COUNTED_AT_ONCE = 1 << 20  # voxels

Places = NDArray[np.int64]  # by label value, the place of a structure in its layer's list


def enclosing(layers: Sequence[Labels], counts: Sequence[Mapping[int, int]]) -> frozenset[int]:
    """Structures that hold nearly all of another one, while that one does not hold nearly all of them.

    The second half keeps two that are (nearly) the same from enclosing each other. Time grows with the pairs of
    layers, memory with the pairs of structures that stand on two different layers.

    Args:
        layers: label arrays (k, j, i) of one shape, uint8 or uint16; no structure stands on two of them.
        counts: for each layer the label values that are there, and how many voxels they have.

    Returns:
        Their label values.
    """
    found: set[int] = set()
    values = [np.array(sorted(count), np.int64) for count in counts]
    sizes = [np.array([count[v] for v in sorted(count)], np.int64) for count in counts]
    for one, other in combinations(range(len(layers)), 2):
        shared = _shared(layers[one], layers[other], values[one], values[other])
        is_in_other, is_in_one = shared >= NEARLY_ALL * sizes[one][:, None], shared >= NEARLY_ALL * sizes[other]
        found.update(int(v) for v in values[other][(is_in_other & ~is_in_one).any(axis=0)])
        found.update(int(v) for v in values[one][(is_in_one & ~is_in_other).any(axis=1)])
    return frozenset(found)


def _shared(one: Labels, other: Labels, values: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many voxels each structure of a layer (row) shares with each of another layer (column)."""
    table = np.zeros((len(values), len(others)), np.int64)
    row_of, column_of = _places(values), _places(others)
    flat, flat_other = one.reshape(-1), other.reshape(-1)
    for start in range(0, flat.size, COUNTED_AT_ONCE):
        part, other_part = flat[start : start + COUNTED_AT_ONCE], flat_other[start : start + COUNTED_AT_ONCE]
        both = (part != 0) & (other_part != 0)
        if table.size == 1:  # nothing to sort; many layers have one structure each
            table += np.count_nonzero(both)
        elif both.any():
            cells = row_of[part[both]] * len(others) + column_of[other_part[both]]
            found, times = np.unique(cells, return_counts=True)
            table.reshape(-1)[found] += times
    return table


def _places(values: NDArray[np.int64]) -> Places:
    places = np.zeros(1 << 16, np.int64)
    places[values] = np.arange(len(values))
    return places
