"""What stands over the 3D view: its name, the patient's sides, what it is busy with, or why it is off."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from render.volume_camera import letters_of
from session.presentation import VolumeCamera
from widgets import theme
from widgets.slice_text import ShadowText

EDGE_PX = 10
TOKEN = "three_d"  # the view's colour


class VolumeAnnotations:
    """Paints the texts of the 3D view in the style of the slice views."""

    def __init__(self) -> None:
        self._text = ShadowText()

    def paint_title(self, painter: QPainter, hint: str = "") -> None:
        """Top left: the view's name, and below it what it is busy with."""
        tokens = theme.current()
        title, font = QCoreApplication.translate("VolumeView", "3D"), tokens.font(bold=True)
        self._draw(painter, EDGE_PX, EDGE_PX, title, font, tokens.color(TOKEN))
        if hint:
            top = EDGE_PX + self._text.size(title, font)[1] + 1
            self._draw(painter, EDGE_PX, top, hint, tokens.font(11), tokens.color("on_view", 0.8))

    def paint_mark(self, painter: QPainter, height: float) -> None:
        """Bottom left: what a cinematic picture is not for."""
        tokens = theme.current()
        text, font = QCoreApplication.translate("VolumeView", "not for diagnosis"), tokens.font(11)
        top = height - EDGE_PX - self._text.size(text, font)[1]
        self._draw(painter, EDGE_PX, top, text, font, tokens.color("on_view", 0.8))

    def paint_letters(self, painter: QPainter, width: float, height: float, camera: VolumeCamera) -> None:
        """Which side of the patient lies at the left, right, top and bottom."""
        tokens = theme.current()
        font, color = tokens.font(12, bold=True), tokens.color("on_view_accent")
        for letters, (x, y) in zip(letters_of(camera), ((0, 0.5), (1, 0.5), (0.5, 0), (0.5, 1)), strict=True):
            wide, high = self._text.size(letters, font)
            left, top = EDGE_PX + x * (width - 2 * EDGE_PX - wide), EDGE_PX + y * (height - 2 * EDGE_PX - high)
            self._draw(painter, left, top, letters, font, color)

    def paint_note(self, painter: QPainter, width: float, height: float, note: str, hint: str = "") -> None:
        """In the middle: why there is no picture, and what helps."""
        tokens = theme.current()
        room = QRectF(24, 0, max(width - 48, 1), height)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.setFont(tokens.font(13))
        painter.setPen(tokens.color("on_view", 0.8))
        text = painter.boundingRect(room, flags, note)
        painter.drawText(room, flags, note)
        if hint:
            below = QRectF(room.left(), text.bottom() + 8, room.width(), height - text.bottom() - 8)
            painter.setFont(tokens.font(11))
            painter.setPen(tokens.color("on_view", 0.6))
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, hint)

    def paint_border(self, painter: QPainter, width: float, height: float) -> None:
        """The view's colour around it, for the active view only."""
        painter.setPen(QPen(theme.current().color(TOKEN), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(0.5, 0.5, width - 1, height - 1))

    def _draw(self, painter: QPainter, left: float, top: float, text: str, font: QFont, color: QColor) -> None:
        width, height = self._text.size(text, font)
        self._text.draw(painter, QRectF(left, top, width, height), text, font, color)
