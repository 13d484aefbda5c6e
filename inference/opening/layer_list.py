"""brainchop's MeshNets: a list of convolutions, and weights beside it.

The preparation is not in the files. It is what brainchop does before it runs them (its "conform" step, and what its
models were trained on): 1 mm voxels, axes LIA, 256 x 256 x 256 around the image's middle, and intensities between the
2nd and the 98th percentile of the whole block scaled to 0-1. Measured on the two heads that come with the trained
network: 503 ml white and 751 ml grey matter on both; without the percentiles 518 and 735.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imaging.errors import UserError
from inference.engine.recipe import CenterFit, Head, Image, Intensity, Orient, Recipe, Respace
from inference.opening.opened import Opened, TorchNetworks
from inference.opening.weights import load_into
from inference.packages.description import ModelDescription
from inference.packages.layer_list import LayerList, open_layer_list

if TYPE_CHECKING:
    import torch

SIDE = 256
PERCENTILES = (2.0, 98.0)


def open_folder(folder: Path, description: ModelDescription) -> Opened:
    """The network and brainchop's preparation.

    Raises:
        UserError: the list of layers makes no network, or the weights are not its own.
    """
    listed = open_layer_list(folder)
    network = _network(listed)
    load_into(network, listed.weights)
    steps = (
        Orient("LIA"),
        Respace((1.0, 1.0, 1.0)),
        CenterFit((SIDE, SIDE, SIDE)),
        Intensity("scale percentiles 2-98 to 0-1", _scaled),
    )
    return Opened(Recipe(steps, None, Head(), description.labels), TorchNetworks((network,)))


def _scaled(image: Image) -> Image:
    low, high = np.percentile(image, PERCENTILES)
    if high <= low:
        raise UserError("The image is empty: nearly all of its voxels have the same value.")
    scaled: Image = np.clip((image - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return scaled


def _network(listed: LayerList) -> torch.nn.Module:
    """Convolutions with ReLU between them; its weights are named ``model.0.weight`` and so on, as in the files."""
    import torch

    layers: list[torch.nn.Module] = []
    last = len(listed.layers) - 1
    for number, layer in enumerate(listed.layers):
        is_last = number == last
        layers.append(
            torch.nn.Conv3d(
                layer.in_channels,
                layer.out_channels,
                layer.kernel_size,
                padding=layer.padding,
                stride=layer.stride,
                dilation=layer.dilation,
                bias=listed.has_bias or is_last,
            )
        )
        if is_last:
            break
        if listed.has_batch_norm:
            layers.append(torch.nn.BatchNorm3d(layer.out_channels))
        layers.append(torch.nn.ReLU(inplace=True))
        if listed.dropout:
            layers.append(torch.nn.Dropout3d(listed.dropout))
    network = torch.nn.Sequential()
    network.add_module("model", torch.nn.Sequential(*layers))
    return network.eval()
