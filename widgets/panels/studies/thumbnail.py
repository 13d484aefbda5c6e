"""A small picture of an image: its middle slice."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap

from imaging.volume import Volume
from session.presentation import Windowing

SIDE_PX = 96


def thumbnail(volume: Volume, windowing: Windowing) -> QPixmap:
    """The middle slice of the voxel grid, square, black around it, patient-right at the left where it is axial."""
    geometry = volume.geometry
    axis = int(np.argmax(np.abs(geometry.direction[2])))  # the grid axis nearest to head-foot: its middle is axial
    middle = geometry.shape[2 - axis] // 2
    plane = volume.voxels.take(middle, axis=2 - axis)
    rest = [a for a in (2, 1, 0) if a != axis]  # vertical, then horizontal grid axis of the plane
    spacing = [geometry.spacing_mm[a] for a in rest]
    step = max(1, round(max(plane.shape[:2]) / (2 * SIDE_PX)))
    plane = plane[::step, ::step]
    image = _grey(plane, windowing) if plane.ndim == 2 else _color(plane)
    flips = [geometry.direction[1 if n == 0 else 0, a] < 0 for n, a in enumerate(rest)]
    image = image.flipped(_orientation(horizontal=bool(flips[1]), vertical=bool(flips[0])))
    height, width = plane.shape[0] * spacing[0], plane.shape[1] * spacing[1]
    scale = SIDE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    smooth = Qt.TransformationMode.SmoothTransformation
    return QPixmap.fromImage(image.scaled(*size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))


def _orientation(*, horizontal: bool, vertical: bool) -> Qt.Orientation:
    flags = Qt.Orientation(0)
    if horizontal:
        flags |= Qt.Orientation.Horizontal
    if vertical:
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
