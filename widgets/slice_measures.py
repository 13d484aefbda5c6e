"""Measurements over a slice: lines with a dark edge, handles, and the value beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from math import atan2, degrees

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from imaging.measurement import Measurement, MeasurementKind
from render.screen_map import ScreenMap
from render.slice_geometry import SliceGrid
from render.slice_measurements import ON_SLICE, ShownMeasurement, handles_mm, heights_of, outline, to_pixels
from widgets import theme
from widgets.slice_text import ShadowText

NEAR_OPACITY = 0.35
SHADE = QColor(0, 0, 0, 165)
LINE_PX, CHOSEN_PX, SHADE_PX = 1.5, 2.2, 2.2  # the last: how much wider the dark edge is
HANDLE_PX = 3.6
PLATE, PLATE_PX, LIGHTER = QColor(8, 10, 12, 125), 4.0, 0.35
ARC_PX = 22.0
GAP_PX = 10.0  # between a line and its value
WAITING_DASHES = (5.0, 3.0)  # in widths of the line
EDGE_PX = 20  # free at the right edge, where the slider is
ROOM_PX = 8  # around everything that is drawn
GIVEN_NAME = re.compile(r"(Length|Angle|Region) \d+")


@dataclass(frozen=True)
class MeasureLook:
    """What decides how a measurement is drawn.

    Attributes:
        shown: which one.
        lines: its value.
        is_chosen: it is the selected one.
        is_hovered: the pointer is over it.
        grid, place: the slice, and where it stands in the view.
        size: of the view, in logical pixels.
        colors: the theme, with the size of letters.
    """

    shown: ShownMeasurement
    lines: tuple[str, ...]
    is_chosen: bool
    is_hovered: bool
    grid: SliceGrid
    place: ScreenMap
    size: tuple[float, float]
    colors: str


class DrawnMeasure:
    """One measurement laid out in a view.

    Args:
        look: what is drawn.
        text: measures and draws texts.
    """

    def __init__(self, look: MeasureLook, text: ShadowText) -> None:
        self.look = look
        self.is_new = True  # it was not painted yet
        self._text = text
        grid, place = look.grid, look.place
        measurement = look.shown.measurement
        self._line = [_point(place, pixel) for pixel in outline(measurement, grid)]
        held = [point for point in handles_mm(measurement) if abs(heights_of([point], grid)[0]) <= ON_SLICE]
        self._handles = [_point(place, pixel) for pixel in to_pixels(held, grid)] if held else []
        self._labels = self._lay_out(look.size) if not look.shown.is_near else []

    @property
    def _measurement(self) -> Measurement:
        return self.look.shown.measurement

    @cached_property
    def rect(self) -> QRect:
        """Everything that is drawn."""
        whole = QPolygonF(self._line).boundingRect()
        if self._measurement.kind is MeasurementKind.ANGLE:
            whole = whole.united(self._arc_rect())
        for rect, _ in self._labels:
            whole = whole.united(rect)
        return whole.adjusted(-ROOM_PX, -ROOM_PX, ROOM_PX, ROOM_PX).toAlignedRect()

    def paint(self, painter: QPainter) -> None:
        """Lines, handles, value."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(NEAR_OPACITY if self.look.shown.is_near else 1.0)
        color = QColor(*self._measurement.color)
        width = CHOSEN_PX if self.look.is_chosen or self.look.is_hovered else LINE_PX
        path = self._path()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink, pixels in ((SHADE, width + SHADE_PX), (color, width)):
            pen = QPen(ink, pixels)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            if self._measurement.number < 0:  # it waits for acceptance
                pen.setDashPattern([dash * width / pixels for dash in WAITING_DASHES])
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawPath(path)
        if not self.look.shown.is_near:
            self._paint_handles(painter, color)
        self._paint_text(painter)
        painter.restore()

    def _paint_text(self, painter: QPainter) -> None:
        """The value on a dark plate, in a lighter tone of the colour: it is read on bone and on coloured segments."""
        if not self._labels:
            return
        plate = self._labels[0][0]
        for rect, _ in self._labels:
            plate = plate.united(rect)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(PLATE)
        painter.drawRoundedRect(plate.adjusted(-PLATE_PX, -1, PLATE_PX, 1), PLATE_PX, PLATE_PX)
        light = QColor(*(round(channel + (255 - channel) * LIGHTER) for channel in self._measurement.color))
        for rect, line in self._labels:
            self._text.draw(painter, rect, line, _font(), light)

    def _paint_handles(self, painter: QPainter, color: QColor) -> None:
        is_active = self.look.is_chosen or self.look.is_hovered or self.look.shown.is_draft
        if self._measurement.kind is MeasurementKind.ELLIPSE and not is_active:
            return  # its line shows where it is
        for point in self._handles:
            painter.setPen(QPen(SHADE, 1))
            painter.setBrush(color if self.look.is_chosen or self.look.shown.is_draft else SHADE)
            painter.drawEllipse(point, HANDLE_PX + 0.8, HANDLE_PX + 0.8)
            painter.setPen(QPen(color, 1.4))
            painter.drawEllipse(point, HANDLE_PX, HANDLE_PX)

    def _path(self) -> QPainterPath:
        path = QPainterPath()
        path.addPolygon(QPolygonF(self._line))
        if self._measurement.kind is MeasurementKind.ANGLE:
            start, sweep = self._arc()
            path.arcMoveTo(self._arc_rect(), start)
            path.arcTo(self._arc_rect(), start, sweep)
        return path

    def _arc_rect(self) -> QRectF:
        radius = min([ARC_PX, *(_length(arm) / 2 for arm in self._arms())])
        return QRectF(self._line[1] - QPointF(radius, radius), self._line[1] + QPointF(radius, radius))

    def _arc(self) -> tuple[float, float]:
        """Start and sweep of the arc between the arms in degrees, against the clock."""
        start, end = (degrees(atan2(-arm.y(), arm.x())) for arm in self._arms())
        return start, (end - start + 180) % 360 - 180

    def _arms(self) -> tuple[QPointF, QPointF]:
        return self._line[0] - self._line[1], self._line[2] - self._line[1]

    def _lay_out(self, size: tuple[float, float]) -> list[tuple[QRectF, str]]:
        """Rows of text beside the measurement, inside the view."""
        lines = list(self.look.lines)
        if not GIVEN_NAME.fullmatch(self._measurement.name):
            lines.insert(0, self._measurement.name)
        sizes = [self._text.size(line, _font()) for line in lines]
        width, height = max(w for w, _ in sizes), sum(h for _, h in sizes)
        most = size[0] - width - EDGE_PX
        left, top = self._corner(width, height, most)
        left = min(max(left, ROOM_PX), max(most, ROOM_PX))
        top = min(max(top, ROOM_PX), max(size[1] - height - ROOM_PX, ROOM_PX))
        rows = []
        for line, (own_width, own_height) in zip(lines, sizes, strict=True):
            rows.append((QRectF(left, top, own_width, own_height), line))
            top += own_height
        return rows

    def _corner(self, width: float, height: float, most: float) -> tuple[float, float]:
        """Where the text's upper left corner would best be: at the right, at the left where that is beyond ``most``,
        below where there is no room at the left either.
        """
        if self._measurement.kind is MeasurementKind.ANGLE:
            one, other = self._arms()
            middle = _unit(one) + _unit(other)
            away = _unit(middle) if _length(middle) > 0.1 else _unit(QPointF(-one.y(), one.x()))
            at = self._line[1] - away * (GAP_PX + 4)  # on the outer side of the vertex
            return at.x() - (width if away.x() > 0 else 0), at.y() - (height if away.y() > 0 else 0)
        right = max(self._line, key=lambda point: point.x())
        if right.x() + GAP_PX <= most:
            return right.x() + GAP_PX, right.y() - height / 2
        left = min(self._line, key=lambda point: point.x())
        if left.x() - GAP_PX - width >= ROOM_PX:
            return left.x() - GAP_PX - width, left.y() - height / 2
        bottom = max(self._line, key=lambda point: point.y())
        return bottom.x() - width / 2, bottom.y() + GAP_PX


def _font() -> QFont:
    return theme.current().font(12, bold=True)


def _point(place: ScreenMap, pixel: NDArray[np.float64]) -> QPointF:
    return QPointF(*place.to_screen(float(pixel[0]), float(pixel[1])))


def _length(vector: QPointF) -> float:
    return float((vector.x() ** 2 + vector.y() ** 2) ** 0.5)


def _unit(vector: QPointF) -> QPointF:
    return vector / max(_length(vector), 1e-6)
