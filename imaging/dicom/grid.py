"""From slice positions to a voxel grid: the affine, what is uneven about it, and which warnings that deserves."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.instance import Frame
from imaging.geometry import Geometry
from imaging.volume import SeriesWarning

TOLERANCE_MM: Final = 0.04  # farther from the affine than this, and the slices get positions of their own
TILT_DEG: Final = 0.1
_USUAL: Final = 1 / 3  # share of the gaps that must be one step for the others to be holes
_WHOLE: Final = 0.02  # a gap is a whole number of steps when it is this near to one


def normal_of(frame: Frame) -> NDArray[np.float64]:
    """Unit vector across the slice: row direction x column direction."""
    assert frame.orientation is not None
    return np.asarray(np.cross(frame.orientation[:3], frame.orientation[3:]))


def edges(frame: Frame) -> NDArray[np.float64]:
    """(2, 3) vectors in millimetres along the whole first row and the whole first column."""
    assert frame.orientation is not None
    between_rows, between_columns = frame.spacing or (1.0, 1.0)
    row = np.array(frame.orientation[:3]) * between_columns * frame.instance.columns
    column = np.array(frame.orientation[3:]) * between_rows * frame.instance.rows
    return np.stack([row, column])


def geometry_of(frames: list[Frame]) -> tuple[Geometry, list[SeriesWarning]]:
    """The grid of frames that are parallel and sorted along their normal, and what is doubtful about it.

    The columns of the affine are the steps along i (a row), j (down a column) and k (to the next slice); since slices
    ascend along row x column it is right-handed. Evenly spaced slices that drift sideways (gantry tilt) get a sheared
    affine, which is exact; uneven ones get `Geometry.slice_origins_mm` and the best-fitting affine.
    """
    first = frames[0]
    between_rows, between_columns = first.spacing or (1.0, 1.0)
    warnings = [] if first.spacing else [SeriesWarning.NO_SPACING]
    affine = np.eye(4)
    affine[:3, 0] = np.array(first.orientation[:3] if first.orientation else (1, 0, 0)) * between_columns
    affine[:3, 1] = np.array(first.orientation[3:] if first.orientation else (0, 1, 0)) * between_rows
    shape = (len(frames), first.instance.rows, first.instance.columns)
    has_thickness = len(frames) > 1 or first.step is not None
    if not has_thickness and first.spacing:
        warnings.append(SeriesWarning.NO_THICKNESS)
    frame_of_reference = _frame_of_reference(first)
    if first.position is None or first.orientation is None:
        affine[:3, 2] = np.cross(affine[:3, 0], affine[:3, 1]) / (between_rows * between_columns) * (first.step or 1.0)
        flat = Geometry(shape, affine, frame_of_reference, None, has_thickness)
        return flat, [SeriesWarning.NO_GEOMETRY, *warnings]
    origins = np.array([frame.position for frame in frames], np.float64)
    step, origin, is_even = _line(origins, normal_of(first), first.step)
    affine[:3, 2], affine[:3, 3] = step, origin
    if _tilt_deg(step, normal_of(first)) > TILT_DEG:
        warnings.append(SeriesWarning.GANTRY_TILT)
    if not is_even:
        warnings.append(_unevenness(origins @ normal_of(first)))
    return Geometry(shape, affine, frame_of_reference, None if is_even else origins, has_thickness), warnings


def _line(
    origins: NDArray[np.float64], normal: NDArray[np.float64], claimed_step: float | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """Step and start of the straight line of slice origins, and whether all lie on it, evenly."""
    count = len(origins)
    if count == 1:
        return normal * (claimed_step or 1.0), origins[0], True
    k = np.arange(count, dtype=np.float64)[:, None]
    step = (origins[-1] - origins[0]) / (count - 1)
    if np.abs(origins[0] + k * step - origins).max() <= TOLERANCE_MM / 4:
        return step, origins[0], True
    centred = k - k.mean()
    step = (centred * origins).sum(axis=0) / (centred**2).sum()
    start = origins.mean(axis=0) - k.mean() * step
    is_even = bool(np.linalg.norm(start + k * step - origins, axis=1).max() <= TOLERANCE_MM)
    return step, start, is_even


def _tilt_deg(step: NDArray[np.float64], normal: NDArray[np.float64]) -> float:
    cosine = float(step @ normal) / float(np.linalg.norm(step))
    return math.degrees(math.acos(min(1.0, abs(cosine))))


def _unevenness(heights: NDArray[np.float64]) -> SeriesWarning:
    """Missing slices when all gaps are whole multiples of the usual one, else variable spacing."""
    gaps = np.diff(heights)
    for base in (float(np.median(gaps)), float(gaps.min())):
        steps = np.round(gaps / base)
        is_whole = np.abs(gaps / base - steps).max() < _WHOLE and steps.min() == 1 and steps.max() > 1
        if is_whole and (steps == 1).mean() > _USUAL:
            return SeriesWarning.MISSING_SLICE
    return SeriesWarning.VARIABLE_SPACING


def _frame_of_reference(frame: Frame) -> str | None:
    from imaging.dicom import tags

    return frame.instance.header.text(tags.FRAME_OF_REFERENCE) or None
