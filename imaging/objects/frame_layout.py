"""Where the frames of a foreign object go: onto an image's grid exactly, or onto a grid of their own.

Frames are sparse, in any order, and may be flipped against the image. Each has its own place, so uneven and tilted
slices need no regular grid in between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry

SAME_VOXEL = 0.05  # voxels, as in mask_matching
_SAME_PLANE_MM = 0.005
_WHOLE = 0.02  # a gap is a whole number of steps when it is this near to one
_STRAIGHT_MM = 0.05
_MOST_SLICES = 20_000
_MOST_VOXELS = 1 << 34

Plane = NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class FrameLayout:
    """How frames become slices of a grid.

    Attributes:
        geometry: the grid.
        slices: (n,) slice of each frame; -1 or the number of slices and more lie outside.
        is_turned: rows of a frame run along j.
        row_step, column_step: 1, or -1 where the grid runs against the frame, along j and i of the grid.
        row_start, column_start: j and i of the frame's first pixel.
    """

    geometry: Geometry
    slices: NDArray[np.int64]
    is_turned: bool = False
    row_step: int = 1
    column_step: int = 1
    row_start: int = 0
    column_start: int = 0

    def laid_out(self, frame: NDArray[np.generic]) -> tuple[NDArray[np.generic], tuple[slice, slice], bool]:
        """A frame as the grid sees it, the part of a slice that it covers, and whether all of it lies inside."""
        turned = frame.T if self.is_turned else frame
        rows, row_part = _overlap(turned.shape[0], self.row_step, self.row_start, self.geometry.shape[1])
        columns, column_part = _overlap(turned.shape[1], self.column_step, self.column_start, self.geometry.shape[2])
        kept = turned[:: self.row_step, :: self.column_step][row_part, column_part]
        return kept, (rows, columns), kept.shape == turned.shape


def _overlap(size: int, step: int, start: int, limit: int) -> tuple[slice, slice]:
    """Target range and the range of the (already flipped) frame axis that fills it."""
    first = start if step > 0 else start - size + 1
    begin, end = max(first, 0), min(first + size, limit)
    end = max(begin, end)
    return slice(begin, end), slice(begin - first, end - first)


@dataclass(frozen=True, eq=False)
class FramePlaces:
    """Positions, orientation and size of frames, as `SegmentationHeader` has them."""

    positions_mm: NDArray[np.float64]
    orientation: NDArray[np.float64]
    spacing_mm: tuple[float, float]
    rows: int
    columns: int
    slice_spacing_mm: float | None = None
    thickness_mm: float | None = None
    frame_of_reference_uid: str = ""

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector across the frames."""
        return np.asarray(np.cross(self.orientation[:3], self.orientation[3:]))


def layout_on(places: FramePlaces, target: Geometry) -> FrameLayout | None:
    """The exact way onto a grid; None when pixels do not fall on voxels, or slices of the frames are not its slices."""
    unique, which = np.unique(places.positions_mm, axis=0, return_inverse=True)
    across, down = max(places.columns - 1, 1), max(places.rows - 1, 1)
    row = places.orientation[:3] * places.spacing_mm[1]
    column = places.orientation[3:] * places.spacing_mm[0]
    first = target.to_index(unique)
    along_row = (target.to_index(unique + row * across) - first) / across
    along_column = (target.to_index(unique + column * down) - first) / down
    steps = np.stack([along_row[0], along_column[0]])  # (2, 3): grid steps (i, j, k) per pixel
    whole = np.rint(steps)
    reach = np.array([[across], [down]])
    if not _is_turn(whole) or np.abs((np.stack([along_row, along_column], 1) - whole) * reach).max() > SAME_VOXEL:
        return None
    start = np.rint(first)
    if np.abs(first - start).max() > SAME_VOXEL or np.ptp(start[:, :2], axis=0).max() > 0:
        return None
    slices = start[:, 2].astype(np.int64)[which.reshape(-1)]
    is_turned = bool(whole[0, 1] != 0)
    row_step, column_step = (whole[0, 1], whole[1, 0]) if is_turned else (whole[1, 1], whole[0, 0])
    i, j = int(start[0, 0]), int(start[0, 1])
    return FrameLayout(target, slices, is_turned, int(row_step), int(column_step), j, i)


def _is_turn(whole: NDArray[np.float64]) -> bool:
    """True for one step along i and one along j, in either order and direction, and none along k."""
    return (
        bool((whole[:, 2] == 0).all())
        and sorted(np.abs(whole[:, :2]).reshape(-1)) == [0, 0, 1, 1]
        and bool(np.abs(np.linalg.det(whole[:, :2])) == 1)
    )


def own_layout(places: FramePlaces) -> FrameLayout:
    """A grid that the frames make themselves: slices that nobody wrote are empty where the distances are whole steps.

    Raises:
        UserError: frames lie beside each other, not above.
    """
    heights = places.positions_mm @ places.normal
    order = np.argsort(heights, kind="stable")
    starts = np.concatenate([[True], np.diff(heights[order]) > _SAME_PLANE_MM])
    planes = np.empty(len(heights), np.int64)
    planes[order] = np.cumsum(starts) - 1
    origins = places.positions_mm[order[starts]]
    if np.abs(places.positions_mm - origins[planes]).max() > _STRAIGHT_MM:
        raise UserError("The frames of the object lie beside each other in one plane; Limner reads stacks of slices.")
    numbers, step = _even_numbers(origins, places)
    affine = np.eye(4)
    affine[:3, 0] = places.orientation[:3] * places.spacing_mm[1]
    affine[:3, 1] = places.orientation[3:] * places.spacing_mm[0]
    affine[:3, 2], affine[:3, 3] = step, origins[0]
    is_even = numbers is not None
    numbers = numbers if numbers is not None else np.arange(len(origins))
    shape = (int(numbers[-1]) + 1, places.rows, places.columns)
    if shape[0] > _MOST_SLICES or shape[0] * shape[1] * shape[2] > _MOST_VOXELS:
        raise UserError("The frames of the object lie too far apart to be slices of one volume.")
    has_thickness = shape[0] > 1 or places.thickness_mm is not None
    frame_of_reference = places.frame_of_reference_uid or None
    geometry = Geometry(shape, affine, frame_of_reference, None if is_even else origins, has_thickness)
    return FrameLayout(geometry, numbers[planes])


def _even_numbers(
    origins: NDArray[np.float64], places: FramePlaces
) -> tuple[NDArray[np.int64] | None, NDArray[np.float64]]:
    """Slice numbers on a line of even steps, or None, and the step vector."""
    if len(origins) == 1:
        return np.zeros(1, np.int64), places.normal * (places.slice_spacing_mm or places.thickness_mm or 1.0)
    heights = (origins - origins[0]) @ places.normal
    candidates = [places.slice_spacing_mm, float(np.diff(heights).min())]
    for base in candidates:
        numbers = np.rint(heights / base) if base else np.zeros(1)
        if not base or np.abs(heights / base - numbers).max() > _WHOLE * max(1.0, numbers[-1] / 50):
            continue
        step = (origins[-1] - origins[0]) / numbers[-1] if numbers[-1] else places.normal
        if np.unique(numbers).size == len(numbers) and _is_straight(origins, numbers, step):
            return numbers.astype(np.int64), step
    return None, (origins[-1] - origins[0]) / (len(origins) - 1)


def _is_straight(origins: NDArray[np.float64], numbers: NDArray[np.float64], step: NDArray[np.float64]) -> bool:
    return bool(np.abs(origins[0] + numbers[:, None] * step - origins).max() <= _STRAIGHT_MM)
