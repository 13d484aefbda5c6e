"""A model that is ready to be run, whatever its format was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inference.engine.around_clicks import AroundClicks
from inference.engine.recipe import Recipe

if TYPE_CHECKING:
    import torch

    from inference.backends.forms import NetworkForms


@dataclass(frozen=True, eq=False)
class TorchNetworks:
    """Networks in torch, in evaluation mode on the CPU; several are averaged (folds of a cross-validation).

    Attributes:
        modules: the networks.
        is_scripted: TorchScript; its precision and layout are better left alone.
        forms: the same in other libraries' form; None to make it in each run.
    """

    modules: tuple[torch.nn.Module, ...]
    is_scripted: bool = False
    forms: NetworkForms | None = None


@dataclass(frozen=True)
class OnnxNetwork:
    """A network in an ONNX file."""

    path: Path


Networks = TorchNetworks | OnnxNetwork


@dataclass(frozen=True, eq=False)
class Opened:
    """Recipe and network.

    Attributes:
        recipe: what to do with the image.
        networks: what to do it with.
        mirror_axes: axes (0-2 of the network's grid) along which the model was trained with flips, for averaging over
            flips; empty when it must not be flipped (left and right are different labels) or nobody says.
        around_clicks: what is computed around clicks, beside or instead of the rest.
        previous: the first stage of a cascade, whose labels are further channels of this one, one for each label.
    """

    recipe: Recipe
    networks: Networks
    mirror_axes: tuple[int, ...] = ()
    around_clicks: AroundClicks | None = None
    previous: Opened | None = None
