"""The main window: opens, follows the document, remembers its shape, takes drops, and is usable by keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPushButton,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

import app.window_drop
import widgets.volume_engine
from app.main import apply_theme, make_window
from app.window import MainWindow
from imaging.edit import PaintEdit
from imaging.errors import UserError
from imaging.geometry import Box
from render.graphics_probe import Graphics, probed
from session.change import DocumentChange
from session.presentation import Layout, VolumeMode
from session.selection import Tool
from widgets import theme
from widgets.dialogs.choice import ChoiceDialog
from widgets.view_grid import VIEWS, placements

LEFT = Qt.MouseButton.LeftButton
MAKE_3D_VIEW = MainWindow._make_volume_view  # the fixture keeps it from being called


def test_empty_window_invites_to_open(window: MainWindow) -> None:
    assert window.centre.currentWidget() is window.empty
    assert window.windowTitle() == "Limner"
    assert window.top.saved.state.text() == "Nothing is open"
    assert not window.top.segment_button.isEnabled()


def test_document_brings_the_views(case_window: MainWindow) -> None:
    assert case_window.centre.currentWidget() is case_window.grid
    assert all(case_window.grid.view(view).isVisible() for view in VIEWS)
    assert case_window.windowTitle() == "CT abdomen – Limner"
    assert case_window.top.saved.name.text() == "CT abdomen"


def test_closing_the_case_brings_the_empty_state_back(case_window: MainWindow) -> None:
    case_window.bridge.run("file.close")
    assert case_window.centre.currentWidget() is case_window.empty


def test_saved_state_counts_entries(case_window: MainWindow, qtbot: QtBot) -> None:
    saved = case_window.top.saved.state
    qtbot.waitUntil(lambda: saved.text() == "Every stroke saved · 5 entries")
    edit = PaintEdit(3, Box(0, 1, 0, 1, 0, 1), np.ones((1, 1, 1), bool))
    case_window.session.open_document.apply(edit, title="Paint kidney", tool="brush")
    qtbot.waitUntil(lambda: saved.text() == "Every stroke saved · 6 entries")


def test_failure_to_save_is_said_in_the_error_colour(case_window: MainWindow, qtbot: QtBot) -> None:
    document = case_window.session.open_document
    document.case.journal.flush()
    document.case.journal.failure = UserError("The disk is full.", "Make room.")
    document.notify(DocumentChange(has_history=True))
    saved = case_window.top.saved.state
    qtbot.waitUntil(lambda: saved.text().startswith("NOT saved"))
    assert saved.property("severity") == "error"
    assert "The disk is full." in saved.toolTip()
    (bar,) = case_window.messages.bars
    assert bar.message.text == "NOT saved: The disk is full."
    document.case.journal.failure = None
    document.notify(DocumentChange(has_history=True))
    qtbot.waitUntil(lambda: case_window.messages.bars[-1].message.text == "Everything is saved again.")


@pytest.mark.parametrize(("answer", "stays"), [("Keep the window open", True), ("Close and lose them", False)])
def test_closing_asks_only_when_something_would_be_lost(
    case_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, answer: str, stays: bool
) -> None:
    journal = case_window.session.open_document.case.journal
    with monkeypatch.context() as broken:
        broken.setattr(journal, "flush", lambda _seconds=0.0: False)

        def press() -> None:
            dialog = next(d for d in case_window.findChildren(ChoiceDialog) if d.isVisible())
            QTest.mouseClick(next(b for b in dialog.findChildren(QPushButton) if b.text() == answer), LEFT)

        QTimer.singleShot(50, case_window, press)
        case_window.close()
        assert case_window.isVisible() is stays
        assert (case_window.session.document is not None) is stays
    case_window.close()
    assert not case_window.isVisible()  # with everything written it asks nothing


def test_tool_button_chooses_the_tool(case_window: MainWindow) -> None:
    QTest.mouseClick(case_window.top.tools["tool.brush"], LEFT)
    assert case_window.session.selection.state.tool is Tool.BRUSH
    assert case_window.top.tools["tool.brush"].isChecked()
    assert not case_window.top.tools["tool.crosshair"].isChecked()
    assert case_window.status.doing.text() == "Painting liver"


def test_tool_key_works_wherever_the_focus_is(case_window: MainWindow, qtbot: QtBot) -> None:
    for widget in (case_window.grid.view("axial"), case_window.right.segments.list, case_window.top.tools["edit.undo"]):
        case_window.session.selection.update(tool=Tool.CROSSHAIR)
        widget.setFocus()
        qtbot.waitUntil(lambda: case_window.bridge.qaction("tool.brush").isEnabled())
        QTest.keyClick(widget, Qt.Key.Key_B)
        assert case_window.session.selection.state.tool is Tool.BRUSH


def test_text_field_keeps_its_letters(case_window: MainWindow) -> None:
    field = case_window.right.segments.filter
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_B)
    assert field.text() == "b"
    assert case_window.session.selection.state.tool is Tool.CROSSHAIR


def test_undo_button_names_its_step(case_window: MainWindow, qtbot: QtBot) -> None:
    button = case_window.top.tools["edit.undo"]
    qtbot.waitUntil(lambda: button.toolTip() == "Undo: Paint 2  (Ctrl+Z)")
    QTest.mouseClick(button, LEFT)
    assert case_window.session.open_document.undo_title == "Paint 1"
    qtbot.waitUntil(lambda: case_window.top.tools["edit.redo"].toolTip() == "Redo: Paint 2  (Ctrl+Shift+Z)")


def test_locked_segment_is_said_in_the_status_line(case_window: MainWindow, qtbot: QtBot) -> None:
    case_window.session.selection.update(tool=Tool.BRUSH)
    case_window.bridge.run("segment.toggle_lock", number=1)
    qtbot.waitUntil(lambda: case_window.status.doing.text() == "liver is locked")


@pytest.mark.parametrize("layout", list(Layout))
def test_placements_fill_the_grid_without_overlap(layout: Layout) -> None:
    places = list(placements(layout, "coronal", 1001, 703).values())
    assert all(place.left() >= 0 and place.right() < 1001 and place.bottom() < 703 for place in places)
    assert not any(a.intersects(b) for n, a in enumerate(places) for b in places[n + 1 :])
    gaps = {Layout.SINGLE: 0, Layout.FOUR: 2 * 1001 + 2 * 703 - 4, Layout.SLICES: 4 * 703}
    if layout in gaps:
        assert sum(p.width() * p.height() for p in places) == 1001 * 703 - gaps[layout]


def test_layouts_and_maximising(case_window: MainWindow) -> None:
    session, grid = case_window.session, case_window.grid
    case_window.bridge.run("view.layout_slices")
    assert not grid.view("3d").isVisible()
    assert case_window.top.layout_button.text() == "Only slices"
    grid.toggle_maximised("coronal")
    assert [view for view in VIEWS if grid.view(view).isVisible()] == ["coronal"]
    assert grid.view("coronal").size() == grid.size()
    grid.toggle_maximised("coronal")
    assert session.presentation.state.layout is Layout.SLICES


def test_double_click_maximises(case_window: MainWindow) -> None:
    view = case_window.grid.view("sagittal")
    QTest.mouseDClick(view, LEFT, pos=QPoint(view.width() // 3, view.height() // 3))
    assert case_window.session.presentation.state.layout is Layout.SINGLE
    assert view.size() == case_window.grid.size()


def test_panels_go_and_are_remembered(case_window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(case_window, Qt.Key.Key_F3)
    assert case_window.left.isHidden()
    case_window.right.show_page("look")
    case_window.close()
    kept = json.loads(case_window.session.settings.path.read_text("utf-8"))["window"]
    assert (kept["left_hidden"], kept["right_hidden"], kept["page"]) == (True, False, "look")
    again = make_window(case_window.session)
    qtbot.addWidget(again)
    assert again.left.isHidden()
    assert again.right.page == "look"
    again.close()


def drop_event(paths: list[Path], kind: type[QDropEvent]) -> tuple[QDropEvent, QMimeData]:
    """A drop or an entering drag of files; the content must live as long as the event."""
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where = QPoint(500, 400) if kind is QDragEnterEvent else QPointF(500, 400)
    event = kind(where, Qt.DropAction.CopyAction, content, LEFT, Qt.KeyboardModifier.NoModifier)
    return event, content


def test_drop_opens_files(window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(app.window_drop, "open_paths", lambda _session, paths: opened.extend(paths))
    paths = [tmp_path / "one.zip", tmp_path / "folder"]
    enter, _first = drop_event(paths, QDragEnterEvent)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    assert window.empty.target.property("hot") == "true"
    drop, _second = drop_event(paths, QDropEvent)
    window.dropEvent(drop)
    qtbot.waitUntil(lambda: opened == paths)
    assert window.empty.target.property("hot") == "false"


def test_unreadable_drop_becomes_a_message(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    broken = tmp_path / "broken.nii"
    broken.write_bytes(b"nothing")
    drop, _content = drop_event([broken], QDropEvent)
    window.dropEvent(drop)
    qtbot.waitUntil(lambda: len(window.messages.bars) == 1, timeout=20_000)
    assert window.messages.bars[0].message.severity.value == "error"


def test_smallest_window_fits_everything(case_window: MainWindow) -> None:
    case_window.resize(1100, 700)
    case_window.session.selection.update(tool=Tool.BRUSH, uses_range=True)
    QApplication.processEvents()
    assert (case_window.width(), case_window.height()) == (1100, 700)
    for part in (case_window.top.segment_button, case_window.right.options, case_window.right.recent):
        corner = part.mapTo(case_window, part.rect().bottomRight())
        assert corner.x() < 1100
        assert corner.y() < 700
    assert case_window.right.segments.list.height() >= 80


def test_theme_switches_at_once(case_window: MainWindow) -> None:
    for name in ("light", "reading room", "dark"):
        case_window.session.settings.set("look.theme", name)
        QApplication.processEvents()
        ground = case_window.top.grab().toImage().pixelColor(3, 3).name()
        assert ground == theme.load(name).tokens["panel"]
    apply_theme(case_window.session)


CONTROLS = (QAbstractButton, QLineEdit, QAbstractSpinBox, QAbstractSlider, QComboBox, QAbstractItemView)


def nameless(window: QWidget) -> list[str]:
    """Controls that a screen reader could not name."""
    found = []
    for kind in CONTROLS:
        for control in window.findChildren(kind):
            inside = control.parent()
            whole = (inside, inside.parent())  # a combo box keeps its list in a frame
            is_part = any(isinstance(part, QAbstractSpinBox | QComboBox) for part in whole)
            is_part = is_part or isinstance(control, QScrollBar) or control.objectName().startswith("qt_")
            text = control.text() if isinstance(control, QAbstractButton) else ""
            if not is_part and not control.accessibleName() and not text:
                found.append(f"{type(control).__name__} in {type(inside).__name__}")
    return found


def test_every_control_has_a_name(case_window: MainWindow) -> None:
    for page in ("segments", "look", "history", "jobs"):
        case_window.show_page(page)
    assert not nameless(case_window)


def test_every_control_is_reached_by_tab(case_window: MainWindow) -> None:
    case_window.session.selection.update(tool=Tool.BRUSH)
    QApplication.processEvents()
    reached: set[QWidget] = set()
    at: QWidget | None = case_window.focusWidget() or case_window
    while at is not None and at not in reached:
        reached.add(at)
        at = at.nextInFocusChain()
    wanted = [
        *case_window.top.tools.values(),
        case_window.top.palette_button,
        case_window.top.segment_button,
        case_window.right.segments.list,
        case_window.right.segments.filter,
        case_window.right.options.radius.slider,
        case_window.left.studies.list,
        case_window.status.jobs,
    ]
    missing = [w.accessibleName() for w in wanted if w not in reached or not w.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert not missing


def test_all_icons_and_shortcuts_of_the_actions_exist(window: MainWindow) -> None:
    seen: dict[str, str] = {}
    for action in window.session.actions:
        made = window.bridge.qaction(action.id)
        assert bool(action.icon) != made.icon().isNull()
        for keys in made.shortcuts():
            assert not keys.isEmpty(), action.id
            assert keys.toString() not in seen, f"{action.id} and {seen[keys.toString()]}"
            seen[keys.toString()] = action.id


@pytest.mark.parametrize("page", ["segments", "look", "history", "jobs"])
def test_text_size_grows_the_window_s_parts_at_once(case_window: MainWindow, page: str) -> None:
    case_window.show_page(page)
    case_window.resize(1680, 1050)
    before = case_window.right.width(), case_window.top.height(), case_window.top.tools["tool.brush"].iconSize().width()
    case_window.session.settings.set("look.text_scale", 1.5)
    QApplication.processEvents()
    after = case_window.right.width(), case_window.top.height(), case_window.top.tools["tool.brush"].iconSize().width()
    assert after == tuple(round(size * 1.5) for size in before)
    inner = case_window.right.pages.currentWidget()
    assert inner.minimumSizeHint().width() <= case_window.right.width()
    shown = [w for w in inner.findChildren(QWidget) if w.isVisible() and not w.isWindow()]
    assert not [w for w in shown if w.mapTo(case_window, w.rect().topRight()).x() > 1680]
    case_window.session.settings.set("look.text_scale", 1.0)


def test_3d_view_takes_its_place(case_window: MainWindow, qtbot: QtBot) -> None:
    graphics = probed()
    if not graphics.is_available:
        pytest.skip(graphics.reason)
    waiting = case_window.grid.view("3d")
    place = waiting.geometry()
    MAKE_3D_VIEW(case_window)
    view = case_window.grid.view("3d")
    assert view is not waiting
    assert view.isVisible()
    assert view.geometry() == place
    qtbot.waitUntil(lambda: view.grab().toImage().pixelColor(place.width() // 2, 8).lightness() > 20, timeout=30_000)


def test_without_opengl_slices_work_and_the_3d_page_says_why(
    case_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Graphics(False, reason="OpenGL 3.2 or later is missing.")
    monkeypatch.setattr(widgets.volume_engine, "probe_opengl", lambda: nothing)
    monkeypatch.setattr(widgets.volume_engine, "probed", lambda: nothing)
    session = case_window.session
    MAKE_3D_VIEW(case_window)
    case_window.show_page("look")
    case_window.right.look.show_page("3d")
    page = case_window.right.look.three_d
    qtbot.waitUntil(lambda: "OpenGL 3.2" in page.mode.status.text())
    qtbot.waitUntil(lambda: not page.mode.modes.button("cinematic").isEnabled())
    assert not any(section.isVisible() for section in page.sections.values())
    QTest.keyClick(case_window, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    assert session.presentation.state.volume_mode is VolumeMode.SURFACES
    session.selection.update(tool=Tool.BRUSH, segment_number=3)
    axial = case_window.grid.view("axial")
    QTest.mousePress(axial, Qt.MouseButton.LeftButton, pos=axial.rect().center())
    QTest.mouseRelease(axial, Qt.MouseButton.LeftButton, pos=axial.rect().center())
    qtbot.waitUntil(lambda: session.open_document.segmentation.voxel_count(3) > 0)


def test_enter_in_a_field_gives_the_keys_back_to_the_view(case_window: MainWindow, qtbot: QtBot) -> None:
    case_window.session.selection.update(tool=Tool.ERASER, active_view="coronal")
    field = case_window.right.options.radius.field
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "12.5")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert case_window.session.selection.state.radius_mm == 12.5
    qtbot.waitUntil(lambda: case_window.grid.view("coronal").hasFocus())
    QTest.keyClick(case_window.grid.view("coronal"), Qt.Key.Key_B)
    assert case_window.session.selection.state.tool is Tool.BRUSH


def test_wheel_over_a_field_without_focus_changes_nothing(case_window: MainWindow) -> None:
    case_window.show_page("look")
    QApplication.processEvents()
    before = case_window.session.presentation.state
    for widget in (case_window.right.look.slices.width_field, case_window.right.look.slices.slab.field):
        middle = QPointF(widget.rect().center())
        event = QWheelEvent(
            middle,
            widget.mapToGlobal(middle),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)
    assert case_window.session.presentation.state == before


def test_single_layout_shows_the_active_view(case_window: MainWindow) -> None:
    case_window.session.selection.update(active_view="sagittal")
    case_window.bridge.run("view.layout_single")
    assert case_window.grid.view("sagittal").isVisible()


def test_no_part_of_the_window_shows_itself_as_a_window(
    case_window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    shown: list[str] = []
    case_window.session.selection.update(tool=Tool.BRUSH)

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                shown.append(type(watched).__name__)
            return False

    watch = Watch()
    QApplication.instance().installEventFilter(watch)
    again = make_window(case_window.session)  # with a case, a brush and shortcuts: everything that can be visible is
    qtbot.addWidget(again)
    again.show()
    QApplication.instance().removeEventFilter(watch)
    assert set(shown) == {"MainWindow"}
    again.close()
