"""What may be done to the curves of a canvas, by whatever means, and who is told."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal

from session.look.transfer_function import Rgb
from widgets.transfer_function.canvas_view import CanvasView
from widgets.transfer_function.curves import Curves, Handle, Kind
from widgets.transfer_function.drags import PanDrag, PointDrag, ShiftDrag

Drag = PointDrag | ShiftDrag | PanDrag


class CanvasEditing(CanvasView):
    """Points are selected, moved, added, removed; each gesture ends with one final change."""

    changed = Signal(object, bool)  # Curves; True when the gesture is over
    selection_changed = Signal(object)  # Handle
    color_wanted = Signal(int)  # index of a colour point

    def __init__(self, name: str, floor: float = -math.inf) -> None:
        super().__init__(name, floor)
        self._drag: Drag | None = None
        self._is_open = False  # something was told as not final

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
        curves, handle = self._curves.added(kind, max(round(value, self._axis.decimals), self.floor))
        self.edit(curves, is_final=is_final)
        self.select(handle)

    def remove(self, handle: Handle) -> None:
        """A point less, unless it is the last of its row."""
        self._hovered = None
        self.edit(self._curves.removed(handle))

    def recolor(self, index: int, color: Rgb) -> None:
        """Another colour for a point."""
        self.edit(self._curves.with_color(index, color))

    def _finish(self) -> None:
        if self._is_open:
            self.edit(self._curves)
