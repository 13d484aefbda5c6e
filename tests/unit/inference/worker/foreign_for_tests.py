"""Loads a foreign model for the tests, as an engine does: the folder goes on the path, and its code is imported."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.model import ModelLabel, ModelResult


class ForeignModel:
    """Runs ``act(voxels, report, cancelled)`` of the package; what that returns goes into the record."""

    id = "anything"
    name = "Anything"
    version = "0"
    labels = (ModelLabel(1, "Bright"),)

    def __init__(self, package: Path) -> None:
        sys.path.insert(0, str(package))
        self._act: Callable[..., Any] = importlib.import_module("scripts.behaviour").act

    def check(self, geometry: Geometry, quantity: Quantity, modality: str) -> None:
        """Any image will do."""

    def run(
        self,
        voxels: NDArray[Any],
        geometry: Geometry,
        parameters: Mapping[str, Any],
        report: Callable[[float, str], None],
        cancelled: Callable[[], bool],
    ) -> ModelResult:
        """Misbehave, then segment."""
        outcome = self._act(voxels, report, cancelled)
        bright = voxels > 100
        return ModelResult((bright.astype(np.uint8),), {1: bool(bright.any())}, record={"outcome": outcome})
