"""Where things stand on a canvas, and what lies under the mouse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF

from widgets.transfer_function.axis import Axis
from widgets.transfer_function.curves import Curves, Handle, Kind


class Zone(StrEnum):
    """What the mouse is over, and so what a press will do."""

    OPACITY_POINT = "opacity point"
    COLOR_POINT = "color point"
    LINE = "line"
    BAR = "bar"
    EMPTY = "empty"
    AXIS = "axis"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class Reach:
    """From how far a point and the line are grasped, in pixels."""

    point: float
    line: float


@dataclass(frozen=True)
class Frame:
    """The rectangles of a canvas and the values they stand for.

    Attributes:
        plot: opacity over values.
        bar: the colours, below the plot; empty when there are none.
        pins: where the colour points are grasped, below the bar.
        scale: the numbers of the axis.
        axis: the values from the plot's left to its right edge.
    """

    plot: QRectF
    bar: QRectF
    pins: QRectF
    scale: QRectF
    axis: Axis

    def x(self, value: float) -> float:
        """Where a value stands."""
        return self.plot.left() + (value - self.axis.low) / self.axis.span * self.plot.width()

    def value(self, x: float) -> float:
        """What stands there."""
        return self.axis.low + (x - self.plot.left()) / self.plot.width() * self.axis.span

    def y(self, opacity: float) -> float:
        """How high an opacity stands."""
        return self.plot.bottom() - opacity * self.plot.height()

    def opacity(self, y: float) -> float:
        """The opacity at a height; beyond 0 and 1 outside the plot."""
        return (self.plot.bottom() - y) / self.plot.height()

    def place(self, curves: Curves, handle: Handle) -> QPointF:
        """The middle of a point's mark."""
        x = self.x(curves.value(handle))
        if handle.kind is Kind.COLOR:
            return QPointF(x, self.pins.center().y())
        return QPointF(x, self.y(curves.opacities[handle.index].opacity))

    def line(self, curves: Curves) -> list[QPointF]:
        """The opacity curve from the left edge to the right one, or to its outer points where these lie beyond."""
        middle = [self.place(curves, Handle(Kind.OPACITY, n)) for n in range(len(curves.opacities))]
        left = QPointF(min(self.plot.left(), middle[0].x()), middle[0].y())
        right = QPointF(max(self.plot.right(), middle[-1].x()), middle[-1].y())
        return [left, *middle, right]

    def handle_at(self, curves: Curves, place: QPointF, reach: float, preferred: Handle | None = None) -> Handle | None:
        """The point under the mouse, the nearest; of several in one place the preferred one, else the last."""
        best, least = None, reach
        for handle in curves.handles():
            mark = self.place(curves, handle)
            if not self.plot.left() - reach <= mark.x() <= self.plot.right() + reach:
                continue
            away = self._away(handle, mark, place)
            if away < least or (away == least and best != preferred):
                best, least = handle, away
        return best

    def zone_at(self, curves: Curves, place: QPointF, reach: Reach) -> Zone:
        """What is under the mouse."""
        handle = self.handle_at(curves, place, reach.point)
        if handle is not None:
            return Zone.OPACITY_POINT if handle.kind is Kind.OPACITY else Zone.COLOR_POINT
        if curves.colors and (self.bar.contains(place) or self.pins.contains(place)):
            return Zone.BAR
        if self.scale.contains(place):
            return Zone.AXIS
        if not self.plot.adjusted(0, -reach.line, 0, reach.line).contains(place):
            return Zone.OUTSIDE
        line = self.line(curves)
        is_near = min(distance(place, a, b) for a, b in pairwise(line)) <= reach.line
        return Zone.LINE if is_near else Zone.EMPTY

    def _away(self, handle: Handle, mark: QPointF, place: QPointF) -> float:
        """A colour point is grasped by its pin or by the bar above it."""
        if handle.kind is Kind.COLOR:
            is_level = self.bar.top() <= place.y() <= self.pins.bottom()
            return abs(mark.x() - place.x()) if is_level else math.inf
        return math.hypot(mark.x() - place.x(), mark.y() - place.y())


def distance(place: QPointF, start: QPointF, end: QPointF) -> float:
    """From a place to a stretch of a line, in pixels."""
    along = end - start
    length = QPointF.dotProduct(along, along)
    part = min(1.0, max(0.0, QPointF.dotProduct(place - start, along) / length)) if length > 0 else 0.0
    away = place - (start + along * part)
    return math.hypot(away.x(), away.y())
