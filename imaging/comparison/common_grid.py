"""Brings two masks onto one grid, so that they can be compared voxel by voxel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imaging.comparison.measures import require_even
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile
from imaging.mask_matching import match

HINT = "Use --resample to lay the second mask on the first one's grid; its edges then move by up to half a voxel."


@dataclass(frozen=True, eq=False)
class OnOneGrid:
    """Two masks on the same geometry.

    Attributes:
        a, b: the masks.
        resampled_ml: where B had to be resampled, the millilitres of all its labels before and after; else None.
    """

    a: LabelFile
    b: LabelFile
    resampled_ml: tuple[float, float] | None = None


def on_one_grid(a: LabelFile, b: LabelFile, *, consent_to_resample: bool = False) -> OnOneGrid:
    """Lay two masks on one grid: exactly where one is a crop, a turn or a mirror of the other.

    Args:
        a, b: the masks.
        consent_to_resample: lay B on A's grid by nearest neighbours where nothing else helps.

    Raises:
        UserError: the grids differ and there is no consent, or slices are unevenly spaced.
    """
    require_even(a.geometry)
    require_even(b.geometry)
    if a.geometry.same_space(b.geometry):
        return OnOneGrid(a, b)
    exact = _exactly(a, b)
    if exact is not None:
        return exact
    if not consent_to_resample:
        raise UserError("The two masks lie on different grids.", HINT)
    laid = match(b, a.geometry, consent_to_resample=True)
    return OnOneGrid(a, laid, (_labelled_ml(b), _labelled_ml(laid)))


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


def _labelled_ml(labels: LabelFile) -> float:
    count = sum(int(np.count_nonzero(layer)) for layer in labels.layers)
    return count * labels.geometry.voxel_volume_ml
