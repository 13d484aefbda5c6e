"""Pictures of presets: those that ship with the program, and a swatch of the colours for all others."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPainterPath, QPixmap

from session.look.look import Look
from session.look.preset import Preset
from session.look.transfer_function import TransferFunction

FOLDER = "thumbnails"
RATIO = 2.0  # swatches are drawn for screens of high density
STOPS = 24
GROUND_TOP, GROUND_BOTTOM = QColor(44, 49, 58), QColor(21, 23, 27)


def thumbnail(preset: Preset, side: int) -> QPixmap:
    """A square picture, ``side`` logical pixels wide."""
    return _shipped(preset.id, side) or _swatch(preset.look, side)


@lru_cache(maxsize=128)
def _shipped(preset_id: str, side: int) -> QPixmap | None:
    entry = files("resources") / "presets" / FOLDER / f"{preset_id}.png"
    if not entry.is_file():
        return None
    image = QImage.fromData(entry.read_bytes())
    size = QSize(side, side) * RATIO
    mode = Qt.AspectRatioMode.KeepAspectRatioByExpanding
    made = QPixmap.fromImage(image.scaled(size, mode, Qt.TransformationMode.SmoothTransformation))
    made.setDevicePixelRatio(RATIO)
    return made


@lru_cache(maxsize=128)
def _swatch(look: Look, side: int) -> QPixmap:
    """The colours from the lowest to the highest value; where they are opaque they reach up."""
    made = QPixmap(QSize(side, side) * RATIO)
    made.setDevicePixelRatio(RATIO)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = QLinearGradient(0, 0, 0, side)
    ground.setColorAt(0, GROUND_TOP)
    ground.setColorAt(1, GROUND_BOTTOM)
    painter.fillRect(QRectF(0, 0, side, side), ground)
    values = _values(look.transfer)
    colors = QLinearGradient(0, 0, side, 0)
    for place, (r, g, b) in zip(np.linspace(0, 1, STOPS), look.transfer.color_at(values), strict=True):
        colors.setColorAt(float(place), QColor.fromRgbF(float(r), float(g), float(b)))
    painter.fillPath(_hill(look.transfer, values, side), colors)
    painter.end()
    return made


def _values(transfer: TransferFunction) -> np.ndarray:
    low, high = transfer.range
    return np.linspace(low, max(high, low + 1e-6), STOPS)


def _hill(transfer: TransferFunction, values: np.ndarray, side: int) -> QPainterPath:
    """The area below the opacity; its root, so that faint matter is seen too."""
    heights = 0.16 + 0.66 * np.sqrt(np.clip(transfer.opacity_at(values), 0, 1))
    path = QPainterPath()
    path.moveTo(0, side)
    for place, height in zip(np.linspace(0, side, STOPS), heights, strict=True):
        path.lineTo(float(place), side * (1 - float(height)))
    path.lineTo(side, side)
    path.closeSubpath()
    return path
