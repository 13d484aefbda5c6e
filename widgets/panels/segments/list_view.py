"""The list of segments: keys, clicks, renaming in place, and the menu of a row."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu

from imaging.segment import SegmentState
from session.look.look import Look
from session.look.segment_look import Visibility
from session.selection import SelectionState
from widgets.action_bridge import ActionBridge
from widgets.panels.segments.delegate import SegmentDelegate
from widgets.panels.segments.model import ROW, Row, SegmentFilter, SegmentModel, state_name

IN_3D = ("look.isolate_segment", "look.solo_segment", "look.ghost_others", "look.cut_away", "look.reset_segments")
CYCLE = (SegmentState.IN_PROGRESS, SegmentState.DONE, SegmentState.FLAGGED, SegmentState.AI_ONLY, SegmentState.EMPTY)


class SegmentList(QListView):
    """Rows of segments; the current row is the session's selected segment."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._session = bridge.session
        self._is_searching = False
        self.segments = SegmentModel(bridge.session, self)
        self.filter = SegmentFilter(self.segments, self)
        self.setModel(self.filter)
        self.setObjectName("panel_rows")
        self.setAccessibleName(self.tr("Segments"))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.rows = SegmentDelegate(self)
        self.setItemDelegate(self.rows)
        self.rows.color_clicked.connect(lambda index: self._run("segment.recolor", index))
        self.rows.eye_clicked.connect(lambda index: self._run("segment.toggle_visible", index))
        self.rows.lock_clicked.connect(lambda index: self._run("segment.toggle_lock", index))
        self.rows.state_clicked.connect(self._choose_state)
        self.rows.renamed.connect(lambda index, name: self._run("segment.rename", index, name=name))
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.filter.modelReset.connect(self._show_selected)
        bridge.session.selection.changed.connect(self._selection_changed)
        self._show_selected()

    def number(self, index: QModelIndex) -> int:
        """The segment number of a row of the filtered list."""
        row: Row = index.data(ROW)
        return row.segment.number

    def search(self, text: str) -> None:
        """Show the rows that fit; which segment is selected does not change."""
        self._is_searching = True
        self.filter.search(text)
        self._is_searching = False
        self._show_selected()

    def rename(self, number: int) -> None:
        """Start editing a segment's name in its row."""
        self.search("")
        index = self.filter.mapFromSource(self.segments.index_of(number))
        if index.isValid():
            self.scrollTo(index)
            self.edit(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Rename, unless the second click hit a switch."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            if self.rows.hits_switch(event.position().toPoint(), self.visualRect(index), index.data(ROW)):
                self.mousePressEvent(event)
            else:
                self.edit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter renames, Space shows and hides; letters stay the tools' keys."""
        index = self.currentIndex()
        if self.state() == QAbstractItemView.State.EditingState:
            event.ignore()  # the field lets Enter through after it took it
        elif index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit(index)
        elif index.isValid() and event.key() == Qt.Key.Key_Space:
            self._run("segment.toggle_visible", index)
        elif event.text().isalnum() and not event.modifiers():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Everything that can be done with a segment."""
        index = self.indexAt(event.pos())
        if index.isValid():
            self.setCurrentIndex(index)
            self.row_menu(index).popup(event.globalPos())

    def row_menu(self, index: QModelIndex) -> QMenu:
        """The menu of a row."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action_id in ("segment.rename", "segment.recolor", "segment.toggle_visible", "segment.toggle_lock"):
            if self._bridge.has(action_id):
                menu.addAction(self._bridge.qaction(action_id))
        number = self.number(index)
        menu.addAction(self.tr("Show only this"), lambda: self.show_only({number}))
        menu.addAction(self.tr("Show all"), lambda: self.show_only(None))
        self._add_three_d(menu, number)
        menu.addSeparator()
        self._add_states(menu, index)
        menu.addSeparator()
        if self._bridge.has("segment.remove"):
            menu.addAction(self._bridge.qaction("segment.remove"))
        return menu

    def show_only(self, numbers: set[int] | None) -> None:
        """Hide all other segments; None shows all."""
        document = self._session.document
        if document is not None:
            every = {s.number for s in document.segmentation.segments}
            hidden = frozenset() if numbers is None else frozenset(every - numbers)
            self._session.presentation.update(hidden_segments=hidden)

    def _add_three_d(self, menu: QMenu, number: int) -> None:
        """How the segment looks in the 3D picture, and what becomes of the others there."""
        document = self._session.document
        if document is None or not all(self._bridge.has(action_id) for action_id in IN_3D):
            return
        inner = menu.addMenu(self.tr("In 3D"))
        encloses = document.segmentation.segment(number).encloses
        look = self._session.presentation.state.look or Look()
        now = look.of_segment(number, encloses).visibility
        names = (self.tr("Shown"), self.tr("Ghost"), self.tr("Hidden"))
        for visibility, name in zip(Visibility, names, strict=True):
            run = partial(self._bridge.run, "look.set_segment_visibility", number=number, visibility=visibility.value)
            action = inner.addAction(name, run)
            action.setCheckable(True)
            action.setChecked(now is visibility)
        inner.addSeparator()
        inner.addActions([self._bridge.qaction(action_id) for action_id in IN_3D])

    def _add_states(self, menu: QMenu, index: QModelIndex) -> None:
        row: Row = index.data(ROW)
        for state in CYCLE:
            text = self.tr("Mark as {0}").format(state_name(state))
            run = partial(self._bridge.run, "segment.set_state", number=row.segment.number, state=state.value)
            action = menu.addAction(text, run)
            action.setCheckable(True)
            action.setChecked(row.segment.state is state)

    def _choose_state(self, index: QModelIndex) -> None:
        """A menu under the chip."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add_states(menu, index)
        rect = self.visualRect(index)
        menu.popup(self.viewport().mapToGlobal(QPoint(rect.left() + 60, rect.bottom())))

    def _run(self, action_id: str, index: QModelIndex, **arguments: object) -> None:
        self._bridge.run(action_id, number=self.number(index), **arguments)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and not self._is_searching:
            self._session.selection.update(segment_number=self.number(current))

    def _selection_changed(self, before: SelectionState, after: SelectionState) -> None:
        if before.segment_number != after.segment_number:
            self._show_selected()

    def _show_selected(self) -> None:
        number = self._session.selection.state.segment_number
        index = self.filter.mapFromSource(self.segments.index_of(number))
        if index.isValid() and index != self.currentIndex():
            self.setCurrentIndex(index)
            self.scrollTo(index)
        elif not index.isValid():
            self.selectionModel().clear()
