"""Which of a study's objects are to be imported, and what an imported report says."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from imaging.objects.report_read import ReportedGroup
from session.object_kinds import LookedAt, ObjectKind
from widgets import theme
from widgets.buttons import text_button
from widgets.labels import label
from widgets.runs.rows import Column, RowsModel, RowsTable
from widgets.study_window.columns import day, described

OBJECTS_PX, REPORT_PX, TEXT_PX = (620, 380), (620, 420), (620, 640)
Line = tuple[int, str, str, str]  # number of the group, what it is about, what was measured, the value


class ObjectsDialog(QDialog):
    """A list from which one or several are taken; closing it takes none."""

    def __init__(self, objects: Sequence[LookedAt], parent: QWidget | None = None, *, all_chosen: bool = False) -> None:
        super().__init__(parent)
        self.chosen: list[LookedAt] = []
        self.setWindowTitle(self.tr("Objects of this folder") if all_chosen else self.tr("Objects of this study"))
        self.resize(*(theme.current().px(n) for n in OBJECTS_PX))
        self.table: RowsTable[LookedAt] = RowsTable(RowsModel(_columns()), self.windowTitle(), (0, False))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.rows_model.set_rows(objects)
        self.table.fit_columns()
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.go_on = text_button(self.tr("Import"), self.accept, "primary")
        self.go_on.setDefault(True)
        self.table.selectionModel().selectionChanged.connect(lambda _now, _before: self._enable())
        self.table.doubleClicked.connect(lambda _index: self.accept())
        first = self.table.shown_rows()[:1]
        self.table.select_where(lambda one: one in first)
        if all_chosen:
            self.table.add_where(lambda _: True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(self.windowTitle(), "strong"))
        column.addWidget(self.table, 1)
        column.addLayout(_buttons(text_button(self.tr("Cancel"), self.reject, "quiet"), self.go_on))
        self._enable()

    def accept(self) -> None:
        """Take what is selected."""
        self.chosen = self.table.chosen_rows()
        super().accept()

    def _enable(self) -> None:
        self.go_on.setEnabled(bool(self.table.chosen_rows()))


class ReportContent(QDialog):
    """The values of a report as a table; it stays beside the window until it is closed."""

    def __init__(
        self, name: str, groups: Sequence[ReportedGroup], notes: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("What {0} says").format(name))
        self.resize(*(theme.current().px(n) for n in REPORT_PX))
        rows = [
            (n, group.title, value.what if value else "", value.how_much if value else "")
            for n, group in enumerate(groups)
            for value in group.values or (None,)
        ]
        self.table: RowsTable[Line] = RowsTable(RowsModel(_report_columns()), self.tr("Values"), (0, False))
        self.table.rows_model.set_rows(rows)
        self.table.fit_columns()
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(self.windowTitle(), "strong", wraps=True))
        column.addWidget(self.table, 1)
        if notes:
            column.addWidget(label("\n".join(notes), "small", wraps=True))
        text = "\n".join("\t".join(line[1:]) for line in rows)
        copy = text_button(self.tr("Copy"), lambda: QGuiApplication.clipboard().setText(text))
        copy.setToolTip(self.tr("All values as text, for a table or a letter"))
        column.addLayout(_buttons(copy, text_button(self.tr("Close"), self.accept, "primary")))


class ReportText(QDialog):
    """A report to be read; it stays beside the window until it is closed."""

    def __init__(self, name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("What {0} says").format(name))
        self.resize(*(theme.current().px(n) for n in TEXT_PX))
        self.text = QPlainTextEdit(text)  # plain: what a report says is never markup
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.windowTitle())
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(self.windowTitle(), "strong", wraps=True))
        column.addWidget(self.text, 1)
        copy = text_button(self.tr("Copy"), lambda: QGuiApplication.clipboard().setText(text))
        column.addLayout(_buttons(copy, text_button(self.tr("Close"), self.accept, "primary")))


def _report_columns() -> list[Column[Line]]:
    return [
        Column(_tr("About"), lambda line: line[1], lambda line: line[0], lambda line: line[1], is_number=False),
        Column(_tr("Measured"), lambda line: line[2], lambda line: line[2], lambda line: line[2], is_number=False),
        Column(_tr("Value"), lambda line: _with_minus(line[3]), lambda line: line[3]),
    ]


def _with_minus(number: str) -> str:
    """A negative number as the views write it."""
    return f"−{number[1:]}" if number.startswith("-") else number


def _buttons(*buttons: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addStretch(1)
    for button in buttons:
        row.addWidget(button)
    return row


def _columns() -> list[Column[LookedAt]]:
    words = {
        ObjectKind.MASKS: _tr("Segmentation"),
        ObjectKind.REPORT: _tr("Report"),
        ObjectKind.TEXT: _tr("Text"),
        ObjectKind.PRESENTATION: _tr("Presentation state"),
        ObjectKind.MAP: _tr("Map"),
        ObjectKind.DOCUMENT: _tr("Document"),
    }

    def kind(one: LookedAt) -> str:
        return _tr("Structure set") if one.modality == "RTSTRUCT" else words.get(one.kind, one.modality)

    def rank(one: LookedAt) -> str:
        return f"{list(ObjectKind).index(one.kind)} {kind(one)}"

    return [
        Column(_tr("Kind"), kind, rank, is_number=False),
        Column(
            _tr("Description"),
            lambda one: described(one.title),
            lambda one: one.title.casefold(),
            lambda one: str(one.path),
            is_number=False,
        ),
        Column(_tr("Date"), lambda one: day(one.date), lambda one: one.date, is_number=False),
    ]


def _tr(text: str) -> str:
    return QCoreApplication.translate("ObjectsDialog", text)
