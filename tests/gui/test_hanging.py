"""Arrangements in the window: kept by a command, found again with the next study, taken back from the message."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_series import SeriesMaker
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from test_opening import wait_until_read

from app.opening import open_path
from app.window import MainWindow
from imaging.edit import AddSegment
from imaging.segment import Segment
from session.presentation import Layout, Windowing


def chest(folder: Path, part: str = "CHEST") -> Path:
    folder.mkdir()
    return SeriesMaker(folder)(6, lambda _k, ds: setattr(ds, "BodyPartExamined", part))


def opened(qtbot, window: MainWindow, path: Path) -> None:
    before = window.session.document
    open_path(window.session, path)
    qtbot.waitUntil(lambda: window.session.document is not before, timeout=30_000)
    wait_until_read(qtbot, window.session)


@pytest.fixture
def kept(qtbot, window: MainWindow, tmp_path: Path) -> MainWindow:
    """A window in which chests are kept as three slices in the lung window; the open one is shown as usual again."""
    opened(qtbot, window, chest(tmp_path / "first"))
    window.bridge.run("view.layout_slices")
    window.bridge.run("view.window_lung")
    window.bridge.qaction("hanging.keep").trigger()
    window.bridge.run("view.layout_four")
    window.bridge.run("view.window_bone")
    return window


def test_the_next_chest_is_shown_so_and_the_message_takes_it_back(qtbot, kept: MainWindow, tmp_path: Path) -> None:
    opened(qtbot, kept, chest(tmp_path / "second"))
    shown = kept.session.presentation.state
    assert (shown.layout, shown.windowing) == (Layout.SLICES, Windowing(-600, 1500))
    bar = next(bar for bar in kept.messages.bars if bar.message.action_id == "hanging.usual")
    assert bar.message.text == "Shown as you arranged it for CT CHEST."
    QTest.mouseClick(bar.findChild(QPushButton), Qt.MouseButton.LeftButton)
    shown = kept.session.presentation.state
    assert (shown.layout, shown.windowing) == (Layout.FOUR, Windowing(40, 400))
    assert bar not in kept.messages.bars


def test_another_body_part_is_shown_as_usual(qtbot, kept: MainWindow, tmp_path: Path) -> None:
    opened(qtbot, kept, chest(tmp_path / "head", "HEAD"))
    shown = kept.session.presentation.state
    assert (shown.layout, shown.windowing) == (Layout.FOUR, Windowing(40, 400))
    assert not kept.bridge.qaction("hanging.forget").isEnabled()
    kept.bridge.qaction("hanging.keep_modality").trigger()
    kept.bridge.qaction("hanging.forget").trigger()
    assert [one.kind.name for one in kept.session.hanging.kept] == ["CT CHEST"]


def test_what_a_case_kept_is_never_overridden(qtbot, kept: MainWindow, tmp_path: Path) -> None:
    second = chest(tmp_path / "second")
    opened(qtbot, kept, second)
    kept.session.open_document.apply(AddSegment(Segment(1, "liver", (200, 100, 100))), title="Add", tool="add")
    kept.session.presentation.update(layout=Layout.ONE_AND_THREE, windowing=Windowing(1, 2))
    kept.session.save_presentation()
    kept.session.open_document.case.journal.flush()
    opened(qtbot, kept, tmp_path / "first")
    assert kept.session.presentation.state.layout is not Layout.ONE_AND_THREE
    opened(qtbot, kept, second)
    shown = kept.session.presentation.state
    assert (shown.layout, shown.windowing) == (Layout.ONE_AND_THREE, Windowing(1, 2))
    apply = kept.bridge.qaction("hanging.apply")
    qtbot.waitUntil(apply.isEnabled, timeout=10_000)  # actions follow a new document a moment later
    apply.trigger()
    assert kept.session.presentation.state.layout is Layout.SLICES
