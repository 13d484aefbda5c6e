"""The history: every change, the newest first; a click goes to any point."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QListView, QMenu, QVBoxLayout, QWidget

from widgets import theme
from widgets.action_bridge import ActionBridge
from widgets.labels import heading, label
from widgets.panels.history.delegate import ROW_PX, HistoryDelegate
from widgets.panels.history.model import ROW, HistoryModel, Row

RECENT = 3
MINUTE_MS = 60_000


class HistoryList(QListView):
    """Entries that a click goes to."""

    def __init__(self, bridge: ActionBridge, limit: int | None = None) -> None:
        super().__init__()
        self._bridge = bridge
        self.entries = HistoryModel(bridge.session, self, limit)
        self.setModel(self.entries)
        self.setItemDelegate(HistoryDelegate(self))
        self.setAccessibleName(self.tr("History"))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self.go_to)
        self._timer = QTimer(self)  # "now" becomes "1 min" by itself
        self._timer.timeout.connect(self.viewport().update)
        self._timer.start(MINUTE_MS)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the journal."""
        super().showEvent(event)
        self.entries.show(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the journal alone."""
        super().hideEvent(event)
        self.entries.show(False)

    def go_to(self, index: QModelIndex) -> None:
        """Undo or redo until this entry is the last one in force."""
        row: Row = index.data(ROW)
        if row.can_go_to:
            self._bridge.run("history.go_to", sequence=row.sequence)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """For the result of a model: what its run took."""
        index = self.indexAt(event.pos())
        run = self.entries.run_of(index.data(ROW).sequence) if index.isValid() else None
        if run is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("What this run took"), lambda: self._bridge.run("runs.show", run=run.id))
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the current entry; letters stay the tools' keys."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.go_to(self.currentIndex())
        elif event.text().isalnum() and not event.modifiers():
            event.ignore()
        else:
            super().keyPressEvent(event)


class HistoryPanel(QWidget):
    """The page “History” of the right panel."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self.list = HistoryList(bridge)
        self._empty = label(self.tr("Nothing was changed yet."), "dim")
        self._empty.setContentsMargins(12, 4, 12, 4)
        self.steps = QCheckBox(self.tr("Show undo and redo as entries"))
        self.steps.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.steps.toggled.connect(self.list.entries.show_steps)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 8)
        column.setSpacing(4)
        column.addWidget(self._empty)
        column.addWidget(self.list, 1)
        inset = QVBoxLayout()
        inset.setContentsMargins(12, 0, 12, 0)
        inset.addWidget(self.steps)
        column.addLayout(inset)
        self.list.entries.modelReset.connect(self._count_changed)
        self._count_changed()

    def _count_changed(self) -> None:
        self._empty.setVisible(self.list.entries.rowCount() == 0)


class RecentHistory(QWidget):
    """The last entries, for the foot of the right panel."""

    def __init__(self, bridge: ActionBridge, parent: QWidget) -> None:
        super().__init__(parent)
        self.list = HistoryList(bridge, RECENT)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        title = heading(self.tr("History"))
        title.setContentsMargins(12, 0, 12, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(4)
        column.addWidget(title)
        column.addWidget(self.list)
        self.list.entries.modelReset.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        """Be as high as the entries, and away when there are none."""
        count = self.list.entries.rowCount()
        self.list.setFixedHeight(theme.current().px(ROW_PX) * count)
        self.setVisible(count > 0)
