"""Painting by real mouse and pen events: exact voxels, history, locks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.turn import Turn
from imaging.case.case import Case
from imaging.edit import AddSegment, Overwrite, UpdateSegment
from imaging.geometry import Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from session.document import Document
from session.messages import Message
from session.presentation import Plane
from session.selection import Area, BrushShape, Tool
from session.session import Session
from session.settings import Settings
from widgets.slice_view import SliceView

SHAPE = (12, 40, 50)
SPACING = np.array([1.0, 1.25, 3.0])
SIDE = 500
START, STOPS = QPoint(180, 190), (QPoint(210, 200), QPoint(260, 270), QPoint(262, 240))
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication) -> Iterator[Session]:
    geometry = Geometry(SHAPE, np.diag([*SPACING, 1.0]))
    k, j, i = np.indices(SHAPE)
    volume = Volume(geometry, (i * 10 + j - k).astype(np.int16), Quantity.HU)
    turn = Turn(qapp)
    session = Session(Settings(tmp_path / "settings.json"), post=turn.post)
    session.presentation.center_on(geometry)
    document = Document([volume], Case.create(tmp_path / "case.limner", geometry, []))
    session.set_document(document)
    for number, name in ((1, "liver"), (2, "spleen")):
        document.apply(AddSegment(Segment(number, name)), title=f"Add {name}", tool="test")
    session.selection.update(segment_number=1, tool=Tool.BRUSH, radius_mm=4.0)
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


def stroke(view: SliceView, *points: QPoint, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mousePress(view, LEFT, modifiers, points[0])
    for point in points[1:]:
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, LEFT, modifiers, points[-1])


def mask(session: Session, number: int = 1) -> NDArray[np.bool_]:
    return session.open_document.segmentation.mask(number).copy()


def swept(view: SliceView, points: list[QPoint], radius_mm: float, flat_axis: int | None) -> NDArray[np.bool_]:
    """The voxels within the radius of the line through the points, found by the distance of each one."""
    geometry = view.state.volume.geometry
    k, j, i = np.indices(SHAPE)
    centers = geometry.to_world(np.stack([i, j, k], axis=-1))
    stops = [view.place.to_world(view.state.grid, p.x(), p.y()) for p in points]
    found = np.zeros(SHAPE, bool)
    for one, other in zip(stops, stops[1:] or stops, strict=False):
        offset, way = centers - one, other - one
        if flat_axis is not None:
            offset[..., 2 - flat_axis] = 0
        share = np.clip(offset @ way / max(way @ way, 1e-12), 0, 1)
        found |= ((offset - share[..., None] * way) ** 2).sum(axis=-1) <= radius_mm**2
    if flat_axis is not None:
        found &= np.indices(SHAPE)[flat_axis] == view.state.grid.number
    return found


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("shape", list(BrushShape))
def test_a_stroke_is_exactly_what_the_brush_swept(
    session: Session, qtbot: QtBot, plane: Plane, shape: BrushShape
) -> None:
    view = shown(session, qtbot, plane)
    session.selection.update(brush_shape=shape)
    stroke(view, START, *STOPS)
    flat = view.state.grid.cut.axis if shape is BrushShape.DISC else None
    expected = swept(view, [START, *STOPS], 4.0, flat)
    assert expected.sum() > 30
    np.testing.assert_array_equal(mask(session), expected)
    entry = session.open_document.entries[-1]
    assert (entry.title, entry.tool) == ("Paint liver", "brush")
    assert entry.parameters["radius_mm"] == 4.0


def test_the_result_does_not_depend_on_how_often_the_screen_is_painted(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    stroke(view, START, *STOPS)
    at_once = mask(session)
    session.open_document.undo()
    QTest.mousePress(view, LEFT, pos=START)
    for stop in STOPS:
        QTest.mouseMove(view, stop)
        view.repaint()
        qtbot.wait(20)
    QTest.mouseRelease(view, LEFT, pos=STOPS[-1])
    np.testing.assert_array_equal(mask(session), at_once)


def test_a_stroke_is_one_entry_and_undo_takes_it_back(session: Session, qtbot: QtBot) -> None:
    view, document = shown(session, qtbot), session.open_document
    count = len(document.entries)
    stroke(view, START, *STOPS)
    assert len(document.entries) == count + 1
    painted = mask(session)
    document.undo()
    assert not mask(session).any()
    document.redo()
    np.testing.assert_array_equal(mask(session), painted)


def test_shift_erases_and_the_eraser_does_too(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(radius_mm=9.0)
    stroke(view, START)
    whole = mask(session)
    session.selection.update(radius_mm=2.0)
    stroke(view, START, modifiers=SHIFT)
    hole = swept(view, [START], 2.0, 0)
    np.testing.assert_array_equal(mask(session), whole & ~hole)
    assert session.open_document.entries[-1].title == "Erase liver"
    session.selection.update(tool=Tool.ERASER, radius_mm=3.0)
    stroke(view, START)
    np.testing.assert_array_equal(mask(session), whole & ~swept(view, [START], 3.0, 0))


def test_escape_cancels_the_stroke_without_a_trace(session: Session, qtbot: QtBot) -> None:
    view, count = shown(session, qtbot), len(session.open_document.entries)
    QTest.mousePress(view, LEFT, pos=START)
    QTest.mouseMove(view, STOPS[1])
    assert mask(session).any()
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not mask(session).any()
    QTest.mouseMove(view, STOPS[2])
    QTest.mouseRelease(view, LEFT, pos=STOPS[2])
    assert not mask(session).any()
    assert len(session.open_document.entries) == count
    stroke(view, START)
    assert mask(session).any()


def test_changing_the_slice_while_painting_begins_a_new_line_there(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    first = view.state.grid.number
    QTest.mousePress(view, LEFT, pos=START)
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.mouseMove(view, STOPS[1])
    QTest.mouseRelease(view, LEFT, pos=STOPS[1])
    painted = mask(session)
    assert set(np.flatnonzero(painted.any(axis=(1, 2)))) == {first, first + 1}
    assert painted[first].sum() == pytest.approx(painted[first + 1].sum(), rel=0.25)  # two discs, no line between


def test_a_locked_segment_gives_a_message_and_no_entry(session: Session, qtbot: QtBot) -> None:
    view, document, said = shown(session, qtbot), session.open_document, []
    document.apply(UpdateSegment(1, {"locked": True}), title="Lock", tool="test")
    session.messages.shown.connect(said.append)
    count = len(document.entries)
    stroke(view, START, *STOPS)
    assert not mask(session).any()
    assert len(document.entries) == count
    message: Message = said[-1]
    assert "locked" in message.text
    assert message.hint


def test_without_a_selected_segment_one_is_made_or_asked_for(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    view, said = shown(session, qtbot), []
    session.messages.shown.connect(said.append)
    session.selection.update(segment_number=None)
    stroke(view, START)
    assert "No segment" in said[-1].text
    volume = session.open_document.volume
    fresh = Document([volume], Case.create(tmp_path / "other.limner", volume.geometry, []))
    session.set_document(fresh)
    stroke(view, START)
    assert [s.name for s in fresh.segmentation.segments] == ["Segment 1"]
    assert fresh.segmentation.voxel_count(1) > 0
    assert session.selection.state.segment_number == 1


def test_the_rule_of_the_tool_options_holds(session: Session, qtbot: QtBot) -> None:
    view, image = shown(session, qtbot), session.open_document.image
    disc = swept(view, [START], 8.0, 0)
    session.selection.update(radius_mm=8.0, uses_range=True, intensity_range=(150.0, 230.0))
    stroke(view, START)
    liver = mask(session)
    np.testing.assert_array_equal(liver, disc & (image >= 150) & (image <= 230))
    session.selection.update(segment_number=2, uses_range=False, area=Area.OUTSIDE_OTHERS)
    stroke(view, START)
    np.testing.assert_array_equal(mask(session, 2), disc & ~liver)
    session.selection.update(area=Area.EVERYWHERE, overwrite=Overwrite.NONE)
    stroke(view, START)
    np.testing.assert_array_equal(mask(session, 2), disc)
    np.testing.assert_array_equal(mask(session), liver)
    session.presentation.set_visible(1, False)
    session.selection.update(overwrite=Overwrite.VISIBLE)
    stroke(view, START)
    np.testing.assert_array_equal(mask(session), liver)
    session.selection.update(overwrite=Overwrite.ALL, area=Area.INSIDE_SEGMENT, inside_segment=1, segment_number=2)
    stroke(view, START, *STOPS)
    np.testing.assert_array_equal(mask(session, 2), disc)


def test_control_click_takes_the_range_from_the_image(session: Session, qtbot: QtBot) -> None:
    view, count = shown(session, qtbot), len(session.open_document.entries)
    stroke(view, START, modifiers=Qt.KeyboardModifier.ControlModifier)
    values = session.open_document.image[swept(view, [START], 4.0, 0)]
    assert session.selection.state.uses_range
    assert session.selection.state.intensity_range == pytest.approx(np.percentile(values, (2, 98)), abs=0.01)
    assert len(session.open_document.entries) == count


def test_painting_in_a_tilted_plane_takes_a_ball(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.presentation.update_camera(Plane.AXIAL, tilt_deg=(20.0, 0.0))
    stroke(view, QPoint(250, 250))
    np.testing.assert_array_equal(mask(session), swept(view, [QPoint(250, 250)], 4.0, None))
    assert session.open_document.entries[-1].parameters["shape"] == "ball"


def test_a_second_button_does_not_disturb_the_stroke(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    QTest.mousePress(view, LEFT, pos=START)
    QTest.mousePress(view, Qt.MouseButton.RightButton, pos=START)
    QTest.mouseRelease(view, Qt.MouseButton.RightButton, pos=START)
    QTest.mouseMove(view, STOPS[0])
    QTest.mouseRelease(view, LEFT, pos=STOPS[0])
    np.testing.assert_array_equal(mask(session), swept(view, [START, STOPS[0]], 4.0, 0))


def test_other_views_repaint_what_was_painted(session: Session, qtbot: QtBot) -> None:
    axial, coronal = shown(session, qtbot), shown(session, qtbot, Plane.CORONAL)
    before = coronal.grab().toImage()
    stroke(axial, QPoint(250, 250))
    assert coronal.grab().toImage() != before


def test_a_stroke_whose_end_was_not_told_ends_where_it_was(session: Session, qtbot: QtBot) -> None:
    view, count = shown(session, qtbot), len(session.open_document.entries)
    QTest.mousePress(view, LEFT, pos=START)
    QTest.mouseMove(view, STOPS[0])
    none = Qt.MouseButton.NoButton
    at = QPointF(STOPS[1])
    lost = QMouseEvent(
        QEvent.Type.MouseMove, at, QPointF(view.mapToGlobal(STOPS[1])), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(view, lost)
    assert len(session.open_document.entries) == count + 1
    np.testing.assert_array_equal(mask(session), swept(view, [START, STOPS[0]], 4.0, 0))
    QTest.mouseRelease(view, LEFT, pos=STOPS[1])
    QTest.mousePress(view, LEFT, pos=STOPS[1])
    view.hide()
    assert len(session.open_document.entries) == count + 2


def test_a_segment_that_comes_to_overlap_is_seen_at_once(session: Session, qtbot: QtBot) -> None:
    """Sharing voxels moves a segment to a layer of its own in the middle of the stroke."""
    view = shown(session, qtbot)
    session.selection.update(radius_mm=8.0, overwrite=Overwrite.NONE)
    stroke(view, START)
    session.selection.update(segment_number=2)
    QTest.mousePress(view, LEFT, pos=START)
    QTest.mouseMove(view, STOPS[0])
    assert session.open_document.segmentation.segment(2).layer == 1
    assert [style.layer for style in view.state.styles] == [0, 1]
    QTest.mouseRelease(view, LEFT, pos=STOPS[0])


def test_fill_floods_the_slice_up_to_the_outline(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(radius_mm=1.5)
    ring = [QPoint(250 + round(90 * np.cos(a)), 250 + round(90 * np.sin(a))) for a in np.linspace(0, 2 * np.pi, 30)]
    stroke(view, *ring)
    outline = mask(session)
    session.selection.update(tool=Tool.FILL)
    QTest.mouseClick(view, LEFT, pos=QPoint(250, 250))
    filled = mask(session)
    k = view.state.grid.number
    assert not np.delete(filled, k, axis=0).any()
    assert filled[k].sum() > 2 * outline[k].sum()
    assert filled[k].sum() == pytest.approx(np.pi * (90 / view.place.scale + 1.5) ** 2 / 1.25, rel=0.06)
    assert session.open_document.entries[-1].tool == "fill"


def test_fill_in_the_volume_is_a_job_and_one_entry(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(tool=Tool.FILL, fills_volume=True, uses_range=True, intensity_range=(100.0, 200.0))
    QTest.mouseClick(view, LEFT, pos=QPoint(150, 250))
    session.jobs.wait(session.jobs.jobs[-1])
    qtbot.waitUntil(lambda: session.open_document.entries[-1].tool == "fill")
    image = session.open_document.image
    np.testing.assert_array_equal(mask(session), (image >= 100) & (image <= 200))


def test_pick_selects_the_visible_segment_under_the_cursor(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    session.selection.update(segment_number=2)
    stroke(view, START)
    session.selection.update(segment_number=1, tool=Tool.PICK)
    QTest.mouseClick(view, LEFT, pos=STOPS[1])
    assert session.selection.state.segment_number == 1
    QTest.mouseClick(view, LEFT, pos=START)
    assert session.selection.state.segment_number == 2


def pen_event(
    view: SliceView, kind: QEvent.Type, at: QPoint, pressure: float, pointer: QPointingDevice.PointerType
) -> None:
    device = QPointingDevice("pen", 1, QInputDevice.DeviceType.Stylus, pointer, QInputDevice.Capability.Pressure, 1, 2)
    position, held = QPointF(at), kind != QEvent.Type.TabletRelease
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.TabletMove else LEFT
    event = QTabletEvent(
        kind, device, position, QPointF(view.mapToGlobal(at)), pressure, 0.0, 0.0, 0.0, 0.0, 0.0,
        Qt.KeyboardModifier.NoModifier, button, LEFT if held else Qt.MouseButton.NoButton,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def pen(view: SliceView, pressure: float, pointer: QPointingDevice.PointerType, *points: QPoint) -> None:
    pen_event(view, QEvent.Type.TabletPress, points[0], pressure, pointer)
    for point in points[1:]:
        pen_event(view, QEvent.Type.TabletMove, point, pressure, pointer)
    pen_event(view, QEvent.Type.TabletRelease, points[-1], 0.0, pointer)


def test_the_pen_paints_by_pressure_and_erases_with_its_other_end(session: Session, qtbot: QtBot) -> None:
    view = shown(session, qtbot)
    tip, eraser = QPointingDevice.PointerType.Pen, QPointingDevice.PointerType.Eraser
    session.selection.update(radius_mm=10.0)
    pen(view, 0.5, tip, START, STOPS[0])
    painted = swept(view, [START, STOPS[0]], 6.0, 0)  # half the pressure: 0.2 + 0.8 / 2 of the radius
    np.testing.assert_array_equal(mask(session), painted)
    session.selection.update(radius_mm=3.0)
    pen(view, 1.0, eraser, START)
    np.testing.assert_array_equal(mask(session), painted & ~swept(view, [START], 3.0, 0))
    session.settings.set("brush.pen_pressure", False)
    session.selection.update(radius_mm=5.0)
    pen(view, 0.1, tip, STOPS[1])
    assert (mask(session) & swept(view, [STOPS[1]], 5.0, 0)).sum() == swept(view, [STOPS[1]], 5.0, 0).sum()
