"""A model whose parameter ``do`` says how it behaves; the worker imports this file."""

from __future__ import annotations

import faulthandler
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.early_result import EarlyResult, ShowEarly
from inference.model import FoundBox, ModelImage, ModelLabel, ModelResult, RunCancelled, Score
from inference.result import FoundLabel

BRIGHT, VERY_BRIGHT, NEVER = 1, 2, 3
Report = Callable[[float, str], None]


class PretendModel:
    """Finds what is brighter than 100 and, on a layer of its own, what is brighter than 500."""

    id = "pretend"
    name = "Pretend"
    version = "3.1"
    labels = (
        ModelLabel(BRIGHT, "Bright", "skeleton"),
        ModelLabel(VERY_BRIGHT, "Very bright", ""),
        ModelLabel(NEVER, "Never there", ""),
    )
    early: ShowEarly | None = None
    until = ""  # it goes on when there is such a file

    def check(self, geometry: Geometry, quantity: Quantity, modality: str) -> None:
        if modality != "CT":
            raise UserError("Pretend needs a CT image.", "Open another series.")

    def run(
        self,
        voxels: NDArray[Any],
        geometry: Geometry,
        parameters: Mapping[str, Any],
        report: Report,
        cancelled: Callable[[], bool],
    ) -> ModelResult:
        behaviour = getattr(self, parameters.get("do", "segment"))
        self.until = parameters.get("until", "")
        return behaviour(voxels, report, cancelled)

    def segment(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        report(0.0, "first")
        report(0.5, "second")
        layers = (np.where(voxels > 100, BRIGHT, 0), np.where(voxels > 500, VERY_BRIGHT, 0))
        return ModelResult(
            tuple(layer.astype(np.uint8) for layer in layers),
            {BRIGHT: bool((voxels > 100).any()), VERY_BRIGHT: bool((voxels > 500).any()), NEVER: False},
            {"first": 0.25},
            {"threshold": np.float32(100)},
            ("Never there: not found",),
        )

    def slow(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        for step in range(1200):
            if cancelled():
                raise RunCancelled
            report(step / 1200, "slow")
            time.sleep(0.05)
        return self.segment(voxels, report, cancelled)

    def early_first(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        self.show(np.where(voxels > 0, BRIGHT, 0).astype(np.uint8))
        return self.waiting(voxels, report, cancelled)

    def early_then_bug(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        self.early_first(voxels, report, cancelled)
        return self.with_bug(voxels, report, cancelled)

    def early_flood(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        for _ in range(300):
            self.show(np.zeros(voxels.shape, np.uint8))
        return self.segment(voxels, report, cancelled)

    def early_small(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        self.show(np.zeros((2, 2, 2), np.uint8))
        return self.waiting(voxels, report, cancelled)

    def early_floats(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        self.show(np.zeros(voxels.shape, np.float32))
        return self.waiting(voxels, report, cancelled)

    def show(self, layer: NDArray[Any]) -> None:
        if self.early is not None:
            self.early(EarlyResult((layer,), (FoundLabel(0, BRIGHT, "Bright", "skeleton", 0),), is_coarse=True))

    def waiting(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        while self.until and not Path(self.until).exists():
            if cancelled():
                raise RunCancelled
            report(0.4, "waiting")
            time.sleep(0.02)
        return self.segment(voxels, report, cancelled)

    def deaf(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        report(0.1, "deaf")
        time.sleep(60)
        return self.segment(voxels, report, cancelled)

    def chatty(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        for step in range(100_000):
            report(step / 100_000, "chatty")
        logging.getLogger("pretend").warning("a sentence for the log")
        print("a sentence for nobody")
        return self.segment(voxels, report, cancelled)

    def writing(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        voxels[0, 0, 0] = 7
        return self.segment(voxels, report, cancelled)

    def with_bug(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        raise ZeroDivisionError("text that may name a patient")

    def refusing(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        raise UserError("The image is upside down.", "Turn it.")

    def greedy(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((np.zeros(1 << 55, np.uint8),), {})

    def crashing(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        faulthandler._sigsegv()  # type: ignore[attr-defined]
        raise AssertionError

    def leaving(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        os._exit(3)

    def hungry(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        pieces = [np.ones(30_000, np.uint8) for _ in range(10_000)]  # 300 MB, each piece too small for its own mapping
        report(0.5, f"{len(pieces)} pieces")
        return self.segment(voxels, report, cancelled)

    def rich(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        layer = np.zeros(voxels.shape, np.uint16)
        layer[0] = BRIGHT
        corners = tuple((float(n & 1), float(n >> 1 & 1), float(n >> 2)) for n in range(8))
        return ModelResult(
            (layer,),
            {BRIGHT: True},
            maps={"uncertainty": np.full(voxels.shape, 7, np.uint8), "dose": (voxels > 0).astype(np.uint8)},
            scores=(Score("Pneumonia", np.float32(0.25)), Score("None", 0.75)),  # type: ignore[arg-type]
            boxes=(FoundBox("Nodule", 0.5, corners),),
            record={"backend": "pretend", "seconds": [np.float64(1.5)], 3: None},
        )

    def only_scores(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((), {}, scores=(Score("Pneumonia", 1.0),))

    def map_of_floats(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((), {}, maps={"uncertainty": np.zeros(voxels.shape, np.float32)})

    def map_of_labels(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((), {}, maps={"uncertainty": np.zeros(voxels.shape, np.uint16)})

    def score_of_two(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((), {}, scores=(Score("Pneumonia", 2.0),))

    def flat_box(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((), {}, boxes=(FoundBox("Nodule", 0.5, ((0.0, 0.0, 0.0),) * 4),))

    def record_of_nan(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((), {}, record={"loss": float("nan")})

    def record_of_objects(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((), {}, record={"model": self})

    def wrong_shape(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((np.zeros((2, 2, 2), np.uint8),), {})

    def wrong_type(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((np.zeros(voxels.shape, np.float32),), {})

    def unknown_label(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((np.full(voxels.shape, 9, np.uint8),), {})

    def on_two_layers(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        layer = np.ones(voxels.shape, np.uint8)
        return ModelResult((layer, layer), {BRIGHT: True})

    def found_without_voxels(self, voxels: NDArray[Any], report: Report, cancelled: Callable[[], bool]) -> ModelResult:
        return ModelResult((np.zeros(voxels.shape, np.uint8),), {BRIGHT: True})


class SeveralImages(PretendModel):
    """Finds where its last image is brighter than its first."""

    id = "several"

    def run_images(
        self,
        images: Sequence[ModelImage],
        parameters: Mapping[str, Any],
        report: Report,
        cancelled: Callable[[], bool],
    ) -> ModelResult:
        brighter = images[-1].voxels > images[0].voxels
        described = [[image.modality, image.quantity.value, list(image.geometry.spacing_mm)] for image in images]
        layer = np.where(brighter, BRIGHT, 0).astype(np.uint8)
        return ModelResult((layer,), {BRIGHT: bool(brighter.any())}, record={"images": described})
