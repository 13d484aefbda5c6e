"""What the colours of a map of how sure a model was mean, at the bottom left of a slice."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from render.doubt_overlay import DoubtStyle, map_table
from session.model_maps import MapKind, ModelMap
from widgets import theme
from widgets.map_words import map_title
from widgets.slice_text import ShadowText, elided

EDGE_PX, GAP_PX = 10, 6
BAR_PX = (64, 8)
TISSUE = QColor(110, 110, 110)
LEAST_VIEW_PX = (260, 160)  # in smaller views it would cover what it explains
LETTER_PX = 12  # half of the room for the letter of the lower side
MOST_HIGH_PX = 80
TITLE_SHARE = 0.45  # of the view's width; the letter of the lower side stands in its middle


def paint_legend(
    painter: QPainter, rect: QRect, size: tuple[float, float], text: ShadowText, style: DoubtStyle
) -> None:
    """The map's name over a bar between what its least and its greatest value mean, where there is room."""
    if size[0] < LEAST_VIEW_PX[0] or size[1] < LEAST_VIEW_PX[1] or rect.bottom() < size[1] - MOST_HIGH_PX:
        return
    tokens, shown = theme.current(), style.shown
    font, color = tokens.font(11), tokens.color("on_view")
    left = float(EDGE_PX)
    title = elided(map_title(shown), font, size[0] * TITLE_SHARE - EDGE_PX)
    title_width, height = text.size(title, font)
    words = [(word, text.size(word, font)[0]) for word in _ends(shown.kind)]
    right = left + BAR_PX[0] + 2 * GAP_PX + sum(width for _, width in words)
    top = size[1] - EDGE_PX - height
    if right > size[0] / 2 - LETTER_PX:
        top -= height + GAP_PX  # above the letter
    text.draw(painter, QRectF(left, top - height - 1, title_width, height), title, font, color)
    for number, (word, width) in enumerate(words):
        if number:
            bar = QRectF(left, round(top + (height - BAR_PX[1]) / 2), *BAR_PX)
            painter.fillRect(bar.adjusted(-1, -1, 1, 1), QColor(0, 0, 0, 140))
            painter.drawPixmap(QPointF(bar.topLeft()), _bar(shown.kind, style.opacity))
            _mark(painter, bar, shown)
            left += BAR_PX[0] + GAP_PX
        text.draw(painter, QRectF(left, top, width, height), word, font, color)
        left += width + GAP_PX


def _mark(painter: QPainter, bar: QRectF, shown: ModelMap) -> None:
    """From where on a voxel belongs to the structure."""
    if shown.kind is MapKind.STRUCTURE and shown.decided_from is not None:
        x = round(bar.left() + shown.decided_from * (bar.width() - 1))
        painter.fillRect(QRectF(x, bar.top() - 3, 1, bar.height() + 6), theme.current().color("on_view"))


@lru_cache(maxsize=16)
def _bar(kind: MapKind, opacity: float) -> QPixmap:
    """All colours as they look over soft tissue."""
    table = map_table(kind, opacity)
    at = np.maximum(np.round(np.linspace(0, 255, BAR_PX[0])).astype(int), 1)  # 0 may stand for what is not known
    row = np.ascontiguousarray(np.tile(table[at], (BAR_PX[1], 1)))
    made = QPixmap(*BAR_PX)
    made.fill(TISSUE)
    painter = QPainter(made)
    painter.drawImage(0, 0, QImage(row.data, *BAR_PX, row.strides[0], QImage.Format.Format_ARGB32_Premultiplied))
    painter.end()
    return made


def _ends(kind: MapKind) -> tuple[str, str]:
    """What the least and the greatest value mean."""
    if kind is not MapKind.UNCERTAINTY:
        return "0 %", "100 %"
    return (
        QCoreApplication.translate("SliceView", "sure"),
        QCoreApplication.translate("SliceView", "undecided"),
    )
