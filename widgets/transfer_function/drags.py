"""What a drag of the mouse does to the points: each kind knows where it began and tells what it has come to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt

from widgets.transfer_function.axis import Axis
from widgets.transfer_function.curves import Curves, Handle, Kind
from widgets.transfer_function.frame import Frame

STRETCH_PX = 150.0  # so far up makes the function e times as wide
SLACK_PX = 2.0  # a click may tremble this much before it counts as a drag

Keys = Qt.KeyboardModifier


@dataclass
class PointDrag:
    """One point follows the mouse; with Shift along one axis alone."""

    curves: Curves
    handle: Handle
    start: QPointF
    decimals: int
    floor: float = -math.inf

    def moved_to(self, frame: Frame, place: QPointF, keys: Keys) -> Curves:
        """The points with the mouse at a place."""
        way = place - self.start
        if keys & Keys.ShiftModifier:
            way = QPointF(way.x(), 0) if abs(way.x()) >= abs(way.y()) else QPointF(0, way.y())
        curves, mark = self.curves, frame.place(self.curves, self.handle)
        if way.x():
            value = round(frame.value(mark.x() + way.x()), self.decimals)
            curves = curves.with_value(self.handle, min(max(value, frame.axis.low, self.floor), frame.axis.high))
        if way.y() and self.handle.kind is Kind.OPACITY:
            curves = curves.with_opacity(self.handle.index, round(frame.opacity(mark.y() + way.y()), 3))
        return curves


@dataclass
class ShiftDrag:
    """All points follow the mouse along the values; with Alt (or Ctrl) they spread from their middle instead.

    Window managers may keep Alt for themselves.
    """

    curves: Curves
    start: QPointF
    decimals: int

    def moved_to(self, frame: Frame, place: QPointF, keys: Keys) -> Curves:
        """The points with the mouse at a place."""
        way = place - self.start
        low, high = self.curves.range
        middle, stretch, offset = (low + high) / 2, 1.0, 0.0
        if keys & (Keys.AltModifier | Keys.ControlModifier):
            stretch = math.exp(-way.y() / STRETCH_PX)
        else:
            offset = way.x() / frame.plot.width() * frame.axis.span
        return self.curves.mapped(lambda value: round(middle + (value - middle) * stretch + offset, self.decimals))


@dataclass
class PanDrag:
    """The axis follows the mouse."""

    axis: Axis
    start: QPointF

    def axis_at(self, frame: Frame, place: QPointF) -> Axis:
        """The axis with the mouse at a place."""
        return self.axis.panned((self.start.x() - place.x()) / frame.plot.width() * self.axis.span)
