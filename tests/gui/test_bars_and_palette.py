"""Over the views: messages, the bar of a waiting result, and the command palette."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.errors import UserError
from session.messages import Message, Severity
from session.preview import Preview, ProposedSegment
from widgets import message_bar
from widgets.buttons import IconButton
from widgets.fuzzy import score
from widgets.palette import needs_arguments

LEFT = Qt.MouseButton.LeftButton


def give_preview(window: MainWindow, notes: tuple[str, ...] = ()) -> Preview:
    """A result with two structures."""
    labels = np.zeros(window.session.open_document.volume.geometry.shape, np.uint8)
    labels[0:2, 30:35, 30:35], labels[2:4, 30:35, 30:35] = 1, 2
    proposed = [ProposedSegment(0, 1, "Bone", (230, 210, 170), 50), ProposedSegment(0, 2, "Lung", (90, 160, 220), 50)]
    preview = Preview("CT anatomy", "model rules@1", "segment_image.run", {}, [labels], proposed, 7.42, notes)
    window.session.open_document.set_preview(preview)
    QApplication.processEvents()
    return preview


def names(window: MainWindow) -> list[str]:
    return [segment.name for segment in window.session.open_document.segmentation.segments]


# Messages


def test_error_is_shown_with_hint_until_dismissed(window: MainWindow) -> None:
    window.session.messages.error(UserError("The disk is full.", "Make room."))
    (bar,) = window.messages.bars
    assert bar.isVisible()
    assert bar.property("severity") == "error"
    assert bar.mapTo(window, bar.rect().bottomLeft()).y() < window.status.y()
    QTest.mouseClick(bar.findChild(IconButton), LEFT)
    assert window.messages.bars == []


def test_action_of_a_message_runs(case_window: MainWindow) -> None:
    case_window.session.messages.warning("Nothing is selected.", action_id="segment.add")
    (bar,) = case_window.messages.bars
    button = next(b for b in bar.findChildren(type(case_window.preview_bar.accept)) if b.text() == "Add a segment")
    QTest.mouseClick(button, LEFT)
    assert len(names(case_window)) == 4
    assert case_window.messages.bars == []


def test_news_go_by_themselves(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_bar, "INFO_MS", 50)
    window.session.messages.info("A copy was saved.")
    assert len(window.messages.bars) == 1
    qtbot.waitUntil(lambda: window.messages.bars == [])


def test_messages_do_not_repeat_or_pile_up(window: MainWindow) -> None:
    for text in ("one", "one", "two", "three", "four"):
        window.session.messages.warning(text)
    assert [bar.message.text for bar in window.messages.bars] == ["two", "three", "four"]
    places = [bar.geometry() for bar in window.messages.bars]
    assert not any(a.intersects(b) for n, a in enumerate(places) for b in places[n + 1 :])


def test_long_message_wraps_inside_the_window(window: MainWindow) -> None:
    window.session.messages.shown.emit(Message("word " * 80, "hint " * 60, Severity.ERROR))
    (bar,) = window.messages.bars
    QApplication.processEvents()
    assert bar.width() <= window.centre.width()
    assert bar.height() > 60


def test_mistake_in_an_action_becomes_a_message(case_window: MainWindow) -> None:
    case_window.bridge.run("segment.recolor", number=1, color="reddish")
    assert case_window.messages.bars[0].message.text == "“reddish” is no colour."


def test_action_that_is_not_possible_says_so(window: MainWindow) -> None:
    window.bridge.run("segment.add")
    assert "not possible now" in window.messages.bars[0].message.text


# The waiting result


def test_preview_bar_says_what_was_found(case_window: MainWindow) -> None:
    assert not case_window.preview_bar.isVisible()
    give_preview(case_window, ("Airways: not found",))
    bar = case_window.preview_bar
    assert bar.isVisible()
    assert bar._text.text() == "CT anatomy · 2 found in 7.4 s"
    assert bar._notes.text() == "· Airways: not found"


def test_in_the_smallest_window_every_button_of_the_preview_bar_is_read_whole(
    case_window: MainWindow, qtbot: QtBot
) -> None:
    preview = give_preview(case_window)
    found = [replace(proposed, name=name) for proposed, name in zip(preview.segments, ("liver", "spleen"), strict=True)]
    title = "CT anatomy with a name that takes its room"
    case_window.session.open_document.set_preview(replace(preview, title=title, segments=found))
    bar = case_window.preview_bar
    qtbot.waitUntil(bar.compare.isVisible)
    for size in ((1100, 700), (1600, 900)):
        case_window.resize(*size)
        qtbot.waitUntil(lambda s=size: case_window.width() == s[0])  # type: ignore[misc]
        qtbot.waitUntil(lambda: bar._text.width() >= bar._text.sizeHint().width())
        buttons = (bar.choose, bar.parts, bar.merge, bar.compare, bar.reject, bar.accept)
        assert all(button.isVisible() for button in buttons)
        for part in (bar._text, *buttons):
            assert part.width() >= part.sizeHint().width()
            assert bar.rect().contains(part.geometry())
        assert case_window.centre.rect().contains(bar.geometry())
    tall = bar.height()
    case_window.resize(1100, 700)
    qtbot.waitUntil(lambda: bar.height() > tall)


def test_accept_all_by_click(case_window: MainWindow) -> None:
    give_preview(case_window)
    QTest.mouseClick(case_window.preview_bar.accept, LEFT)
    QApplication.processEvents()
    assert names(case_window) == ["liver", "spleen", "kidney", "Bone", "Lung"]
    assert case_window.session.open_document.undo_title == "Accept CT anatomy"
    assert not case_window.preview_bar.isVisible()


def test_accept_all_by_key(case_window: MainWindow, qtbot: QtBot) -> None:
    give_preview(case_window)
    qtbot.waitUntil(lambda: case_window.bridge.qaction("preview.accept_all").isEnabled())
    QTest.keyClick(case_window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert "Bone" in names(case_window)


def test_reject_leaves_no_trace(case_window: MainWindow) -> None:
    count = len(case_window.session.open_document.entries)
    give_preview(case_window)
    QTest.mouseClick(case_window.preview_bar.reject, LEFT)
    QApplication.processEvents()
    assert names(case_window) == ["liver", "spleen", "kidney"]
    assert len(case_window.session.open_document.entries) == count
    assert not case_window.preview_bar.isVisible()


def test_accept_some(case_window: MainWindow, qtbot: QtBot) -> None:
    give_preview(case_window)
    bar = case_window.preview_bar
    bar.menu.popup(bar.choose.mapToGlobal(bar.choose.rect().topLeft()))  # a click would wait for the menu to close
    bone = bar.menu.actions()[0]
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    QTest.mouseClick(bar.menu, LEFT, pos=bar.menu.actionGeometry(bone).center())
    assert bar.menu.isVisible()  # it stays open for the next box
    assert bar.chosen_names() == ["Lung"]
    assert bar.accept.text() == "Accept 1 of 2"
    for _ in range(2):  # by keyboard off and on again
        QTest.keyClick(bar.menu, Qt.Key.Key_Space)
        assert bar.menu.isVisible()
    assert bar.chosen_names() == ["Lung"]
    bar.menu.close()
    QTest.mouseClick(bar.accept, LEFT)
    QApplication.processEvents()
    assert names(case_window)[3:] == ["Lung"]
    assert bar._text.text().startswith("CT anatomy · 1 found")  # the other one waits on


def test_nothing_chosen_cannot_be_accepted(case_window: MainWindow) -> None:
    give_preview(case_window)
    for action in case_window.preview_bar.menu.actions():
        action.toggle()
    assert not case_window.preview_bar.accept.isEnabled()


def test_messages_stand_above_the_preview_bar(case_window: MainWindow) -> None:
    give_preview(case_window)
    case_window.session.messages.warning("Look.")
    QApplication.processEvents()
    assert case_window.messages.bars[0].geometry().bottom() < case_window.preview_bar.geometry().top()


# The palette


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("undo", "Undo", "Under the desk, one"),
        ("lw", "Lung window", "Slow walk"),
        ("seg", "Segment automatically", "Show message"),
        ("bru", "Brush", "Larger brush"),
        ("win", "Window and level", "Lung window"),
        ("tom", "Tomorrow", "Segment automatically"),
    ],
)
def test_fuzzy_order(typed: str, better: str, worse: str) -> None:
    good, bad = score(typed, better), score(typed, worse)
    assert good is not None
    assert bad is None or good > bad


def test_fuzzy_needs_every_letter() -> None:
    assert score("xq", "Brush") is None
    assert score("", "Brush") == 0
    assert score("brushes", "Brush") is None
    assert score("lung", "Lock or unlock the segment") is None  # letters strewn over the words mean nothing
    assert score("utomat", "Segment automatically") is not None


def test_palette_runs_the_first_by_enter(case_window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(case_window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = case_window.palette_box
    qtbot.waitUntil(palette.isVisible)
    assert QApplication.focusWidget() is palette.field
    QTest.keyClicks(palette.field, "lung w")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert case_window.session.presentation.state.windowing.level == -600
    assert not palette.isVisible()


def test_palette_moves_by_arrows_and_leaves_by_escape(case_window: MainWindow) -> None:
    view = case_window.grid.view("axial")
    view.setFocus()
    case_window.bridge.run("app.palette")
    palette = case_window.palette_box
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert QApplication.focusWidget() is view


def test_palette_marks_what_is_not_possible(window: MainWindow) -> None:
    window.bridge.run("app.palette")
    palette = window.palette_box
    QTest.keyClicks(palette.field, "undo")
    index = palette.model.index(0)
    assert index.data() == "Undo"
    assert not index.flags() & Qt.ItemFlag.ItemIsEnabled
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert window.messages.bars == []


def test_palette_runs_by_click_and_shows_keys(case_window: MainWindow) -> None:
    case_window.bridge.run("app.palette")
    palette = case_window.palette_box
    QTest.keyClicks(palette.field, "right panel")
    index = palette.model.index(0)
    assert (index.data(), index.data(Qt.ItemDataRole.UserRole)) == ("Right panel", "F4")
    QTest.mouseClick(palette.list.viewport(), LEFT, pos=palette.list.visualRect(index).center())
    assert case_window.right.isHidden()


def test_palette_goes_when_the_focus_goes(case_window: MainWindow, qtbot: QtBot) -> None:
    case_window.bridge.run("app.palette")
    case_window.right.segments.filter.setFocus(Qt.FocusReason.MouseFocusReason)
    qtbot.waitUntil(lambda: not case_window.palette_box.isVisible())


def test_palette_offers_every_action_that_runs_by_name(case_window: MainWindow) -> None:
    case_window.bridge.run("app.palette")
    model = case_window.palette_box.model
    offered = {model.action(model.index(n)).id for n in range(model.rowCount())}
    assert offered == {a.id for a in case_window.session.actions if not needs_arguments(a)}
