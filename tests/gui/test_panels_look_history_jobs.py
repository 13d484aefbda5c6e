"""The other pages of the right panel, and the tool's options."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.edit import Overwrite
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from session.jobs import Job, JobState
from session.presentation import Plane, Windowing
from session.selection import Area, BrushShape, Tool
from widgets.panels.history.model import ROW, Standing
from widgets.panels.history.panel import HistoryList
from widgets.panels.tool_options.picked_range import picked_range

LEFT = Qt.MouseButton.LeftButton


def click(widget: QWidget) -> None:
    """Click where a check box or button reacts."""
    QTest.mouseClick(widget, LEFT, pos=QPoint(8, widget.height() // 2))


def click_row(rows: HistoryList, place: int) -> None:
    QTest.mouseClick(rows.viewport(), LEFT, pos=rows.visualRect(rows.entries.index(place)).center())
    QApplication.processEvents()


def standings(rows: HistoryList) -> list[tuple[int, Standing]]:
    model = rows.entries
    return [(model.index(n).data(ROW).sequence, model.index(n).data(ROW).standing) for n in range(model.rowCount())]


# Look


def test_presets_and_numbers_set_the_window(case_window: MainWindow) -> None:
    case_window.show_page("look")
    look, presentation = case_window.right.look.slices, case_window.session.presentation
    click(look.presets.button("lung"))
    assert presentation.state.windowing == Windowing(-600, 1500)
    assert (look.level_field.value(), look.width_field.value()) == (-600, 1500)
    look.width_field.setFocus()
    look.width_field.selectAll()
    QTest.keyClicks(look.width_field, "900")
    QTest.keyClick(look.width_field, Qt.Key.Key_Return)
    assert presentation.state.windowing == Windowing(-600, 900)
    assert look.presets.key == ""


def test_look_follows_what_happens_elsewhere(case_window: MainWindow) -> None:
    look = case_window.right.look.slices
    case_window.session.presentation.update(windowing=Windowing(40, 80), overlay_opacity=0.8, is_inverted=True)
    assert look.presets.key == "brain"
    assert look.opacity.value == 80
    assert look.level_field.value() == 40


def test_opacity_slider_by_keys(case_window: MainWindow) -> None:
    case_window.show_page("look")
    slider = case_window.right.look.slices.opacity.slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert case_window.session.presentation.state.overlay_opacity == 1.0
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert case_window.session.presentation.state.overlay_opacity == 0.0


def test_slab_belongs_to_the_active_view(case_window: MainWindow) -> None:
    look, presentation = case_window.right.look.slices, case_window.session.presentation
    case_window.session.selection.update(active_view="coronal")
    look.slab.field.setValue(12)
    assert presentation.state.slice_cameras[Plane.CORONAL].slab_mm == 12
    assert presentation.state.slice_cameras[Plane.AXIAL].slab_mm == 0
    case_window.session.selection.update(active_view="axial")
    assert look.slab.value == 0


def test_tilt_and_back(case_window: MainWindow) -> None:
    case_window.show_page("look")
    look, presentation = case_window.right.look.slices, case_window.session.presentation
    look.tilts[0].setValue(15)
    assert presentation.state.slice_cameras[Plane.AXIAL].tilt_deg == (15, 0)
    QTest.mouseClick(look.straight, LEFT)
    assert presentation.state.slice_cameras[Plane.AXIAL].tilt_deg == (0, 0)
    assert look.tilts[0].value() == 0


def test_boxes_switch_the_presentation(case_window: MainWindow, qtbot: QtBot) -> None:
    case_window.show_page("look")
    before = case_window.session.presentation.state
    for field, box in case_window.right.look.slices._checks.items():
        assert box.isChecked() == getattr(before, field)
        click(box)
        assert getattr(case_window.session.presentation.state, field) != getattr(before, field), field
        assert box.isChecked() == getattr(case_window.session.presentation.state, field)


# History


def test_history_lists_every_change_and_the_beginning(case_window: MainWindow) -> None:
    rows = case_window.right.history.list
    assert [number for number, _ in standings(rows)] == [5, 4, 3, 2, 1, 0]
    assert standings(rows)[0] == (5, Standing.CURRENT)


def test_click_goes_to_any_point_and_back(case_window: MainWindow) -> None:
    case_window.show_page("history")
    rows, document = case_window.right.history.list, case_window.session.open_document
    click_row(rows, 2)  # entry 3
    assert document.undo_title == "Add kidney"
    assert standings(rows)[:3] == [(5, Standing.UNDONE), (4, Standing.UNDONE), (3, Standing.CURRENT)]
    click_row(rows, 5)  # the beginning
    assert document.segmentation.segments == ()
    assert standings(rows)[-1] == (0, Standing.CURRENT)
    click_row(rows, 0)
    assert document.undo_title == "Paint 2"
    assert document.segmentation.voxel_count(1) == 500


def test_a_branch_that_was_left_cannot_be_gone_to(case_window: MainWindow) -> None:
    case_window.show_page("history")
    rows = case_window.right.history.list
    case_window.bridge.run("edit.undo")
    case_window.bridge.run("segment.add", name="new")
    QApplication.processEvents()
    left = next(n for n, (sequence, _) in enumerate(standings(rows)) if sequence == 5)
    assert standings(rows)[left][1] is Standing.LEFT
    count = len(case_window.session.open_document.entries)
    click_row(rows, left)
    assert len(case_window.session.open_document.entries) == count


def test_undo_steps_are_shown_on_request(case_window: MainWindow) -> None:
    case_window.show_page("history")
    case_window.bridge.run("edit.undo")
    QApplication.processEvents()
    panel = case_window.right.history
    assert Standing.STEP not in [standing for _, standing in standings(panel.list)]
    click(panel.steps)
    assert standings(panel.list)[0] == (6, Standing.STEP)


def test_last_entries_stand_below_the_segments(case_window: MainWindow) -> None:
    assert [number for number, _ in standings(case_window.right.recent.list)] == [5, 4, 3]


# Jobs


def test_job_shows_progress_and_is_cancelled_by_a_click(case_window: MainWindow, qtbot: QtBot) -> None:
    case_window.show_page("jobs")
    going = threading.Event()

    def work(job: Job) -> None:
        while True:
            job.report(0.42, "slice 42")
            going.set()
            threading.Event().wait(0.01)

    job = case_window.session.jobs.start("Load chest", work)
    panel = case_window.right.jobs
    qtbot.waitUntil(lambda: job.id in panel.rows and going.is_set())
    row = panel.rows[job.id]
    qtbot.waitUntil(lambda: row.bar.value() == 420 and row.detail.text() == "42% · slice 42")
    assert case_window.status.jobs.text().startswith("Load chest")
    QTest.mouseClick(row.cancel, LEFT)
    qtbot.waitUntil(lambda: job.state is JobState.CANCELLED)
    qtbot.waitUntil(lambda: not row.cancel.isVisible() and row.detail.text().startswith("Cancelled"))
    qtbot.waitUntil(lambda: case_window.status.jobs.text() == "No jobs")


def test_failed_job_says_why(case_window: MainWindow, qtbot: QtBot) -> None:
    def work(_job: Job) -> None:
        raise UserError("The file is damaged.")

    job = case_window.session.jobs.start("Open", work)
    panel = case_window.right.jobs
    qtbot.waitUntil(lambda: panel.rows[job.id].detail.text() == "The file is damaged.")
    assert panel.rows[job.id].detail.property("severity") == "error"


def test_status_line_opens_the_jobs(case_window: MainWindow) -> None:
    case_window.toggle_panel("right")
    QTest.mouseClick(case_window.status.jobs, LEFT)
    assert case_window.right.isVisible()
    assert case_window.right.page == "jobs"


# Options of the tools


def test_options_appear_with_the_tool(case_window: MainWindow) -> None:
    options, selection = case_window.right.options, case_window.session.selection
    assert not options.isVisible()
    selection.update(tool=Tool.BRUSH)
    assert options.isVisible()
    assert options.radius.isVisible()
    assert not options.fills_volume.isVisible()
    selection.update(tool=Tool.FILL)
    assert options.fills_volume.isVisible()
    assert not options.radius.isVisible()


def test_options_change_the_selection(case_window: MainWindow) -> None:
    options, selection = case_window.right.options, case_window.session.selection
    selection.update(tool=Tool.BRUSH)
    click(options.shape.button(BrushShape.BALL))
    options.radius.field.setValue(14.0)
    click(options.uses_range)
    options.low.setValue(-20)
    options.high.setValue(130)
    for combo, key in ((options.overwrite, Qt.Key.Key_Down), (options.area, Qt.Key.Key_Down)):
        combo.setFocus()
        QTest.keyClick(combo, key)
    state = selection.state
    assert (state.brush_shape, state.radius_mm) == (BrushShape.BALL, 14.0)
    assert (state.uses_range, state.intensity_range) == (True, (-20, 130))
    assert (state.overwrite, state.area) == (Overwrite.VISIBLE, Area.INSIDE_SEGMENT)
    assert state.inside_segment == 2  # not the painted one itself


def test_radius_slider_spans_small_and_large(case_window: MainWindow) -> None:
    case_window.session.selection.update(tool=Tool.BRUSH)
    slider = case_window.right.options.radius.slider
    for key, radius in ((Qt.Key.Key_Home, 0.2), (Qt.Key.Key_End, 200.0)):
        QTest.keyClick(slider, key)
        assert case_window.session.selection.state.radius_mm == pytest.approx(radius, abs=0.05)


def test_range_from_the_image(case_window: MainWindow) -> None:
    session = case_window.session
    session.selection.update(tool=Tool.BRUSH, radius_mm=2.0, uses_range=True)
    session.presentation.update(crosshair_mm=(20.0, 20.0, 10.0))
    QTest.mouseClick(case_window.right.options.from_image, LEFT)
    low, high = session.selection.state.intensity_range
    assert low < 200 < high  # the values are 10 per millimetre along x
    assert (low + high) / 2 == pytest.approx(200)


def test_picked_range_is_mean_and_two_deviations() -> None:
    voxels = np.random.default_rng(1).normal(60, 10, (21, 21, 21))
    volume = Volume(Geometry(voxels.shape, np.eye(4)), voxels, Quantity.HU)
    low, high = picked_range(volume, (10.0, 10.0, 10.0), 8.0) or (0, 0)
    assert low == pytest.approx(40, abs=2)
    assert high == pytest.approx(80, abs=2)
    assert picked_range(volume, (99.0, 10.0, 10.0), 8.0) is None
