"""What small dialogs share: a title, rows of names and fields, and two buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from widgets import theme
from widgets.buttons import text_button
from widgets.labels import label

ROOM_PX = 40  # beside a dialog on a small screen


class Form(QDialog):
    """A dialog of rows; closing it answers nothing.

    Args:
        title: also of the window.
        go_on: text of the button that accepts.
        width_px: before the person's text size.
    """

    def __init__(self, title: str, go_on: str, width_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setFixedWidth(min(theme.current().px(width_px), self.screen().availableGeometry().width() - ROOM_PX))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(24, 20, 24, 20)
        self.column.setSpacing(14)
        self.column.addWidget(label(title, "strong", wraps=True))
        self.rows = QGridLayout()
        self.rows.setHorizontalSpacing(16)
        self.rows.setVerticalSpacing(10)
        self.rows.setColumnStretch(1, 1)
        self.go_on: QPushButton = text_button(go_on, self.accept, "primary")
        self.go_on.setDefault(True)
        self.cancel = text_button(self.tr("Cancel"), self.reject, "quiet")

    def add_row(self, name: str, field: QWidget) -> None:
        """One more name with its field."""
        place = self.rows.rowCount()
        self.rows.addWidget(label(name), place, 0)
        self.rows.addWidget(field, place, 1)

    def add_buttons(self) -> None:
        """The last row."""
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.go_on)
        self.column.addLayout(row)


def combo(name: str, options: Sequence[tuple[object, str]], chosen: object) -> QComboBox:
    """A list of (value, text); a value that is not among them chooses the first."""
    made = QComboBox()
    made.setAccessibleName(name)
    for value, text in options:
        made.addItem(text, value)
    made.setCurrentIndex(max(next((n for n, (value, _) in enumerate(options) if value == chosen), 0), 0))
    return made
