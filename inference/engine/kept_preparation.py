"""The image as it was prepared for the last click: the next click is on the same image, and comes soon."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from inference.engine.preparing import Prepared, prepare, start
from inference.engine.recipe import Clicks, CropAround, SliceAt, Step

_kept: dict[str, Prepared] = {}  # one at most


def prepared_for_clicks(
    model: str,
    channels: Sequence[NDArray[Any]],
    geometry: Geometry,
    steps: Sequence[Step],
    watch: Callable[[str], None],
) -> Prepared:
    """``prepare``, with the steps before the first that looks at clicks done once for each image.

    Args:
        model: which one, in which version: the same text means the same steps. Empty: nothing is kept.
        channels: voxels (k, j, i) of each input image.
        geometry: of all of them.
        steps: all of the model's.
        watch: called before each step that is done.
    """
    if not model:
        return prepare(start(channels, geometry), steps, watch)
    first = next((n for n, step in enumerate(steps) if isinstance(step, Clicks | CropAround | SliceAt)), len(steps))
    key = _key(model, channels, geometry)
    if key not in _kept:
        _kept.clear()  # its memory first
        _kept[key] = prepare(start(channels, geometry), steps[:first], watch)
    return prepare(_kept[key], steps[first:], watch)


def _key(model: str, channels: Sequence[NDArray[Any]], geometry: Geometry) -> str:
    digest = hashlib.sha256(f"{model}|{geometry.shape}|{geometry.affine.tolist()}".encode())
    for channel in channels:
        digest.update(channel.dtype.str.encode())
        digest.update(np.ascontiguousarray(channel).data.cast("B"))
    return digest.hexdigest()
