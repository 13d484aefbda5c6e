"""MONAI bundles: their own configuration says how the image is prepared and which network it is.

Of the configuration only the network, the preparation, the inferer and the post-processing are made, by MONAI's own
parser; loading, saving, evaluators and handlers are not. That runs Python out of the bundle (``$...``, ``scripts``).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.engine.recipe import Head, HeadKind, Recipe, Windows
from inference.opening.bundle_head import head_and_notes
from inference.opening.bundle_parser import BundleParser
from inference.opening.by_slices import by_slices, slice_axis
from inference.opening.flips import mirror_axes
from inference.opening.monai_inferer import windows_of
from inference.opening.monai_steps import steps_of
from inference.opening.opened import Opened, TorchNetworks
from inference.opening.scripted import scripted_module
from inference.opening.weights import load_into
from inference.packages.bundle_files import open_bundle
from inference.packages.description import Head as StatedHead
from inference.packages.description import ModelDescription

NETWORKS = ("network_def", "network", "net")
PREPARATIONS = ("preprocessing", "pre_transforms", "preproc")
POSTPROCESSINGS = ("postprocessing", "post_transforms", "postproc")
SCRIPTED = (".ts", ".torchscript")


def open_folder(folder: Path, description: ModelDescription) -> Opened:
    """Recipe and network of a bundle.

    Raises:
        UserError: a part of it is not there, or is of a kind that is not known here.
    """
    bundle = open_bundle(folder)
    parser = BundleParser(folder, bundle.config)
    steps = steps_of(parser.transforms(PREPARATIONS))
    windows, head, notes = _after(parser, description)
    recipe = Recipe(steps, windows, head, description.labels, (*parser.notes, *notes))
    network = _network(folder, bundle.torchscript, description, parser)
    return Opened(recipe, network, mirror_axes(steps, description.labels))


def _after(parser: BundleParser, description: ModelDescription) -> tuple[Windows | None, Head, tuple[str, ...]]:
    if description.head is StatedHead.SCORES:
        return None, Head(HeadKind.SCORES), ()
    head, notes = head_and_notes(parser.transforms(POSTPROCESSINGS), description.head)
    return windows_of(parser.part(("inferer",))), replace(head, has_background=description.has_background), notes


def _network(
    folder: Path, torchscript: Path | None, description: ModelDescription, parser: BundleParser
) -> TorchNetworks:
    needed = [folder / file.path for file in description.weights if file.is_needed]
    if not needed:
        raise UserError(f"“{description.name}” does not say which weights it needs.")
    scripted = torchscript or next((path for path in needed if path.suffix in SCRIPTED), None)
    if scripted is not None:
        return TorchNetworks((scripted_module(scripted),), is_scripted=True)
    module: Any = parser.part(NETWORKS)
    if not hasattr(module, "load_state_dict"):
        raise UserError(f"“{description.name}” describes no network.")
    load_into(module, needed[0])
    axis = slice_axis(parser.part(("inferer",)))
    return TorchNetworks((module.eval() if axis is None else by_slices(module.eval(), axis),))
