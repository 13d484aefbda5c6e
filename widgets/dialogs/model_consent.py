"""A model that waits to be added: what it is, its licence, the code it would run; and whether that is trusted."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from inference.packages.description import ModelDescription
from widgets import theme
from widgets.buttons import OneOf, text_button
from widgets.labels import label
from widgets.model_text import about_text, code_text, licence_text

SIZE_PX = (720, 560)
ADD, TRUST = "add", "trust"


class ModelConsentDialog(QDialog):
    """``chosen`` is ``add``, ``trust``, or empty when the person wants neither.

    Args:
        description: what the model says of itself.
    """

    def __init__(self, description: ModelDescription, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen = ""
        self.setWindowTitle(self.tr("Add a model"))
        self.resize(*(theme.current().px(n) for n in SIZE_PX))
        runs = description.code.runs
        self.pages = OneOf(
            [("about", self.tr("About")), ("licence", self.tr("Licence")), ("code", self.tr("Code"))],
            self.tr("What is shown of the model"),
        )
        self._stack = QStackedWidget()
        texts = (about_text(description), licence_text(description), code_text(description.code))
        names = (self.tr("About"), self.tr("Licence"), self.tr("Code"))
        self._fields = [reading_field(text, name) for text, name in zip(texts, names, strict=True)]
        for field in self._fields:
            self._stack.addWidget(field)
        self.pages.chosen.connect(self.show_page)
        question = self.tr("It brings code of its own. Trust it only if you trust whoever made it.")
        plain = self.tr("It runs no code of its own.")
        self._lay_out(f"{description.name} {description.version}", question if runs else plain, runs=runs)
        self.show_page("code" if runs else "about")
        self._fields[
            self._stack.currentIndex()
        ].setFocus()  # first read, then decide; nothing is trusted by a stray Enter

    def show_page(self, key: str) -> None:
        """Show ``about``, ``licence`` or ``code``."""
        self.pages.choose(key)
        self._stack.setCurrentIndex(["about", "licence", "code"].index(key))

    def _lay_out(self, name: str, question: str, *, runs: bool) -> None:
        self.trust = text_button(self.tr("Trust and add"), lambda: self._choose(TRUST))
        self.add = text_button(
            self.tr("Add without trusting") if runs else self.tr("Add"),
            lambda: self._choose(ADD),
            "" if runs else "primary",
        )
        self.trust.setVisible(runs)
        self.add.setToolTip(self.tr("It is kept, but cannot be run until somebody trusts it.") if runs else "")
        row = QHBoxLayout()
        row.addWidget(text_button(self.tr("Cancel"), self.reject, "quiet"))
        row.addStretch(1)
        row.addWidget(self.add)
        row.addWidget(self.trust)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(name, "title", wraps=True))
        column.addWidget(label(question, "dim", wraps=True))
        column.addWidget(self.pages)
        column.addWidget(self._stack, 1)
        column.addLayout(row)

    def _choose(self, answer: str) -> None:
        self.chosen = answer
        self.accept()


def reading_field(text: str, name: str) -> QPlainTextEdit:
    """Text to be read and copied; ``name`` is for screen readers."""
    made = QPlainTextEdit(text)
    made.setAccessibleName(name)
    made.setReadOnly(True)
    made.setTabChangesFocus(True)
    return made
