"""A model that shows a coarse result and then waits for a file; the worker imports this."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.early_result import EarlyResult, ShowEarly
from inference.model import ModelLabel, ModelResult, RunCancelled
from inference.result import FoundLabel

GO = "LIMNER_TEST_GO"  # the environment names the file; what it holds is ``fail`` or nothing


class EarlyModel:
    """First the left half is liver, in the end the right one."""

    id, name, version = "early", "Early", "1"
    labels = (ModelLabel(1, "thing"),)
    early: ShowEarly | None = None

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
        """Show, wait, find."""
        half = voxels.shape[2] // 2
        layer = np.zeros(voxels.shape, np.uint8)
        layer[:, :, :half] = 1
        if self.early is not None:
            self.early(EarlyResult((layer,), (FoundLabel(0, 1, "thing", "", 0),), is_coarse=True))
        go = Path(os.environ[GO])
        while not go.exists():
            if cancelled():
                raise RunCancelled
            report(0.37, "A coarse result first, window 3 of 8")
            time.sleep(0.02)
        if go.read_text() == "fail":
            raise ZeroDivisionError
        return ModelResult((1 - layer,), {1: True})
