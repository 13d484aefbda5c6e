"""The scores and boxes of the result that waits: to read, to copy, to look at, to accept one by one."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from imaging.measurement import Measurement
from session.change import DocumentChange
from session.document import Document
from session.found_boxes import measurements_of
from session.measured import percent
from session.preview import Preview
from widgets import icons, theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import text_button
from widgets.counted import counted
from widgets.labels import heading, label
from widgets.signal_links import SignalLinks

SIZE_PX = (460, 480)
SWATCH_PX = 14


class FindingsWindow(QDialog):
    """Beside the main window, which goes on working; it follows the result and closes with it."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._session = bridge.session
        self._shown: tuple[object, ...] = ()
        self._boxes: tuple[Measurement, ...] = ()
        self.setWindowTitle(self.tr("What the model found"))
        self.resize(*(theme.current().px(side) for side in SIZE_PX))
        self._title = label("", "strong")
        self.scores = _table(self.tr("Scores"), [self.tr("Class"), self.tr("Score")])
        self.copy = text_button(self.tr("Copy as text"), lambda: bridge.run("preview.copy_scores"))
        self.boxes = _table(self.tr("Boxes"), [self.tr("Finding"), self.tr("Score"), self.tr("Size in mm")])
        self.boxes.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.accept_some = text_button(self.tr("Accept"), lambda: self._run("preview.accept_boxes"), "primary")
        self.reject_some = text_button(self.tr("Reject"), lambda: self._run("preview.reject_boxes"))
        self._of_scores, self._of_boxes = QWidget(), QWidget()
        self._lay_out()
        self.boxes.itemSelectionChanged.connect(self._chosen)
        self._links, self._document_links = SignalLinks(self), SignalLinks(self)
        self._links.add(self._session.document_replaced, self._follow)
        self._follow(self._session.document)

    def chosen_rows(self) -> list[int]:
        """The chosen boxes, from 0."""
        return sorted({index.row() for index in self.boxes.selectedIndexes()})

    def _lay_out(self) -> None:
        for whole, name, table, buttons in (
            (self._of_scores, self.tr("Scores"), self.scores, [self.copy]),
            (self._of_boxes, self.tr("Boxes"), self.boxes, [self.reject_some, self.accept_some]),
        ):
            column = QVBoxLayout(whole)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(heading(name))
            column.addWidget(table, 1)
            row = QHBoxLayout()
            row.addStretch(1)
            for button in buttons:
                row.addWidget(button)
            column.addLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        for part in (self._title, self._of_scores, self._of_boxes):
            column.addWidget(part)

    def _follow(self, document: Document | None) -> None:
        self._document_links.release()
        if document is not None:
            self._document_links.add(document.changed, self._document_changed)
        self._show(document.preview if document is not None else None)

    def _document_changed(self, change: DocumentChange) -> None:
        if change.has_preview and self._session.document is not None:
            self._show(self._session.document.preview)

    def _show(self, preview: Preview | None) -> None:
        if preview is None or not (preview.scores or preview.boxes):
            self.close()
            return
        shown = (preview.title, preview.scores, preview.boxes)
        if shown == self._shown:
            return
        self._shown = shown
        self._title.setText(preview.title)
        scores = sorted(preview.scores, key=lambda score: -score.value)
        _fill(self.scores, [[score.name, percent(score.value)] for score in scores])
        self._boxes = measurements_of(preview.boxes, -len(preview.boxes))
        rows = [[b.name, percent(b.score or 0.0), " × ".join(f"{mm:.0f}" for mm in b.edges_mm)] for b in self._boxes]
        _fill(self.boxes, rows)
        for row, box in enumerate(self._boxes):
            item = self.boxes.item(row, 0)
            if item is not None:
                item.setIcon(QIcon(icons.swatch(box.color, QSize(SWATCH_PX, SWATCH_PX))))
        self._of_scores.setVisible(bool(preview.scores))
        self._of_boxes.setVisible(bool(preview.boxes))
        self._chosen()

    def _chosen(self) -> None:
        """Look at the box that was chosen last, and name the buttons."""
        rows = self.chosen_rows()
        count = counted(len(rows), "box") if rows else self.tr("all")
        self.accept_some.setText(self.tr("Accept {0}").format(count))
        self.reject_some.setText(self.tr("Reject {0}").format(count))
        current = self.boxes.currentRow()
        if current in rows and current < len(self._boxes):
            self._bridge.run("preview.go_to_box", row=current + 1)

    def _run(self, action_id: str) -> None:
        rows = self.chosen_rows() or list(range(len(self._boxes)))
        self._bridge.run(action_id, rows=",".join(str(row + 1) for row in rows))


def _table(name: str, titles: list[str]) -> QTableWidget:
    made = QTableWidget(0, len(titles))
    made.setAccessibleName(name)
    made.setHorizontalHeaderLabels(titles)
    made.verticalHeader().hide()
    made.setShowGrid(False)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    header = made.horizontalHeader()
    header.setSectionResizeMode(header.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, header.ResizeMode.Stretch)
    for column in range(len(titles)):
        item = made.horizontalHeaderItem(column)
        if item is not None:
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return made


def _fill(table: QTableWidget, rows: list[list[str]]) -> None:
    table.clearContents()
    table.setRowCount(len(rows))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if column:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            table.setItem(row, column, item)
