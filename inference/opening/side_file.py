"""Bare networks, TorchScript or ONNX, with a side file that says the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from imaging.errors import UserError
from inference.engine.recipe import (
    Head,
    HeadKind,
    Image,
    Intensity,
    Orient,
    PadDivisible,
    Recipe,
    Respace,
    Step,
    Windows,
)
from inference.opening.flips import mirror_axes
from inference.opening.opened import Networks, OnnxNetwork, Opened, TorchNetworks
from inference.opening.scripted import scripted_module
from inference.packages.bare_network import network_file
from inference.packages.description import Head as StatedHead
from inference.packages.description import ModelDescription, ModelFormat
from inference.packages.side_file import NAME, IntensityStep, SideFile, read_side_file

_KINDS = {
    StatedHead.SOFTMAX: HeadKind.EXCLUSIVE,
    StatedHead.SIGMOID: HeadKind.INDEPENDENT,
    StatedHead.LABELS: HeadKind.DECIDED,
    StatedHead.SCORES: HeadKind.SCORES,
    StatedHead.BOXES: HeadKind.BOXES,
}
Numbers = dict[str, float]


def open_folder(folder: Path, description: ModelDescription) -> Opened:
    """The network and what its side file says of it.

    Raises:
        UserError: the network cannot be read, or the side file asks for what makes no sense.
    """
    side = read_side_file(folder / NAME)
    steps = _steps(side)
    recipe = Recipe(steps, _windows(side), _head(side), description.labels)
    return Opened(recipe, _networks(folder, side, description), mirror_axes(steps, description.labels))


def _networks(folder: Path, side: SideFile, description: ModelDescription) -> Networks:
    path = network_file(folder, side)
    if description.format is ModelFormat.ONNX:
        return OnnxNetwork(path)
    return TorchNetworks((scripted_module(path),), is_scripted=True)


def _steps(side: SideFile) -> tuple[Step, ...]:
    steps: list[Step] = [Orient(side.orientation)]
    if side.spacing_mm is not None:
        steps.append(Respace(side.spacing_mm))
    steps += [Intensity(step.name, _change(step)) for step in side.intensity]
    if side.window.roi is None and side.window.multiple_of > 1:
        steps.append(PadDivisible((side.window.multiple_of,) * 3))
    return tuple(steps)


def _windows(side: SideFile) -> Windows | None:
    if side.window.roi is None:
        return None
    if side.head in (StatedHead.LABELS, StatedHead.SCORES, StatedHead.BOXES):
        raise UserError(f"A network with the head “{side.head}” takes the image whole: its windows cannot be averaged.")
    return Windows(side.window.roi, (side.window.overlap,) * 3, is_gaussian=True)


def _head(side: SideFile) -> Head:
    """Channels in the order of the labels, after the background where there is one."""
    kind = _KINDS[side.head]
    values = tuple(label.label_value for label in side.labels)
    if kind is HeadKind.EXCLUSIVE:
        values = (0, *values) if side.has_background else values
    return Head(kind, values if kind in (HeadKind.EXCLUSIVE, HeadKind.INDEPENDENT) else (), side.threshold)


def _change(step: IntensityStep) -> Callable[[Image], Image]:
    function, numbers = _CHANGES[step.name], step.numbers

    def each_channel(image: Image) -> Image:
        return np.stack([function(channel, numbers) for channel in image]).astype(np.float32, copy=False)

    return each_channel


def _clip(image: Image, n: Numbers) -> Image:
    clipped: Image = np.clip(image, n["low"], n["high"])
    return clipped


def _scale(image: Image, n: Numbers) -> Image:
    return _between(image, (n["from_low"], n["from_high"]), n)


def _scale_range(image: Image, n: Numbers) -> Image:
    return _between(image, (float(image.min()), float(image.max())), n)


def _scale_percentiles(image: Image, n: Numbers) -> Image:
    low, high = np.percentile(image, [n["low_percent"], n["high_percent"]])
    return _between(np.clip(image, low, high), (float(low), float(high)), n)


def _between(image: Image, source: tuple[float, float], n: Numbers) -> Image:
    low, high = source
    if low == high:
        raise UserError("The image is empty: its values do not differ where the model looks.")
    scaled: Image = (image - np.float32(low)) * np.float32((n["to_high"] - n["to_low"]) / (high - low)) + np.float32(
        n["to_low"]
    )
    return scaled


def _subtract_divide(image: Image, n: Numbers) -> Image:
    changed: Image = (image - np.float32(n["subtract"])) / np.float32(n["divide"])
    return changed


def _normalize(image: Image, n: Numbers) -> Image:
    """Mean 0, standard deviation 1; with ``nonzero`` only of voxels that are not 0, the others stay 0."""
    chosen = image != 0 if n["nonzero"] else np.ones(image.shape, bool)
    if not chosen.any():
        return image
    values = image[chosen].astype(np.float64)
    deviation = values.std() or 1.0
    changed = image.copy()
    changed[chosen] = (values - values.mean()) / deviation
    return changed


_CHANGES: dict[str, Callable[[Image, Numbers], Image]] = {
    "clip": _clip,
    "scale": _scale,
    "scale_range": _scale_range,
    "scale_percentiles": _scale_percentiles,
    "subtract_divide": _subtract_divide,
    "normalize": _normalize,
}
