"""The legend of a model's map in a slice: it stays clear of the letter of the lower side."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from render.doubt_overlay import DoubtStyle
from session.model_maps import ModelMap
from widgets.doubt_legend import LETTER_PX, paint_legend
from widgets.slice_text import ShadowText


@pytest.mark.parametrize("width", [270, 290, 400, 640])
def test_the_legend_leaves_the_letter_below_free(width: int, qapp: QApplication) -> None:
    height = 240
    picture = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(0)
    shown = ModelMap("uncertainty", np.zeros((1, 1, 1), np.uint8))
    painter = QPainter(picture)
    paint_legend(painter, QRect(0, 0, width, height), (width, height), ShadowText(), DoubtStyle(shown, 0.6))
    painter.end()
    pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(height, width, 4)[..., 3]
    assert pixels[height - 60 :, : width // 2].any()
    assert not pixels[height - 26 :, width // 2 - LETTER_PX : width // 2 + LETTER_PX].any()
