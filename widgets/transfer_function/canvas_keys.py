"""The canvas by keyboard: Tab walks the points, arrows move them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent

from widgets.transfer_function.canvas_editing import CanvasEditing
from widgets.transfer_function.curves import Kind

ZOOM_STEP = 0.8  # of what is shown, for one click of the wheel
COARSE = 10  # fine steps in one with Shift
FINE_OPACITY = 0.01
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


class KeyedCanvas(CanvasEditing):
    """Arrows (coarse with Shift), Delete, Insert, Enter for a colour, + and - and Home for the axis."""

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

    def _is_own(self, event: QKeyEvent) -> bool:
        kept = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        is_plain = not event.modifiers() & ~kept
        return is_plain and event.key() in (*OWN_KEYS, Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
