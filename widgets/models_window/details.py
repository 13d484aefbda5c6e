"""One model in full, and what can be done with it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from session.model_listing import ListedModel
from widgets.action_bridge import ActionBridge
from widgets.buttons import OneOf, text_button
from widgets.dialogs.model_consent import reading_field
from widgets.labels import label, set_state
from widgets.model_text import about_text, code_text, licence_text, store_text
from widgets.sentences import translated

PAGES = ("about", "licence", "code", "store")


class ModelDetails(QWidget):
    """The right half of the window of the models."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._model: ListedModel | None = None
        self.name = label("", "strong", wraps=True)
        self.problem = label("", "small", wraps=True)
        names = (self.tr("About"), self.tr("Licence"), self.tr("Code"), self.tr("In the store"))
        pages = list(zip(PAGES, names, strict=True))
        self.pages = OneOf(pages, self.tr("What is shown of the model"))
        self.texts: dict[str, QPlainTextEdit] = {key: reading_field("", name) for key, name in pages}
        self._stack = QStackedWidget()
        for text in self.texts.values():
            self._stack.addWidget(text)
        self.trust = self._button(self.tr("Trust the code"), "models.trust")
        self.trust.setToolTip(self.tr("Read the page “Code” first. The code then runs in a process of its own."))
        self.fetch = self._button(self.tr("Fetch weights"), "models.fetch")
        self.test = self._button(self.tr("Test"), "models.test")
        self.test.setToolTip(self.tr("Compare its files with what was added, and run it on a small made-up image"))
        self.remove = self._button(self.tr("Remove…"), "models.remove")
        self.pages.chosen.connect(self.show_page)
        self._lay_out()
        self.show_page("about")
        self.set_model(None)

    def show_page(self, key: str) -> None:
        """Show ``about``, ``licence``, ``code`` or ``store``."""
        self.pages.choose(key)
        self._stack.setCurrentIndex(PAGES.index(key))

    def set_model(self, model: ListedModel | None) -> None:
        """Show another model, or none."""
        self._model = model
        stored = model.stored if model is not None else None
        description = stored.description if stored is not None else None
        self.name.setText(f"{model.info.name} {model.info.version}" if model is not None else self.tr("No model"))
        problem = " ".join(translated(t) for t in (model.info.problem, self._hint(model)) if t) if model else ""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        set_state(self.problem, "severity", "warning" if problem else "")
        texts = {
            "about": about_text(description) if description is not None else self._built_in_text(model),
            "licence": licence_text(description) if description is not None else "",
            "code": code_text(description.code) if description is not None else "",
            "store": store_text(stored) if stored is not None else "",
        }
        for key, text in texts.items():
            self.texts[key].setPlainText(text)
            self.pages.button(key).setEnabled(bool(text))
        if not texts[PAGES[self._stack.currentIndex()]]:
            self.show_page("about")
        is_own = stored is not None and not stored.is_system
        self.trust.setVisible(is_own and stored is not None and not stored.is_trusted)
        self.fetch.setVisible(is_own and description is not None and bool(description.missing_weights))
        self.test.setEnabled(model is not None and not model.info.problem)
        self.remove.setEnabled(is_own)
        read_only = self.tr("It belongs to a store that is only read here; ask whoever looks after it.")
        self.remove.setToolTip(read_only if stored is not None and stored.is_system else "")

    def _hint(self, model: ListedModel) -> str:
        """The store's hints name commands; the buttons are here."""
        stored = model.stored
        if stored is None:
            return model.info.hint
        if stored.description is not None and stored.description.missing_weights:
            return ""
        return "" if not stored.is_trusted else model.info.hint

    def _built_in_text(self, model: ListedModel | None) -> str:
        if model is None:
            return ""
        if model.stored is not None:
            return translated(model.stored.problem)
        found = self.tr("Finds: {0}").format(", ".join(model.info.structures))
        return f"{model.info.about}\n\n{found}"

    def _button(self, text: str, action_id: str) -> QPushButton:
        def run() -> None:
            if self._model is not None:
                self._bridge.run(action_id, model=self._model.info.id)

        return text_button(text, run)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.trust, self.fetch, self.test):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 0, 0, 0)
        column.setSpacing(8)
        for part in (self.name, self.problem, self.pages):
            column.addWidget(part)
        column.addWidget(self._stack, 1)
        column.addLayout(row)
