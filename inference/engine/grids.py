"""What each step does to the grid, without looking at a voxel: for preparing an image, and for planning a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.engine.placement import AxisMap, whole
from inference.engine.recipe import (
    CenterFit,
    Clicks,
    CropAround,
    CropForeground,
    Intensity,
    Interpolation,
    Orient,
    PadDivisible,
    Permute,
    Resize,
    Respace,
    Shape,
    SliceAt,
    SplineRespace,
    Step,
)

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_SIDES = (("L", "R"), ("P", "A"), ("I", "S"))  # towards smaller, towards larger RAS coordinates


@dataclass(frozen=True, eq=False)
class Grid:
    """A grid of voxels on its way from the image's to the network's.

    Attributes:
        axes: where it lies in the image's grid.
        affine: 4x4, indices (x, y, z) to RAS millimetres, as MONAI and NIfTI count.
    """

    axes: tuple[AxisMap, AxisMap, AxisMap]
    affine: NDArray[np.float64]

    @staticmethod
    def of(geometry: Geometry) -> Grid:
        """The image's own grid, axes in the order i, j, k."""
        return Grid(whole(geometry.shape), LPS_TO_RAS @ geometry.affine)

    @property
    def shape(self) -> Shape:
        """(x, y, z)."""
        x, y, z = (axis.size for axis in self.axes)
        return x, y, z

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Of its axes."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    def voxel_at(self, place: Shape) -> Shape | None:
        """The voxel of this grid that holds the middle of a voxel (i, j, k) of the image.

        Returns:
            None when it was cropped away.

        Raises:
            UserError: the image has no such voxel.
        """
        found = []
        for axis in self.axes:
            n = place[axis.source_axis]
            if not 0 <= n < axis.source_size:
                raise UserError(f"The click {place} lies outside the image.", "Clicks are voxels i, j, k, from 0 on.")
            found.append(int(axis.network_index()[n]))
        x, y, z = found
        return None if min(found) < 0 else (x, y, z)

    def place_of(self, voxel: Shape) -> tuple[float, float, float] | None:
        """Where the middle of a voxel (i, j, k) of the image lies in this grid, in indices (x, y, z).

        Returns:
            None when it was cropped away.

        Raises:
            UserError: the image has no such voxel.
        """
        if self.voxel_at(voxel) is None:
            return None
        x, y, z = ((voxel[axis.source_axis] - axis.offset) / axis.scale for axis in self.axes)
        return x, y, z

    def permuted(self, order: Shape) -> Grid:
        """The new axis n is the old axis ``order[n]``."""
        a, b, c = order
        return Grid((self.axes[a], self.axes[b], self.axes[c]), self.affine[:, [a, b, c, 3]])

    def flipped(self, flips: Sequence[bool]) -> Grid:
        """The chosen axes counted from their other end."""
        x, y, z = (axis.flipped() if flip else axis for axis, flip in zip(self.axes, flips, strict=True))
        change = np.diag([*(-1.0 if flip else 1.0 for flip in flips), 1.0])
        change[:3, 3] = [n - 1 if flip else 0 for n, flip in zip(self.shape, flips, strict=True)]
        return Grid((x, y, z), self.affine @ change)

    def resampled(self, steps: Sequence[float], starts: Sequence[float], sizes: Sequence[int]) -> Grid:
        """A grid whose index n lies at ``step * n + start`` of this one, for each axis."""
        changes = zip(self.axes, steps, starts, sizes, strict=True)
        x, y, z = (axis.resampled(step, start, size) for axis, step, start, size in changes)
        return Grid((x, y, z), self.affine @ _index_change(steps, starts))

    def resized(self, sizes: Sequence[int]) -> Grid:
        """Other numbers of voxels over the same extent, outer edge to outer edge."""
        steps = [old / new for old, new in zip(self.shape, sizes, strict=True)]
        return self.resampled(steps, [(step - 1) / 2 for step in steps], sizes)

    def cut(self, starts: Sequence[int], sizes: Sequence[int]) -> Grid:
        """A part; negative starts and sizes beyond the end are padding."""
        x, y, z = (axis.cropped(start, size) for axis, start, size in zip(self.axes, starts, sizes, strict=True))
        return Grid((x, y, z), self.affine @ _index_change([1.0, 1.0, 1.0], [float(start) for start in starts]))


def _index_change(steps: Sequence[float], starts: Sequence[float]) -> NDArray[np.float64]:
    change = np.diag([*steps, 1.0])
    change[:3, 3] = starts
    return change


def orientation(affine: NDArray[np.float64], axcodes: str) -> tuple[Shape, tuple[bool, bool, bool]]:
    """Which axis becomes which, and which are turned round then, so that axes point to the given sides.

    Args:
        affine: indices to RAS millimetres.
        axcodes: three of L R, P A, I S, one of each pair: where larger indices lie.

    Raises:
        UserError: the letters do not name three different directions.
    """
    wanted = [next((n for n, pair in enumerate(_SIDES) if code in pair), -1) for code in axcodes.upper()]
    if sorted(wanted) != [0, 1, 2]:
        raise UserError(f"The model wants its image oriented “{axcodes}”, which names no orientation.")
    world = _world_axes(affine)
    a, b, c = (world.index(direction) for direction in wanted)
    flips = []
    for code, axis in zip(axcodes.upper(), (a, b, c), strict=True):
        points_up = bool(affine[world[axis], axis] > 0)
        flips.append(points_up != (code == _SIDES[world[axis]][1]))
    return (a, b, c), (flips[0], flips[1], flips[2])


def _world_axes(affine: NDArray[np.float64]) -> list[int]:
    """For each axis of the array the world axis that it runs along most, each taken once."""
    cosines = np.abs(affine[:3, :3]) / np.linalg.norm(affine[:3, :3], axis=0)
    world = [-1, -1, -1]
    for _ in range(3):
        row, column = np.unravel_index(int(np.argmax(cosines)), (3, 3))
        world[int(column)] = int(row)
        cosines[row, :] = -1.0
        cosines[:, column] = -1.0
    return world


def center_cut(shape: Shape, wanted: Sequence[int]) -> list[int]:
    """First voxels of a part of this size around the middle; negative where the image is smaller (MONAI's rounding)."""
    return [-((w - n) // 2) if w > n else n // 2 - w // 2 for w, n in zip(wanted, shape, strict=True)]


@singledispatch
def after(step: Step, grid: Grid) -> Grid:
    """The grid after a step. Cropping to the image's content cannot be foreseen and counts as none.

    Raises:
        UserError: the step makes no sense.
    """
    raise TypeError(f"unknown step {step!r}")


@after.register
def _orient(step: Orient, grid: Grid) -> Grid:
    order, flips = orientation(grid.affine, step.axcodes)
    return grid.permuted(order).flipped(flips)


@after.register
def _permute(step: Permute, grid: Grid) -> Grid:
    return grid.permuted(step.order)


@after.register
def _respace(step: Respace, grid: Grid) -> Grid:
    steps = [new / old if new > 0 else 1.0 for new, old in zip(step.spacing_mm, grid.spacing_mm, strict=True)]
    sizes = [max(round((n - 1) / s + 1), 1) for n, s in zip(grid.shape, steps, strict=True)]
    return grid.resampled(steps, [0.0, 0.0, 0.0], sizes)


@after.register
def _spline_respace(step: SplineRespace, grid: Grid) -> Grid:
    spacings = zip(grid.shape, grid.spacing_mm, step.spacing_mm, strict=True)
    return grid.resized([max(round(n * old / new), 1) if new > 0 else n for n, old, new in spacings])


@after.register
def _resize(step: Resize, grid: Grid) -> Grid:
    sizes = [want or size for want, size in zip(step.shape, grid.shape, strict=True)]
    if not (step.aligns_corners and step.interpolation is Interpolation.TRILINEAR):
        return grid.resized(sizes)
    steps = [(old - 1) / max(new - 1, 1) for old, new in zip(grid.shape, sizes, strict=True)]
    return grid.resampled(steps, [0.0, 0.0, 0.0], sizes)


@after.register
def _center_fit(step: CenterFit, grid: Grid) -> Grid:
    wanted = [want or size for want, size in zip(step.shape, grid.shape, strict=True)]
    if not step.is_exact:
        wanted = [max(want, size) for want, size in zip(wanted, grid.shape, strict=True)]
    return grid.cut(center_cut(grid.shape, wanted), wanted)


@after.register
def _pad_divisible(step: PadDivisible, grid: Grid) -> Grid:
    sizes = [-(-n // d) * d for n, d in zip(grid.shape, step.divisor, strict=True)]
    return grid.cut(center_cut(grid.shape, sizes), sizes)


@after.register
def _crop_foreground(step: CropForeground, grid: Grid) -> Grid:
    return grid


@after.register
def _intensity(step: Intensity, grid: Grid) -> Grid:
    return grid


@after.register
def _clicks(step: Clicks, grid: Grid) -> Grid:
    return grid


@after.register
def _crop_around(step: CropAround, grid: Grid) -> Grid:
    places = [place for voxel in step.voxels if (place := grid.voxel_at(voxel)) is not None]
    if not places:
        places = [tuple(n // 2 for n in grid.shape)]  # type: ignore[list-item]  # a plan before any click
    lows = [max(min(along) - step.margin, 0) for along in zip(*places, strict=True)]
    highs = [
        min(max(along) + step.margin + 1, n) for along, n in zip(zip(*places, strict=True), grid.shape, strict=True)
    ]
    if all(high - low < wanted for low, high, wanted in zip(lows, highs, step.shape, strict=True) if wanted):
        middles = [(low + high) // 2 for low, high in zip(lows, highs, strict=True)]
        lows = [max(m - wanted // 2, 0) if wanted else 0 for m, wanted in zip(middles, step.shape, strict=True)]
        wanted_ends = [low + (wanted or n) for low, wanted, n in zip(lows, step.shape, grid.shape, strict=True)]
        highs = [min(end, n) for end, n in zip(wanted_ends, grid.shape, strict=True)]
    return grid.cut(lows, [high - low for low, high in zip(lows, highs, strict=True)])


@after.register
def _slice_at(step: SliceAt, grid: Grid) -> Grid:
    place = grid.voxel_at(step.voxels[0]) if step.voxels else None
    starts, sizes = [0, 0, 0], list(grid.shape)
    starts[step.axis] = grid.shape[step.axis] // 2 if place is None else place[step.axis]
    sizes[step.axis] = 1
    return grid.cut(starts, sizes)
