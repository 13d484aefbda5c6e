"""Which module opens which format."""

from __future__ import annotations

import importlib

from imaging.errors import UserError
from inference.opening.opened import Opened
from inference.packages.description import ModelFormat
from inference.packages.package import Package

_MODULES = {
    ModelFormat.MONAI_BUNDLE: "inference.opening.bundle",
    ModelFormat.CLARA_MMAR: "inference.opening.mmar",
    ModelFormat.NNUNET: "inference.opening.nnunet",
    ModelFormat.TORCHSCRIPT: "inference.opening.side_file",
    ModelFormat.ONNX: "inference.opening.side_file",
    ModelFormat.LAYER_LIST: "inference.opening.layer_list",
}


def open_package(package: Package) -> Opened:
    """Recipe and network of a package; foreign code runs here where the format has any.

    Raises:
        UserError: it cannot be opened.
    """
    if package.description.problem:
        raise UserError(package.description.problem, package.description.hint)
    opened: Opened = importlib.import_module(_MODULES[package.description.format]).open_folder(
        package.content, package.description
    )
    return opened
