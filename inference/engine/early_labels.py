"""Labels of an unfinished run, brought to the image's grid for somebody who wants to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Box
from inference.early_result import MOST_LAYERS, EarlyResult
from inference.engine.deciding import merged_layers
from inference.engine.placement import AxisMap
from inference.engine.way_back import to_source
from inference.model import ModelLabel
from inference.result import FoundLabel, label_counts

HELD_AT_ONCE = 4  # copies of the labels: here, on their way, in the window, and what the window still shows


def early_result(
    planes: Sequence[NDArray[Any]],
    axes: Sequence[AxisMap],
    shape_kji: tuple[int, int, int],
    region: Box | None,
    names: Mapping[int, ModelLabel],
    *,
    is_coarse: bool,
) -> EarlyResult:
    """What is there so far.

    Args:
        planes: of a ``Decision``, (x, y, z) on the network's grid.
        axes: where that lies.
        shape_kji: of the image.
        region: what of the image was asked for; None for all.
        names: of label values; those without get their number.
        is_coarse: see ``EarlyResult``.

    Raises:
        MemoryError: it would not leave enough for others.
    """
    layers = merged_layers(list(planes))[:MOST_LAYERS]
    _must_fit(sum(layer.itemsize for layer in layers) * int(np.prod(shape_kji, dtype=np.int64)))
    labels = tuple(
        _label(number, int(value), names)
        for number, layer in enumerate(layers)
        for value in np.flatnonzero(label_counts(layer))
        if value
    )
    return EarlyResult(tuple(_brought(layer, axes, shape_kji, region) for layer in layers), labels, is_coarse)


def _brought(
    layer: NDArray[Any], axes: Sequence[AxisMap], shape_kji: tuple[int, int, int], region: Box | None
) -> NDArray[Any]:
    brought = to_source(layer, axes, shape_kji)
    if region is None:
        return brought
    inside = np.zeros_like(brought)
    place = region.clipped(shape_kji).slices
    inside[place] = brought[place]
    return inside


def _label(layer: int, value: int, names: Mapping[int, ModelLabel]) -> FoundLabel:
    named = names.get(value, ModelLabel(value, f"Label {value}"))
    return FoundLabel(layer, value, named.name, named.term_name, 0)


def _must_fit(size: int) -> None:
    import psutil

    if size * HELD_AT_ONCE > psutil.virtual_memory().available // 2:
        raise MemoryError("no room for an early result")
