"""A small picture of an image: its middle slice."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap

from imaging.volume import Volume
from session.presentation import Windowing

SIDE_PX = 96
HEAD = 2  # the LPS axis that points up in every upright picture


def thumbnail(volume: Volume, windowing: Windowing) -> QPixmap:
    """The middle slice as it was acquired, in true proportions, turned as radiologists look at it."""
    plane = volume.voxels[volume.geometry.shape[0] // 2]
    step = max(1, round(max(plane.shape[:2]) / (2 * SIDE_PX)))
    width, height = (n * mm for n, mm in zip(plane.shape[1::-1], volume.geometry.spacing_mm[:2], strict=True))
    plane = plane[::step, ::step]
    image = _grey(plane, windowing) if plane.ndim == 2 else _color(plane)
    image = image.flipped(_flips(volume))
    scale = SIDE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    smooth = Qt.TransformationMode.SmoothTransformation
    return QPixmap.fromImage(image.scaled(*size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))


def _flips(volume: Volume) -> Qt.Orientation:
    """What turns the rows so that left and posterior are at the right, and posterior and feet at the bottom."""
    across, down = volume.geometry.direction[:, 0], volume.geometry.direction[:, 1]
    flags = Qt.Orientation(0)
    if across[np.argmax(np.abs(across))] < 0:
        flags |= Qt.Orientation.Horizontal
    axis = int(np.argmax(np.abs(down)))
    if (down[axis] > 0) == (axis == HEAD):
        flags |= Qt.Orientation.Vertical
    return flags


def _grey(plane: np.ndarray, windowing: Windowing) -> QImage:
    low = windowing.level - windowing.width / 2
    scaled = (np.nan_to_num(plane.astype(np.float32)) - low) * (255 / windowing.width)
    grey = np.ascontiguousarray(np.clip(scaled, 0, 255).astype(np.uint8))
    height, width = grey.shape
    return QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()


def _color(plane: np.ndarray) -> QImage:
    rgb = np.ascontiguousarray(plane)
    height, width = rgb.shape[:2]
    return QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
