"""Reads a network given as a list of convolutions with weights beside it, as brainchop hands its MeshNets on.

``model.json`` holds ``layers`` (channels, kernel, padding, stride, dilation of each), ``header``, ``bnorm``,
``dropout_p`` and ``bias``. The weights are in the safetensors format whatever the file's ending; label names stand in a
``colormap*.json``, of which there may be several: the one with as many labels as the last layer has channels is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.model import ModelLabel
from inference.packages.code_listing import not_run_notes, pickles_only
from inference.packages.config_files import list_of, read_config, text_of
from inference.packages.description import Head, InputChannel, ModelDescription, ModelFormat, Task, WeightsFile
from inference.packages.licences import licence_text
from inference.packages.naming import is_background
from inference.packages.weights_files import SUFFIXES, WeightsKind, kind_of, safetensors_shapes

NAME = "model.json"
LOOKED_FOR = "model.json with layers, and weights in the safetensors format (a list of layers)"
MAX_LAYERS = 500
MAX_CHANNELS = 4096
_NUMBERS = ("in_channels", "out_channels", "kernel_size", "padding", "stride", "dilation")


@dataclass(frozen=True)
class ConvLayer:
    """One 3D convolution, the same along all axes."""

    in_channels: int
    out_channels: int
    kernel_size: int
    padding: int
    stride: int
    dilation: int


@dataclass(frozen=True)
class LayerList:
    """The network.

    Attributes:
        layers: in their order; after each but the last come batch normalisation (if so), the activation and dropout.
        has_batch_norm, dropout, has_bias: of all layers but the last, which always has a bias where it has the tensor.
        weights: the safetensors file.
        tensors: names and shapes of its tensors, in the order in which their numbers stand.
        labels: without the background.
        header: the network's own title.
    """

    layers: tuple[ConvLayer, ...]
    has_batch_norm: bool
    dropout: float
    has_bias: bool
    weights: Path
    tensors: dict[str, tuple[int, ...]]
    labels: tuple[ModelLabel, ...]
    header: str


def is_here(folder: Path) -> bool:
    """True when the folder's model.json is such a list, or TensorFlow.js's description of one."""
    if not (folder / NAME).is_file():
        return False
    try:
        table = read_config(folder / NAME)
    except UserError:
        return True  # broken: read() says how
    return isinstance(table.get("layers"), list) or "modelTopology" in table


def open_layer_list(folder: Path) -> LayerList:
    """Read the network's description.

    Raises:
        UserError: it is none or broken, or there are no weights that fit it.
    """
    table = read_config(folder / NAME)
    if "modelTopology" in table:
        raise UserError(
            f"“{folder.name}” is a TensorFlow.js model, which is not supported.",
            "Brainchop's models exist as a list of layers with weights in the safetensors format, too.",
        )
    layers = tuple(_layer(entry) for entry in list_of(table.get("layers"))[:MAX_LAYERS])
    if not layers:
        raise UserError(f"The file {NAME} of “{folder.name}” has no layers.")
    weights, tensors = _weights(folder, layers)
    return LayerList(
        layers=layers,
        has_batch_norm=table.get("bnorm") is True,
        dropout=float(table["dropout_p"]) if isinstance(table.get("dropout_p"), (int, float)) else 0.0,
        has_bias=table.get("bias") is not False,
        weights=weights,
        tensors=tensors,
        labels=_labels(folder, layers[-1].out_channels),
        header=text_of(table.get("header")),
    )


def read(folder: Path) -> ModelDescription:
    """What the folder says of itself.

    Raises:
        UserError: see ``open_layer_list``.
    """
    network = open_layer_list(folder)
    first = network.layers[0].in_channels
    names = ["image"] if first == 1 else [f"image {number + 1}" for number in range(first)]
    return ModelDescription(
        format=ModelFormat.LAYER_LIST,
        name=network.header.split(" - ")[0] or folder.name,
        version="0",
        task=Task.SEGMENTATION,
        about=network.header,
        channels=tuple(InputChannel(name, "MR") for name in names),
        labels=network.labels,
        licence=licence_text(folder),
        spacing_mm=(1.0, 1.0, 1.0),
        weights=(WeightsFile(network.weights.name, True),),
        code=pickles_only(folder),
        notes=("It is taken for a network on brain MR at 1 mm, as brainchop's are.", *not_run_notes(folder)),
        head=Head.SOFTMAX,
    )


def _layer(entry: Any) -> ConvLayer:
    table = entry if isinstance(entry, dict) else {}
    values = [table.get(name) for name in _NUMBERS]
    sizes = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    lows = (1, 1, 1, 0, 1, 1)
    if len(sizes) != len(_NUMBERS) or any(not low <= n <= MAX_CHANNELS for n, low in zip(sizes, lows, strict=True)):
        raise UserError(f"A layer in {NAME} does not have the numbers {', '.join(_NUMBERS)}.")
    return ConvLayer(*sizes)


def _weights(folder: Path, layers: tuple[ConvLayer, ...]) -> tuple[Path, dict[str, tuple[int, ...]]]:
    """The file in the safetensors format whose convolutions have the layers' shapes."""
    wanted = [(layer.out_channels, layer.in_channels) + (layer.kernel_size,) * 3 for layer in layers]
    seen = []
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        if kind_of(path) is WeightsKind.SAFETENSORS:
            tensors = safetensors_shapes(path)
            if [shape for shape in tensors.values() if len(shape) == 5] == wanted:
                return path, tensors
            seen.append(path.name)
    if seen:
        raise UserError(f"The weights in {', '.join(seen)} do not fit the layers in {NAME}.")
    raise UserError(f"“{folder.name}” has no weights in the safetensors format beside {NAME}.")


def _labels(folder: Path, count: int) -> tuple[ModelLabel, ...]:
    for path in sorted(folder.glob("colormap*.json")):
        names = list_of(read_config(path).get("labels"))
        if len(names) == count:
            table = [text_of(name, f"Label {number}") for number, name in enumerate(names)]
            return tuple(ModelLabel(n, name) for n, name in enumerate(table) if n > 0 and not is_background(name))
    return tuple(ModelLabel(n, f"Label {n}") for n in range(1, count))
