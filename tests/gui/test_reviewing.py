"""A waiting result part by part, by mouse and keys; doubtful places; scores and boxes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import SHAPE, SPACING_MM
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.edit import Overwrite
from imaging.geometry import Box
from inference.model import FoundBox, Score
from render.slice_measurements import to_pixels
from session.preview import Preview, ProposedSegment
from session.selection import Tool
from widgets.findings.window import FindingsWindow
from widgets.slice_view import SliceView

LEFT = Qt.MouseButton.LeftButton
LARGE, SMALL, BONE = Box(2, 8, 5, 15, 25, 40), Box(3, 7, 25, 28, 30, 34), Box(2, 8, 30, 36, 5, 15)


def box_between(low: tuple[int, ...], high: tuple[int, ...]) -> FoundBox:
    """From voxel to voxel (i, j, k)."""
    corners = []
    for number in range(8):
        index = [high[axis] if number >> axis & 1 else low[axis] for axis in range(3)]
        corners.append(tuple(n * mm for n, mm in zip(index, SPACING_MM, strict=True)))
    return FoundBox("nodule", 0.87, tuple(corners))  # type: ignore[arg-type]


def propose(window: MainWindow, **fields: object) -> Preview:
    """A liver of two parts and a bone."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[LARGE.slices], labels[SMALL.slices], labels[BONE.slices] = 1, 1, 2
    proposed = [
        ProposedSegment(0, 1, "Liver", (220, 120, 90), int((labels == 1).sum())),
        ProposedSegment(0, 2, "Bone", (230, 210, 170), int((labels == 2).sum())),
    ]
    preview = replace(Preview("Net", "model net@1", "segment.run", {}, [labels], proposed, 2.0), **fields)  # type: ignore[arg-type]
    window.session.open_document.set_preview(preview)
    QApplication.processEvents()
    return preview


def axial(window: MainWindow) -> SliceView:
    view = window.grid.view("axial")
    assert isinstance(view, SliceView)
    return view


def at(view: SliceView, box: Box) -> QPoint:
    """Where the middle of a region is in a view."""
    assert view.state is not None
    i, j, k = (box.i0 + box.i1) / 2, (box.j0 + box.j1) / 2, (box.k0 + box.k1) / 2
    point = tuple(n * mm for n, mm in zip((i, j, k), SPACING_MM, strict=True))
    row, column = to_pixels([point], view.state.grid)[0]  # type: ignore[list-item]
    x, y = view.place.to_screen(float(row), float(column))
    return QPoint(round(x), round(y))


def click(window: MainWindow, qtbot: QtBot, box: Box) -> None:
    QTest.mouseClick(axial(window), LEFT, pos=at(axial(window), box))
    settle(window, qtbot)


def settle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.session.reviewing.state.is_busy)
    QApplication.processEvents()
    QApplication.processEvents()  # the actions follow a turn later


def press(window: MainWindow, qtbot: QtBot, key: Qt.Key, action_id: str) -> None:
    qtbot.waitUntil(lambda: window.bridge.qaction(action_id).isEnabled())
    QTest.keyClick(axial(window), key)
    settle(window, qtbot)


def proposed(window: MainWindow) -> dict[str, int]:
    preview = window.session.open_document.preview
    assert preview is not None
    return {s.name: s.voxel_count for s in preview.segments}


def voxels(window: MainWindow) -> dict[str, int]:
    segmentation = window.session.open_document.segmentation
    return {s.name: segmentation.voxel_count(s.number) for s in segmentation.segments}


# Parts


def test_click_and_keys_reject_keep_and_take_back(case_window: MainWindow, qtbot: QtBot) -> None:
    propose(case_window)
    bar = case_window.review_bar
    assert not bar.isVisible()
    click(case_window, qtbot, SMALL)
    assert bar.isVisible()
    assert bar.parts._part.text() == "Liver, part 2 of 2 · 0.096 ml"
    press(case_window, qtbot, Qt.Key.Key_N, "preview.reject_part")
    assert proposed(case_window)["Liver"] == 900
    assert bar.parts._rejected.text() == "1 part rejected, 0.096 ml"
    press(case_window, qtbot, Qt.Key.Key_Z, "preview.undo")
    assert proposed(case_window)["Liver"] == 948
    assert not bar.isVisible()
    click(case_window, qtbot, LARGE)
    press(case_window, qtbot, Qt.Key.Key_Y, "preview.keep_part")
    assert case_window.session.reviewing.state.kept_count == 1
    assert "chooses a part" in case_window.status.hint.text()
    assert bar.parts._rejected.text() == "1 part marked as right"


def test_buttons_do_what_the_keys_do(case_window: MainWindow, qtbot: QtBot) -> None:
    propose(case_window)
    click(case_window, qtbot, SMALL)
    QTest.mouseClick(case_window.review_bar.parts.reject, LEFT)
    settle(case_window, qtbot)
    assert proposed(case_window)["Liver"] == 900
    QTest.mouseClick(case_window.review_bar.parts.undo, LEFT)
    settle(case_window, qtbot)
    assert proposed(case_window)["Liver"] == 948


def test_brush_paints_and_chooses_nothing(case_window: MainWindow, qtbot: QtBot) -> None:
    propose(case_window)
    case_window.session.selection.update(tool=Tool.BRUSH, overwrite=Overwrite.ALL)
    before = voxels(case_window)["liver"]
    click(case_window, qtbot, SMALL)
    assert voxels(case_window)["liver"] > before
    assert case_window.session.reviewing.state.chosen is None


def test_chosen_part_is_outlined_and_nothing_else(case_window: MainWindow, qtbot: QtBot) -> None:
    propose(case_window)
    view = axial(case_window)
    middle, other = at(view, SMALL) + QPoint(2, 2), at(view, BONE)
    before = view.grab().toImage()
    click(case_window, qtbot, SMALL)
    case_window.session.presentation.update(shows_crosshair=False)
    QTest.mouseMove(view, QPoint(5, 5))
    QApplication.processEvents()
    after = view.grab().toImage()
    assert after.pixelColor(middle).lightness() > before.pixelColor(middle).lightness()
    assert after.pixelColor(other) == before.pixelColor(other)


def test_small_parts_are_dropped_from_the_menu(case_window: MainWindow, qtbot: QtBot) -> None:
    propose(case_window)
    menu = case_window.preview_bar.parts_menu
    menu.popup(case_window.preview_bar.parts.mapToGlobal(QPoint(0, 0)))  # a click would wait for the menu to close
    qtbot.waitUntil(menu.isVisible)
    assert menu.least.value() == 0.5
    menu.least.setValue(0.2)
    QTest.mouseClick(menu.drop, LEFT)
    settle(case_window, qtbot)
    assert proposed(case_window) == {"Liver": 900, "Bone": 360}
    assert case_window.session.settings["preview.least_ml"] == 0.2
    assert not menu.isVisible()


def test_what_was_unchecked_stays_so_while_parts_go(case_window: MainWindow, qtbot: QtBot) -> None:
    propose(case_window)
    bar = case_window.preview_bar
    bar.menu.actions()[1].toggle()
    click(case_window, qtbot, SMALL)
    press(case_window, qtbot, Qt.Key.Key_N, "preview.reject_part")
    assert bar.chosen_names() == ["Liver"]
    QTest.mouseClick(bar.accept, LEFT)
    qtbot.waitUntil(lambda: voxels(case_window)["liver"] == 900)  # replaced: that is the rule at first
    assert proposed(case_window) == {"Bone": 360}
    assert case_window.session.open_document.undo_title == "Accept Liver of Net"


def test_nothing_left_cannot_be_accepted(case_window: MainWindow, qtbot: QtBot) -> None:
    propose(case_window)
    for box in (LARGE, SMALL, BONE):
        click(case_window, qtbot, box)
        press(case_window, qtbot, Qt.Key.Key_N, "preview.reject_part")
    assert proposed(case_window) == {}
    assert not case_window.preview_bar.accept.isVisible()
    entries = len(case_window.session.open_document.entries)
    case_window.bridge.run("preview.accept_all")
    assert len(case_window.session.open_document.entries) == entries
    press(case_window, qtbot, Qt.Key.Key_Z, "preview.undo")
    assert proposed(case_window) == {"Bone": 360}


# Segments of the same name


def test_rule_is_chosen_in_the_bar_and_remembered(case_window: MainWindow, qtbot: QtBot) -> None:
    propose(case_window)
    bar = case_window.preview_bar
    assert bar.merge.text() == "Replace ▾"
    bar.merge_menu.popup(bar.merge.mapToGlobal(QPoint(0, 0)))
    qtbot.waitUntil(bar.merge_menu.isVisible)
    add = bar.merge_menu.actions()[1]
    QTest.mouseClick(bar.merge_menu, LEFT, pos=bar.merge_menu.actionGeometry(add).center())
    assert bar.merge.text() == "Add ▾"
    assert case_window.session.settings["preview.merge"] == "add"
    before = voxels(case_window)["liver"]
    QTest.mouseClick(bar.accept, LEFT)
    qtbot.waitUntil(lambda: case_window.session.open_document.preview is None)
    assert voxels(case_window)["liver"] == before + 948


def test_locked_segment_is_named_and_untouched(case_window: MainWindow, qtbot: QtBot) -> None:
    case_window.bridge.run("segment.toggle_lock", number=1)
    before = voxels(case_window)["liver"]
    propose(case_window)
    QTest.mouseClick(case_window.preview_bar.accept, LEFT)
    qtbot.waitUntil(lambda: "Bone" in voxels(case_window))
    assert voxels(case_window)["liver"] == before
    qtbot.waitUntil(lambda: bool(case_window.messages.bars))
    assert case_window.messages.bars[0].message.text == "Left as it is, because it is locked: liver."


# Doubt


def doubtful(window: MainWindow, qtbot: QtBot) -> None:
    values = np.zeros(SHAPE, np.uint8)
    values[2:8, 5:15, 38:42] = 200
    values[3:7, 25:30, 28:34] = 255
    propose(window, maps={"uncertainty": values})
    qtbot.waitUntil(lambda: bool(window.session.doubting.state.places))
    QApplication.processEvents()


def test_tab_goes_from_the_worst_place_to_the_next(case_window: MainWindow, qtbot: QtBot) -> None:
    doubtful(case_window, qtbot)
    bar = case_window.review_bar.doubt
    assert bar._text.text() == "2 doubtful places"
    press(case_window, qtbot, Qt.Key.Key_Tab, "doubt.next")
    assert bar._text.text() == "Doubtful place 1 of 2 · 0.48 ml"
    x, y, z = case_window.session.presentation.state.crosshair_mm
    assert (38 <= x < 42, 5 <= y < 15, 4 <= z < 16) == (True, True, True)
    QTest.mouseClick(bar.next, LEFT)
    assert case_window.session.presentation.state.crosshair_mm[1] >= 25
    assert bar._text.text().endswith("all visited")
    QTest.keyClick(axial(case_window), Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert case_window.session.doubting.state.current == 0


def test_map_is_drawn_with_a_legend_and_goes_by_a_switch(case_window: MainWindow, qtbot: QtBot) -> None:
    view = axial(case_window)
    case_window.session.presentation.update(shows_crosshair=False)
    before = view.grab().toImage()
    doubtful(case_window, qtbot)
    spot, legend = at(view, Box(3, 7, 25, 30, 29, 33)), QPoint(70, view.height() - 18)
    shown = view.grab().toImage()
    assert shown.pixelColor(spot).blue() < before.pixelColor(spot).blue() - 40  # white voxels under pale yellow
    assert shown.pixelColor(legend) != before.pixelColor(legend)
    QTest.mouseClick(case_window.review_bar.doubt.shows, LEFT)
    QApplication.processEvents()
    hidden = view.grab().toImage()
    assert hidden.pixelColor(legend) == before.pixelColor(legend)
    assert hidden.pixelColor(spot).blue() > shown.pixelColor(spot).blue()


def test_way_goes_on_after_the_result_was_accepted_and_while_painting(case_window: MainWindow, qtbot: QtBot) -> None:
    doubtful(case_window, qtbot)
    QTest.mouseClick(case_window.preview_bar.accept, LEFT)
    qtbot.waitUntil(lambda: case_window.session.open_document.preview is None)
    case_window.session.selection.update(tool=Tool.BRUSH)
    assert case_window.review_bar.isVisible()
    press(case_window, qtbot, Qt.Key.Key_Tab, "doubt.next")
    assert case_window.session.doubting.state.current == 0
    click(case_window, qtbot, SMALL)
    press(case_window, qtbot, Qt.Key.Key_Tab, "doubt.next")
    assert case_window.session.doubting.state.current == 1
    assert case_window.session.doubting.state.is_kept
    case_window.bridge.run("doubt.end")
    QApplication.processEvents()
    assert not case_window.review_bar.isVisible()


def test_rejected_result_takes_its_map_along(case_window: MainWindow, qtbot: QtBot) -> None:
    doubtful(case_window, qtbot)
    QTest.mouseClick(case_window.preview_bar.reject, LEFT)
    QApplication.processEvents()
    assert case_window.session.open_document.model_maps is None
    assert not case_window.review_bar.isVisible()


def test_tab_walks_the_controls_beside_the_views(case_window: MainWindow, qtbot: QtBot) -> None:
    assert not case_window.bridge.qaction("doubt.next").isEnabled()
    doubtful(case_window, qtbot)
    field = case_window.left.studies.findChild(QLineEdit)
    assert field is not None
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert case_window.session.doubting.state.current is None
    assert QApplication.focusWidget() is not field


def test_export(case_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    doubtful(case_window, qtbot)
    case_window.bridge.run("doubt.export", path=str(tmp_path / "map"))
    qtbot.waitUntil(lambda: (tmp_path / "map.nii.gz").exists())
    qtbot.waitUntil(lambda: bool(case_window.messages.bars))


# Scores and boxes

FOUND = (box_between((10, 10, 2), (16, 18, 7)), box_between((30, 20, 1), (34, 25, 8)))


def test_scores_are_listed_and_copied(case_window: MainWindow) -> None:
    propose(case_window, segments=[], scores=(Score("normal", 0.0004), Score("pneumonia", 0.871)))
    bar = case_window.preview_bar
    assert bar._sentence == "Net · pneumonia 87 % in 2.0 s"
    assert not bar.accept.isVisible()  # a sentence about the image is nothing that a case could take in
    QTest.mouseClick(bar.findings, LEFT)
    shown = case_window.findChild(FindingsWindow)
    assert shown is not None
    assert shown.isVisible()
    cells = [[shown.scores.item(row, column).text() for column in range(2)] for row in range(2)]
    assert cells == [["pneumonia", "87 %"], ["normal", "< 0.1 %"]]
    QTest.mouseClick(shown.copy, LEFT)
    assert QApplication.clipboard().text() == "pneumonia: 87 %\nnormal: < 0.1 %"
    QTest.mouseClick(bar.reject, LEFT)
    QApplication.processEvents()
    assert not shown.isVisible()


def test_boxes_are_visited_accepted_and_rejected(case_window: MainWindow, qtbot: QtBot) -> None:
    propose(case_window, segments=[], boxes=FOUND)
    bar = case_window.preview_bar
    assert bar.findings.text() == "2 boxes"
    QTest.mouseClick(bar.findings, LEFT)
    shown = case_window.findChild(FindingsWindow)
    assert shown is not None
    second = shown.boxes.visualItemRect(shown.boxes.item(1, 0)).center()
    QTest.mouseClick(shown.boxes.viewport(), LEFT, pos=second)
    assert case_window.session.presentation.state.crosshair_mm == pytest.approx((32.0, 22.5, 9.0))
    QTest.mouseClick(shown.accept_some, LEFT)
    qtbot.waitUntil(lambda: len(case_window.session.open_document.measurements.all) == 1)
    QApplication.processEvents()
    assert shown.boxes.rowCount() == 1
    QTest.mouseClick(shown.reject_some, LEFT)
    QApplication.processEvents()
    assert case_window.session.open_document.preview.boxes == ()
    case_window.bridge.run("edit.undo")
    assert case_window.session.open_document.measurements.all == ()


def test_boxes_are_drawn_where_a_slice_cuts_them(case_window: MainWindow) -> None:
    propose(case_window, segments=[], boxes=FOUND[:1])
    for name in ("axial", "coronal", "sagittal"):
        view = case_window.grid.view(name)
        assert isinstance(view, SliceView)
        case_window.session.presentation.update(crosshair_mm=(13.0, 14.0, 9.0))
        QApplication.processEvents()
        (look,) = view.measures.drawn
        assert look.shown.measurement.number < 0
        assert look.lines == ("87 %",)
    case_window.session.presentation.update(crosshair_mm=(40.0, 30.0, 17.0))
    QApplication.processEvents()
    assert not axial(case_window).measures.drawn


def test_accepted_boxes_are_measurements_in_the_panel(case_window: MainWindow, qtbot: QtBot) -> None:
    propose(case_window, segments=[], boxes=FOUND)
    QTest.mouseClick(case_window.preview_bar.accept, LEFT)
    qtbot.waitUntil(lambda: case_window.session.open_document.preview is None)
    case_window.show_page("measure")
    QApplication.processEvents()
    first = case_window.session.open_document.measurements.all[0]
    assert (first.name, first.score) == ("nodule", 0.87)
    case_window.bridge.run("measure.go_to", number=first.number)
    assert case_window.session.presentation.state.crosshair_mm == pytest.approx(first.center_mm)
    case_window.right.grab()
