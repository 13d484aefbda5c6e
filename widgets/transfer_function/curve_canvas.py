"""The canvas with mouse and keys."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QMenu

from session.look.transfer_function import Rgb
from widgets import theme
from widgets.transfer_function.canvas_view import CanvasView
from widgets.transfer_function.curves import Curves, Handle, Kind
from widgets.transfer_function.drags import SLACK_PX, PanDrag, PointDrag, ShiftDrag
from widgets.transfer_function.frame import Reach, Zone

POINT_REACH_PX, LINE_REACH_PX = 9, 6
ZOOM_STEP = 0.8  # of what is shown, for one click of the wheel
COARSE = 10  # fine steps in one with Shift
FINE_OPACITY = 0.01
CURSORS = {
    Zone.OPACITY_POINT: Qt.CursorShape.SizeAllCursor,
    Zone.COLOR_POINT: Qt.CursorShape.SizeHorCursor,
    Zone.LINE: Qt.CursorShape.CrossCursor,
    Zone.BAR: Qt.CursorShape.CrossCursor,
    Zone.EMPTY: Qt.CursorShape.OpenHandCursor,
}
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
DELETING = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
OPENING = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
ZOOMING = {Qt.Key.Key_Plus: ZOOM_STEP, Qt.Key.Key_Equal: ZOOM_STEP, Qt.Key.Key_Minus: 1 / ZOOM_STEP}
OWN_KEYS = (*ARROWS, *DELETING, *OPENING, *ZOOMING, Qt.Key.Key_Insert, Qt.Key.Key_Home)
Drag = PointDrag | ShiftDrag | PanDrag


class CurveCanvas(CanvasView):
    """Points are dragged, added, deleted; the axis is zoomed and moved."""

    changed = Signal(object, bool)  # Curves; True when the gesture is over
    selection_changed = Signal(object)  # Handle
    color_wanted = Signal(int)  # index of a colour point

    def __init__(self, name: str, floor: float = -math.inf, *, can_shift: bool = True) -> None:
        super().__init__(name, floor)
        self._can_shift = can_shift
        self._drag: Drag | None = None
        self._pressed, self._button = QPointF(), Qt.MouseButton.NoButton
        self._is_open = False  # something was told as not final
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def is_dragging(self) -> bool:
        """True from press to release."""
        return self._drag is not None

    def set_curves(self, curves: Curves) -> None:
        """Show other curves; a drag under way ends unless these are its own. Emits nothing."""
        if curves == self._curves:
            return
        self._drag, self._is_open, self._is_told = None, False, False
        self._curves, self._hovered = curves, None
        self._selected = curves.nearest(self._selected)
        low, high = curves.range
        if self._is_fitted and not (self._axis.low <= low and high <= self._axis.high):
            self.fit()
        self.selection_changed.emit(self._selected)
        self.update()

    def select(self, handle: Handle) -> None:
        """Another point for fields and keys."""
        if handle != self._selected:
            self._selected = handle
            self.selection_changed.emit(handle)
            self.update()

    def edit(self, curves: Curves, *, is_final: bool = True) -> None:
        """Take over what somebody did, and tell it; nothing when it is the same and nothing is under way."""
        if curves == self._curves and not (is_final and self._is_open):
            return
        self._curves, self._is_open = curves, not is_final
        self._selected = curves.nearest(self._selected)
        self.changed.emit(curves, is_final)
        self.selection_changed.emit(self._selected)
        self.update()

    def add(self, kind: Kind, value: float, *, is_final: bool = True) -> None:
        """A point more on the curve or in the bar; it is selected."""
        curves, handle = self._curves.added(kind, round(value, self._axis.decimals))
        self.edit(curves, is_final=is_final)
        self.select(handle)

    def remove(self, handle: Handle) -> None:
        """A point less, unless it is the last of its row."""
        self._hovered = None
        self.edit(self._curves.removed(handle))

    def recolor(self, index: int, color: Rgb) -> None:
        """Another colour for a point."""
        self.edit(self._curves.with_color(index, color))

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

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tab enters at the first point, Shift+Tab at the last one."""
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            handles = self._curves.handles()
            self.select(handles[0 if event.reason() is Qt.FocusReason.TabFocusReason else -1])
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """Steps of the arrow keys are finished."""
        if self._drag is None:
            self._finish()
        self.update()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab walks the points; from the last one it leaves."""
        handles = self._curves.handles()
        place = handles.index(self._selected) + (1 if forward else -1)
        if not 0 <= place < len(handles):
            return super().focusNextPrevChild(forward)
        self.select(handles[place])
        return True

    def event(self, event: QEvent) -> bool:
        """Keys of the canvas are not the window's shortcuts while it has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the selected point; the other keys as the guide lists them."""
        key = Qt.Key(event.key())
        if not self._is_own(event) or self._drag is not None:
            super().keyPressEvent(event)
        elif key in ARROWS:
            self._nudge(*ARROWS[key], COARSE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif key in ZOOMING:
            self.zoom(self._curves.value(self._selected), ZOOMING[key])
        elif key in DELETING:
            self.remove(self._selected)
        elif key in OPENING and self._selected.kind is Kind.COLOR:
            self.color_wanted.emit(self._selected.index)
        elif key == Qt.Key.Key_Insert:
            self._insert()
        elif key == Qt.Key.Key_Home:
            self.fit()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """An arrow that is held down is one step."""
        if event.key() in ARROWS and not event.isAutoRepeat() and self._drag is None:
            self._finish()
        super().keyReleaseEvent(event)

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
        self._drag = PointDrag(self._curves, self._selected, place, self._axis.decimals)

    def _finish(self) -> None:
        if self._is_open:
            self.edit(self._curves)

    def _nudge(self, right: int, up: int, times: int) -> None:
        handle, curves = self._selected, self._curves
        if right:
            value = curves.value(handle) + right * times * self._axis.fine_step
            curves = curves.with_value(handle, max(round(value, self._axis.decimals), self.floor))
        elif handle.kind is Kind.OPACITY:
            opacity = curves.opacities[handle.index].opacity + up * times * FINE_OPACITY
            curves = curves.with_opacity(handle.index, round(opacity, 4))
        self.edit(curves, is_final=False)

    def _insert(self) -> None:
        """A point half way to the next one, or to the right edge."""
        value, (_, following) = self._curves.value(self._selected), self._curves.room(self._selected)
        self.add(self._selected.kind, (value + min(following, self._axis.high)) / 2)

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

    def _is_own(self, event: QKeyEvent) -> bool:
        kept = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        is_plain = not event.modifiers() & ~kept
        return is_plain and event.key() in (*OWN_KEYS, Qt.Key.Key_Tab, Qt.Key.Key_Backtab)

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
