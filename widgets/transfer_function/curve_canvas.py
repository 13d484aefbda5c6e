"""The canvas by mouse."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QMenu

from widgets import theme
from widgets.transfer_function.canvas_keys import ZOOM_STEP, KeyedCanvas
from widgets.transfer_function.curves import Handle, Kind
from widgets.transfer_function.drags import SLACK_PX, PanDrag, PointDrag, ShiftDrag
from widgets.transfer_function.frame import Reach, Zone

POINT_REACH_PX, LINE_REACH_PX = 9, 6
CURSORS = {
    Zone.OPACITY_POINT: Qt.CursorShape.SizeAllCursor,
    Zone.COLOR_POINT: Qt.CursorShape.SizeHorCursor,
    Zone.LINE: Qt.CursorShape.CrossCursor,
    Zone.BAR: Qt.CursorShape.CrossCursor,
    Zone.EMPTY: Qt.CursorShape.OpenHandCursor,
}


class CurveCanvas(KeyedCanvas):
    """Points are dragged, added by a click, deleted by a menu; the axis is zoomed and moved.

    Args:
        name: for screen readers.
        floor: no smaller value makes sense (0 for magnitudes).
        can_shift: a drag of empty ground moves all points.
    """

    def __init__(self, name: str, floor: float = -math.inf, *, can_shift: bool = True) -> None:
        super().__init__(name, floor)
        self._can_shift = can_shift
        self._pressed, self._button = QPointF(), Qt.MouseButton.NoButton
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grasp what is under the mouse."""
        place = event.position()
        if self._drag is not None or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._pressed, self._button = place, event.button()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._drag = PanDrag(self._axis, place)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            self._grasp(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag what was grasped, or say what a press would do."""
        place = event.position()
        if self._drag is None:
            self._hover(place)
        elif isinstance(self._drag, PanDrag):
            self._show_axis(self._drag.axis_at(self.frame(), place))
        elif self._is_told or (place - self._pressed).manhattanLength() > SLACK_PX:
            if not self._is_told and isinstance(self._drag, PointDrag):
                self._part(self._drag, place)
            self._is_told = True
            self.edit(self._drag.moved_to(self.frame(), place, event.modifiers()), is_final=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go; a drag that changed something becomes one step."""
        if self._drag is None or event.button() != self._button:
            return
        self._drag, self._is_told = None, False
        self._finish()
        self._hover(event.position())
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a colour: another one. On the axis: everything is shown. Elsewhere a second press."""
        zone = self._zone_at(event.position())
        if event.button() is not Qt.MouseButton.LeftButton or zone not in (Zone.COLOR_POINT, Zone.AXIS):
            self.mousePressEvent(event)
            return
        handle = self._handle_at(event.position())
        if handle is None:
            self.fit()
        else:
            self.select(handle)
            self.color_wanted.emit(handle.index)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the value under the mouse."""
        clicks = event.angleDelta().y() / 120
        frame = self.frame()
        if clicks and self._drag is None and frame.plot.left() <= event.position().x() <= frame.plot.right():
            self.zoom(frame.value(event.position().x()), ZOOM_STEP**clicks)
            event.accept()
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done here; by the menu key, with the selected point."""
        is_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        if self._drag is not None:
            return
        handle = self._selected if is_key else self._handle_at(QPointF(event.pos()))
        if handle is not None:
            self.select(handle)
        place = self.frame().place(self._curves, self._selected).toPoint() if is_key else event.pos()
        self._menu(handle, QPointF(place)).popup(self.mapToGlobal(place))

    def leaveEvent(self, _event: QEvent) -> None:
        """Nothing is under the mouse."""
        self._hovered, self._zone = None, Zone.OUTSIDE
        self.update()

    def _grasp(self, place: QPointF) -> None:
        zone, handle = self._zone_at(place), self._handle_at(place)
        if handle is not None:
            self.select(handle)
        elif zone in (Zone.LINE, Zone.BAR):
            self.add(Kind.OPACITY if zone is Zone.LINE else Kind.COLOR, self.frame().value(place.x()), is_final=False)
        elif zone is Zone.EMPTY and self._can_shift:
            self._drag = ShiftDrag(self._curves, place, self._axis.decimals)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        else:
            return
        self._drag = PointDrag(self._curves, self._selected, place, self._axis.decimals, self.floor)

    def _part(self, drag: PointDrag, place: QPointF) -> None:
        """Of several points in one place, the way of the mouse tells which one is meant."""
        way = place.x() - self._pressed.x()
        if way:
            drag.handle = self._curves.outermost(drag.handle, is_right=way > 0)
            self.select(drag.handle)

    def _hover(self, place: QPointF) -> None:
        zone, handle = self._zone_at(place), self._handle_at(place)
        if zone is not self._zone:
            self.setToolTip(self._tip(zone))
        if (zone, handle) != (self._zone, self._hovered):
            self._zone, self._hovered = zone, handle
            self.update()
        is_shifting = zone is not Zone.EMPTY or self._can_shift
        self.setCursor(CURSORS.get(zone, Qt.CursorShape.ArrowCursor) if is_shifting else Qt.CursorShape.ArrowCursor)

    def _handle_at(self, place: QPointF) -> Handle | None:
        return self.frame().handle_at(self._curves, place, self._reach().point, self._selected)

    def _zone_at(self, place: QPointF) -> Zone:
        return self.frame().zone_at(self._curves, place, self._reach())

    def _reach(self) -> Reach:
        return Reach(theme.current().px(POINT_REACH_PX), theme.current().px(LINE_REACH_PX))

    def _menu(self, handle: Handle | None, place: QPointF) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        zone = self._zone_at(place)
        if handle is not None:
            if handle.kind is Kind.COLOR:
                menu.addAction(self.tr("Colour…"), lambda: self.color_wanted.emit(handle.index))
            removing = menu.addAction(self.tr("Delete point"), lambda: self.remove(handle))
            removing.setEnabled(self._curves.may_remove(handle))
        elif zone in (Zone.LINE, Zone.EMPTY, Zone.BAR):
            value, kind = self.frame().value(place.x()), Kind.COLOR if zone is Zone.BAR else Kind.OPACITY
            menu.addAction(self.tr("Add point here"), lambda: self.add(kind, value))
        menu.addSeparator()
        menu.addAction(self.tr("Show everything"), self.fit)
        return menu

    def _tip(self, zone: Zone) -> str:
        if zone is Zone.EMPTY and not self._can_shift:
            return ""
        return {
            Zone.OPACITY_POINT: self.tr("Drag to move, with Shift along one axis.\nRight click to delete."),
            Zone.COLOR_POINT: self.tr("Drag to move, double-click for another colour.\nRight click to delete."),
            Zone.LINE: self.tr("Click to add a point."),
            Zone.BAR: self.tr("Click to add a colour."),
            Zone.EMPTY: self.tr("Drag sideways to shift all points, up or down with Alt or Ctrl to stretch them."),
            Zone.AXIS: self.tr("Double-click to show everything. The wheel zooms, the middle button moves."),
        }.get(zone, "")
