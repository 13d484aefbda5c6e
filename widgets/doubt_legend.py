"""What the colours of a map of doubt mean, at the bottom left of a slice."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QCoreApplication, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from render.doubt_overlay import doubt_table
from widgets import theme
from widgets.slice_text import ShadowText

EDGE_PX, GAP_PX = 10, 6
BAR_PX = (64, 6)
LEAST_VIEW_PX = (260, 160)  # in smaller views it would cover what it explains


def paint_legend(painter: QPainter, rect: QRect, size: tuple[float, float], text: ShadowText) -> None:
    """A bar from sure to doubtful with its two words, where there is room."""
    if size[0] < LEAST_VIEW_PX[0] or size[1] < LEAST_VIEW_PX[1] or rect.bottom() < size[1] - 40:
        return
    tokens = theme.current()
    font, color = tokens.font(11), tokens.color("on_view")
    left = float(EDGE_PX)
    for number, word in enumerate((_sure(), _doubtful())):
        width, height = text.size(word, font)
        top = size[1] - EDGE_PX - height
        if number:
            bar = QRectF(left, round(top + (height - BAR_PX[1]) / 2), *BAR_PX)
            painter.fillRect(bar.adjusted(-1, -1, 1, 1), QColor(0, 0, 0, 140))
            painter.drawPixmap(QPointF(bar.topLeft()), _bar())
            left += BAR_PX[0] + GAP_PX
        text.draw(painter, QRectF(left, top, width, height), word, font, color)
        left += width + GAP_PX


@lru_cache(maxsize=1)
def _bar() -> QPixmap:
    """All colours at full strength, on black as they mostly stand."""
    made = QPixmap(*BAR_PX)
    made.fill(Qt.GlobalColor.black)
    painter = QPainter(made)
    table = doubt_table(1.0)
    for x in range(BAR_PX[0]):
        value = int(table[round(255 * x / (BAR_PX[0] - 1))])
        painter.fillRect(x, 0, 1, BAR_PX[1], QColor(value >> 16 & 255, value >> 8 & 255, value & 255))
    painter.end()
    return made


def _sure() -> str:
    return QCoreApplication.translate("SliceView", "sure")


def _doubtful() -> str:
    return QCoreApplication.translate("SliceView", "doubtful")
