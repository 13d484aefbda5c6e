"""Brings two masks onto one grid, so that they can be compared voxel by voxel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from imaging.comparison.measures import require_even
from imaging.errors import UserError
from imaging.extent import Extent, extent_of
from imaging.formats.label_file import LabelFile
from imaging.mask_matching import match

HINT = "Use --resample to lay the second mask on the first one's grid; its edges then move by up to half a voxel."


@dataclass(frozen=True, eq=False)
class OnOneGrid:
    """Two masks on the same geometry.

    Attributes:
        a, b: the masks.
        resampled: where B had to be resampled, the size of all its labels before and after; else None.
    """

    a: LabelFile
    b: LabelFile
    resampled: tuple[Extent, Extent] | None = None


def on_one_grid(a: LabelFile, b: LabelFile, *, consent_to_resample: bool = False) -> OnOneGrid:
    """Lay two masks on one grid: exactly where one is a crop, a turn or a mirror of the other.

    A grid of one slice has a thickness only where both masks say one: many files cannot but name some.

    Args:
        a, b: the masks.
        consent_to_resample: lay B on A's grid by nearest neighbours where nothing else helps.

    Raises:
        UserError: the grids differ and there is no consent, or slices are unevenly spaced.
    """
    require_even(a.geometry)
    require_even(b.geometry)
    has_thickness = a.geometry.has_thickness and b.geometry.has_thickness
    found = OnOneGrid(a, b) if a.geometry.same_space(b.geometry) else _exactly(a, b)
    if found is None:
        if not consent_to_resample:
            raise UserError("The two masks lie on different grids.", HINT)
        found = OnOneGrid(a, match(b, a.geometry, consent_to_resample=True), (_size(b), _size(b)))
    if found.a.geometry.shape[0] == 1 and not has_thickness:
        found = replace(found, a=_without_thickness(found.a), b=_without_thickness(found.b))
    if found.resampled is not None:
        found = replace(found, resampled=(found.resampled[0], _size(found.b)))
    return found


def _exactly(a: LabelFile, b: LabelFile) -> OnOneGrid | None:
    """Without interpolation and without losing a voxel, None where that cannot be done."""
    try:
        return OnOneGrid(a, match(b, a.geometry))
    except UserError:  # another grid, or B reaches beyond A
        pass
    try:
        return OnOneGrid(match(a, b.geometry), b)
    except UserError:
        return None


def _without_thickness(labels: LabelFile) -> LabelFile:
    return replace(labels, geometry=replace(labels.geometry, has_thickness=False))


def _size(labels: LabelFile) -> Extent:
    return extent_of(labels.geometry, sum(int(np.count_nonzero(layer)) for layer in labels.layers))
