"""Our icons: SVG drawings in resources/icons, in the colours of the theme and sharp at every scale."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from widgets import theme

SIZES_PX = (16, 20, 24)
SCALES = (1, 2, 3)


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


def swatch(color: tuple[int, int, int], size: QSize, ratio: float = 2.0) -> QPixmap:
    """A segment's colour as a rounded square."""
    made = QPixmap(size * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*color))
    painter.drawRoundedRect(QRectF(0, 0, size.width(), size.height()), 3, 3)
    painter.end()
    return made


def icon_names() -> list[str]:
    """All icons that exist."""
    return sorted(entry.name[:-4] for entry in (files("resources") / "icons").iterdir() if entry.name.endswith(".svg"))


@lru_cache(maxsize=256)
def _icon(name: str, _theme: str, token: str, on_token: str) -> QIcon:
    tokens = theme.current().tokens
    made = QIcon()
    for size in SIZES_PX:
        for ratio in SCALES:
            made.addPixmap(_pixmap(name, tokens[token], size, ratio), QIcon.Mode.Normal, QIcon.State.Off)
            made.addPixmap(_pixmap(name, tokens[on_token], size, ratio), QIcon.Mode.Normal, QIcon.State.On)
            faint = _pixmap(name, tokens["dim"], size, ratio, 0.45)
            made.addPixmap(faint, QIcon.Mode.Disabled, QIcon.State.Off)
            made.addPixmap(faint, QIcon.Mode.Disabled, QIcon.State.On)
    return made


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
