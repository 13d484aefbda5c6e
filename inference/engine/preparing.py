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
from inference.engine.placement import AxisMap, whole
from inference.engine.recipe import (
    CenterFit,
    CropForeground,
    Image,
    Intensity,
    Interpolation,
    Orient,
    PadDivisible,
    Permute,
    Resize,
    Respace,
    SplineRespace,
    Step,
)
from inference.engine.resampling import resampled

SAME_GRID_MM = 1e-3
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_SIDES = (("L", "R"), ("P", "A"), ("I", "S"))  # towards smaller, towards larger RAS coordinates

Axes = tuple[AxisMap, AxisMap, AxisMap]


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image on its way to the network.

    Attributes:
        image: (channel, x, y, z); any type until the first step that changes values.
        axes: where its grid lies in the source.
        affine: 4x4, indices (x, y, z) to RAS millimetres, as MONAI and NIfTI count.
    """

    image: NDArray[Any]
    axes: Axes
    affine: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Spatial shape (x, y, z)."""
        x, y, z = self.image.shape[1:]
        return x, y, z

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Of the network's axes."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)


def start(channels: Sequence[NDArray[Any]], geometry: Geometry) -> Prepared:
    """The image before the first step.

    Args:
        channels: voxels (k, j, i) of each input image, all on one grid.
        geometry: that grid; regular and at right angles.
    """
    voxels = channels[0][None] if len(channels) == 1 else np.stack([c.astype(np.float32) for c in channels])
    return Prepared(voxels.transpose(0, 3, 2, 1), whole(geometry.shape), LPS_TO_RAS @ geometry.affine)


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


def _network_order(image: NDArray[Any]) -> Image:
    return np.ascontiguousarray(image, np.float32)


@singledispatch
def _done(step: Step, prepared: Prepared) -> Prepared:
    raise TypeError(f"unknown step {step!r}")


@_done.register
def _orient(step: Orient, prepared: Prepared) -> Prepared:
    order, is_flipped = orientation(prepared.affine, step.axcodes)
    image = prepared.image.transpose(0, *(n + 1 for n in order))
    axes = [prepared.axes[n] for n in order]
    for axis, flip in enumerate(is_flipped):
        if flip:
            image = np.flip(image, axis + 1)
            axes[axis] = axes[axis].flipped()
    change = np.zeros((4, 4))
    change[3, 3] = 1.0
    for new, (old, flip) in enumerate(zip(order, is_flipped, strict=True)):
        change[old, new] = -1.0 if flip else 1.0
        change[old, 3] = prepared.image.shape[old + 1] - 1 if flip else 0.0
    return Prepared(image, (axes[0], axes[1], axes[2]), prepared.affine @ change)


def orientation(affine: NDArray[np.float64], axcodes: str) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Which axis becomes which, and which are turned round, so that axes point to the given sides.

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
    order = [world.index(direction) for direction in wanted]
    flips = []
    for code, axis in zip(axcodes.upper(), order, strict=True):
        points_up = affine[world[axis], axis] > 0
        flips.append(points_up != (code == _SIDES[world[axis]][1]))
    return (order[0], order[1], order[2]), (flips[0], flips[1], flips[2])


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


@_done.register
def _permute(step: Permute, prepared: Prepared) -> Prepared:
    a, b, c = step.order
    axes = (prepared.axes[a], prepared.axes[b], prepared.axes[c])
    return Prepared(prepared.image.transpose(0, a + 1, b + 1, c + 1), axes, prepared.affine[:, [a, b, c, 3]])


@_done.register
def _spline_respace(step: SplineRespace, prepared: Prepared) -> Prepared:
    from inference.engine.splines import spline_resized

    old, new = prepared.spacing_mm, step.spacing_mm
    sizes = [max(round(n * o / w), 1) for n, o, w in zip(prepared.shape, old, new, strict=True)]
    x, y, z = sizes
    image = spline_resized(_network_order(prepared.image), (x, y, z), step.coarse_axis(old, new))
    return _as_resized(prepared, image, (x, y, z))


@_done.register
def _respace(step: Respace, prepared: Prepared) -> Prepared:
    spacing = prepared.spacing_mm
    steps = [new / old if new > 0 else 1.0 for new, old in zip(step.spacing_mm, spacing, strict=True)]
    sizes = [round((n - 1) / s + 1) for n, s in zip(prepared.shape, steps, strict=True)]
    return _resampled(prepared, steps, [0.0, 0.0, 0.0], [max(size, 1) for size in sizes])


def _resampled(prepared: Prepared, steps: Sequence[float], starts: Sequence[float], sizes: Sequence[int]) -> Prepared:
    places = zip(steps, starts, sizes, strict=True)
    image = resampled(
        prepared.image, [step * np.arange(size, dtype=np.float64) + begin for step, begin, size in places]
    )
    axes = [a.resampled(s, b, n) for a, s, b, n in zip(prepared.axes, steps, starts, sizes, strict=True)]
    return Prepared(image, (axes[0], axes[1], axes[2]), prepared.affine @ _index_change(steps, starts))


def _index_change(steps: Sequence[float], starts: Sequence[float]) -> NDArray[np.float64]:
    change = np.diag([*steps, 1.0])
    change[:3, 3] = starts
    return change


@_done.register
def _resize(step: Resize, prepared: Prepared) -> Prepared:
    import torch

    old, new = prepared.shape, tuple(want or size for want, size in zip(step.shape, prepared.shape, strict=True))
    tensor = torch.from_numpy(_network_order(prepared.image))[None]
    aligns = step.aligns_corners if step.interpolation is Interpolation.TRILINEAR else None
    # area and nearest read as torch does it, so that the numbers are those that the model was trained with
    image = torch.nn.functional.interpolate(tensor, new, mode=str(step.interpolation), align_corners=aligns)[0].numpy()
    if step.aligns_corners and step.interpolation is Interpolation.TRILINEAR:
        steps = [(o - 1) / max(n - 1, 1) for o, n in zip(old, new, strict=True)]
        return _placed(prepared, image, steps, [0.0, 0.0, 0.0])
    return _as_resized(prepared, image, new)


def _as_resized(prepared: Prepared, image: Image, new: Sequence[int]) -> Prepared:
    """The image on a grid that covers the same extent, outer edge to outer edge."""
    steps = [o / n for o, n in zip(prepared.shape, new, strict=True)]
    return _placed(prepared, image, steps, [(s - 1) / 2 for s in steps])


def _placed(prepared: Prepared, image: Image, steps: Sequence[float], starts: Sequence[float]) -> Prepared:
    sizes = image.shape[1:]
    axes = [a.resampled(s, b, n) for a, s, b, n in zip(prepared.axes, steps, starts, sizes, strict=True)]
    return Prepared(image, (axes[0], axes[1], axes[2]), prepared.affine @ _index_change(steps, starts))


@_done.register
def _center_fit(step: CenterFit, prepared: Prepared) -> Prepared:
    wanted = [want or size for want, size in zip(step.shape, prepared.shape, strict=True)]
    if not step.is_exact:
        wanted = [max(want, size) for want, size in zip(wanted, prepared.shape, strict=True)]
    starts = [-((w - n) // 2) if w > n else n // 2 - w // 2 for w, n in zip(wanted, prepared.shape, strict=True)]
    return cut(prepared, starts, wanted, step.value)


@_done.register
def _pad_divisible(step: PadDivisible, prepared: Prepared) -> Prepared:
    sizes = [-(-n // d) * d for n, d in zip(prepared.shape, step.divisor, strict=True)]
    starts = [-((w - n) // 2) for w, n in zip(sizes, prepared.shape, strict=True)]
    return cut(prepared, starts, sizes, step.value)


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


def cut(prepared: Prepared, starts: Sequence[int], sizes: Sequence[int], value: float) -> Prepared:
    """A part of the image; what lies outside of it is filled with ``value``."""
    image = prepared.image
    insides, places = [slice(None)], [slice(None)]
    for begin, size, whole_size in zip(starts, sizes, prepared.shape, strict=True):
        low, high = max(begin, 0), min(begin + size, whole_size)
        insides.append(slice(low, high))
        places.append(slice(low - begin, high - begin))
    target = np.full((len(image), *sizes), value, np.float32)
    target[tuple(places)] = image[tuple(insides)]
    axes = [axis.cropped(begin, size) for axis, begin, size in zip(prepared.axes, starts, sizes, strict=True)]
    change = _index_change([1.0, 1.0, 1.0], [float(begin) for begin in starts])
    return Prepared(target, (axes[0], axes[1], axes[2]), prepared.affine @ change)


@_done.register
def _intensity(step: Intensity, prepared: Prepared) -> Prepared:
    image = step.change(_network_order(prepared.image))
    if image.shape[1:] != prepared.shape:
        raise ValueError(f"{step.name} changed the grid from {prepared.shape} to {image.shape[1:]}")
    return replace(prepared, image=image)
