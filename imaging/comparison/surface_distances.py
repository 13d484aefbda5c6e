"""How far two surfaces lie apart, in millimetres."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.comparison.cell_areas import cell_areas
from imaging.comparison.surface_cells import OnPart, SurfaceCells
from imaging.geometry import Affine

ASKED_AT_ONCE = 50_000
ROUNDING_MM = 1e-6  # what an affine's digits may make of a distance that is just at the tolerance


@dataclass(frozen=True, eq=False)
class SurfaceDistances:
    """From each cell of one surface to the nearest of the other.

    Attributes:
        mm: distances between the cells' centres.
        areas: mm² of surface in each cell.
    """

    mm: NDArray[np.float64]
    areas: NDArray[np.float64]

    def percentile(self, percent: float) -> float:
        """The distance that this share of the surface's area does not exceed."""
        order = np.argsort(self.mm)
        share = np.cumsum(self.areas[order]) / self.areas.sum()
        place = int(np.searchsorted(share, percent / 100))
        return float(self.mm[order[min(place, len(order) - 1)]])

    def area_within(self, tolerance_mm: float) -> float:
        """mm² of surface that lie at most so far from the other surface."""
        return float(self.areas[self.mm <= tolerance_mm + ROUNDING_MM].sum())


def distances(
    a: SurfaceCells, b: SurfaceCells, affine: Affine, on_part: OnPart = lambda _: None
) -> tuple[SurfaceDistances, SurfaceDistances]:
    """Distances from surface a to b, and from b to a.

    They are exact, also on sheared grids: the nearest cell is looked up by position. Where the grid is orthogonal they
    equal the Euclidean distance transform of the other surface's cells.

    Args:
        a, b: surfaces in the same box, neither of them empty.
        affine: of the grid.
        on_part: called with 0-1 between parts of the work.
    """
    areas = cell_areas(affine)
    steps = affine[:3, :3].T
    there = _from_to(a, b, steps, lambda done: on_part(done / 2))
    back = _from_to(b, a, steps, lambda done: on_part((1 + done) / 2))
    return SurfaceDistances(there, areas[a.codes]), SurfaceDistances(back, areas[b.codes])


def _from_to(source: SurfaceCells, target: SurfaceCells, steps: Affine, on_part: OnPart) -> NDArray[np.float64]:
    """For each cell of the source the distance to the target; cells that both have need not be looked up."""
    from scipy.spatial import KDTree

    mm = np.zeros(len(source.places))
    apart = np.flatnonzero(~_among(source.places, target.places))
    if apart.size == 0:
        return mm
    # Points on a grid have countless equal coordinates and distances: this kind of tree minds them least.
    tree = KDTree(target.centers() @ steps, balanced_tree=False, compact_nodes=False)
    for start in range(0, apart.size, ASKED_AT_ONCE):
        chosen = apart[start : start + ASKED_AT_ONCE]
        mm[chosen] = tree.query(source.centers(chosen) @ steps, workers=os.cpu_count() or 1)[0]
        on_part((start + chosen.size) / apart.size)
    return mm


def _among(places: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the ascending places are among the ascending others."""
    found = np.searchsorted(others, places)
    found[found == len(others)] = 0
    return np.asarray(others[found] == places)
