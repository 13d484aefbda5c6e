"""The page “Measure” of the right panel: every measurement with its value."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListView, QMenu, QVBoxLayout, QWidget

from session.selection import SelectionState
from widgets.action_bridge import ActionBridge
from widgets.buttons import ActionButton
from widgets.counted import counted
from widgets.labels import label
from widgets.panels.measure.delegate import MeasurementDelegate
from widgets.panels.measure.model import ROW, MeasurementModel

IN_MENU = ("measure.go_to", "measure.rename", "measure.recolor", "measure.toggle_visible", "measure.remove")
IN_BAR = ("measure.toggle_all_visible", "measure.copy", "measure.export_csv")


class MeasurementList(QListView):
    """Rows of measurements; the current row is the session's selected one. A click goes to it."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._session = bridge.session
        self.measurements = MeasurementModel(bridge.session, self)
        self.setModel(self.measurements)
        self.setObjectName("panel_rows")
        self.setAccessibleName(self.tr("Measurements"))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.rows = MeasurementDelegate(self)
        self.setItemDelegate(self.rows)
        self.rows.color_clicked.connect(lambda index: self._run("measure.recolor", index))
        self.rows.eye_clicked.connect(lambda index: self._run("measure.toggle_visible", index))
        self.rows.trash_clicked.connect(lambda index: self._run("measure.remove", index))
        self.rows.renamed.connect(lambda index, name: self._run("measure.rename", index, name=name))
        self.clicked.connect(self._go_to)
        self.measurements.modelReset.connect(self._show_selected)
        bridge.session.selection.changed.connect(self._selection_changed)
        self._show_selected()

    def rename(self, number: int) -> None:
        """Start editing a measurement's name in its row."""
        index = self.measurements.index_of(number)
        if index.isValid():
            self.scrollTo(index)
            self.edit(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Rename, unless the second click hit a switch."""
        at = event.position().toPoint()
        index = self.indexAt(at)
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            if self.rows.hits_switch(at, self.visualRect(index), index.data(ROW)):
                self.mousePressEvent(event)
            else:
                self.edit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter renames, Space shows and hides, arrows go from one to the next; letters stay the tools' keys."""
        index = self.currentIndex()
        if self.state() == QAbstractItemView.State.EditingState:
            event.ignore()  # the field lets Enter through after it took it
        elif index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit(index)
        elif index.isValid() and event.key() == Qt.Key.Key_Space:
            self._run("measure.toggle_visible", index)
        elif event.text().isalnum() and not event.modifiers():
            event.ignore()
        else:
            super().keyPressEvent(event)
            if self.currentIndex() != index:
                self._go_to(self.currentIndex())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Everything that can be done with a measurement."""
        index = self.indexAt(event.pos())
        if index.isValid():
            self._session.selection.update(measurement_number=self.measurements.number(index))
            self._bridge.refresh()
            self.row_menu().popup(event.globalPos())

    def row_menu(self) -> QMenu:
        """The menu of the selected row."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self._bridge.qaction(action_id) for action_id in IN_MENU if self._bridge.has(action_id)])
        return menu

    def _go_to(self, index: QModelIndex) -> None:
        if index.isValid():
            self._run("measure.go_to", index)

    def _run(self, action_id: str, index: QModelIndex, **arguments: object) -> None:
        self._session.selection.update(measurement_number=self.measurements.number(index))
        self._bridge.run(action_id, number=self.measurements.number(index), **arguments)

    def _selection_changed(self, before: SelectionState, after: SelectionState) -> None:
        if before.measurement_number != after.measurement_number:
            self._show_selected()

    def _show_selected(self) -> None:
        index = self.measurements.index_of(self._session.selection.state.measurement_number)
        if index.isValid() and index != self.currentIndex():
            self.setCurrentIndex(index)
            self.scrollTo(index)
        elif not index.isValid():
            self.selectionModel().clear()


class MeasurePanel(QWidget):
    """The list, and what can be done with all of them."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self.list = MeasurementList(bridge)
        self._count = label("", "dim")
        self._empty = label(
            self.tr("Nothing was measured yet.\nChoose a measuring tool in the bar above and draw in a slice."),
            "dim",
            wraps=True,
        )
        self._empty.setContentsMargins(12, 4, 12, 4)
        top = QHBoxLayout()
        top.setContentsMargins(12, 0, 12, 0)
        top.setSpacing(4)
        top.addWidget(self._count, 1)
        for action_id in IN_BAR:
            if bridge.has(action_id):
                top.addWidget(ActionButton(bridge.qaction(action_id), "small", 16))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 8)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._empty)
        column.addWidget(self.list, 1)
        self.list.measurements.modelReset.connect(self._count_changed)
        self._count_changed()

    def rename(self, number: int) -> None:
        """Start editing a measurement's name."""
        self.list.rename(number)

    def _count_changed(self) -> None:
        count = self.list.measurements.rowCount()
        self._count.setText(counted(count, "measurement") if count else "")
        self._empty.setVisible(count == 0)
