"""How a model is to be run: where it computes, and what it gives beside the labels."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QCheckBox, QWidget

from widgets.dialogs.form import Form, combo
from widgets.dialogs.probability_wish import INDENT_PX, ProbabilityWish
from widgets.labels import label

WIDTH_PX = 460
AUTO = "auto"


class RunOptionsDialog(Form):
    """Wishes for one run.

    Args:
        name: of the model.
        options: parameters of its last run with options.
        is_for_many: for runs of a batch, which do not begin now.
        structures: names of those that the model can find.
    """

    def __init__(
        self,
        name: str,
        options: Mapping[str, Any],
        parent: QWidget | None = None,
        *,
        is_for_many: bool = False,
        structures: Sequence[str] = (),
    ) -> None:
        super().__init__(_title(name), "", WIDTH_PX, parent)
        self.go_on.setText(self.tr("Use these") if is_for_many else self.tr("Run"))
        auto = (AUTO, self.tr("Automatic: the best there is"))
        card = ("mps", self.tr("Graphics (mps)")) if sys.platform == "darwin" else ("cuda:0", self.tr("Graphics card"))
        self.device = combo(self.tr("Device"), [auto, ("cpu", self.tr("Processor")), card], options.get("device", AUTO))
        self.precision = combo(
            self.tr("Precision"),
            [
                (AUTO, self.tr("Automatic: the fastest that agrees")),
                ("fp32", self.tr("32 bit (fp32)")),
                ("bf16", self.tr("16 bit (bf16)")),
                ("fp16", self.tr("16 bit (fp16)")),
            ],
            options.get("precision", AUTO),
        )
        self.backend = combo(
            self.tr("Backend"),
            [
                (AUTO, self.tr("Automatic: the fastest here")),
                ("torch", "PyTorch"),
                ("onnxruntime", "ONNX Runtime"),
                ("openvino", "OpenVINO"),
            ],
            options.get("backend", AUTO),
        )
        self.mirror = self._check(
            self.tr("Average over flipped images"), self.tr("Steadier, and several times slower."), "mirror", options
        )
        self.doubt = self._check(
            self.tr("Map of doubt"), self.tr("Shows how unsure the model is at each place."), "doubt", options
        )
        self.probability = ProbabilityWish(structures, options.get("probability"))
        self.insist = self._check(
            self.tr("Insist on backend and precision"),
            self.tr("Use them even where plain fp32 gives other labels."),
            "insist",
            options,
        )
        for field in (self.device, self.precision, self.backend):
            self.add_row(field.accessibleName(), field)
        self.column.addLayout(self.rows)
        for check in (self.mirror, self.doubt, self.insist):
            self.column.addWidget(check)
            note = label(check.toolTip(), "small", wraps=True)
            note.setContentsMargins(INDENT_PX, 0, 0, 0)
            self.column.addWidget(note)
            if check is self.doubt:
                self.column.addWidget(self.probability)
        self.column.setSpacing(6)
        self.column.insertSpacing(1, 6)
        self.column.insertSpacing(3, 6)
        self.column.addSpacing(8)
        self.add_buttons()

    def options(self) -> dict[str, Any]:
        """Parameters of the run; what is left to the engine is not among them."""
        chosen: dict[str, Any] = {
            name: field.currentData()
            for name, field in (("device", self.device), ("precision", self.precision), ("backend", self.backend))
            if field.currentData() != AUTO
        }
        checks = (("mirror", self.mirror), ("doubt", self.doubt), ("insist", self.insist))
        chosen |= {name: True for name, check in checks if check.isChecked()}
        return chosen | ({"probability": wished} if (wished := self.probability.value()) else {})

    def _check(self, text: str, tip: str, name: str, options: Mapping[str, Any]) -> QCheckBox:
        made = QCheckBox(text)
        made.setToolTip(tip)
        made.setChecked(options.get(name) is True)
        return made


def _title(name: str) -> str:
    return QCoreApplication.translate("RunOptionsDialog", "Run {0}").format(name)


def option_words(options: Mapping[str, Any]) -> str:
    """Such as ``Processor, fp32, flips averaged``; empty where all is left to the engine."""
    devices = {"cpu": _tr("Processor"), "cuda:0": _tr("Graphics card"), "mps": _tr("Graphics (mps)")}
    checks = {
        "mirror": _tr("flips averaged"),
        "doubt": _tr("map of doubt"),
        "probability": _tr("map of probability"),
        "insist": _tr("insisted on"),
    }
    device = str(options.get("device", ""))
    words = [devices.get(device, device), *(str(options.get(name, "")) for name in ("precision", "backend"))]
    return ", ".join(word for word in (*words, *(text for name, text in checks.items() if options.get(name))) if word)


def _tr(text: str) -> str:
    return QCoreApplication.translate("RunOptionsDialog", text)
