"""The brush in its true size, drawn around the cursor."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from widgets.brush_cursor import BrushCircle

LARGEST_KEPT_PX = 400.0  # radius up to which the ring is kept as a picture
ROOM_PX = 3.0
ELSEWHERE_OPACITY = 0.55
WHITE, SHADE = QColor(255, 255, 255, 235), QColor(0, 0, 0, 120)


def paint_ring(painter: QPainter, circle: BrushCircle) -> None:
    """White on a dark line, so that it shows on any tissue; dashed while it erases, with a point when it is a ball.

    Where it is only the cut of a ball whose middle is in another view, it is fainter.
    """
    center = QPointF(circle.x, circle.y)
    painter.setOpacity(ELSEWHERE_OPACITY if circle.is_elsewhere else 1.0)
    has_point = circle.is_ball and not circle.is_elsewhere
    if circle.radius > LARGEST_KEPT_PX:
        _draw(painter, center, circle.radius, has_point, circle.is_erasing)
    else:
        ratio = painter.device().devicePixelRatioF()
        pixmap = _ring(round(circle.radius, 2), has_point, circle.is_erasing, ratio)
        half = pixmap.deviceIndependentSize().width() / 2
        painter.drawPixmap(center - QPointF(half, half), pixmap)
    painter.setOpacity(1.0)


@lru_cache(maxsize=8)
def _ring(radius: float, has_point: bool, is_erasing: bool, ratio: float) -> QPixmap:
    """Kept between moves of the mouse: a smooth circle takes longer to draw than the image below it."""
    side = round(2 * (radius + ROOM_PX) * ratio)
    pixmap = QPixmap(side, side)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    _draw(painter, QPointF(side / ratio / 2, side / ratio / 2), radius, has_point, is_erasing)
    painter.end()
    return pixmap


def _draw(painter: QPainter, center: QPointF, radius: float, has_point: bool, is_erasing: bool) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(SHADE, 3))
    painter.drawEllipse(center, radius, radius)
    pen = QPen(WHITE, 1.3)
    if is_erasing:
        pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.drawEllipse(center, radius, radius)
    if has_point and radius > 5:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(WHITE)
        painter.drawEllipse(center, 1.5, 1.5)
    painter.restore()
