"""Maps of probability over the slices: which one, its legend, what the cursor reads, the way to improbable places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import SHAPE, SPACING_MM
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.formats.registry import read_volumes
from imaging.geometry import Box
from inference.model import label_map
from inference.record.run_record import RECORD_KEY
from render.slice_measurements import to_pixels
from session.model_maps import ModelMap
from session.presentation import Windowing
from session.preview import Preview, ProposedSegment
from widgets.map_words import map_title, percent_text, reading_text
from widgets.slice_view import SliceView

LEFT = Qt.MouseButton.LeftButton
LARGE, SMALL = Box(2, 8, 5, 15, 25, 40), Box(3, 7, 28, 36, 30, 40)
LIVER = label_map(1, "Liver")


@pytest.fixture
def mapped(case_window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A result with the probability of the label and of the liver, decided from 50 %."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[LARGE.slices] = 1
    winner, liver = np.full(SHAPE, 255, np.uint8), np.zeros(SHAPE, np.uint8)
    winner[SMALL.slices], winner[0] = 140, 0
    winner[2:8, 5:15, 38:42] = 100
    liver[LARGE.slices], liver[SMALL.slices] = 255, 110
    proposed = [ProposedSegment(0, 1, "Liver", (220, 120, 90), int(labels.sum()))]
    parameters = {RECORD_KEY: {"engine": {"decided_from": 0.5}}}
    maps = {"probability": winner, LIVER: liver}
    case_window.session.presentation.update(shows_crosshair=False)
    case_window.session.open_document.set_preview(
        Preview("Net", "model net@1", "segment.run", parameters, [labels], proposed, 2.0, maps=maps)
    )
    qtbot.waitUntil(lambda: bool(case_window.session.doubting.state.places))
    QApplication.processEvents()
    return case_window


def axial(window: MainWindow) -> SliceView:
    view = window.grid.view("axial")
    assert isinstance(view, SliceView)
    return view


def at(view: SliceView, i: float, j: float) -> QPoint:
    """Where a voxel of the shown slice is in the view."""
    assert view.state is not None
    point = (i * SPACING_MM[0], j * SPACING_MM[1], view.state.crosshair_mm[2])
    row, column = to_pixels([point], view.state.grid)[0]
    x, y = view.place.to_screen(float(row), float(column))
    return QPoint(round(x), round(y))


def hover(window: MainWindow, i: float, j: float) -> str:
    view = axial(window)
    QTest.mouseMove(view, at(view, i, j) + QPoint(2, 0))
    QTest.mouseMove(view, at(view, i, j))
    QApplication.processEvents()
    return window.status.on_map.text()


def choose(window: MainWindow, qtbot: QtBot, title: str) -> None:
    """A map of the bar's menu, by key."""
    bar = window.review_bar.doubt
    bar.menu.popup(bar.more.mapToGlobal(QPoint(0, 0)))
    qtbot.waitUntil(bar.menu.isVisible)
    action = next(action for action in bar.menu.actions() if action.text() == title)
    bar.menu.setActiveAction(action)
    QTest.keyClick(bar.menu, Qt.Key.Key_Return)
    window.activateWindow()  # as a window manager does when a menu closes
    qtbot.waitUntil(window.isActiveWindow)


def test_places_of_low_probability_are_named_as_such(mapped: MainWindow) -> None:
    bar = mapped.review_bar.doubt
    assert bar._text.text() == "2 places of low probability"
    assert bar.next.text() == "Next improbable"
    assert "no map of uncertainty" in bar._text.toolTip()
    QTest.mouseClick(bar.next, LEFT)
    assert bar._text.text().startswith("Place of low probability 1 of 2 · ")
    _, y, _ = mapped.session.presentation.state.crosshair_mm
    first_is_small = 28 <= y < 36
    QTest.keyClick(axial(mapped), Qt.Key.Key_Tab)
    _, y, _ = mapped.session.presentation.state.crosshair_mm
    assert (5 <= y < 15) if first_is_small else (28 <= y < 36)
    assert bar._text.text().endswith("all visited")


def test_another_map_is_chosen_in_the_menu_and_by_keys(mapped: MainWindow, qtbot: QtBot) -> None:
    view = axial(mapped)
    assert view.state is not None
    assert view.state.doubt is not None
    assert map_title(view.state.doubt.shown) == "Probability of the label"
    choose(mapped, qtbot, "Probability of Liver")
    assert mapped.session.presentation.state.shown_map == LIVER
    assert map_title(view.state.doubt.shown) == "Probability of Liver"
    qtbot.waitUntil(lambda: mapped.bridge.qaction("doubt.next_map").isEnabled())
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert map_title(view.state.doubt.shown) == "Probability of the label"
    bar = mapped.review_bar.doubt
    bar.menu.aboutToShow.emit()
    marked = [action.text() for action in bar.menu.actions() if action.isChecked()]
    assert marked == ["Probability of the label", "Opacity 75 %"]


def test_the_status_line_reads_the_map_under_the_cursor(mapped: MainWindow, qtbot: QtBot) -> None:
    assert hover(mapped, 20, 20) == "Probability of the label > 99 %"
    assert hover(mapped, 35, 32) == "Probability of the label 55 %"
    choose(mapped, qtbot, "Probability of Liver")
    assert hover(mapped, 35, 32) == "Probability of Liver 43 %, in from 50 %"
    assert hover(mapped, 30, 10) == "Probability of Liver > 99 %, in from 50 %"
    assert hover(mapped, 2, 2) == "Probability of Liver < 1 %, in from 50 %"
    QTest.mouseClick(mapped.review_bar.doubt.shows, LEFT)
    hover(mapped, 30, 11)
    assert not mapped.status.on_map.isVisible()
    QTest.mouseClick(mapped.review_bar.doubt.shows, LEFT)
    hover(mapped, 30, 10)
    assert mapped.status.on_map.isVisible()
    axial(mapped).point_at(None)
    assert not mapped.status.on_map.isVisible()


def test_what_is_not_known_is_said(mapped: MainWindow) -> None:
    mapped.session.presentation.update(crosshair_mm=(0.0, 0.0, 0.0))
    assert hover(mapped, 20, 20) == "Probability of the label: not known here"


def test_the_image_is_seen_through_a_sure_structure(mapped: MainWindow, qtbot: QtBot) -> None:
    view = axial(mapped)
    mapped.session.presentation.update(hidden_segments=frozenset({1, 2, 3}), windowing=Windowing(250, 500))
    legend = QPoint(70, view.height() - 18)
    before = view.grab().toImage()
    choose(mapped, qtbot, "Probability of Liver")
    shown = view.grab().toImage()
    dark, bright = at(view, 27, 10), at(view, 36, 10)  # values rise along i
    for image in (before, shown):
        assert image.pixelColor(bright).lightness() > image.pixelColor(dark).lightness() + 20
    assert shown.pixelColor(dark).blue() < shown.pixelColor(dark).red()  # yellow over grey
    assert shown.pixelColor(legend) != before.pixelColor(legend)
    assert view.state is not None
    assert all(style.fill_opacity == 0 and style.has_outline for style in view.state.preview_styles)


def test_the_shown_map_is_exported(mapped: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    choose(mapped, qtbot, "Probability of Liver")
    mapped.bridge.run("doubt.export", path=str(tmp_path / "map"))
    qtbot.waitUntil(lambda: bool(mapped.messages.bars))
    (volume,) = read_volumes(tmp_path / "map.nii.gz")
    maps = mapped.session.open_document.model_maps
    assert maps is not None
    np.testing.assert_array_equal(volume.voxels, maps.shown(LIVER).values)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "< 1 %"), (1, "< 1 %"), (2, "1 %"), (128, "50 %"), (253, "99 %"), (254, "> 99 %"), (255, "> 99 %")],
)
def test_percents_never_claim_more_than_a_byte_tells(value: int, text: str) -> None:
    assert percent_text(value) == text


def test_uncertainty_is_read_as_such() -> None:
    assert reading_text(ModelMap("uncertainty", np.zeros((1, 1, 1), np.uint8)), 128) == "Uncertainty 50 %"
