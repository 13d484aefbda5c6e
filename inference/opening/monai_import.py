"""MONAI imported without what the engine never uses of it, which takes half of its import: plotting, and ignite.

MONAI expects that either may be missing. ignite runs workflows and trainings; models that bring Python of their own may
build on that, and so does MONAI's own workflow: these get all of it.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.packages.description import CodeUse

PLOTTING, WORKFLOWS = "matplotlib", "ignite"
_USE_WORKFLOWS = (WORKFLOWS, "monai.engines", "monai.handlers")
_left_out: set[str] = set()  # what this process's MONAI was imported without


def import_monai(*, with_workflows: bool) -> None:
    """Import it, once more where it was imported with less than is needed now.

    Args:
        with_workflows: evaluators, handlers and what else stands on ignite.
    """
    if "monai" in sys.modules:
        if not (with_workflows and WORKFLOWS in _left_out):
            return
        for name in [name for name in sys.modules if name.split(".")[0] == "monai"]:
            del sys.modules[name]
    hidden = [PLOTTING] if with_workflows else [PLOTTING, WORKFLOWS]
    hidden = [name for name in hidden if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # an ImportError
    try:
        importlib.import_module("monai.bundle.config_parser")
    finally:
        for name in hidden:
            del sys.modules[name]  # a model that asks for it by name gets it
    _left_out.clear()
    _left_out.update(hidden)


def needs_workflows(code: CodeUse) -> bool:
    """Whether a model may build on ignite: it names it, or it brings modules of its own."""
    return bool(code.files) or any(
        f"{name}.".startswith(f"{used}.") for name in code.imports for used in _USE_WORKFLOWS
    )
