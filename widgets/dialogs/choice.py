"""Questions: one of several ways, or yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from widgets import theme
from widgets.buttons import text_button
from widgets.labels import label

WIDTH_PX = 460


class ChoiceDialog(QDialog):
    """A question with one button for each answer; closing it answers nothing.

    Args:
        options: (key, text); the first is what one most likely wants.
    """

    def __init__(
        self, title: str, question: str, options: Sequence[tuple[str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.chosen: str | None = None
        self.setFixedWidth(theme.current().px(WIDTH_PX))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(title, "strong", wraps=True))
        column.addWidget(label(question, wraps=True))
        column.addSpacing(8)
        for place, (key, text) in enumerate(options):
            button = text_button(text, partial(self._choose, key), "primary" if place == 0 else "")
            button.setDefault(place == 0)
            column.addWidget(button)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(text_button(self.tr("Cancel"), self.reject, "quiet"))
        column.addLayout(row)

    def _choose(self, key: str) -> None:
        self.chosen = key
        self.accept()


def ask_choice(parent: QWidget, title: str, question: str, options: Sequence[tuple[str, str]]) -> str | None:
    """Ask, and wait for the answer; None when the person cancels."""
    dialog = ChoiceDialog(title, question, options, parent)
    dialog.exec()
    return dialog.chosen
