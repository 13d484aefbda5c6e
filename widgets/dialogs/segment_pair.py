"""Which two segments are to be compared."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from widgets import theme
from widgets.buttons import text_button
from widgets.labels import label

WIDTH_PX = 420
FIELD_PX = 260


class SegmentPairDialog(QDialog):
    """Two lists of the case's segments; ``chosen`` is None unless it was accepted.

    Args:
        segments: number and name of each, at least two.
        proposed: numbers that are shown first, None for any.
    """

    def __init__(
        self,
        segments: Sequence[tuple[int, str]],
        proposed: tuple[int | None, int | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.chosen: tuple[int, int] | None = None
        self.setWindowTitle(self.tr("Compare two segments"))
        self.setFixedWidth(theme.current().px(WIDTH_PX))
        self.first = self._field(self.tr("A, the reference"), segments, proposed[0], 0)
        another = next(n for n, (number, _) in enumerate(segments) if number != self.first.currentData())
        self.second = self._field(self.tr("B"), segments, proposed[1], another)
        self.go_on = text_button(self.tr("Compare"), self._accept, "primary")
        self.go_on.setDefault(True)
        self.cancel = text_button(self.tr("Cancel"), self.reject, "quiet")
        self._lay_out()
        for field in (self.first, self.second):
            field.currentIndexChanged.connect(self._say)
        self._say()

    def _field(self, name: str, segments: Sequence[tuple[int, str]], number: int | None, otherwise: int) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setFixedWidth(theme.current().px(FIELD_PX))
        for one, text in segments:
            combo.addItem(text, one)
        place = combo.findData(number)
        combo.setCurrentIndex(place if place >= 0 else otherwise)
        return combo

    def _lay_out(self) -> None:
        rows = QGridLayout()
        rows.setHorizontalSpacing(16)
        rows.setVerticalSpacing(10)
        for place, field in enumerate((self.first, self.second)):
            rows.addWidget(label(field.accessibleName()), place, 0)
            rows.addWidget(field, place, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.go_on)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(16)
        column.addWidget(label(self.tr("Compare two segments"), "strong"))
        column.addLayout(rows)
        column.addLayout(buttons)

    def _say(self) -> None:
        self.go_on.setEnabled(self.first.currentData() != self.second.currentData())

    def _accept(self) -> None:
        self.chosen = (self.first.currentData(), self.second.currentData())
        self.accept()
