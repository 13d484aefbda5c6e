"""Which module opens which format."""

from __future__ import annotations

import importlib

from imaging.errors import UserError
from inference.opening.opened import Opened
from inference.packages.description import ModelFormat
from inference.packages.package import Package
from inference.prompts import NO_PROMPTS, Prompts

_MODULES = {
    ModelFormat.MONAI_BUNDLE: "inference.opening.bundle",
    ModelFormat.CLARA_MMAR: "inference.opening.mmar",
    ModelFormat.NNUNET: "inference.opening.nnunet",
    ModelFormat.TORCHSCRIPT: "inference.opening.side_file",
    ModelFormat.ONNX: "inference.opening.side_file",
    ModelFormat.LAYER_LIST: "inference.opening.layer_list",
}
_TAKE_PROMPTS = (ModelFormat.MONAI_BUNDLE, ModelFormat.CLARA_MMAR)


def open_package(package: Package, prompts: Prompts = NO_PROMPTS) -> Opened:
    """Recipe and network of a package; foreign code runs here where the format has any.

    Args:
        package: the model.
        prompts: what it is given beside the image.

    Raises:
        UserError: it cannot be opened, or it does not take such prompts.
    """
    _must_take(package, prompts)
    if package.description.problem:
        raise UserError(package.description.problem, package.description.hint)
    module = importlib.import_module(_MODULES[package.description.format])
    further = (prompts,) if package.description.format in _TAKE_PROMPTS else ()
    opened: Opened = module.open_folder(package.content, package.description, *further)
    return opened


def _must_take(package: Package, prompts: Prompts) -> None:
    """Refuse clicks and labels where they would be ignored."""
    name, taken = package.description.name, package.description.prompts
    for word, is_given, what in (
        ("clicks", prompts.clicked_names, "clicks"),
        ("label", prompts.labels or prompts.only_around_clicks, "labels to choose from"),
        ("new", prompts.new, "structures that it was not taught"),
    ):
        if is_given and word not in taken:
            raise UserError(f"{name} takes no {what}.", f"It takes: {', '.join(taken) or 'the image alone'}.")
