"""Branching trees that fill a region: vessels of the lungs, the liver and the mesentery, and bronchi."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imaging.phantom.shapes import Tube

MURRAY_EXPONENT = 2.7  # radius^n adds up at a branching (C. D. Murray 1926 found 3; lungs measure somewhat less)


@dataclass
class _Nodes:
    """Growing lists, one entry per node; the root's parent is -1."""

    points: list[NDArray[np.float64]] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)  # from the root along the tree

    def add(self, point: NDArray[np.float64], parent: int) -> int:
        step = 0.0 if parent < 0 else float(np.linalg.norm(point - self.points[parent]))
        self.points.append(point)
        self.parents.append(parent)
        self.lengths.append(step + (0.0 if parent < 0 else self.lengths[parent]))
        return len(self.points) - 1


def grow_tree(
    root: ArrayLike, targets: ArrayLike, tip_radius_mm: float, seed: tuple[int, int], step_mm: float = 6.0
) -> Tube:
    """Join targets to a root by branches, near ones first, each at the place that makes the way short.

    Args:
        root: (3,) or (n, 3): the stem's points in mm, its last one is where branching begins.
        targets: (n, 3) tips in mm.
        tip_radius_mm: radius at the tips; it grows towards the root by Murray's law.
        step_mm: distance of the places where a branch may leave.
    """
    generator = np.random.default_rng(seed)
    nodes = _Nodes()
    last = -1
    for point in np.asarray(root, np.float64).reshape(-1, 3):
        last = nodes.add(point, last)
    tips = np.asarray(targets, np.float64)
    for tip in tips[np.argsort(np.linalg.norm(tips - nodes.points[last], axis=1))]:
        places = np.array(nodes.points[last:])
        cost = np.linalg.norm(places - tip, axis=1) + 0.3 * np.array(nodes.lengths[last:])
        _branch(nodes, last + int(cost.argmin()), tip, step_mm, generator)
    weights = _tips_behind(nodes)
    radii = tip_radius_mm * weights ** (1 / MURRAY_EXPONENT)
    points, parents = np.array(nodes.points), np.array(nodes.parents)
    children = np.flatnonzero(parents >= 0)
    # A side branch starts with its own width, not with the stem's.
    start_radii = np.minimum(radii[parents[children]], radii[children] * 1.25)
    return Tube(points[parents[children]], points[children], start_radii, radii[children])


def _branch(
    nodes: _Nodes, parent: int, tip: NDArray[np.float64], step_mm: float, generator: np.random.Generator
) -> None:
    """Add a slightly crooked path from a node to a tip."""
    start = nodes.points[parent]
    count = max(1, round(float(np.linalg.norm(tip - start)) / step_mm))
    crooked = generator.normal(0, 0.12 * step_mm, (count, 3))
    crooked[-1] = 0
    for number in range(count):
        point = start + (tip - start) * ((number + 1) / count) + crooked[number]
        parent = nodes.add(point, parent)


def _tips_behind(nodes: _Nodes) -> NDArray[np.float64]:
    """How many tips each node feeds; children always come after their parents."""
    counts = np.zeros(len(nodes.points))
    for number in range(len(counts) - 1, -1, -1):
        counts[number] = max(counts[number], 1)
        if nodes.parents[number] >= 0:
            counts[nodes.parents[number]] += counts[number]
    return counts
