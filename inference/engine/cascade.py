"""Two networks one after the other: what the first found on a coarse grid tells the second where to look.

As nnU-Net v2 does it for its cascades (its DefaultPreprocessor and convert_labelmap_to_one_hot): the first stage's
labels, on the image's grid, are cropped and resampled like the image, and each label is a further channel of the
second stage's input. Labels are resampled by the largest of their linearly read shares, as batchgenerators 0.25.4 and
later do (resize_segmentation); where two are alike, the nearest voxel's label is taken, or the lower value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.engine.placement import AxisMap
from inference.engine.preparing import Prepared
from inference.engine.recipe import Shape, SplineRespace, Step

FIRST_SHARE = 0.3  # of the progress
OUTSIDE = -1  # nnU-Net's label for background outside of what is not 0
Watch = Callable[[float, str], None]
Labels = NDArray[np.int16]


def share_of_progress(watch: Watch, low: float, high: float, prefix: str = "") -> Watch:
    """A stage's own progress as a part of the whole."""
    return lambda fraction, message: watch(low + (high - low) * fraction, prefix + message)


def with_first_stage(
    prepared: Prepared,
    found: NDArray[Any],
    channels: Sequence[NDArray[Any]],
    values: Sequence[int],
    steps: Sequence[Step],
) -> Prepared:
    """The second stage's input: the image, and 1 where the first stage found each label.

    Args:
        prepared: the image on the second stage's grid, all of what was cropped.
        found: labels of the first stage (k, j, i), on the image's grid.
        channels: the images (k, j, i).
        values: label values, one for each further channel.
        steps: that made ``prepared``.
    """
    labels = _cropped(_marked(found, channels), prepared.axes)
    respace = next((step for step in steps if isinstance(step, SplineRespace)), None)
    coarse = None if respace is None else _coarse_axis(respace, prepared, labels.shape)
    resized = resized_labels(labels, prepared.shape, coarse)
    further = np.stack([resized == value for value in values]).astype(np.float32)
    return replace(prepared, image=np.concatenate([prepared.image, further]))


def resized_labels(labels: Labels, shape: Shape, coarse_axis: int | None) -> Labels:
    """Labels on another number of voxels over the same extent, edge to edge.

    Args:
        labels: (x, y, z).
        shape: the new one.
        coarse_axis: along it the nearest plane is taken; None to treat all axes alike.
    """
    if labels.shape == shape:
        return labels
    if coarse_axis is None:
        return _resized(labels, shape)
    plane = tuple(n for axis, n in enumerate(shape) if axis != coarse_axis)
    planes = np.stack([_resized(one, plane) for one in np.moveaxis(labels, coarse_axis, 0)])
    old, new = len(planes), shape[coarse_axis]
    places = (np.arange(new) + 0.5) * old / new - 0.5
    nearest = np.clip(np.floor(places + 0.5).astype(int), 0, old - 1)
    return np.moveaxis(planes[nearest], 0, coarse_axis)


def _resized(labels: Labels, shape: tuple[int, ...]) -> Labels:
    if labels.shape == shape:
        return labels
    nearest = _zoomed(labels.astype(np.float64), shape, 0).astype(np.int16)
    winner: Labels = np.zeros(shape, np.int16)
    best = np.full(shape, -np.inf)
    for value in np.unique(labels):
        share = _zoomed((labels == value).astype(np.float64), shape, 1)
        is_better = (share > best) | ((share == best) & (nearest == value))
        winner[is_better] = value
        np.maximum(best, share, out=best)
    return winner


def _zoomed(values: NDArray[np.float64], shape: tuple[int, ...], order: int) -> NDArray[np.float64]:
    from scipy import ndimage

    factors = [new / old for new, old in zip(shape, values.shape, strict=True)]
    zoom: Any = ndimage.zoom
    return np.asarray(zoom(values, factors, order=order, mode="nearest", grid_mode=True))


def _marked(found: NDArray[Any], channels: Sequence[NDArray[Any]]) -> Labels:
    """Background where every image is 0, holes filled, counts as a label of its own, apart from other background."""
    from scipy import ndimage

    inside = np.zeros(found.shape, bool)
    for channel in channels:
        inside |= channel != 0
    labels = found.astype(np.int16)
    labels[(labels == 0) & ~ndimage.binary_fill_holes(inside)] = OUTSIDE
    return labels


def _cropped(labels: Labels, axes: Sequence[AxisMap]) -> Labels:
    """The part of the image that a grid covers, in the grid's order and direction of axes (x, y, z)."""
    turned = labels.transpose(2, 1, 0).transpose([axis.source_axis for axis in axes])
    parts = []
    for axis in axes:
        first, last = sorted(axis.scale * end + axis.offset for end in (-0.5, axis.size - 0.5))
        low, high = round(first + 0.5), round(last + 0.5)
        part = slice(low, high)
        parts.append(part if axis.scale > 0 else slice(high - 1, low - 1 if low else None, -1))
    return turned[tuple(parts)]


def _coarse_axis(respace: SplineRespace, prepared: Prepared, shape: tuple[int, ...]) -> int | None:
    """The axis that was resampled by nearest planes, judged by the spacings before and after."""
    grid = prepared.grid.spacing_mm
    old = [new * size / before for new, size, before in zip(grid, prepared.shape, shape, strict=True)]
    x, y, z = (want if want > 0 else own for want, own in zip(respace.spacing_mm, old, strict=True))
    return respace.coarse_axis((old[0], old[1], old[2]), (x, y, z))
