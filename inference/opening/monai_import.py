"""MONAI imported without what the engine never uses of it, most of its import: plotting, ignite, signal processing.

MONAI expects that each may be missing. ignite runs workflows and trainings; models that bring Python of their own may
build on that, and so does MONAI's own workflow: these get all of it. SciPy's signals, a second by themselves, serve two
transforms; models that name one of them get all of it, too.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.packages.description import CodeUse

PLOTTING, WORKFLOWS, SIGNALS = "matplotlib", "ignite", "scipy.signal"
_USE_THEM = (WORKFLOWS, SIGNALS, "monai.engines", "monai.handlers")
_SIGNAL_TRANSFORMS = ("UltrasoundConfidenceMap", "SignalRemoveFrequency")  # and their forms for dictionaries
_left_out: set[str] = set()  # what this process's MONAI was imported without


def import_monai(*, with_all: bool) -> None:
    """Import it, once more where it was imported with less than is needed now.

    Args:
        with_all: evaluators, handlers and what else stands on ignite, and transforms of signals.
    """
    if "monai" in sys.modules:
        if not (with_all and _left_out & {WORKFLOWS, SIGNALS}):
            return
        for name in [name for name in sys.modules if name.split(".")[0] == "monai"]:
            del sys.modules[name]
    hidden = [PLOTTING] if with_all else [PLOTTING, WORKFLOWS, SIGNALS]
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


def needs_all(code: CodeUse) -> bool:
    """Whether a model may need what is left out: it names it, or it brings modules of its own."""
    named = (*code.targets, *code.expressions)
    return (
        bool(code.files)
        or any(f"{name}.".startswith(f"{used}.") for name in code.imports for used in _USE_THEM)
        or any(transform in text for text in named for transform in _SIGNAL_TRANSFORMS)
    )
