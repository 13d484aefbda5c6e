"""A view as a picture, with the mark that cinematic ones carry."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from render.volume_renderer import Frame


def picture_of(view: QWidget, *, is_marked: bool) -> QImage:
    """What a view shows, in the screen's pixels.

    Args:
        view: one of the views.
        is_marked: put "not for diagnosis" into it, as into an exported picture; a 3D view's texts are left out then,
            because one of them says the same.
    """
    if not is_marked:
        return view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    from render.cinematic.stamp import stamped

    image = _frame_of(view) or view.grab().toImage()
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    width, height = image.width(), image.height()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    pixels = np.ascontiguousarray(stamped(rows[:, : 3 * width].reshape(height, width, 3)))
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _frame_of(view: QWidget) -> QImage | None:
    """The last frame of a 3D view in the view's size; None for other views."""
    frame = getattr(view, "frame", None)
    if not isinstance(frame, Frame):
        return None
    height, width = frame.rgb.shape[:2]
    pixels = np.ascontiguousarray(frame.rgb)
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    size = view.size() * view.devicePixelRatioF()
    return image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation).copy()
