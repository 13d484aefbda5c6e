"""Comparing masks in the window: from the palette's commands to the table, the crosshair and the coloured slices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.comparison.difference import BOTH, ONLY_A, ONLY_B
from imaging.edit import PaintEdit
from imaging.extent import Extent
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.formats.masks import write_labels
from imaging.geometry import Box, Geometry
from session import comparison_start
from session.comparison import ONLY_A_COLOR, ONLY_B_COLOR
from session.jobs import JobState
from session.presentation import Plane
from session.preview import Preview, ProposedSegment
from session.selection import Tool
from widgets.dialogs.segment_pair import SegmentPairDialog
from widgets.panels.compare.model import Column, text_of

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def mask_file(case_window: MainWindow, tmp_path: Path) -> Path:
    """The liver one voxel to the left, the same spleen, and a gallbladder that the case does not have."""
    geometry = case_window.session.open_document.segmentation.geometry
    layer = np.zeros(geometry.shape, np.uint8)
    layer[0:5, 0:10, 1:11] = 1
    layer[5:10, 20:25, 20:25] = 2
    layer[9, 30:40, 40:50] = 3
    segments = [LabelSegment(name, None, n) for n, name in enumerate(("Liver", "Spleen", "Gallbladder"), start=1)]
    write_labels(LabelFile(geometry, [layer], segments), tmp_path / "other.seg.nrrd")
    return tmp_path / "other.seg.nrrd"


def compared(window: MainWindow, qtbot: QtBot, action: str = "compare.with_file", **arguments: object) -> None:
    window.bridge.run(action, **arguments)
    qtbot.waitUntil(lambda: window.session.comparing.state.comparison is not None)
    QApplication.processEvents()


def texts(window: MainWindow, row: int) -> list[str]:
    model = window.right.compare.table.model()
    return [str(model.index(row, column).data()) for column in Column]


def click_row(window: MainWindow, row: int) -> None:
    table = window.right.compare.table
    rect = table.visualRect(table.model().index(row, 0))
    QTest.mouseClick(table.viewport(), LEFT, pos=rect.center())
    QApplication.processEvents()


def difference(window: MainWindow, qtbot: QtBot) -> np.ndarray:
    document = window.session.open_document
    qtbot.waitUntil(lambda: document.difference is not None)
    QApplication.processEvents()
    assert document.difference is not None
    return document.difference.labels


def test_a_mask_file_fills_the_table_and_turns_to_its_page(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    assert case_window.right.page == "compare"
    assert texts(case_window, 0) == ["liver", "0.900", "1.0 mm", "0.0 %"]
    assert texts(case_window, 1) == ["spleen", "1.000", "0.0 mm", "0.0 %"]
    assert case_window.right.compare.table.model().rowCount() == 2
    assert case_window.right.compare.lonely.text == "Only in A: kidney\nOnly in B: Gallbladder"
    assert [job.title for job in case_window.session.jobs.jobs] == ["Compare with other.seg.nrrd"]


def test_a_click_on_a_row_goes_to_the_largest_distance_and_colours_the_slices(case_window, qtbot, mask_file) -> None:
    session = case_window.session
    compared(case_window, qtbot, path=str(mask_file))
    view = case_window.grid.view("axial")
    before = view.grab().toImage()
    click_row(case_window, 0)
    found = session.comparing.state.comparison.result.segments[0].agreement
    assert session.presentation.state.crosshair_mm == pytest.approx(found.farthest_mm)
    labels = difference(case_window, qtbot)
    assert np.array_equal(np.unique(labels[:5, :10, 0]), [ONLY_A])
    assert np.array_equal(np.unique(labels[:5, :10, 10]), [ONLY_B])
    assert np.array_equal(np.unique(labels[:5, :10, 1:10]), [BOTH])
    assert view.state.styles == ()
    assert dict(view.state.preview_styles[1].colors) == {ONLY_A: ONLY_A_COLOR, ONLY_B: ONLY_B_COLOR}
    assert view.grab().toImage() != before
    assert case_window.right.compare.pair.texts[0] == "liver"
    assert "100.0 %" in case_window.right.compare.pair.texts[2]
    assert "1.0 mm" in case_window.right.compare.pair.texts[3]


def test_the_place_is_in_sight_where_a_slice_is_zoomed_in(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    case_window.session.presentation.update_camera(Plane.AXIAL, zoom=6.0, pan_mm=(20.0, 15.0))
    click_row(case_window, 0)
    view = case_window.grid.view("axial")
    place = case_window.session.presentation.state.crosshair_mm
    x, y = view.place.to_screen(*view.state.grid.to_pixel(place))
    assert 0 < x < view.width()
    assert 0 < y < view.height()
    assert case_window.session.presentation.state.slice_cameras[Plane.CORONAL].pan_mm == (0.0, 0.0)


def test_the_case_stays_as_it_is(case_window, qtbot, mask_file) -> None:
    document = case_window.session.open_document
    entries = len(document.entries)
    compared(case_window, qtbot, path=str(mask_file))
    click_row(case_window, 0)
    difference(case_window, qtbot)
    assert len(document.entries) == entries
    assert [s.name for s in document.segmentation.segments] == ["liver", "spleen", "kidney"]


def test_the_switch_brings_the_segments_back(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    click_row(case_window, 0)
    difference(case_window, qtbot)
    panel = case_window.right.compare
    QTest.mouseClick(panel.difference, LEFT, pos=QPoint(8, panel.difference.height() // 2))
    QApplication.processEvents()
    assert case_window.session.open_document.difference is None
    assert case_window.grid.view("axial").state.styles != ()
    QTest.mouseClick(panel.difference, LEFT, pos=QPoint(8, panel.difference.height() // 2))
    difference(case_window, qtbot)


def test_ending_brings_everything_back(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    click_row(case_window, 0)
    difference(case_window, qtbot)
    case_window.bridge.run("compare.end")
    QApplication.processEvents()
    assert case_window.session.open_document.difference is None
    assert not case_window.right.compare.table.isVisibleTo(case_window.right.compare)
    assert case_window.grid.view("axial").state.preview_styles == ()


def test_heads_sort_by_numbers(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    table = case_window.right.compare.table
    head = table.header()
    x = head.sectionViewportPosition(Column.DICE) + head.sectionSize(Column.DICE) // 2
    names = []
    for _ in range(2):
        QTest.mouseClick(head.viewport(), LEFT, pos=QPoint(x, head.height() // 2))
        names.append(texts(case_window, 0)[0])
    assert names == ["liver", "spleen"]  # the worst first, then the best
    click_row(case_window, 0)
    assert case_window.session.comparing.state.pair.name == "spleen"


def test_large_differences_of_volume_are_read_whole(case_window, qtbot, mask_file) -> None:  # type: ignore[no-untyped-def]
    """A few voxels against an organ: a number that is cut off at its end reads as another number."""
    compared(case_window, qtbot, path=str(mask_file))
    table = case_window.right.compare.table
    row = table.pairs.rows[0]
    texts = []
    for a_ml, b_ml in ((1.0, 100.9), (0.01, 900.0), (1.0, 0.001)):
        agreement = replace(row.agreement, size_a=Extent(a_ml), size_b=Extent(b_ml))
        texts.append(text_of(replace(row, agreement=agreement), Column.VOLUME))
    assert texts == ["+9990 %", ">9999 %", "\N{MINUS SIGN}99.9 %"]
    room = table.header().sectionSize(Column.VOLUME) - 2 * (
        table.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin) + 1
    )
    assert all(table.fontMetrics().horizontalAdvance(text) <= room for text in texts)


def test_two_segments_of_the_case(case_window, qtbot) -> None:
    document = case_window.session.open_document
    document.apply(PaintEdit(3, Box(5, 10, 20, 25, 21, 26), np.ones((5, 5, 5), bool)), title="Paint", tool="brush")
    compared(case_window, qtbot, "compare.two_segments", a="spleen", b="kidney")
    assert case_window.right.compare.table.model().rowCount() == 1
    comparison = case_window.session.comparing.state.comparison
    assert (comparison.title_a, comparison.title_b) == ("spleen", "kidney")
    found = comparison.result.segments[0].agreement
    assert found.voxels_a == document.segmentation.voxel_count(2)
    assert found.voxels_b == document.segmentation.voxel_count(3)


def test_the_waiting_result_is_compared_by_name(case_window, qtbot) -> None:
    document = case_window.session.open_document
    layer = np.zeros(document.segmentation.geometry.shape, np.uint8)
    layer[0:5, 0:10, 0:10] = 4
    proposed = ProposedSegment(0, 4, "Liver", (1, 2, 3), 500)
    document.set_preview(Preview("Model", "model m@1", "segment.run", {}, [layer], [proposed]))
    QApplication.processEvents()
    QTest.mouseClick(case_window.preview_bar.compare, LEFT)
    qtbot.waitUntil(lambda: case_window.session.comparing.state.comparison is not None)
    QApplication.processEvents()
    assert texts(case_window, 0)[:2] == ["liver", "1.000"]
    assert case_window.session.comparing.state.comparison.title_b == "Model"


def test_a_result_without_twins_offers_no_comparison(case_window) -> None:
    document = case_window.session.open_document
    layer = np.zeros(document.segmentation.geometry.shape, np.uint8)
    for name, is_offered in (("Aorta", False), ("SPLEEN", True)):
        proposed = ProposedSegment(0, 4, name, (1, 2, 3), 500)
        document.set_preview(Preview("Model", "model m@1", "segment.run", {}, [layer], [proposed]))
        QApplication.processEvents()
        assert case_window.preview_bar.compare.isVisible() is is_offered


def test_a_later_stroke_is_told(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    panel = case_window.right.compare
    assert not panel.outdated.isVisibleTo(panel)
    document = case_window.session.open_document
    document.apply(PaintEdit(1, Box(0, 1, 15, 16, 15, 16), np.ones((1, 1, 1), bool)), title="Paint", tool="brush")
    qtbot.waitUntil(lambda: panel.outdated.isVisibleTo(panel))
    assert not case_window.session.comparing.state.shows_difference  # what is painted is seen


def test_another_grid_asks_first(case_window, qtbot, mask_file, tmp_path, monkeypatch) -> None:
    geometry = case_window.session.open_document.segmentation.geometry
    affine = geometry.affine.copy()
    affine[0, 3] = 0.4
    layer = np.zeros(geometry.shape, np.uint8)
    layer[0:5, 0:10, 0:10] = 1
    other = tmp_path / "moved.seg.nrrd"
    write_labels(LabelFile(Geometry(geometry.shape, affine), [layer], [LabelSegment("liver", None, 1)]), other)
    asked: list[str] = []
    monkeypatch.setattr(case_window.session.window, "confirm", lambda question, hint: asked.append(question) or True)
    compared(case_window, qtbot, path=str(other))
    assert len(asked) == 1
    assert "another grid" in case_window.right.compare.notes.text()


def test_closing_the_case_ends_the_comparison(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    case_window.session.set_document(None)
    assert case_window.session.comparing.state.comparison is None


def test_side_by_side_shows_a_left_and_b_right_linked(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    panel = case_window.right.compare
    QTest.mouseClick(panel.split, LEFT, pos=QPoint(8, panel.split.height() // 2))
    QApplication.processEvents()
    a, b = (case_window.grid.view(view) for view in ("compare-a", "compare-b"))
    assert a.isVisible()
    assert b.isVisible()
    assert a.geometry().right() < b.geometry().left()
    assert not case_window.grid.view("axial").isVisible()
    assert case_window.session.open_document.difference is None
    click_row(case_window, 0)
    assert case_window.session.open_document.difference is None
    shown = [a.grab().toImage(), b.grab().toImage()]
    QTest.mouseClick(a, LEFT, pos=QPoint(a.width() // 3, a.height() // 3))
    case_window.session.presentation.update_camera(a.plane, zoom=3.0)
    QApplication.processEvents()
    assert a.state.camera == b.state.camera
    assert a.state.crosshair_mm == b.state.crosshair_mm
    assert [a.grab().toImage(), b.grab().toImage()] != shown
    QTest.mouseClick(panel.split, LEFT, pos=QPoint(8, panel.split.height() // 2))
    QApplication.processEvents()
    assert case_window.grid.view("compare-a") is None
    assert case_window.grid.view("axial").isVisible()


def test_the_sides_show_different_masks(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    click_row(case_window, 0)
    case_window.bridge.run("compare.toggle_split")
    QApplication.processEvents()
    a, b = (case_window.grid.view(view) for view in ("compare-a", "compare-b"))
    case_window.session.presentation.update(shows_crosshair=False)
    QApplication.processEvents()
    color = (220, 120, 90)
    for view, column, is_drawn in ((a, 0, True), (b, 0, False), (a, 10, False), (b, 10, True)):
        (segment,) = view.state.styles[0].colors
        assert segment[1] == color
        x, y = view.place.to_screen(5, column)
        pixel = view.grab().toImage().pixelColor(round(x), round(y))
        assert (pixel.red() - pixel.blue() > 20) is is_drawn, (view.accessibleName(), column)


def test_nothing_is_painted_side_by_side(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    case_window.bridge.run("compare.toggle_split")
    QApplication.processEvents()
    session = case_window.session
    entries = len(session.open_document.entries)
    session.selection.update(tool=Tool.BRUSH, segment_number=1)
    view = case_window.grid.view("compare-b")
    before = session.presentation.state.crosshair_mm
    QTest.mouseClick(view, LEFT, pos=QPoint(view.width() // 3, view.height() // 3))
    QApplication.processEvents()
    assert len(session.open_document.entries) == entries
    assert session.presentation.state.crosshair_mm != before


def test_ending_closes_the_sides(case_window, qtbot, mask_file) -> None:
    compared(case_window, qtbot, path=str(mask_file))
    case_window.bridge.run("compare.toggle_split")
    case_window.bridge.run("compare.end")
    QApplication.processEvents()
    assert case_window.grid.view("compare-a") is None
    assert case_window.grid.view("axial").isVisible()


def test_a_running_comparison_can_be_stopped(case_window, qtbot, mask_file, monkeypatch) -> None:
    told: list[float] = []

    def slow(*_arguments: object, report, **_: object) -> None:
        while True:
            told.append(0.0)
            report(0.5, "liver")

    monkeypatch.setattr("session.comparison_start.compare_pairing", slow)
    case_window.bridge.run("compare.with_file", path=str(mask_file))
    (job,) = case_window.session.jobs.jobs
    qtbot.waitUntil(lambda: job.fraction == 0.5)
    progress = case_window.right.compare.progress
    assert case_window.right.page == "compare"
    qtbot.waitUntil(lambda: progress.bar.value() == 500)
    QTest.mouseClick(progress.stop, LEFT)
    qtbot.waitUntil(lambda: job.is_finished)
    assert job.state is JobState.CANCELLED
    assert not progress.isVisible()
    assert case_window.session.comparing.state.comparison is None
    assert told


def test_the_dialog_wants_two_different_segments(qtbot) -> None:
    dialog = SegmentPairDialog([(1, "liver"), (2, "spleen"), (7, "kidney")], (7, 7))
    qtbot.addWidget(dialog)
    dialog.show()
    assert (dialog.first.currentData(), dialog.second.currentData()) == (7, 7)
    assert not dialog.go_on.isEnabled()
    dialog.second.setCurrentIndex(0)
    QTest.mouseClick(dialog.go_on, LEFT)
    assert dialog.chosen == (7, 1)


def test_a_second_comparison_stops_the_first(case_window, qtbot, mask_file, monkeypatch) -> None:
    usual = comparison_start.compare_pairing

    def slow_once(*arguments: object, report, **others: object) -> object:
        monkeypatch.setattr(comparison_start, "compare_pairing", usual)
        while True:
            report(0.5, "liver")

    monkeypatch.setattr(comparison_start, "compare_pairing", slow_once)
    case_window.bridge.run("compare.with_file", path=str(mask_file))
    first = case_window.session.jobs.jobs[0]
    qtbot.waitUntil(lambda: first.fraction == 0.5)
    compared(case_window, qtbot, path=str(mask_file))
    assert first.state is JobState.CANCELLED
    assert case_window.session.comparing.state.job is None
