"""Views in windows of their own, and windows that find their place again with the screens they had."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import small_document
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.window import MainWindow
from imaging.case.images import ImageReference
from session.presentation import Layout
from session.settings import Settings
from widgets import screen_places
from widgets.own_view_window import OwnViewWindow
from widgets.screen_places import KEPT, put_where_it_was, remember_place, screens_name
from widgets.slice_view import SliceView


def own(window: MainWindow) -> list[OwnViewWindow]:
    return [w for w in window.findChildren(OwnViewWindow) if w.isVisible()]


@pytest.fixture
def away(case_window: MainWindow, qtbot) -> MainWindow:
    """The coronal view has a window of its own."""
    case_window.session.selection.update(active_view="coronal")
    case_window.bridge.qaction("view.own_window").trigger()
    qtbot.waitExposed(own(case_window)[0])
    return case_window


def test_a_view_goes_into_its_own_window_and_works_there(away: MainWindow) -> None:
    (shown,) = own(away)
    view = away.grid.view("coronal")
    assert isinstance(view, SliceView)
    assert view.window() is shown
    assert shown.windowTitle() == "Coronal view – CT abdomen – Limner"
    assert (view.width(), view.height()) == (shown.width(), shown.height())
    before = view.state.grid.number
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert view.state.grid.number != before
    assert all(away.grid.view(plane).window() is away for plane in ("axial", "sagittal"))


def test_keys_of_the_main_window_work_there(away: MainWindow, qtbot) -> None:
    (shown,) = own(away)
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow)
    QTest.keyClick(shown.view, Qt.Key.Key_I)
    assert away.session.presentation.state.is_inverted


def test_closing_it_gives_the_view_back_to_its_place(away: MainWindow) -> None:
    place = away.grid._notes["coronal"].geometry()
    own(away)[0].close()
    QApplication.processEvents()
    view = away.grid.view("coronal")
    assert view.window() is away
    assert view.isVisible()
    assert view.geometry() == place
    assert own(away) == []


def test_the_note_at_its_place_brings_it_back_too(away: MainWindow) -> None:
    note = away.grid._notes["coronal"]
    assert isinstance(note, QPushButton)
    assert note.isVisible()
    QTest.mouseClick(note, Qt.MouseButton.LeftButton)
    assert away.grid.view("coronal").window() is away


def test_a_double_click_there_fills_the_monitor_and_leaves_the_layout(away: MainWindow) -> None:
    (shown,) = own(away)
    QTest.mouseDClick(shown.view, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert shown.isFullScreen()
    assert away.session.presentation.state.layout is Layout.FOUR


def test_a_closed_document_takes_all_views_back(away: MainWindow) -> None:
    away.session.set_document(None)
    QApplication.processEvents()
    assert own(away) == []
    assert away.grid.view("coronal").window() is away


def test_another_study_is_named_in_the_title(away: MainWindow, tmp_path: Path) -> None:
    (shown,) = own(away)
    document = small_document(away.session, tmp_path / "other.limner")
    document.case.set_images([ImageReference("other", "series", "MR", "head")])
    away.session.set_document(document)
    assert shown.windowTitle() == "Coronal view – MR head – Limner"


def test_it_comes_back_to_where_it_was(away: MainWindow, qtbot) -> None:
    own(away)[0].resize(411, 422)
    qtbot.waitUntil(lambda: own(away)[0].width() == 411)
    away.bridge.run("view.own_window")
    away.bridge.run("view.own_window")
    assert (own(away)[0].width(), own(away)[0].height()) == (411, 422)


def test_places_belong_to_the_screens(qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtWidgets import QWidget

    settings, window = Settings(tmp_path / "settings.json"), QWidget()
    qtbot.addWidget(window)
    assert not put_where_it_was(window, "main", settings)
    window.resize(500, 400)
    remember_place(window, "main", settings)
    monkeypatch.setattr(screen_places, "screens_name", lambda: "elsewhere")
    assert not put_where_it_was(window, "main", settings)
    window.resize(300, 200)
    remember_place(window, "main", settings)
    monkeypatch.undo()
    assert put_where_it_was(window, "main", Settings(tmp_path / "settings.json"))
    assert (window.width(), window.height()) == (500, 400)


def test_only_some_arrangements_of_screens_are_kept(qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtWidgets import QWidget

    settings, window = Settings(tmp_path / "settings.json"), QWidget()
    qtbot.addWidget(window)
    for number in range(KEPT + 3):
        monkeypatch.setattr(screen_places, "screens_name", lambda number=number: f"screens {number}")
        remember_place(window, "main", settings)
    assert list(settings["window.places"]) == [f"screens {n}" for n in range(3, KEPT + 3)]
    assert "x" in screens_name()
