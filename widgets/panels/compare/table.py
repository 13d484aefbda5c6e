"""The table of compared segments: sorted by a click on a head, gone to by a click on a row."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView

from session.comparison import ComparingState
from widgets import theme
from widgets.action_bridge import ActionBridge
from widgets.panels.compare.model import SORTED_BY, Column, ComparisonModel, order

AnyIndex = QModelIndex | QPersistentModelIndex
WIDTHS_PX = {Column.DICE: 58, Column.HD95: 76, Column.VOLUME: 84}


class _Sorted(QSortFilterProxyModel):
    """Sorts by the numbers, not by their texts."""

    def lessThan(self, left: AnyIndex, right: AnyIndex) -> bool:
        """Ascending; what is no number comes last."""
        return order(left.data(SORTED_BY)) < order(right.data(SORTED_BY))


class ComparisonTable(QTreeView):
    """Rows of pairs; the current row is the chosen one of the session."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.pairs = ComparisonModel(self)
        self._sorted = _Sorted(self)
        self._sorted.setSourceModel(self.pairs)
        self.setModel(self._sorted)
        self.setAccessibleName(self.tr("Compared segments"))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSortingEnabled(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self._go_to)
        theme.switch.changed.connect(self._fit_columns)
        self._fit_columns()

    def show_state(self, before: ComparingState | None, now: ComparingState) -> None:
        """Bring rows and the chosen row up to date."""
        if before is None or before.comparison is not now.comparison:
            self.pairs.show(now.comparison)
            self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        if now.chosen is None:
            self.selectionModel().clear()
            return
        index = self._sorted.mapFromSource(self.pairs.index(now.chosen, 0))
        if index.isValid() and index.row() != self.currentIndex().row():
            self.setCurrentIndex(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The chosen row stays in sight when what is said about it takes room."""
        super().resizeEvent(event)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from row to row; letters stay the tools' keys."""
        if event.text().isalnum() and not event.modifiers():
            event.ignore()
            return
        before = self.currentIndex()
        super().keyPressEvent(event)
        if self.currentIndex().row() != before.row():
            self._go_to(self.currentIndex())

    def _go_to(self, index: QModelIndex) -> None:
        if index.isValid():
            self._bridge.run("compare.go_to", row=self._sorted.mapToSource(index).row() + 1)

    def _fit_columns(self) -> None:
        head = self.header()
        head.setAccessibleName(self.tr("Measures"))
        head.setStretchLastSection(False)
        head.setMinimumSectionSize(theme.current().px(30))
        head.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in WIDTHS_PX.items():
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            head.resizeSection(column, theme.current().px(width))
