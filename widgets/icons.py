"""Our icons: SVG drawings in resources/icons, in the colours of the theme and sharp at every scale."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QImage, QPainter, QPen, QPixmap
from PySide6.QtSvg import QSvgRenderer

from widgets import theme

_CLONES: list[QIconEngine] = []


def icon(name: str, token: str = "text", on_token: str = "on_accent_soft") -> QIcon:
    """An icon of resources/icons in theme colours.

    Args:
        name: file name without ``.svg``; FileNotFoundError when there is none.
        token: the theme's colour of the strokes.
        on_token: the same while the control is checked.
    """
    return _icon(name, theme.current().name, token, on_token)


def pixmap(name: str, size_px: int, ratio: float, token: str = "text") -> QPixmap:
    """One drawing, ``size_px`` logical pixels wide, for a screen with this device pixel ratio."""
    return _pixmap(name, theme.current().tokens[token], size_px, ratio)


def paint(painter: QPainter, name: str, rect: QRectF, token: str, opacity: float = 1.0) -> None:
    """Draw an icon into a rectangle of a widget that paints by hand."""
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    painter.save()
    painter.setOpacity(painter.opacity() * opacity)
    drawing = pixmap(name, round(rect.width()), ratio, token)
    painter.drawPixmap(rect.topLeft(), drawing)
    painter.restore()


def swatch(color: tuple[int, int, int], size: QSize, ratio: float = 2.0, radius: float = 3) -> QPixmap:
    """A segment's colour as a rounded square."""
    made = QPixmap(size * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*color))
    painter.drawRoundedRect(QRectF(0, 0, size.width(), size.height()), radius, radius)
    painter.end()
    return made


def check_icon(color: tuple[int, int, int], size_px: int) -> QIcon:
    """A segment's colour as a box: filled with a tick when it is checked, an outline when it is not."""
    made = QIcon()
    ratio = 2.0
    for state, is_on in ((QIcon.State.On, True), (QIcon.State.Off, False)):
        drawing = QPixmap(QSize(size_px, size_px) * ratio)
        drawing.setDevicePixelRatio(ratio)
        drawing.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawing)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(*color), 1.5))
        painter.setBrush(QColor(*color) if is_on else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(1, 1, size_px - 2, size_px - 2), 3, 3)
        if is_on:
            _draw_tick(painter, size_px, "black" if QColor(*color).lightnessF() > 0.45 else "white")
        painter.end()
        made.addPixmap(drawing, QIcon.Mode.Normal, state)
    return made


def _draw_tick(painter: QPainter, size_px: int, ink: str) -> None:
    third = size_px / 3
    painter.setPen(QPen(QColor(ink), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPolyline(
        [QPointF(0.8 * third, 1.6 * third), QPointF(1.3 * third, 2.1 * third), QPointF(2.2 * third, third)]
    )


def icon_names() -> list[str]:
    """All icons that exist."""
    return sorted(entry.name[:-4] for entry in (files("resources") / "icons").iterdir() if entry.name.endswith(".svg"))


@lru_cache(maxsize=256)
def _icon(name: str, _theme: str, token: str, on_token: str) -> QIcon:
    _svg(name)  # a missing drawing is noticed here and not while painting
    tokens = theme.current().tokens
    return QIcon(_Engine(name, tokens[token], tokens[on_token], tokens["dim"]))


class _Engine(QIconEngine):
    """Draws an icon when and as large as it is needed; drawing all sizes beforehand would slow the start down."""

    def __init__(self, name: str, color: str, on_color: str, disabled_color: str) -> None:
        super().__init__()
        self._name = name
        self._color = color
        self._on_color = on_color
        self._disabled_color = disabled_color

    def clone(self) -> QIconEngine:
        made = _Engine(self._name, self._color, self._on_color, self._disabled_color)
        _CLONES.append(made)  # the binding leaves the clone to Python, but Qt goes on using it
        return made

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        device = painter.device()
        drawing = self._drawing(rect.size(), mode, state, device.devicePixelRatioF() if device is not None else 1.0)
        painter.drawPixmap(rect, drawing)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self._drawing(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        return self._drawing(size, mode, state, scale)

    def _drawing(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, ratio: float) -> QPixmap:
        side = max(1, min(size.width(), size.height()))
        if mode is QIcon.Mode.Disabled:
            return _pixmap(self._name, self._disabled_color, side, ratio, 0.45)
        return _pixmap(self._name, self._on_color if state is QIcon.State.On else self._color, side, ratio)


@lru_cache(maxsize=2048)
def _pixmap(name: str, color: str, size_px: int, ratio: float, opacity: float = 1.0) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_svg(name).replace("currentColor", color).encode()))
    side = max(1, round(size_px * ratio))
    image = QImage(QSize(side, side), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setOpacity(opacity)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    made = QPixmap.fromImage(image)
    made.setDevicePixelRatio(ratio)
    return made


@lru_cache(maxsize=256)
def _svg(name: str) -> str:
    return (files("resources") / "icons" / f"{name}.svg").read_text("utf-8")
