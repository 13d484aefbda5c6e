"""Measuring by real mouse and key events: points in millimetres, history, handles, what each slice shows, the panel."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.turn import Turn
from app.window import MainWindow
from imaging.case.case import Case
from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.measurements import AddMeasurement
from imaging.objects.report_write import as_stored
from imaging.region_statistics import ellipse_statistics
from imaging.volume import Quantity, SeriesWarning, Volume
from session.document import Document
from session.messages import Message
from session.presentation import Plane
from session.selection import Tool
from session.session import Session
from session.settings import Settings
from widgets.panels.measure.delegate import parts
from widgets.panels.measure.model import ROW
from widgets.slice_view import SliceView

SHAPE = (12, 40, 50)
SIDE = 500
LEFT = Qt.MouseButton.LeftButton
ONE, OTHER, THIRD = QPoint(150, 200), QPoint(290, 260), QPoint(200, 330)


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication) -> Iterator[Session]:
    geometry = Geometry(SHAPE, np.diag([1.0, 1.25, 3.0, 1.0]))
    voxels = np.random.default_rng(1).integers(-200, 300, SHAPE).astype(np.int16)
    turn = Turn()
    session = Session(Settings(tmp_path / "settings.json"), post=turn.post)
    session.presentation.center_on(geometry)
    document = Document([Volume(geometry, voxels, Quantity.HU)], Case.create(tmp_path / "a.limner", geometry, []))
    session.set_document(document)
    yield session
    session.set_document(None)


def shown(session: Session, qtbot: QtBot, plane: Plane = Plane.AXIAL) -> SliceView:
    view = SliceView(session, plane)
    qtbot.addWidget(view)
    view.resize(SIDE, SIDE)
    view.show()
    qtbot.waitExposed(view)
    QApplication.processEvents()
    return view


def drag(view: SliceView, *points: QPoint) -> None:
    QTest.mousePress(view, LEFT, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, LEFT, pos=points[-1])


def click(view: SliceView, point: QPoint) -> None:
    QTest.mouseMove(view, point)
    QTest.mouseClick(view, LEFT, pos=point)


def world(view: SliceView, point: QPoint) -> np.ndarray:
    assert view.state is not None
    return view.place.to_world(view.state.grid, point.x(), point.y())


def only(session: Session) -> Measurement:
    (one,) = session.open_document.measurements.all
    return one


def titles(session: Session) -> list[str]:
    return [entry.title for entry in session.open_document.entries]


def lines(view: SliceView) -> list[tuple[str, ...]]:
    return [look.lines for look in view.measures.drawn]


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("is_dragged", [True, False])
def test_a_length_is_drawn_by_a_drag_or_two_clicks(
    session: Session, qtbot: QtBot, plane: Plane, is_dragged: bool
) -> None:
    view = shown(session, qtbot, plane)
    session.selection.update(tool=Tool.LENGTH)
    if is_dragged:
        drag(view, ONE, OTHER)
    else:
        click(view, ONE)
        click(view, OTHER)
    one, other = world(view, ONE), world(view, OTHER)
    np.testing.assert_allclose(only(session).points_mm, [one, other])
    assert only(session).length_mm == pytest.approx(float(np.linalg.norm(one - other)))
    assert lines(view) == [(f"{np.linalg.norm(one - other):.1f} mm",)]
    assert titles(session) == ["Measure Length 1"]
    assert session.open_document.entries[-1].tool == "measure.length"
    assert session.selection.state.measurement_number == 1
    assert session.open_document.draft is None
    session.open_document.undo()
    assert lines(view) == []
    session.open_document.redo()
    assert len(lines(view)) == 1


def test_the_length_follows_the_pointer_between_clicks_in_all_views(session: Session, qtbot: QtBot) -> None:
    view, twin = shown(session, qtbot), shown(session, qtbot)
    session.selection.update(tool=Tool.LENGTH)
    click(view, ONE)
    for point in (THIRD, OTHER):
        before = view.grab().toImage()
        QTest.mouseMove(view, point)
        far = np.linalg.norm(world(view, ONE) - world(view, point))
        assert lines(view) == lines(twin) == [(f"{far:.1f} mm",)]
        assert view.grab().toImage() != before
    assert titles(session) == []
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert lines(view) == lines(twin) == []
    click(view, OTHER)
    assert titles(session) == []  # it began a new one


def test_a_click_twice_at_the_same_place_is_no_length(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.LENGTH)
    QTest.mouseDClick(view, LEFT, pos=ONE)
    QTest.mouseClick(view, LEFT, pos=ONE)
    assert titles(session) == []
    click(view, OTHER)
    assert len(titles(session)) == 1


def test_another_tool_ends_the_drawing(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.LENGTH)
    click(view, ONE)
    session.selection.update(tool=Tool.CROSSHAIR)
    assert session.open_document.draft is None
    session.selection.update(tool=Tool.LENGTH)
    QTest.mouseMove(view, OTHER)
    assert lines(view) == []


def test_an_angle_takes_three_clicks(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.ANGLE)
    for point in (ONE, OTHER, THIRD):
        assert titles(session) == []
        click(view, point)
    one, vertex, other = (world(view, p) for p in (ONE, OTHER, THIRD))
    np.testing.assert_allclose(only(session).points_mm, [one, vertex, other])
    arms = one - vertex, other - vertex
    cosine = arms[0] @ arms[1] / np.linalg.norm(arms[0]) / np.linalg.norm(arms[1])
    assert only(session).angle_deg == pytest.approx(math.degrees(math.acos(cosine)))
    assert lines(view) == [(f"{math.degrees(math.acos(cosine)):.1f}°",)]


def test_an_angle_is_also_drawn_by_a_drag_and_a_click(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.ANGLE)
    drag(view, ONE, OTHER)
    click(view, THIRD)
    np.testing.assert_allclose(only(session).points_mm, [world(view, p) for p in (ONE, OTHER, THIRD)])


def test_a_region_says_what_is_inside(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.ELLIPSE)
    drag(view, ONE, THIRD, OTHER)
    region, image = only(session), session.open_document.image
    assert image is not None
    assert view.state is not None
    one, other = world(view, ONE), world(view, OTHER)
    half = np.abs(other - one)[:2] / 2
    j, i = np.indices(SHAPE[1:])
    middle = (one + other)[:2] / 2
    inside = ((i - middle[0]) / half[0]) ** 2 + ((j * 1.25 - middle[1]) / half[1]) ** 2 <= 1
    values = image[view.state.grid.number][inside]
    assert values.size > 50
    assert region.area_mm2 == pytest.approx(math.pi * half[0] * half[1])
    (said,) = lines(view)
    assert said[0] == f"{values.mean():.1f} ± {values.std():.1f} HU".replace("-", "\N{MINUS SIGN}")
    assert said[1] == f"{values.min()} … {values.max()} HU".replace("-", "\N{MINUS SIGN}")
    assert said[2] == f"{region.area_mm2:.1f} mm²"


def test_without_a_voxel_size_lengths_are_pixels(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    geometry = Geometry(SHAPE, np.eye(4))
    volume = Volume(geometry, np.zeros(SHAPE, np.int16), warnings=(SeriesWarning.NO_SPACING,))
    session.set_document(Document([volume], Case.create(tmp_path / "b.limner", geometry, [])))
    session.presentation.center_on(geometry)
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.LENGTH)
    drag(view, ONE, OTHER)
    assert lines(view)[0][0].endswith(" px")


def test_handles_and_lines_are_dragged_each_as_one_entry(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.LENGTH)
    drag(view, ONE, OTHER)
    before = only(session)
    grip = OTHER + QPoint(3, -2)
    drag(view, grip, THIRD, THIRD + QPoint(3, -2))
    np.testing.assert_allclose(only(session).points_mm, [before.points_mm[0], world(view, THIRD)])
    assert titles(session) == ["Measure Length 1", "Move Length 1"]
    middle = (ONE + THIRD) / 2
    drag(view, middle, middle + QPoint(20, 10), middle + QPoint(40, 30))
    offset = world(view, middle + QPoint(40, 30)) - world(view, middle)
    np.testing.assert_allclose(only(session).points_mm[0], np.asarray(before.points_mm[0]) + offset)
    assert len(titles(session)) == 3
    session.open_document.undo()
    session.open_document.undo()
    assert only(session) == before


def test_an_axis_of_an_ellipse_is_dragged_and_the_opposite_end_stays(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.ELLIPSE)
    drag(view, ONE, OTHER)
    (center, one, _), width = only(session).points_mm, only(session).half_axes_mm
    middle = (ONE.y() + OTHER.y()) // 2
    drag(view, QPoint(OTHER.x(), middle), QPoint(OTHER.x() + 30, middle + 40), QPoint(OTHER.x() + 60, middle))
    region = only(session)
    grown = 60 / view.place.scale
    assert region.half_axes_mm == pytest.approx((width[0] + grown / 2, width[1]), abs=0.3)
    left = 2 * np.asarray(center) - one
    np.testing.assert_allclose(2 * np.asarray(region.points_mm[0]) - region.points_mm[1], left, atol=1e-9)


@pytest.mark.parametrize("plane", list(Plane))
def test_what_is_drawn_or_moved_is_what_a_report_can_hold(session: Session, qtbot: QtBot, plane: Plane) -> None:
    view, image = shown(session, qtbot, plane), session.open_document.volumes[0]
    session.selection.update(tool=Tool.ELLIPSE)
    drag(view, ONE, OTHER + QPoint(7, 3))
    middle = QPoint(OTHER.x() + 7, (ONE.y() + OTHER.y() + 3) // 2)
    for start, end in ((middle, middle + QPoint(23, 1)), (ONE + QPoint(73, 0), ONE + QPoint(80, 11))):
        drag(view, start, (start + end) / 2, end)
        drawn = only(session)
        assert as_stored(drawn).center_mm == drawn.center_mm
        assert sorted(as_stored(drawn).half_axes_mm) == sorted(drawn.half_axes_mm)
        found, wanted = ellipse_statistics(image, as_stored(drawn)), ellipse_statistics(image, drawn)
        assert wanted is not None
        assert found == wanted
    assert titles(session) == ["Measure Region 1", "Move Region 1", "Move Region 1"]


def test_escape_takes_a_drag_back_and_then_chooses_none(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.LENGTH)
    drag(view, ONE, OTHER)
    before = only(session)
    QTest.mousePress(view, LEFT, pos=OTHER)
    QTest.mouseMove(view, THIRD)
    assert session.open_document.draft is not None
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, pos=THIRD)
    assert only(session) == before
    assert len(titles(session)) == 1
    assert session.selection.state.measurement_number == 1
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert session.selection.state.measurement_number is None


def test_hovering_shows_what_would_be_taken(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.LENGTH)
    drag(view, ONE, OTHER)
    QTest.mouseMove(view, OTHER)
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor
    QTest.mouseMove(view, (ONE + OTHER) / 2)
    assert view.cursor().shape() == Qt.CursorShape.SizeAllCursor
    assert [look.is_hovered for look in view.measures.drawn] == [True]
    QTest.mouseMove(view, THIRD)
    assert view.cursor().shape() == Qt.CursorShape.CrossCursor
    assert [look.is_hovered for look in view.measures.drawn] == [False]


def test_a_measurement_is_seen_on_its_slice_and_faintly_beside_it(session: Session, qtbot: QtBot) -> None:
    axial, coronal = shown(session, qtbot), shown(session, qtbot, Plane.CORONAL)
    session.selection.update(tool=Tool.LENGTH)
    drag(axial, ONE, OTHER)
    assert lines(coronal) == []  # it goes through that slice, and no length could be read there
    seen = []
    for _ in range(4):
        seen.append([look.shown.is_near for look in axial.measures.drawn])
        axial.step(1)
    assert seen == [[False], [True], [], []]
    axial.step(-3)
    QTest.mousePress(axial, LEFT, pos=OTHER)
    QTest.mouseRelease(axial, LEFT, pos=OTHER)  # what lies on another slice cannot be taken hold of
    assert session.open_document.draft is not None
    QTest.keyClick(axial, Qt.Key.Key_Escape)
    session.presentation.update(hidden_measurements=frozenset({1}))
    axial.step(-1)
    assert lines(axial) == []


def test_a_length_from_one_slice_to_another_is_measured_in_space(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.LENGTH)
    click(view, ONE)
    start = world(view, ONE)
    view.step(2)
    click(view, OTHER)
    assert only(session).length_mm == pytest.approx(float(np.linalg.norm(world(view, OTHER) - start)))
    assert world(view, OTHER)[2] - start[2] == pytest.approx(6.0)


def test_only_what_changed_is_painted(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.LENGTH)
    drag(view, QPoint(100, 100), QPoint(140, 120))
    QApplication.processEvents()
    painted: list = []
    original = view._paint
    view._paint = lambda painter, rect: (painted.append(rect), original(painter, rect))  # type: ignore[method-assign]
    session.selection.update(measurement_number=None)
    QApplication.processEvents()
    assert painted
    assert max(rect.width() * rect.height() for rect in painted) < SIDE * SIDE / 5


def test_a_read_only_case_says_so(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    geometry = session.open_document.volume.geometry
    case = Case.create(tmp_path / "c.limner", geometry, [])
    document = Document([session.open_document.volume], case)
    made = Measurement(1, MeasurementKind.LENGTH, ((0.0, 0.0, 15.0), (9.0, 0.0, 15.0)), (0.0, 0.0, 1.0), "Length 1")
    document.apply(AddMeasurement(made), title="m", tool="t")
    document.close()
    volume = session.open_document.volume
    session.set_document(Document([volume], Case.open(tmp_path / "c.limner", read_only=True)))
    view, said = shown(session, qtbot), []
    session.messages.shown.connect(said.append)
    session.selection.update(tool=Tool.LENGTH)
    drag(view, ONE, OTHER)
    message: Message = said[-1]
    assert "read-only" in message.text
    assert only(session) == made


# --- in the window


def add(window: MainWindow, kind: MeasurementKind = MeasurementKind.LENGTH, z_mm: float = 12.0) -> Measurement:
    document = window.session.open_document
    points = {
        MeasurementKind.LENGTH: ((5.0, 5.0, z_mm), (25.0, 5.0, z_mm)),
        MeasurementKind.ELLIPSE: ((20.0, 20.0, z_mm), (28.0, 20.0, z_mm), (20.0, 26.0, z_mm)),
    }[kind]
    number = document.measurements.next_number
    made = Measurement(number, kind, points, (0.0, 0.0, 1.0), f"{kind.value.capitalize()} {number}")
    document.apply(AddMeasurement(made), title=f"Measure {made.name}", tool="measure")
    QApplication.processEvents()
    return made


def names(window: MainWindow) -> list[str]:
    return [m.name for m in window.session.open_document.measurements.all]


def test_the_tools_are_in_the_bar_and_have_keys(case_window: MainWindow) -> None:
    view = case_window.grid.view("axial")
    assert view is not None
    view.setFocus()
    for key, modifier, tool in (
        (Qt.Key.Key_U, Qt.KeyboardModifier.NoModifier, Tool.LENGTH),
        (Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, Tool.ANGLE),
        (Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier, Tool.ELLIPSE),
    ):
        QTest.keyClick(view, key, modifier)
        assert case_window.session.selection.state.tool is tool
        QApplication.processEvents()
        button = case_window.top.tools[f"tool.{tool.value}"]
        assert button.isChecked()
        assert button.toolTip()
        assert case_window.status.doing.text().startswith("Measuring")


def test_delete_removes_the_chosen_one_and_undo_brings_it_back(case_window: MainWindow) -> None:
    add(case_window)
    add(case_window)
    view = case_window.grid.view("axial")
    assert view is not None
    view.setFocus()
    case_window.session.selection.update(measurement_number=1)
    QApplication.processEvents()
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert names(case_window) == ["Length 2"]
    QApplication.processEvents()
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert names(case_window) == ["Length 2"]  # none is chosen any more
    QTest.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert names(case_window) == ["Length 1", "Length 2"]


def test_the_panel_lists_values_and_goes_to_what_is_clicked(case_window: MainWindow) -> None:
    case_window.show_page("measure")
    add(case_window, z_mm=4.0)
    region = add(case_window, MeasurementKind.ELLIPSE, z_mm=16.0)
    rows = case_window.right.measure.list
    said = [rows.measurements.index(n).data(Qt.ItemDataRole.AccessibleTextRole) for n in range(2)]
    assert said[0] == "Length 1, 20.0 mm, visible"
    assert said[1].startswith("Ellipse 2, 200.0 ± ")
    assert f"{region.area_mm2:.1f} mm²" in said[1]
    place = parts(rows.visualRect(rows.measurements.index(1)), rows.measurements.index(1).data(ROW))
    QTest.mouseClick(rows.viewport(), LEFT, pos=place.name.center())
    assert case_window.session.presentation.state.crosshair_mm == region.points_mm[0]
    assert case_window.session.selection.state.measurement_number == 2


def test_the_panel_hides_renames_and_removes(case_window: MainWindow, qtbot: QtBot) -> None:
    case_window.show_page("measure")
    add(case_window)
    rows = case_window.right.measure.list
    index = rows.measurements.index(0)
    place = parts(rows.visualRect(index), index.data(ROW))
    QTest.mouseClick(rows.viewport(), LEFT, pos=place.eye.center())
    assert case_window.session.presentation.state.hidden_measurements == {1}
    QTest.mouseClick(rows.viewport(), LEFT, pos=place.eye.center())
    assert not case_window.session.presentation.state.hidden_measurements
    QTest.mouseDClick(rows.viewport(), LEFT, pos=place.name.center())
    editor = rows.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "aortic root")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert names(case_window) == ["aortic root"]
    assert case_window.session.open_document.undo_title == "Rename Length 1 to aortic root"
    QTest.mouseClick(rows.viewport(), LEFT, pos=place.trash.center())
    assert names(case_window) == []
    QApplication.processEvents()
    assert rows.measurements.rowCount() == 0


def test_values_go_to_the_clipboard_and_to_a_table(case_window: MainWindow, tmp_path: Path) -> None:
    add(case_window)
    region = add(case_window, MeasurementKind.ELLIPSE)
    bridge = case_window.bridge
    bridge.run("measure.rename", number=1, name='=HYPERLINK("x")')
    bridge.run("measure.copy")
    text = QGuiApplication.clipboard().text().splitlines()
    assert text[0] == '=HYPERLINK("x"): 20.0 mm'
    assert text[1].startswith("Ellipse 2: 200.0 ±")
    bridge.run("measure.export_csv", path=str(tmp_path / "table.csv"))
    written = (tmp_path / "table.csv").read_text("utf-8-sig")
    head, length, ellipse = list(csv.reader(written.splitlines()))
    one, other = (dict(zip(head, row, strict=True)) for row in (length, ellipse))
    assert one["Name"] == '\'=HYPERLINK("x")'  # no spreadsheet runs it
    assert (one["Kind"], float(one["Value"]), one["Unit"], one["Mean"]) == ("length", 20.0, "mm", "")
    assert one["Points (LPS, mm)"] == "5.000 5.000 12.000; 25.000 5.000 12.000"
    assert float(other["Value"]) == pytest.approx(region.area_mm2, abs=1e-3)
    assert (float(other["Mean"]), other["Value unit"]) == (200.0, "HU")
    assert "abdomen" not in written


def test_in_the_smallest_window_no_tool_lies_under_another_part_of_the_bar(case_window: MainWindow) -> None:
    bar = case_window.top
    for scale, is_spared in ((1.0, False), (1.3, True)):
        case_window.session.settings.set("look.text_scale", scale)
        case_window.resize(case_window.minimumSize())
        QApplication.processEvents()
        assert not bar.palette_button.isVisible()
        assert bar.layout_button.isVisible() is not is_spared
        parts_of_bar = [bar.saved, *bar.tools.values(), bar.menu, bar.layout_button, bar.segment_button]
        edges = [(part.geometry().left(), part.geometry().right()) for part in parts_of_bar if part.isVisible()]
        assert all(right < left for (_, right), (left, _) in pairwise(edges)), (scale, edges, bar.width())
        assert edges[-1][1] <= bar.width()
    case_window.session.settings.set("look.text_scale", 1.0)
    case_window.resize(1600, 900)
    QApplication.processEvents()
    assert bar.palette_button.isVisible()
    assert bar.layout_button.isVisible()
