"""A segment's colour: one of the palette that colour-blind eyes tell apart, or any other."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import (
    QColorDialog,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from imaging.palette import PALETTE
from imaging.segment import Color
from widgets import icons, theme
from widgets.buttons import text_button
from widgets.labels import label

COLUMNS = 5
SWATCH_PX = 26


class ColorDialog(QDialog):
    """A click on a colour is the answer.

    Args:
        name: whose colour, shown as the title.
        present: the colour it has.
    """

    def __init__(self, name: str, present: Color, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Colour"))
        self.chosen: Color | None = None
        self._present = present
        self.swatches: dict[Color, QToolButton] = {}
        self.field = QLineEdit(QColor(*present).name())
        self.field.setAccessibleName(self.tr("Colour as #rrggbb"))
        self.field.returnPressed.connect(self._typed)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(label(self.tr("Colour of {0}").format(name), "strong"))
        column.addLayout(self._grid())
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(text_button(self.tr("Use"), self._typed))
        column.addLayout(row)
        column.addWidget(text_button(self.tr("Any other colour…"), self._any))

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(6)
        side = theme.current().px(SWATCH_PX)
        for place, color in enumerate(PALETTE):
            button = self.swatches[color] = QToolButton()
            button.setProperty("role", "swatch")
            button.setIcon(QIcon(icons.swatch(color, QSize(side, side), radius=6)))
            button.setIconSize(QSize(side, side))
            button.setCheckable(True)
            button.setChecked(color == self._present)
            button.setAccessibleName(QColor(*color).name())
            button.setToolTip(QColor(*color).name())
            button.clicked.connect(partial(self._choose, color))
            grid.addWidget(button, place // COLUMNS, place % COLUMNS)
        return grid

    def _choose(self, color: Color, _checked: bool = False) -> None:
        self.chosen = color
        self.accept()

    def _typed(self) -> None:
        color = QColor.fromString(self.field.text().strip())
        if color.isValid():
            self._choose((color.red(), color.green(), color.blue()))
        else:
            self.field.selectAll()
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _any(self) -> None:
        color = QColorDialog.getColor(QColor(*self._present), self, self.windowTitle())
        if color.isValid():
            self._choose((color.red(), color.green(), color.blue()))
