"""What narrows the list of studies: a search field, kinds, time, part of the body, with or without a case."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from imaging.workspace.listing import Filter
from widgets.date_span import DateSpan

TYPING_MS = 150


class FilterBar(QWidget):
    """One line above the list. ``changed`` comes a moment after the last key."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text = QLineEdit()
        self.text.setPlaceholderText(self.tr("Name, ID, description, accession number, date, file"))
        self.text.setAccessibleName(self.tr("Search studies"))
        self.text.setClearButtonEnabled(True)
        self.kind = _choice(self.tr("Kind of image"))
        self.part = _choice(self.tr("Part of the body"))
        self.span = DateSpan()
        self.case = _choice(self.tr("Work on the study"))
        for key, name in (
            ("", self.tr("With or without a case")),
            ("yes", self.tr("With a case")),
            ("no", self.tr("Without")),
        ):
            self.case.addItem(name, key)
        self.offer((), ())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.text, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TYPING_MS)
        self._timer.timeout.connect(self.changed)
        self.text.textChanged.connect(lambda _text: self._timer.start())
        for choice in (self.kind, self.part, self.span, self.case):
            row.addWidget(choice)
            choice.activated.connect(lambda _place: self.changed.emit())

    def offer(self, kinds: tuple[str, ...], parts: tuple[str, ...]) -> None:
        """Offer the kinds and parts that occur; what is chosen stays chosen."""
        _offer(self.kind, self.tr("All kinds"), kinds)
        _offer(self.part, self.tr("All parts"), parts)

    def filter(self) -> Filter:
        """What is wanted."""
        kind, case = self.kind.currentData(), self.case.currentData()
        return Filter(
            self.text.text().strip(),
            frozenset({kind}) if kind else frozenset(),
            self.span.since(),
            "",
            self.part.currentData() or "",
            None if not case else case == "yes",
        )


def _choice(name: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return made


def _offer(choice: QComboBox, every: str, values: tuple[str, ...]) -> None:
    known = [choice.itemData(n) for n in range(1, choice.count())]
    if choice.count() and known == list(values):
        return
    chosen = choice.currentData()
    choice.clear()
    choice.addItem(every, "")
    for value in values:
        choice.addItem(value, value)
    choice.setCurrentIndex(max(0, choice.findData(chosen)))
