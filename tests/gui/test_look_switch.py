"""The switch between the halves of the page “Look” is as wide as the controls below it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from widgets.look_3d.preset_gallery import PresetGallery


def right_edge(part: QWidget, whole: QWidget) -> int:
    return part.mapTo(whole, QPoint(part.width(), 0)).x()


@pytest.mark.parametrize("height", [720, 2400])
def test_the_switch_ends_where_the_modes_do(case_window: MainWindow, qtbot: QtBot, height: int) -> None:
    """With a scroll bar beside the page, and without."""
    case_window.resize(1400, height)
    case_window.show_page("look")
    look = case_window.right.look
    look.show_page("3d")
    look.three_d.complete()
    for section in look.three_d.sections.values():
        section.setVisible(height == 720)
    qtbot.waitUntil(lambda: look.three_d.mode.isVisible())
    bar = look.pages.currentWidget().verticalScrollBar()
    qtbot.waitUntil(lambda: bar.isVisible() == (height == 720))
    qtbot.waitUntil(lambda: right_edge(look.switch, look) == right_edge(look.three_d.mode.modes, look))


def test_parts_wait_while_rows_of_presets_are_made(case_window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thing for each turn of the event loop: a row of pictures, or the next part of the page."""
    page = case_window.right.look.three_d
    while "presets" not in page.sections:
        page._go_on_making()
    monkeypatch.setattr(PresetGallery, "is_making", True)
    waiting, made = list(page._waiting), set(page.__dict__)
    page._go_on_making()
    assert (page._waiting, set(page.__dict__)) == (waiting, made)
    monkeypatch.setattr(PresetGallery, "is_making", False)
    page._go_on_making()
    assert "transfer" in page.__dict__
