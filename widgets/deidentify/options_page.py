"""The switches: what is kept, each with a sentence on what that means."""

from __future__ import annotations

from dataclasses import fields

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from sync.deidentification.options import Dates, Options
from widgets import theme
from widgets.dialogs.form import combo
from widgets.labels import heading, label

INDENT_PX = 26


class OptionsPage(QWidget):
    """The choice of dates, one switch for each thing that may be kept, and the face."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(heading(_tr("Dates")))
        choices = [
            (Dates.REMOVE, _tr("Remove")),
            (Dates.SHIFT, _tr("Shift, all of a patient by the same days")),
            (Dates.KEEP, _tr("Keep: together with the place they may tell who it is")),
        ]
        self.dates = combo(_tr("Dates"), choices, Dates.REMOVE)
        column.addWidget(self.dates)
        column.addSpacing(10)
        column.addWidget(heading(_tr("Keep")))
        self.switches: dict[str, QCheckBox] = {}
        for name, title, explanation in _switches():
            self.switches[name] = self._add(column, title, explanation)
        column.addSpacing(10)
        column.addWidget(heading(_tr("Face")))
        self.is_defaced = self._add(
            column,
            _tr("Take the face away"),
            _tr("From CT and MR of a head, so that nobody is recognised in 3D. Ears stay. It takes a while."),
        )
        column.addStretch(1)

    def options(self) -> Options:
        """What is chosen."""
        known = {one.name for one in fields(Options)}
        return Options(
            Dates(self.dates.currentData()), **{k: v.isChecked() for k, v in self.switches.items() if k in known}
        )

    def _add(self, column: QVBoxLayout, title: str, explanation: str) -> QCheckBox:
        box = QCheckBox(title)
        said = label(explanation, "small", wraps=True)
        said.setIndent(theme.current().px(INDENT_PX))
        box.setAccessibleDescription(explanation)
        column.addWidget(box)
        column.addWidget(said)
        return box


def _switches() -> list[tuple[str, str, str]]:
    return [
        (
            "retain_patient_characteristics",
            _tr("Sex, age, size, weight"),
            _tr("Ages of 90 and more become 90. With a rare disease they may tell who it is."),
        ),
        ("retain_device", _tr("Devices"), _tr("Names and serial numbers of the scanners, which lead to the hospital.")),
        ("retain_institution", _tr("Institution"), _tr("Its name, address and department.")),
        ("retain_uids", _tr("UIDs"), _tr("Whoever has the originals finds them again by these numbers.")),
        (
            "clean_descriptors",
            _tr("Descriptions, cleaned"),
            _tr("Of study and series descriptions only words of anatomy and technique stay."),
        ),
        (
            "clean_structured_content",
            _tr("Reports, cleaned"),
            _tr("Codes and measured values stay, and of the texts only such words."),
        ),
        (
            "clean_graphics",
            _tr("Drawn annotations"),
            _tr("Lines and arrows stay; their texts go."),
        ),
        (
            "retain_safe_private",
            _tr("Private elements of the safe list"),
            _tr("Measured values of some manufacturers that the standard lists as harmless."),
        ),
    ]


def _tr(text: str) -> str:
    return QCoreApplication.translate("DeidentifyOptions", text)
