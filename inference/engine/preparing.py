"""From the image to the network's input, remembering where each network voxel lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.engine.grids import Grid, after, orientation
from inference.engine.placement import AxisMap
from inference.engine.recipe import (
    CenterFit,
    Clicks,
    CropAround,
    CropForeground,
    Image,
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
from inference.engine.resampling import resampled

NO_CLICK = "The model must be given at least one click inside the structure."


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image on its way to the network.

    Attributes:
        image: (channel, x, y, z); any type until the first step that changes values.
        grid: where its voxels lie.
    """

    image: NDArray[Any]
    grid: Grid

    @property
    def shape(self) -> Shape:
        """Spatial shape (x, y, z)."""
        x, y, z = self.image.shape[1:]
        return x, y, z

    @property
    def axes(self) -> tuple[AxisMap, AxisMap, AxisMap]:
        """Where its axes lie in the image's grid."""
        return self.grid.axes

    @property
    def affine(self) -> NDArray[np.float64]:
        """4x4, indices (x, y, z) to RAS millimetres."""
        return self.grid.affine


def start(channels: Sequence[NDArray[Any]], geometry: Geometry) -> Prepared:
    """The image before the first step.

    Args:
        channels: voxels (k, j, i) of each input image, all on one grid.
        geometry: that grid; regular and at right angles.
    """
    voxels = channels[0][None] if len(channels) == 1 else np.stack([c.astype(np.float32) for c in channels])
    return Prepared(voxels.transpose(0, 3, 2, 1), Grid.of(geometry))


def prepare(prepared: Prepared, steps: Sequence[Step], watch: Callable[[str], None]) -> Prepared:
    """Carry out the steps.

    Args:
        watch: called before each step with its name; may raise to stop.

    Returns:
        With a float32 image, contiguous in the network's axes.
    """
    for step in steps:
        watch(step.name if isinstance(step, Intensity) else type(step).__name__)
        prepared = _done(step, prepared)
    return replace(prepared, image=_network_order(prepared.image))


def cut(prepared: Prepared, starts: Sequence[int], sizes: Sequence[int], value: float) -> Prepared:
    """A part of the image; what lies outside of it is filled with ``value``."""
    insides, places = [slice(None)], [slice(None)]
    for begin, size, whole_size in zip(starts, sizes, prepared.shape, strict=True):
        low, high = max(begin, 0), min(begin + size, whole_size)
        insides.append(slice(low, high))
        places.append(slice(low - begin, high - begin))
    target = np.full((len(prepared.image), *sizes), value, np.float32)
    target[tuple(places)] = prepared.image[tuple(insides)]
    return Prepared(target, prepared.grid.cut(starts, sizes))


def _network_order(image: NDArray[Any]) -> Image:
    return np.ascontiguousarray(image, np.float32)


@singledispatch
def _done(step: Step, prepared: Prepared) -> Prepared:
    raise TypeError(f"unknown step {step!r}")


@_done.register
def _orient(step: Orient, prepared: Prepared) -> Prepared:
    order, flips = orientation(prepared.affine, step.axcodes)
    image = prepared.image.transpose(0, *(n + 1 for n in order))
    image = np.flip(image, tuple(axis + 1 for axis, flip in enumerate(flips) if flip))
    return Prepared(image, after(step, prepared.grid))


@_done.register
def _permute(step: Permute, prepared: Prepared) -> Prepared:
    image = prepared.image.transpose(0, *(n + 1 for n in step.order))
    return Prepared(image, after(step, prepared.grid))


@_done.register
def _respace(step: Respace, prepared: Prepared) -> Prepared:
    grid = after(step, prepared.grid)
    spacings = zip(step.spacing_mm, prepared.grid.spacing_mm, strict=True)
    steps = [new / old if new > 0 else 1.0 for new, old in spacings]
    places = [s * np.arange(size, dtype=np.float64) for s, size in zip(steps, grid.shape, strict=True)]
    return Prepared(resampled(prepared.image, places), grid)


@_done.register
def _spline_respace(step: SplineRespace, prepared: Prepared) -> Prepared:
    from inference.engine.splines import spline_resized

    grid = after(step, prepared.grid)
    old = prepared.grid.spacing_mm
    x, y, z = (new if new > 0 else own for new, own in zip(step.spacing_mm, old, strict=True))
    coarse = step.coarse_axis(old, (x, y, z))
    return Prepared(spline_resized(_network_order(prepared.image), grid.shape, coarse), grid)


@_done.register
def _resize(step: Resize, prepared: Prepared) -> Prepared:
    import torch

    grid = after(step, prepared.grid)
    tensor = torch.from_numpy(_network_order(prepared.image))[None]
    aligns = step.aligns_corners if step.interpolation is Interpolation.TRILINEAR else None
    # area and nearest read as torch does it, so that the numbers are those that the model was trained with
    resized = torch.nn.functional.interpolate(tensor, grid.shape, mode=str(step.interpolation), align_corners=aligns)
    return Prepared(resized[0].numpy(), grid)


@_done.register
def _center_fit(step: CenterFit, prepared: Prepared) -> Prepared:
    return _cut_to(after(step, prepared.grid), prepared, step.value)


@_done.register
def _pad_divisible(step: PadDivisible, prepared: Prepared) -> Prepared:
    return _cut_to(after(step, prepared.grid), prepared, step.value)


def _cut_to(grid: Grid, prepared: Prepared, value: float) -> Prepared:
    """The part of the image that a grid, cut out of its own, covers."""
    starts = [
        round((new.offset - old.offset) / old.scale) for new, old in zip(grid.axes, prepared.grid.axes, strict=True)
    ]
    return cut(prepared, starts, grid.shape, value)


@_done.register
def _crop_foreground(step: CropForeground, prepared: Prepared) -> Prepared:
    image = _network_order(prepared.image)
    foreground: NDArray[np.bool_] = np.asarray(step.select(image).any(axis=0))
    starts, sizes = [], []
    for axis in range(3):
        places = np.flatnonzero(np.moveaxis(foreground, axis, 0).reshape(foreground.shape[axis], -1).any(axis=1))
        if not len(places):
            return replace(prepared, image=image)
        low, high = int(places[0]) - step.margin[axis], int(places[-1]) + 1 + step.margin[axis]
        if step.allows_smaller:
            low, high = max(low, 0), min(high, prepared.shape[axis])
        size = -(-(high - low) // step.divisible[axis]) * step.divisible[axis]
        starts.append(low - (size - (high - low)) // 2)
        sizes.append(size)
    return cut(replace(prepared, image=image), starts, sizes, 0.0)


@_done.register
def _crop_around(step: CropAround, prepared: Prepared) -> Prepared:
    if not step.voxels:
        raise UserError(NO_CLICK)
    return _cut_to(after(step, prepared.grid), prepared, 0.0)


@_done.register
def _slice_at(step: SliceAt, prepared: Prepared) -> Prepared:
    if not step.voxels:
        raise UserError(NO_CLICK)
    return _cut_to(after(step, prepared.grid), prepared, 0.0)


@_done.register
def _intensity(step: Intensity, prepared: Prepared) -> Prepared:
    image = step.change(_network_order(prepared.image))
    if image.shape[1:] != prepared.shape:
        raise ValueError(f"{step.name} changed the grid from {prepared.shape} to {image.shape[1:]}")
    return replace(prepared, image=image)


@_done.register
def _clicks(step: Clicks, prepared: Prepared) -> Prepared:
    places = [
        [place for voxel in voxels if (place := prepared.grid.voxel_at(voxel)) is not None] for voxels in step.voxels
    ]
    return replace(prepared, image=step.drawn(_network_order(prepared.image), places))
