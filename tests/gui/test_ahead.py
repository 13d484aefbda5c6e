"""Loading ahead: one piece for each turn, while nothing is being opened, and in a way that nothing needs."""

from __future__ import annotations

import importlib
import sys

import pytest
from pytestqt.qtbot import QtBot

from app import ahead
from app.ahead import Ahead
from app.window import MainWindow
from imaging.dicom import foreign
from session.look.presets import shipped_presets
from widgets.slice_view import SliceView
from widgets.view_grid import SLICES


def test_the_slice_views_come_first_each_in_a_turn_of_its_own(window: MainWindow, qtbot: QtBot) -> None:
    made = Ahead(window)
    counts = []
    while len(counts) < 200 and (not counts or counts[-1] < len(SLICES)):
        made._next()
        counts.append(sum(isinstance(window.grid.view(view), SliceView) for view in SLICES))
    assert counts[: len(ahead.SLICES)] == [0] * len(ahead.SLICES)
    assert counts[len(ahead.SLICES) :] == [1, 2, 3]
    qtbot.waitUntil(lambda: made.is_over, timeout=30_000)


def test_all_names_are_modules_and_are_loaded(window: MainWindow, qtbot: QtBot) -> None:
    made = Ahead(window)
    qtbot.waitUntil(lambda: made.is_over, timeout=30_000)
    for name in (*ahead.SLICES, *ahead.WITHOUT_QT, *ahead.VIEWS_AND_PAGES):
        assert name in sys.modules


def test_a_decoder_waits_for_the_first_compressed_series(window: MainWindow, qtbot: QtBot) -> None:
    made = Ahead(window)
    qtbot.waitUntil(lambda: made.is_over, timeout=30_000)
    assert foreign._spare is not None
    assert foreign._spare.is_running


def test_it_rests_while_an_image_is_being_opened(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loading:
        is_loading = True

    monkeypatch.setattr(ahead, "WAIT_MS", 5)
    monkeypatch.setattr(window.session, "document", Loading())
    made = Ahead(window)
    qtbot.wait(100)
    assert all(window.grid.view(view) is None for view in SLICES)
    monkeypatch.setattr(window.session, "document", None)
    qtbot.waitUntil(lambda: made.is_over, timeout=30_000)
    assert all(window.grid.view(view) is not None for view in SLICES)


def test_what_the_thread_loads_knows_no_qt() -> None:
    for name in ahead.WITHOUT_QT:
        assert not name.startswith(("widgets", "app"))
        assert importlib.import_module(name)


def test_the_gallerys_pictures_are_read_one_by_one(qtbot: QtBot) -> None:
    makers = list(ahead.thumbnail_makers())
    assert len(makers) == len(shipped_presets())
    makers[0]()
