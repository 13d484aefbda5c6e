"""Slice views driven by real mouse, wheel and key events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.actions.view import move_slices
from imaging.case.case import Case
from imaging.edit import AddSegment, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, SeriesWarning, Volume
from session.document import Document
from session.presentation import Plane, Windowing
from session.selection import BrushShape, Tool
from session.session import Session
from session.settings import Settings
from widgets.slice_annotations import SliceAnnotations, length_text, nice_length_mm
from widgets.slice_view import SliceView

SHAPE = (12, 20, 30)
SPACING = (2.0, 2.0, 3.0)
SIDE = 480
MIDDLE = QPoint(200, 200)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    random = np.random.default_rng(5)
    geometry = Geometry(SHAPE, np.diag([*SPACING, 1.0]))
    volume = Volume(geometry, random.integers(-200, 300, SHAPE).astype(np.int16), Quantity.HU)
    session = Session(Settings(tmp_path / "settings.json"))
    session.presentation.center_on(geometry)
    session.presentation.update(windowing=Windowing(40, 400))
    document = Document([volume], Case.create(tmp_path / "case.limner", geometry, []))
    document.apply(AddSegment(Segment(1, "liver", (200, 30, 30))), title="Add liver", tool="test")
    session.set_document(document)
    session.selection.update(segment_number=1)
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


def turn(
    view: SliceView,
    angle: QPoint,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    pixels: QPoint | None = None,
    at: QPoint = MIDDLE,
) -> None:
    """One event of the wheel, or of a touchpad when it tells pixels."""
    phase = Qt.ScrollPhase.NoScrollPhase if pixels is None else Qt.ScrollPhase.ScrollUpdate
    event = QWheelEvent(
        QPointF(at),
        QPointF(view.mapToGlobal(at)),
        pixels or QPoint(),
        angle,
        Qt.MouseButton.NoButton,
        modifiers,
        phase,
        False,
    )
    QApplication.sendEvent(view, event)


def drag(view: SliceView, button: Qt.MouseButton, start: QPoint, *stops: QPoint) -> None:
    QTest.mousePress(view, button, pos=start)
    for stop in stops:
        QTest.mouseMove(view, stop)
    QTest.mouseRelease(view, button, pos=stops[-1])


def numbers(*views: SliceView) -> list[int]:
    return [view.state.grid.number for view in views if view.state is not None]


def test_wheel_and_keys_change_slices_and_stop_at_the_ends(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    start = numbers(view)[0]
    turn(view, QPoint(0, 120))
    assert numbers(view) == [start + 1]
    turn(view, QPoint(0, -240))
    assert numbers(view) == [start - 1]
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert numbers(view) == [start]
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    assert numbers(view) == [SHAPE[0] - 1]
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert numbers(view) == [0]
    assert session.selection.state.active_view == "axial"


def test_a_touchpad_adds_up_to_slices(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    start = numbers(view)[0]
    for _ in range(7):
        turn(view, QPoint(0, 15), pixels=QPoint(0, 8))
    assert numbers(view) == [start + 2]


def test_scrolling_one_view_leaves_the_others_where_they_are(session: Session, qtbot: QtBot) -> None:
    views = [shown(session, qtbot, plane) for plane in Plane]
    before = numbers(*views)
    turn(views[1], QPoint(0, 360))
    after = numbers(*views)
    assert after[0] == before[0]
    assert after[1] == before[1] + 3
    assert after[2] == before[2]


def test_control_and_wheel_zoom_at_the_cursor(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    at = QPoint(310, 150)
    before = view.place.to_world(view.state.grid, at.x(), at.y())
    turn(view, QPoint(0, 240), Qt.KeyboardModifier.ControlModifier, at=at)
    assert session.presentation.state.slice_cameras[Plane.AXIAL].zoom == pytest.approx(1.44)
    np.testing.assert_allclose(view.place.to_world(view.state.grid, at.x(), at.y()), before)
    assert session.presentation.state.slice_cameras[Plane.CORONAL].zoom == 1.0


@pytest.mark.parametrize("angle", [QPoint(0, 120), QPoint(120, 0)])  # some platforms turn the wheel sideways
def test_shift_and_wheel_change_the_radius(session: Session, qtbot: QtBot, angle: QPoint) -> None:
    view = shown(session, qtbot)
    start, slice_before = session.selection.state.radius_mm, numbers(view)
    turn(view, angle, Qt.KeyboardModifier.ShiftModifier)
    assert session.selection.state.radius_mm == pytest.approx(start * 1.15, abs=0.01)
    turn(view, -angle, Qt.KeyboardModifier.ShiftModifier)
    assert session.selection.state.radius_mm == pytest.approx(start, abs=0.01)
    assert numbers(view) == slice_before


def test_right_drag_changes_window_and_level_in_any_tool(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.BRUSH)
    drag(view, Qt.MouseButton.RightButton, MIDDLE, MIDDLE + QPoint(50, 0), MIDDLE + QPoint(100, 30))
    window = session.presentation.state.windowing
    assert window.width == pytest.approx(400 * np.exp(100 / 250), abs=1)
    assert window.level == pytest.approx(40 + 30 * 400 / 300, abs=1)
    assert len(session.open_document.entries) == 1  # nothing was painted


def test_middle_drag_and_space_drag_move_the_picture_with_the_mouse(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.BRUSH)
    before = view.place.to_world(view.state.grid, MIDDLE.x(), MIDDLE.y())
    drag(view, Qt.MouseButton.MiddleButton, MIDDLE, MIDDLE + QPoint(10, 5), MIDDLE + QPoint(40, 20))
    np.testing.assert_allclose(view.place.to_world(view.state.grid, MIDDLE.x() + 40, MIDDLE.y() + 20), before)
    QTest.keyPress(view, Qt.Key.Key_Space)
    drag(view, Qt.MouseButton.LeftButton, MIDDLE + QPoint(40, 20), MIDDLE)
    QTest.keyRelease(view, Qt.Key.Key_Space)
    np.testing.assert_allclose(view.place.to_world(view.state.grid, MIDDLE.x(), MIDDLE.y()), before)
    assert len(session.open_document.entries) == 1


def test_the_crosshair_is_one_point_for_all_views(session: Session, qtbot: QtBot) -> None:
    axial, coronal, sagittal = (shown(session, qtbot, plane) for plane in Plane)
    session.selection.update(tool=Tool.CROSSHAIR)
    target = (10.0, 24.0, 15.0)  # voxel i 5, j 12, on the slice k 5
    session.presentation.update(crosshair_mm=(29.0, 19.0, 15.0))
    x, y = axial.place.to_screen(*axial.state.grid.to_pixel(target))
    QTest.mouseClick(axial, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    np.testing.assert_allclose(session.presentation.state.crosshair_mm, target, atol=0.5)
    assert numbers(axial, coronal, sagittal) == [5, 12, 5]
    QTest.mousePress(coronal, Qt.MouseButton.LeftButton, pos=MIDDLE)
    QTest.mouseMove(coronal, MIDDLE + QPoint(0, -60))
    assert numbers(axial)[0] > 5  # up is towards the head
    QTest.mouseRelease(coronal, Qt.MouseButton.LeftButton, pos=MIDDLE + QPoint(0, -60))


def test_the_slider_reaches_every_slice(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    edge = SIDE - 6
    drag(view, Qt.MouseButton.LeftButton, QPoint(edge, 240), QPoint(edge, 5))
    assert numbers(view) == [SHAPE[0] - 1]  # the top is the head
    drag(view, Qt.MouseButton.LeftButton, QPoint(edge, 240), QPoint(edge, SIDE - 2))
    assert numbers(view) == [0]


def test_a_double_click_asks_for_all_the_room_unless_one_paints(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    with qtbot.waitSignal(view.maximise_requested, timeout=500):
        QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=MIDDLE)
    session.selection.update(tool=Tool.BRUSH)
    with qtbot.assertNotEmitted(view.maximise_requested):
        QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=MIDDLE)


def test_control_drag_tilts_the_plane_and_escape_takes_it_back(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    control = Qt.KeyboardModifier.ControlModifier
    QTest.mousePress(view, Qt.MouseButton.LeftButton, control, MIDDLE)
    QTest.mouseMove(view, MIDDLE + QPoint(40, -20))
    assert session.presentation.state.slice_cameras[Plane.AXIAL].tilt_deg == (5.0, 10.0)
    assert view.state.grid.cut is None
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert session.presentation.state.slice_cameras[Plane.AXIAL].tilt_deg == (0.0, 0.0)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, control, MIDDLE)


def test_the_reading_is_the_voxel_under_the_cursor(session: Session, qtbot: QtBot) -> None:
    view, document = shown(session, qtbot), session.open_document
    document.apply(PaintEdit(1, Box(0, 12, 5, 6, 8, 9), np.ones((12, 1, 1), bool)), title="x", tool="test")
    k = numbers(view)[0]
    x, y = view.place.to_screen(5, 8)
    with qtbot.waitSignal(view.hovered) as hovered:
        QTest.mouseMove(view, QPoint(round(x), round(y)))
    reading = hovered.args[0]
    assert reading.kji == (k, 5, 8)
    assert reading.value == document.volume.voxels[k, 5, 8]
    assert reading.segment.name == "liver"
    session.presentation.set_visible(1, False)
    with qtbot.waitSignal(view.hovered) as hovered:
        QTest.mouseMove(view, QPoint(round(x) + 1, round(y)))
    assert hovered.args[0].segment is None


def picture(view: SliceView) -> np.ndarray:
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3]


@pytest.mark.parametrize("plane", list(Plane))
def test_parts_that_are_repainted_fit_the_rest_seamlessly(session: Session, qtbot: QtBot, plane: Plane) -> None:
    """Paint, move the crosshair and the cursor: what stands on the screen equals a picture painted at once."""
    view = shown(session, qtbot, plane)
    session.selection.update(tool=Tool.BRUSH, radius_mm=5.0)
    drag(view, Qt.MouseButton.LeftButton, MIDDLE, MIDDLE + QPoint(60, 10), MIDDLE + QPoint(100, 90))
    x, y, z = session.presentation.state.crosshair_mm
    session.presentation.update(crosshair_mm=(x + 0.4, y + 0.4, z + 0.4))
    QApplication.processEvents()
    backing = view.backingStore().paintDevice()
    assert isinstance(backing, QImage)
    kept = backing.convertToFormat(QImage.Format.Format_RGB32)
    pieces = np.array(kept.constBits()).reshape(kept.height(), kept.width(), 4)[..., :3]
    np.testing.assert_array_equal(pieces, picture(view))


def test_a_view_without_a_document_is_black(qtbot: QtBot, tmp_path: Path) -> None:
    view = shown(Session(Settings(tmp_path / "settings.json")), qtbot)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=MIDDLE)
    turn(view, QPoint(0, 120))
    assert not picture(view).any()


def test_signals_reach_no_view_that_was_deleted(session: Session, qtbot: QtBot) -> None:
    view = SliceView(session, Plane.AXIAL)
    view.show()
    view.deleteLater()
    QApplication.sendPostedEvents(view, QEvent.Type.DeferredDelete.value)
    assert not isValid(view)
    session.selection.update(tool=Tool.BRUSH)
    session.presentation.update(overlay_opacity=0.9)
    session.open_document.apply(AddSegment(Segment(2, "spleen")), title="Add", tool="test")


@pytest.mark.parametrize(
    ("warnings", "letters", "millimetres"),
    [
        ((), ["R", "L", "A", "P"], True),
        ((SeriesWarning.NO_SPACING,), ["R", "L", "A", "P"], False),
        ((SeriesWarning.NO_GEOMETRY,), [], False),
    ],
)
def test_nothing_is_claimed_that_the_file_does_not_say(
    session: Session,
    qtbot: QtBot,
    tmp_path: Path,
    warnings: tuple[SeriesWarning, ...],
    letters: list[str],
    millimetres: bool,
) -> None:
    volume = replace(session.open_document.volume, warnings=warnings)
    session.set_document(Document([volume], Case.create(tmp_path / "odd.limner", volume.geometry, [])))
    view = shown(session, qtbot)
    texts = [label.text for label in SliceAnnotations(Plane.AXIAL).fixed_labels((480.0, 480.0), view.state)]
    assert [text for text in texts if len(text) == 1] == letters
    assert any("mm" in text for text in texts) is millimetres
    assert any("unknown" in text for text in texts) is not millimetres


def test_a_ball_shows_its_cut_in_the_other_views(session: Session, qtbot: QtBot) -> None:
    axial, coronal = shown(session, qtbot), shown(session, qtbot, Plane.CORONAL)
    session.selection.update(tool=Tool.BRUSH, radius_mm=8.0, brush_shape=BrushShape.BALL)
    center = axial.place.to_screen(*axial.state.grid.to_pixel(session.presentation.state.crosshair_mm))
    above = QPoint(round(center[0]), round(center[1] - 5.0 * axial.place.scale))
    depth = coronal.state.grid.location_mm - axial.place.to_world(axial.state.grid, above.x(), above.y())[1]
    clean = picture(coronal)
    QTest.mouseMove(axial, above)
    ring = np.argwhere((picture(coronal) != clean).any(axis=-1))
    height, width = np.ptp(ring, axis=0) + 1
    expected = 2 * np.sqrt(8.0**2 - depth**2) * coronal.place.scale
    assert width == pytest.approx(expected, abs=5)
    assert height == pytest.approx(expected, abs=5)
    far = above - QPoint(0, round(5 * axial.place.scale))
    QTest.mouseMove(axial, far)
    np.testing.assert_array_equal(picture(coronal), clean)
    QTest.mouseMove(axial, above)
    session.selection.update(brush_shape=BrushShape.DISC)
    np.testing.assert_array_equal(picture(coronal), clean)


def test_every_move_of_the_mouse_counts_while_painting_only(session: Session, qtbot: QtBot) -> None:
    view, attribute = shown(session, qtbot), Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents
    usual = QApplication.testAttribute(attribute)
    session.selection.update(tool=Tool.BRUSH)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=MIDDLE)
    assert not QApplication.testAttribute(attribute)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=MIDDLE)
    assert QApplication.testAttribute(attribute) is usual


@pytest.mark.parametrize(
    ("longest_mm", "length_mm", "text"),
    [
        (99.0, 50.0, "50 mm"),
        (100.0, 100.0, "10 cm"),
        (260.0, 200.0, "20 cm"),
        (4.99, 2.0, "2 mm"),
        (0.3, 0.2, "200 µm"),
    ],
)
def test_the_scale_bar_has_a_round_length(longest_mm: float, length_mm: float, text: str) -> None:
    assert nice_length_mm(longest_mm) == pytest.approx(length_mm)
    assert length_text(nice_length_mm(longest_mm)) == text


def test_the_actions_and_the_wheel_step_alike_in_a_tilted_plane(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot, Plane.CORONAL)
    session.selection.update(active_view="coronal")
    session.presentation.update_camera(Plane.CORONAL, tilt_deg=(20.0, 30.0))
    start = session.presentation.state.crosshair_mm
    move_slices(session, 2)
    by_action = session.presentation.state.crosshair_mm
    session.presentation.update(crosshair_mm=start)
    turn(view, QPoint(0, 240))
    assert session.presentation.state.crosshair_mm == pytest.approx(by_action)
    along = np.subtract(by_action, start)
    assert along @ view.state.grid.normal == pytest.approx(2 * view.state.grid.step_mm)
    assert np.linalg.norm(along) == pytest.approx(2 * view.state.grid.step_mm)
