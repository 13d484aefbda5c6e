"""Icons: sharp at every scale, faint when disabled, and safe to copy."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QApplication

from widgets import icons, theme


@pytest.fixture(autouse=True)
def _dark(qapp: QApplication) -> None:
    theme.apply(qapp, "dark", 1.0)


def ink(picture: QPixmap) -> float:
    """Sum of the opacity of all pixels, in full pixels."""
    image = picture.toImage().convertToFormat(QImage.Format.Format_ARGB32)
    return sum(image.pixelColor(x, y).alphaF() for x in range(image.width()) for y in range(image.height()))


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0, 3.0])
def test_an_icon_has_as_many_pixels_as_the_screen_shows(ratio) -> None:
    picture = icons.icon("brush").pixmap(QSize(20, 20), ratio)
    assert picture.size() == QSize(round(20 * ratio), round(20 * ratio))
    assert ink(picture) > 20 * ratio**2


def test_a_disabled_icon_is_fainter() -> None:
    icon = icons.icon("undo")
    normal = ink(icon.pixmap(QSize(20, 20), QIcon.Mode.Normal))
    assert 0 < ink(icon.pixmap(QSize(20, 20), QIcon.Mode.Disabled)) < 0.7 * normal


def test_a_missing_drawing_is_noticed_at_once() -> None:
    with pytest.raises(FileNotFoundError):
        icons.icon("no-such-drawing")


def test_a_changed_copy_lives_on_without_its_original() -> None:
    for _ in range(50):
        copy = QIcon(icons.icon("brush"))
        copy.addPixmap(QPixmap(5, 5))
        icons._icon.cache_clear()
        gc.collect(0)
        assert not copy.pixmap(QSize(20, 20)).isNull()
