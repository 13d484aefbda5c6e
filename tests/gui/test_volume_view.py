"""The 3D view: it starts by itself, follows the document, turns, picks, and goes without a trace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import render.surface_cache
import widgets.volume_engine
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, Batch, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.measurements import AddMeasurement
from imaging.palette import PALETTE
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from inference.model import FoundBox
from render.graphics_probe import Graphics, probed
from render.render_thread import FrameRequest
from render.volume_renderer import Quality, VolumeRenderer
from render.volume_scene import VolumeSceneState
from session.acceptance import accept
from session.document import Document
from session.messages import Message, Severity
from session.preview import Preview, ProposedSegment
from session.selection import Tool
from session.session import Session
from session.settings import Settings
from widgets.volume_view import VolumeView

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHAPE = (40, 40, 40)
WAIT_MS = 300_000


@pytest.fixture(scope="module")
def opengl() -> None:
    """Skips, with the reason, where VTK cannot draw."""
    graphics = probed()
    if not graphics.is_available:
        pytest.skip(graphics.reason)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(Settings(tmp_path / "settings.json"))
    geometry = Geometry(SHAPE, np.eye(4))
    case = Case.create(tmp_path / "case.limner", geometry, [ImageReference("image", "series")])
    document = Document([Volume(geometry, np.zeros(SHAPE, np.int16), Quantity.HU)], case)
    edits = [AddSegment(Segment(1, "red", (220, 60, 60))), AddSegment(Segment(2, "blue", (60, 90, 220)))]
    boxes = {1: Box(26, 36, 4, 14, 26, 36), 2: Box(4, 14, 26, 36, 4, 14)}
    paints = [PaintEdit(n, box, np.ones(box.shape, bool)) for n, box in boxes.items()]
    document.apply(Batch((*edits, *paints)), title="Two cubes", tool="test")
    made.set_document(document)
    made.presentation.center_on(geometry)
    yield made
    made.set_document(None)


@pytest.fixture
def make_view(qtbot: QtBot, session: Session) -> Iterator[Callable[[], VolumeView]]:
    made: list[VolumeView] = []

    def make() -> VolumeView:
        view = VolumeView(session)
        qtbot.addWidget(view)
        made.append(view)
        view.resize(300, 300)
        view.show()
        return view

    yield make
    for view in made:
        view.close()


@pytest.fixture
def view(opengl: None, make_view: Callable[[], VolumeView], qtbot: QtBot) -> VolumeView:
    made = make_view()
    qtbot.waitUntil(lambda: is_settled(made), timeout=WAIT_MS)
    return made


def is_settled(view: VolumeView) -> bool:
    """Every surface is made and the well drawn picture of the present camera is on the screen."""
    return view.is_settled and view.frame is not None and view.frame.camera == view.camera


def color_at(view: VolumeView, x: int, y: int) -> tuple[int, int, int]:
    color = view.grab().toImage().pixelColor(x, y)
    return color.red(), color.green(), color.blue()


def place_of(view: VolumeView, channel: int) -> QPoint:
    """The middle of what is drawn in red (0) or blue (2), in the view's pixels."""
    frame = view.frame
    assert frame is not None
    rgb = frame.rgb.astype(int)
    others = [n for n in range(3) if n != channel]
    rows, columns = np.nonzero((rgb[..., channel] > 60) & (rgb[..., channel] > 1.6 * rgb[..., others].max(axis=-1)))
    assert rows.size > 100
    scale = view.width() / rgb.shape[1]
    return QPoint(round(float(np.median(columns)) * scale), round(float(np.median(rows)) * scale))


def drag(view: VolumeView, button: Qt.MouseButton, by: QPoint) -> None:
    start = QPoint(150, 150)
    QTest.mousePress(view, button, NONE, start)
    for share in (0.25, 0.5, 0.75, 1.0):
        QTest.mouseMove(view, start + QPoint(round(by.x() * share), round(by.y() * share)))
    QTest.mouseRelease(view, button, NONE, start + by)


def test_it_starts_by_itself_and_shows_the_segments(view: VolumeView) -> None:
    red, blue = place_of(view, 0), place_of(view, 2)
    assert red.x() > 180
    assert blue.x() < 120
    r, _, b = color_at(view, red.x(), red.y())
    assert r > 2 * b
    assert color_at(view, 5, 150)[2] > 30  # the blue-grey ground, not black


def test_the_camera_is_kept_in_the_presentation_and_fits_until_somebody_moves_it(
    view: VolumeView, session: Session, qtbot: QtBot
) -> None:
    assert session.presentation.state.volume_camera is None
    before = view.camera
    drag(view, LEFT, QPoint(60, 0))
    after = session.presentation.state.volume_camera
    assert after is not None
    assert after.position_mm[0] < before.position_mm[0] - 5
    assert after.focal_point_mm == before.focal_point_mm
    qtbot.waitUntil(lambda: is_settled(view), timeout=WAIT_MS)
    session.presentation.update(volume_camera=None)
    assert view.camera == before


def test_middle_moves_right_and_wheel_zoom(view: VolumeView, session: Session) -> None:
    start = view.camera
    drag(view, MIDDLE, QPoint(40, 0))
    moved = view.camera
    assert moved.focal_point_mm[0] < start.focal_point_mm[0]
    drag(view, RIGHT, QPoint(0, -40))
    nearer = distance(view)
    assert nearer < np.linalg.norm(np.subtract(moved.position_mm, moved.focal_point_mm))
    wheel = QWheelEvent(
        QPointF(150, 150), QPointF(150, 150), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, wheel)
    assert distance(view) < nearer


def distance(view: VolumeView) -> float:
    return float(np.linalg.norm(np.subtract(view.camera.position_mm, view.camera.focal_point_mm)))


def test_keys_look_from_the_standard_sides(view: VolumeView) -> None:
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.camera.position_mm[1] > 50
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    assert view.camera.position_mm[2] > 50
    before = view.camera
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.camera != before


def test_a_click_puts_the_crosshair_on_the_surface(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    session.selection.update(tool=Tool.BRUSH)
    before = session.presentation.state.crosshair_mm
    red = place_of(view, 0)
    QTest.mouseClick(view, LEFT, NONE, red)
    assert session.presentation.state.crosshair_mm == before  # a brush does not pick
    QTest.mouseClick(view, LEFT, CTRL, red)
    x, y, z = session.presentation.state.crosshair_mm
    assert 25 < x < 36
    assert 3 < y < 14
    assert 25 < z < 36
    session.selection.update(tool=Tool.CROSSHAIR)
    QTest.mouseClick(view, LEFT, NONE, QPoint(3, 3))
    assert session.presentation.state.crosshair_mm == (x, y, z)  # nothing there
    qtbot.waitUntil(lambda: is_settled(view), timeout=WAIT_MS)
    QTest.mouseClick(view, LEFT, NONE, place_of(view, 2))
    assert session.presentation.state.crosshair_mm[0] < 15


def test_a_stroke_makes_only_its_own_surface_again(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    before = dict(view.surfaces)
    box = Box(36, 39, 4, 14, 26, 36)
    paint = PaintEdit(1, box, np.ones(box.shape, bool))
    session.open_document.apply(paint, title="Stroke", tool="brush")
    qtbot.waitUntil(lambda: view.surfaces[1] is not before[1] and is_settled(view), timeout=WAIT_MS)
    assert view.surfaces[2] is before[2]
    assert view.surfaces[1].points_mm[:, 2].max() == pytest.approx(38.5, abs=0.3)


def test_hidden_segments_vanish_and_come_back(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    red = place_of(view, 0)
    session.presentation.set_visible(1, False)
    qtbot.waitUntil(lambda: color_at(view, red.x(), red.y())[0] < 100, timeout=WAIT_MS)
    session.presentation.set_visible(1, True)
    qtbot.waitUntil(lambda: color_at(view, red.x(), red.y())[0] > 150, timeout=WAIT_MS)


def test_lengths_are_drawn_follow_the_document_and_can_be_hidden(
    view: VolumeView, session: Session, qtbot: QtBot
) -> None:
    def greens() -> int:
        assert view.frame is not None
        rgb = view.frame.rgb.astype(int)
        return int(((rgb[..., 1] > 150) & (rgb[..., 1] > 2 * rgb[..., 0]) & (rgb[..., 1] > 2 * rgb[..., 2])).sum())

    document, points = session.open_document, ((4.0, -5.0, 20.0), (36.0, -5.0, 20.0))
    made = Measurement(1, MeasurementKind.LENGTH, points, (0.0, 0.0, 1.0), "Length 1", (0, 255, 0))
    assert greens() == 0
    document.apply(AddMeasurement(made), title="Measure", tool="test")
    qtbot.waitUntil(lambda: greens() > 100, timeout=WAIT_MS)
    session.presentation.update(hidden_measurements=frozenset({1}))
    qtbot.waitUntil(lambda: greens() == 0, timeout=WAIT_MS)
    session.presentation.update(hidden_measurements=frozenset())
    qtbot.waitUntil(lambda: greens() > 100, timeout=WAIT_MS)
    document.undo()
    qtbot.waitUntil(lambda: greens() == 0, timeout=WAIT_MS)


def test_found_boxes_are_dashed_while_they_wait_and_whole_when_they_are_accepted(
    view: VolumeView, session: Session, qtbot: QtBot
) -> None:
    def drawn() -> int:
        """Pixels in the first colour of the palette, which the cubes have not."""
        assert view.frame is not None
        return int((np.abs(view.frame.rgb.astype(int) - PALETTE[0]).max(axis=-1) < 25).sum())

    document = session.open_document
    ends = [(n & 1, n >> 1 & 1, n >> 2 & 1) for n in range(8)]
    corners = tuple(tuple(4.0 + 30.0 * bit for bit in end) for end in ends)
    found = FoundBox("Nodule", 0.8, corners)
    before = drawn()
    document.set_preview(Preview("finder", "model finder@1", "segment.run", {}, [], [], boxes=(found,)))
    qtbot.waitUntil(lambda: drawn() > before + 200, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: is_settled(view), timeout=WAIT_MS)
    waiting = drawn()
    accept(document)
    qtbot.waitUntil(lambda: drawn() > 1.3 * waiting, timeout=WAIT_MS)
    document.undo()
    qtbot.waitUntil(lambda: drawn() <= before, timeout=WAIT_MS)


def test_a_result_that_waits_is_shown_until_it_is_taken_away(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[4:14, 4:14, 26:36] = 9
    green = ProposedSegment(0, 9, "green", (40, 200, 40), 1000)
    session.open_document.set_preview(Preview("Test", "model test@1", "segment.run", {}, [labels], [green]))
    qtbot.waitUntil(lambda: is_settled(view), timeout=WAIT_MS)
    place = place_of(view, 1)
    assert place.x() > 180
    assert place.y() > 180
    session.open_document.set_preview(None)
    qtbot.waitUntil(lambda: color_at(view, place.x(), place.y())[1] < 100, timeout=WAIT_MS)


def test_an_accepted_result_never_leaves_the_sight(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[4:14, 4:14, 26:36] = 9
    green = ProposedSegment(0, 9, "green", (40, 200, 40), 1000)
    document = session.open_document
    document.set_preview(Preview("Test", "model test@1", "segment.run", {}, [labels], [green]))
    qtbot.waitUntil(lambda: is_settled(view), timeout=WAIT_MS)
    place = place_of(view, 1)
    seen = []
    view._engine.frame_ready.connect(lambda *_: seen.append(color_at(view, place.x(), place.y())[1]))
    accept(document)
    number = document.segmentation.segments[-1].number
    qtbot.waitUntil(lambda: number in view.surfaces and is_settled(view), timeout=WAIT_MS)
    assert seen
    assert min(seen) > 150
    assert view._surfaces.proposed == ()


def test_showing_it_twice_starts_it_once(opengl: None, make_view: Callable[[], VolumeView], qtbot: QtBot) -> None:
    view = make_view()
    qtbot.wait(160)  # the probe has begun
    view.hide()
    view.show()
    qtbot.waitUntil(lambda: is_settled(view), timeout=WAIT_MS)
    names = [t.name for t in threading.enumerate() if t.name.startswith("3D")]
    assert names.count("3D frames") == 1


def test_large_views_are_drawn_smaller_on_the_processor_only(
    view: VolumeView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "width", lambda: 2400)
    monkeypatch.setattr(view, "height", lambda: 1500)
    ratio = view.devicePixelRatioF()
    view.graphics = Graphics(True, "llvmpipe")
    width, height = view._frame_size(Quality.STILL)
    assert width * height == pytest.approx(2_000_000, rel=0.01)
    assert width / height == pytest.approx(1.6, rel=0.01)
    view.graphics = Graphics(True, "A graphics card")
    assert view._frame_size(Quality.STILL) == (round(2400 * ratio), round(1500 * ratio))


def test_another_document_replaces_everything(view: VolumeView, session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    geometry = Geometry((10, 10, 10), np.eye(4))
    case = Case.create(tmp_path / "second.limner", geometry, [ImageReference("image", "series")])
    session.set_document(Document([Volume(geometry, np.zeros((10, 10, 10), np.int16))], case))
    assert view.surfaces == {}
    qtbot.waitUntil(lambda: is_settled(view), timeout=WAIT_MS)
    session.set_document(None)
    assert view.frame is None
    assert color_at(view, 150, 150) == (0, 0, 0)


def test_double_click_asks_for_all_the_room_and_a_press_makes_it_active(
    view: VolumeView, session: Session, qtbot: QtBot
) -> None:
    assert session.selection.state.active_view == "axial"
    QTest.mouseClick(view, RIGHT, NONE, QPoint(150, 150))
    assert session.selection.state.active_view == "3d"
    with qtbot.waitSignal(view.maximise_requested, timeout=1000):
        QTest.mouseDClick(view, LEFT, NONE, QPoint(150, 150))


def test_without_opengl_it_says_so_and_nothing_else_suffers(
    make_view: Callable[[], VolumeView], session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Graphics(False, reason="OpenGL 3.2 or later is missing.")
    monkeypatch.setattr(widgets.volume_engine, "probe_opengl", lambda: nothing)
    monkeypatch.setattr(widgets.volume_engine, "probed", lambda: nothing)
    view = make_view()
    qtbot.waitUntil(lambda: view.graphics is not None, timeout=WAIT_MS)
    assert "OpenGL 3.2" in view.note
    drag(view, LEFT, QPoint(50, 10))
    QTest.mouseClick(view, LEFT, CTRL, QPoint(100, 100))
    view.resize(200, 100)
    view.grab()
    assert view.frame is None


def test_closing_ends_the_threads_whatever_they_do(
    opengl: None, make_view: Callable[[], VolumeView], qtbot: QtBot
) -> None:
    for wait_for_frame in (False, True):
        view = make_view()
        if wait_for_frame:
            qtbot.waitUntil(lambda view=view: view.frame is not None, timeout=WAIT_MS)
        else:
            qtbot.wait(200)
        view.close()
        assert [t.name for t in threading.enumerate() if t.name.startswith("3D")] == []


def test_deleting_it_without_closing_ends_the_threads_too(opengl: None, session: Session, qtbot: QtBot) -> None:
    view = VolumeView(session)
    view.resize(200, 200)
    view.show()
    qtbot.waitUntil(lambda: view.frame is not None, timeout=WAIT_MS)
    view.deleteLater()
    qtbot.waitUntil(lambda: not any(t.name.startswith("3D") for t in threading.enumerate()), timeout=WAIT_MS)
    session.presentation.update(overlay_opacity=0.3)  # nobody listens any more, and nobody fails


def test_a_frame_of_a_closed_document_is_not_shown(view: VolumeView, session: Session) -> None:
    request, frame = FrameRequest(VolumeSceneState(view.camera), (300, 300), Quality.STILL, -1), view.frame
    assert frame is not None
    late = replace(frame, rgb=np.full_like(frame.rgb, 255))
    view._engine.frame_ready.emit(request, late)
    assert view.frame is frame


def test_when_drawing_breaks_the_view_is_off_and_says_so(
    view: VolumeView, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no more memory on the card")

    told: list[Message] = []
    session.messages.shown.connect(told.append)
    monkeypatch.setattr(VolumeRenderer, "render", broken)
    QTest.keyClick(view, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: bool(view.note), timeout=WAIT_MS)
    assert "RuntimeError" in view.note
    assert [m.severity for m in told] == [Severity.WARNING]
    assert "no more memory on the card" in caplog.text
    assert color_at(view, 10, 290) == (0, 0, 0)
    assert view.is_settled


def test_when_surfaces_break_the_rest_goes_on(
    view: VolumeView, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    told: list[Message] = []
    session.messages.shown.connect(told.append)
    monkeypatch.setattr(render.surface_cache, "segment_surface", broken)
    box = Box(36, 39, 4, 14, 26, 36)
    session.open_document.apply(PaintEdit(1, box, np.ones(box.shape, bool)), title="Stroke", tool="brush")
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT_MS)
    assert view.note == ""
    qtbot.waitUntil(lambda: is_settled(view), timeout=WAIT_MS)
    assert "a bug" in caplog.text


def test_an_empty_case_shows_its_slices_and_keeps_the_camera_at_the_first_stroke(
    opengl: None, make_view: Callable[[], VolumeView], session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    geometry = Geometry(SHAPE, np.eye(4))
    voxels = np.full(SHAPE, 40, np.int16)
    case = Case.create(tmp_path / "empty.limner", geometry, [ImageReference("image", "series")])
    document = Document([Volume(geometry, voxels, Quantity.HU)], case)
    session.set_document(document)
    view = make_view()
    qtbot.waitUntil(lambda: is_settled(view), timeout=WAIT_MS)
    assert view.frame is not None
    assert np.isfinite(view.frame.depth_mm).mean() > 0.2  # three slices through the middle
    before = view.camera
    box = Box(18, 22, 18, 22, 18, 22)
    edits = (AddSegment(Segment(1, "new")), PaintEdit(1, box, np.ones(box.shape, bool)))
    document.apply(Batch(edits), title="Stroke", tool="brush")
    qtbot.waitUntil(lambda: 1 in view.surfaces and is_settled(view), timeout=WAIT_MS)
    assert view.camera == before
