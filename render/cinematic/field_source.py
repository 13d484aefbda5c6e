"""From an image to the field that is drawn: 16 bits over the range of its values, reduced where it is too large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.regular_grid import to_regular_grid
from imaging.volume import Volume
from render.cinematic.scene import Field
from render.cinematic.slabs import IsWanted, always, in_slabs, slab_thickness

FULL = 65535
LARGE = 1e30  # a range with which single precision may overflow
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of red, green and blue (ITU-R BT.709)

Factors = tuple[int, int, int]  # along k, j, i
Slab = NDArray[Any]
ReadSlab = Callable[[int, int], Slab]


def make_field(
    volume: Volume, most_voxels: int, most_per_axis: int = 16384, is_wanted: IsWanted = always
) -> Field | None:
    """The field of an image.

    Unevenly spaced slices are put on a regular grid first; sheared ones stay as they are. Blocks of voxels are united
    to their mean when there are too many; the last block of an axis may hold fewer. Colours become their luma. Padding
    and what is no number get the lowest value of the rest. Voxels that still arrive are no harm: those beyond the range
    found so far take its ends.

    Args:
        volume: (k, j, i) voxels of any numeric type, or (k, j, i, 3).
        most_voxels: of the field.
        most_per_axis: what a texture can hold.
        is_wanted: asked every few milliseconds, on several threads.

    Returns:
        None when it was called off.
    """
    volume = _regular(volume)
    geometry = volume.geometry
    factors = reduction_factors(geometry.shape, geometry.spacing_mm, most_voxels, most_per_axis)
    read = _reader(volume)
    found = _value_range(read, geometry.shape, volume.outside_value, is_wanted)
    if found is None:
        return None
    low, high = found
    k, j, i = (-(-n // f) for n, f in zip(geometry.shape, factors, strict=True))
    values = np.empty((k, j, i), np.uint16)

    def fill(first: int, last: int) -> None:
        united = _block_means(_cleaned(read(first, last), low, high, volume.outside_value), factors)
        values[first // factors[0] : first // factors[0] + len(united)] = _encoded(united, low, high)

    if not in_slabs(fill, 0, geometry.shape[0], slab_thickness(geometry.shape, factors[0]), is_wanted):
        return None
    affine = _block_affine(geometry.affine, factors)
    x, y, z = np.linalg.norm(affine[:3, :3], axis=0).tolist()
    return Field(values, low, high, np.asarray(np.linalg.inv(affine), np.float64), (x, y, z), max(factors))


def reduction_factors(
    shape: tuple[int, int, int], spacing_mm: tuple[float, float, float], most_voxels: int, most_per_axis: int
) -> Factors:
    """How many voxels to unite along k, j and i; axes with short steps are united first.

    Args:
        shape: (k, j, i).
        spacing_mm: along (i, j, k).
        most_voxels, most_per_axis: what the result may have.
    """
    factors = [1, 1, 1]
    while True:
        sizes = [-(-n // f) for n, f in zip(shape, factors, strict=True)]
        too_long = [axis for axis in range(3) if sizes[axis] > most_per_axis]
        if not too_long and (sizes[0] * sizes[1] * sizes[2] <= most_voxels or max(sizes) == 1):
            return factors[0], factors[1], factors[2]
        steps = [
            spacing * factor if size > 1 else np.inf
            for spacing, factor, size in zip(spacing_mm[::-1], factors, sizes, strict=True)
        ]
        factors[too_long[0] if too_long else int(np.argmin(steps))] += 1


def _regular(volume: Volume) -> Volume:
    geometry = volume.geometry
    if geometry.slice_origins_mm is None:
        return volume
    if geometry.shape[0] > 1:
        return to_regular_grid(volume)
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.slice_origins_mm[0]
    return replace(volume, geometry=Geometry(geometry.shape, affine, geometry.frame_of_reference_uid))


def _reader(volume: Volume) -> ReadSlab:
    """Slabs as numbers that numpy is quick with, whatever the type and the order in memory."""
    voxels = volume.voxels
    if voxels.ndim == 4:
        return lambda first, last: voxels[first:last].astype(np.float32) @ LUMA
    kind = voxels.dtype.newbyteorder("=")
    if kind == np.float16:
        kind = np.dtype(np.float32)
    elif kind == np.bool_:
        kind = np.dtype(np.uint8)
    return lambda first, last: np.ascontiguousarray(voxels[first:last], kind)


def _value_range(
    read: ReadSlab, shape: tuple[int, int, int], outside: float | None, is_wanted: IsWanted
) -> tuple[float, float] | None:
    """Lowest and highest number apart from the padding; None when called off."""
    found: list[tuple[float, float]] = []

    def look(first: int, last: int) -> None:
        slab = read(first, last)
        low, high = slab.min(), slab.max()
        if not (np.isfinite(low) and np.isfinite(high)):
            slab = slab[np.isfinite(slab)]
        if outside is not None and outside in (low, high):
            slab = slab[slab != outside]
        if slab.size:
            found.append((float(slab.min()), float(slab.max())))

    if not in_slabs(look, 0, shape[0], slab_thickness(shape), is_wanted):
        return None
    low = min((pair[0] for pair in found), default=0.0)
    high = max((pair[1] for pair in found), default=0.0)
    return low, high if high > low else low + 1.0


def _cleaned(slab: Slab, low: float, high: float, outside: float | None) -> Slab:
    """A slab of fresh floats within the range."""
    is_small = slab.dtype.itemsize <= 2 or (slab.dtype == np.float32 and high - low < LARGE)
    work = slab.astype(np.float32 if is_small else np.float64)
    if slab.dtype.kind == "f":
        np.copyto(work, low, where=np.isnan(slab))
    if outside is not None:
        np.copyto(work, low, where=slab == outside)
    np.clip(work, low, high, out=work)
    return np.asarray(work)


def _block_means(work: Slab, factors: Sequence[int]) -> Slab:
    for axis, factor in enumerate(factors):
        if factor > 1:
            work = _united(work, axis, factor)
    return work


def _united(work: Slab, axis: int, factor: int) -> Slab:
    """Means of ``factor`` neighbours along an axis; the last mean may be of fewer."""
    work = np.moveaxis(work, axis, 0)
    whole = len(work) // factor
    means = np.empty((-(-len(work) // factor), *work.shape[1:]), work.dtype)
    if whole:
        means[:whole] = work[: whole * factor : factor]
        for n in range(1, factor):
            means[:whole] += work[n : whole * factor : factor]
        means[:whole] /= factor
    if whole < len(means):
        means[whole] = work[whole * factor :].mean(axis=0)
    return np.moveaxis(means, 0, axis)


def _encoded(work: Slab, low: float, high: float) -> NDArray[np.uint16]:
    work -= low
    work *= FULL / (high - low)
    work += 0.5
    np.clip(work, 0, FULL, out=work)  # rounding may lead a little beyond
    return work.astype(np.uint16)


def _block_affine(affine: NDArray[np.float64], factors: Factors) -> NDArray[np.float64]:
    """Of the blocks' middles: the first lies half a block, less half a voxel, from the first voxel's middle."""
    result = affine.copy()
    for axis, factor in enumerate(reversed(factors)):
        result[:3, axis] *= factor
        result[:3, 3] += affine[:3, axis] * (factor - 1) / 2
    return result
