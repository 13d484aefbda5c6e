"""A view as a picture, with the mark that cinematic ones carry."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget


def picture_of(view: QWidget, *, is_marked: bool) -> QImage:
    """What a view shows, in the screen's pixels.

    Args:
        view: one of the views.
        is_marked: put "not for diagnosis" into it.
    """
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    if not is_marked:
        return image
    from render.cinematic.stamp import stamped

    width, height = image.width(), image.height()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    pixels = np.ascontiguousarray(stamped(rows[:, : 3 * width].reshape(height, width, 3)))
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
