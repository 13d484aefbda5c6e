"""A picture on which rectangles are drawn by mouse; what they cover will be black."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from widgets import theme

Rectangle = tuple[int, int, int, int]
STEEPER = 16
LEAST_PX = 2  # of the image, in both directions: less is a click
VEIL = QColor(0, 0, 0, 215)  # what is covered can still be guessed, so that it can be checked


class RectanglePicture(QWidget):
    """Shows one picture, as large as fits. Drag: a new rectangle; click: choose one; Delete: take it away.

    ``rectangles`` are (x0, y0, x1, y1) in pixels of the picture; x1 and y1 lie just outside.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Picture; drag to black out a rectangle"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(240, 240)
        self.rectangles: list[Rectangle] = []
        self.suggestions: list[Rectangle] = []
        self.chosen = -1
        self.words = ""
        self._picture: NDArray[np.uint8] | None = None
        self._image: QImage | None = None
        self._is_steep = False
        self._from: QPoint | None = None
        self._to: QPoint | None = None

    def show_picture(self, picture: NDArray[np.uint8] | None, words: str = "") -> None:
        """Show another picture, (rows, columns) or (rows, columns, 3); None shows only words. Rectangles stay."""
        self.words, self.suggestions, self._picture = words, [], picture
        self._draw()

    def set_steep(self, is_on: bool) -> None:
        """Show small steps of brightness as large ones, wherever they lie: faint text stands out, all else is odd."""
        self._is_steep = is_on
        self._draw()

    def _draw(self) -> None:
        picture = self._picture
        if picture is not None and self._is_steep:
            picture = picture * np.uint8(STEEPER)  # beyond white it begins at black again
        self._image = None if picture is None else _image(picture)
        self.update()

    def set_rectangles(self, rectangles: list[Rectangle]) -> None:
        """Show others; nobody is told."""
        self.rectangles, self.chosen = list(rectangles), -1
        self.update()

    def suggest(self, suggestions: list[Rectangle]) -> None:
        """Show where rectangles could lie; they do nothing until they are taken."""
        self.suggestions = suggestions
        self.update()

    def take_suggestions(self) -> None:
        """Make rectangles of what is suggested."""
        self.rectangles += [one for one in self.suggestions if one not in self.rectangles]
        self.suggestions = []
        self.update()
        self.changed.emit()

    def remove_chosen(self) -> None:
        """Take the chosen rectangle away, or the last one."""
        if self.rectangles:
            del self.rectangles[self.chosen]
            self.chosen = -1
            self.update()
            self.changed.emit()

    def place(self) -> QRect:
        """Where the picture lies in the widget."""
        if self._image is None:
            return QRect()
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRect(QPoint((self.width() - size.width()) // 2, (self.height() - size.height()) // 2), size)

    def on_screen(self, rectangle: Rectangle) -> QRectF:
        """A rectangle in the widget's pixels."""
        place, image = self.place(), self._image
        assert image is not None
        x, y = place.width() / image.width(), place.height() / image.height()
        x0, y0, x1, y1 = rectangle
        return QRectF(place.left() + x0 * x, place.top() + y0 * y, (x1 - x0) * x, (y1 - y0) * y)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a rectangle."""
        if event.button() == Qt.MouseButton.LeftButton and self._image is not None:
            self._from = self._to = self._pixel(event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw it."""
        if self._from is not None:
            self._to = self._pixel(event.position().toPoint())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Keep it; or, after a click, choose what is there."""
        if self._from is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._to = self._pixel(event.position().toPoint())
        drawn = self._drawn()
        if drawn[2] - drawn[0] >= LEAST_PX and drawn[3] - drawn[1] >= LEAST_PX:
            self.rectangles.append(drawn)
            self.chosen = len(self.rectangles) - 1
            self.changed.emit()
        else:
            here = [n for n, one in enumerate(self.rectangles) if self.on_screen(one).contains(event.position())]
            self.chosen = here[-1] if here else -1
        self._from = self._to = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes the chosen one away."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_chosen()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture, and what will be black."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        colors = theme.current()
        if self._image is None:
            painter.setPen(colors.color("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.words)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.place(), self._image)
        painter.setPen(QPen(colors.color("warn"), 1.5, Qt.PenStyle.DashLine))
        for one in self.suggestions:
            painter.drawRect(self.on_screen(one))
        for n, one in enumerate(self.rectangles):
            self._paint(painter, one, colors.color("accent" if n == self.chosen else "warn"))
        if self._from is not None:
            self._paint(painter, self._drawn(), colors.color("accent"))

    def _paint(self, painter: QPainter, rectangle: Rectangle, color: QColor) -> None:
        place = self.on_screen(rectangle)
        painter.fillRect(place, VEIL)
        painter.setPen(QPen(color, 1.5))
        painter.drawRect(place)

    def _pixel(self, point: QPoint) -> QPoint:
        """The picture's pixel under a point, at most just outside of it."""
        place, image = self.place(), self._image
        assert image is not None
        x = round((point.x() - place.left()) * image.width() / max(1, place.width()))
        y = round((point.y() - place.top()) * image.height() / max(1, place.height()))
        return QPoint(min(max(x, 0), image.width()), min(max(y, 0), image.height()))

    def _drawn(self) -> Rectangle:
        assert self._from is not None
        assert self._to is not None
        xs, ys = sorted((self._from.x(), self._to.x())), sorted((self._from.y(), self._to.y()))
        return xs[0], ys[0], xs[1], ys[1]


def _image(picture: NDArray[np.uint8]) -> QImage:
    height, width = picture.shape[:2]
    is_grey = picture.ndim == 2
    form = QImage.Format.Format_Grayscale8 if is_grey else QImage.Format.Format_RGB888
    return QImage(picture.tobytes(), width, height, width * (1 if is_grey else 3), form).copy()
