"""MONAI bundles: their own configuration says how the image is prepared and which network it is.

Of the configuration only the network, the preparation, the inferer and the post-processing are made, by MONAI's own
parser; loading, saving, evaluators and handlers are not. That runs Python out of the bundle (``$...``, ``scripts``).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError
from inference.engine.recipe import Head, HeadKind, Recipe, Step, Windows
from inference.opening import prompts_deepedit, prompts_vista3d
from inference.opening.bundle_head import head_and_notes
from inference.opening.bundle_parser import BundleParser
from inference.opening.by_slices import by_slices, slice_axis
from inference.opening.flips import mirror_axes
from inference.opening.kept_network import kept_network
from inference.opening.monai_import import import_monai, needs_all
from inference.opening.monai_inferer import windows_of
from inference.opening.monai_steps import steps_of
from inference.opening.opened import Opened, TorchNetworks
from inference.opening.scripted import scripted_module
from inference.opening.weights import load_into
from inference.packages.bundle_files import open_bundle
from inference.packages.description import Head as StatedHead
from inference.packages.description import ModelDescription, Task
from inference.prompts import NO_PROMPTS, Prompts

if TYPE_CHECKING:
    import torch

NETWORKS = ("network_def", "network", "net")
PREPARATIONS = ("preprocessing", "pre_transforms", "preproc")
POSTPROCESSINGS = ("postprocessing", "post_transforms", "postproc")
DETECTORS = "Boxes are read of TorchScript and ONNX files with a side file (head: boxes)."
STOCK = "MONAI's own workflow may know it: --stock, or “Run with MONAI's own workflow…” in the model's menu."
SCRIPTED = (".ts", ".torchscript")


def open_folder(folder: Path, description: ModelDescription, prompts: Prompts = NO_PROMPTS) -> Opened:
    """Recipe and network of a bundle.

    Raises:
        UserError: a part of it is not there, or is of a kind that is not known here.
    """
    if description.task is Task.DETECTION:
        raise UserError(f"“{description.name}” finds boxes by a detector of its own.", DETECTORS)
    bundle = open_bundle(folder)
    import_monai(with_all=needs_all(description.code))
    parser = BundleParser(folder, bundle.config)
    if "label" in description.prompts:
        return _chosen_from_many(folder, parser, description, prompts)
    try:
        steps, said = _steps(parser, description, prompts)
        windows, head, notes = _after(parser, description)
    except UserError as error:
        if description.prompts:  # its own workflow takes none
            raise
        raise UserError(error.message, f"{error.hint} {STOCK}".strip()) from error
    recipe = Recipe(steps, windows, head, description.labels, (*parser.notes, *notes, *said))
    network = _network(folder, bundle.torchscript, description, parser)
    return Opened(recipe, network, mirror_axes(steps, description.labels))


def _steps(
    parser: BundleParser, description: ModelDescription, prompts: Prompts
) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """The preparation, and what is to be said of it."""
    transforms = parser.transforms(PREPARATIONS)
    if "clicks" not in description.prompts:
        return steps_of(transforms), ()
    labels = prompts_deepedit.label_names(transforms, parser.part(("label_names",)))
    known = prompts_deepedit.converters(transforms, prompts, labels)
    return steps_of(transforms, known), () if prompts.clicks else (prompts_deepedit.AUTOMATIC,)


def _chosen_from_many(folder: Path, parser: BundleParser, description: ModelDescription, prompts: Prompts) -> Opened:
    """VISTA3D."""
    pointed = prompts_vista3d.pointed_at(parser, prompts, description.labels)
    numbers = prompts_vista3d.wanted_labels(parser, prompts, description.labels)
    transforms = parser.transforms(PREPARATIONS)
    steps = steps_of(transforms, {prompts_vista3d.PREPARES: lambda transform: []})
    labels = prompts_vista3d.named(numbers, pointed, description.labels)
    windows = prompts_vista3d.windows(parser)
    recipe = Recipe(steps, windows, prompts_vista3d.head(numbers), labels, tuple(parser.notes))
    module = _module(folder, description, parser)
    around = prompts_vista3d.around_clicks(pointed, module, transforms, windows.roi, is_all=not numbers)
    networks = TorchNetworks((prompts_vista3d.asked(module, numbers),))
    return Opened(recipe, networks, mirror_axes(steps, labels), around)


def _after(parser: BundleParser, description: ModelDescription) -> tuple[Windows | None, Head, tuple[str, ...]]:
    if description.head is StatedHead.SCORES:
        return None, Head(HeadKind.SCORES), ()
    head, notes = head_and_notes(parser.transforms(POSTPROCESSINGS), description.head)
    return windows_of(parser.part(("inferer",))), replace(head, has_background=description.has_background), notes


def _network(
    folder: Path, torchscript: Path | None, description: ModelDescription, parser: BundleParser
) -> TorchNetworks:
    needed = [folder / file.path for file in description.weights if file.is_needed]
    scripted = torchscript or next((path for path in needed if path.suffix in SCRIPTED), None)
    if scripted is not None:
        return TorchNetworks((scripted_module(scripted),), is_scripted=True)
    module = _module(folder, description, parser)
    axis = slice_axis(parser.part(("inferer",)))
    return TorchNetworks((module if axis is None else by_slices(module, axis),))


def _module(folder: Path, description: ModelDescription, parser: BundleParser) -> torch.nn.Module:
    """The network that the configuration describes, with its weights; they are the first of those that it needs."""
    needed = [folder / file.path for file in description.weights if file.is_needed]
    if not needed:
        raise UserError(f"“{description.name}” does not say which weights it needs.")

    def made() -> torch.nn.Module:
        module: Any = parser.part(NETWORKS)
        if not hasattr(module, "load_state_dict"):
            raise UserError(f"“{description.name}” describes no network.")
        load_into(module, needed[0])
        network: torch.nn.Module = module.eval()
        return network

    return kept_network(needed[0], parser.config, made)
