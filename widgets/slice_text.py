"""Text over images: with a soft dark shadow, so that it reads on bright bone and in black air."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap

MARGIN_PX = 4  # room for the shadow around the text
SHADOW = ((2.0, 45), (1.0, 110))  # distance in logical pixels, opacity of each of the eight copies
MOST_TEXTS = 200


class ShadowText:
    """Draws texts from pixmaps that it keeps: a shadow of sixteen copies is too slow for every frame."""

    def __init__(self) -> None:
        self._pixmaps: OrderedDict[tuple[str, str, int, float], QPixmap] = OrderedDict()

    def size(self, text: str, font: QFont) -> tuple[float, float]:
        """Width and height of a text without its shadow."""
        metrics = QFontMetricsF(font)
        return metrics.horizontalAdvance(text), metrics.height()

    def draw(self, painter: QPainter, rect: QRectF, text: str, font: QFont, color: QColor) -> None:
        """Draw a text whose place and size (``size``) are known."""
        ratio = painter.device().devicePixelRatioF()
        key = (text, font.key(), color.rgba(), ratio)
        pixmap = self._pixmaps.pop(key, None) or self._made(text, font, color, ratio)
        self._pixmaps[key] = pixmap
        if len(self._pixmaps) > MOST_TEXTS:
            self._pixmaps.popitem(last=False)
        painter.drawPixmap(QPointF(round(rect.left()) - MARGIN_PX, round(rect.top()) - MARGIN_PX), pixmap)

    def _made(self, text: str, font: QFont, color: QColor, ratio: float) -> QPixmap:
        width, height = self.size(text, font)
        pixmap = QPixmap(int((width + 2 * MARGIN_PX + 1) * ratio), int((height + 2 * MARGIN_PX + 1) * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setFont(font)
        at = QPointF(MARGIN_PX, MARGIN_PX + QFontMetricsF(font).ascent())
        for distance, alpha in SHADOW:
            painter.setPen(QColor(0, 0, 0, alpha))
            for x in (-distance, 0, distance):
                for y in (-distance, 0, distance):
                    if x or y:
                        painter.drawText(at + QPointF(x, y), text)
        painter.setPen(color)
        painter.drawText(at, text)
        painter.end()
        return pixmap


def elided(text: str, font: QFont, width: float) -> str:
    """A text cut to a width, on one line."""
    line = " ".join(text.split())
    return QFontMetricsF(font).elidedText(line, Qt.TextElideMode.ElideRight, width)
