"""The pointer of the click tool: a cross with a plus, or a minus where the click will lie outside."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen, QPixmap

from widgets.click_marks import draw_sign

SIDE_PX, MIDDLE_PX, GAP_PX = 32, 11, 3
SIGN_AT = QPointF(23, 23)
WHITE, SHADE = QColor(255, 255, 255), QColor(0, 0, 0, 170)


@lru_cache(maxsize=8)
def click_cursor(is_inside: bool, ratio: float) -> QCursor:
    """The cursor for a screen with this device pixel ratio."""
    pixmap = QPixmap(round(SIDE_PX * ratio), round(SIDE_PX * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for ink, width in ((SHADE, 3.0), (WHITE, 1.3)):
        painter.setPen(QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        for near, far in ((-GAP_PX, -MIDDLE_PX), (GAP_PX, MIDDLE_PX)):
            painter.drawLine(QPointF(MIDDLE_PX + near, MIDDLE_PX), QPointF(MIDDLE_PX + far, MIDDLE_PX))
            painter.drawLine(QPointF(MIDDLE_PX, MIDDLE_PX + near), QPointF(MIDDLE_PX, MIDDLE_PX + far))
    draw_sign(painter, SIGN_AT, is_inside=is_inside)
    painter.end()
    return QCursor(pixmap, MIDDLE_PX, MIDDLE_PX)
