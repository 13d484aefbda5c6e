"""The 3D view with a volume in it: modes, what the mouse does, what is told, and what happens when it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import render.volume_artist
import render.volume_memory
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, Batch, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from render.cinematic import inside_region
from render.cinematic.scene import Field
from render.graphics_probe import probed
from render.volume_camera import StandardView, projected
from session.document import Document
from session.look.cut import ClipPlane, CropBox, Cut
from session.look.inside import Inside, Region
from session.look.look import Look
from session.look.segment_look import SegmentLook
from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction
from session.messages import Message, Severity
from session.presentation import VolumeMode
from session.selection import Tool
from session.session import Session
from session.settings import Settings
from widgets.volume_cut_handles import Handle, handles
from widgets.volume_view import VolumeView

pytestmark = pytest.mark.slow  # kernels are compiled where nobody did before

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHAPE = (32, 32, 32)
WAIT_MS = 300_000
SOLID = TransferFunction((ColorPoint(0.0, (0.9, 0.85, 0.75)),), (OpacityPoint(200.0, 0.0), OpacityPoint(400.0, 0.95)))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A bright block in the middle of air, its left half (of the patient) a segment."""
    graphics = probed()
    if not graphics.is_available:
        pytest.skip(graphics.reason)
    made = Session(Settings(tmp_path / "settings.json"))
    made.settings.set("three_d.samples", 4)
    geometry = Geometry(SHAPE, np.diag([2.0, 2.0, 2.0, 1.0]))
    voxels = np.full(SHAPE, -1000, np.int16)
    voxels[8:24, 8:24, 8:24] = 800
    case = Case.create(tmp_path / "case.limner", geometry, [ImageReference("image", "series")])
    document = Document([Volume(geometry, voxels, Quantity.HU)], case)
    box = Box(8, 24, 8, 24, 16, 24)
    paint = PaintEdit(1, box, np.ones(box.shape, bool))
    document.apply(Batch((AddSegment(Segment(1, "half", (30, 60, 230))), paint)), title="Half", tool="test")
    made.set_document(document)
    made.presentation.center_on(geometry)
    made.presentation.update(look=Look(transfer=SOLID), volume_mode=VolumeMode.CINEMATIC, shows_crosshair=False)
    yield made
    made.set_document(None)


@pytest.fixture
def view(session: Session, qtbot: QtBot) -> Iterator[VolumeView]:
    made = VolumeView(session)
    qtbot.addWidget(made)
    made.resize(160, 160)
    made.show()
    qtbot.waitUntil(lambda: is_settled(made), timeout=WAIT_MS)
    made.look_from(StandardView.ANTERIOR)
    qtbot.waitUntil(lambda: is_settled(made), timeout=WAIT_MS)
    yield made
    made.close()


def is_settled(view: VolumeView) -> bool:
    return view.is_settled and view.frame is not None and view.frame.is_final and view.frame.camera == view.camera


def drag(view: VolumeView, button: Qt.MouseButton, start: QPoint, by: QPoint, modifier=NONE) -> None:
    QTest.mousePress(view, button, modifier, start)
    for share in (0.25, 0.5, 0.75, 1.0):
        QTest.mouseMove(view, start + QPoint(round(by.x() * share), round(by.y() * share)))
    QTest.mouseRelease(view, button, modifier, start + by)


def middle(view: VolumeView) -> np.ndarray:
    assert view.frame is not None
    height, width = view.frame.rgb.shape[:2]
    return (
        view.frame.rgb[height // 2 - 4 : height // 2 + 4, width // 2 - 4 : width // 2 + 4].reshape(-1, 3).mean(axis=0)
    )


def settle_after(view: VolumeView, qtbot: QtBot, change: Callable[[], object]) -> None:
    before = view.frame
    change()
    qtbot.waitUntil(lambda: view.frame is not before and is_settled(view), timeout=WAIT_MS)


def test_the_cinematic_picture_gets_better_and_tells_how_far_it_is(view: VolumeView, session: Session) -> None:
    state = session.three_d.state
    assert (state.mode, state.backend, state.samples, state.target_samples) == (VolumeMode.CINEMATIC, "glsl", 4, 4)
    assert state.device
    assert state.noise is not None
    assert middle(view).min() > 90  # the block, not the ground


def test_modes_change_what_draws(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    settle_after(view, qtbot, lambda: session.presentation.update(volume_mode=VolumeMode.RAYCAST))
    assert session.three_d.state.backend == "vtk"
    assert middle(view).min() > 60
    settle_after(view, qtbot, lambda: session.presentation.update(volume_mode=VolumeMode.SURFACES))
    assert session.three_d.state.mode is VolumeMode.SURFACES
    assert set(view.surfaces) == {1}


def test_a_right_drag_shifts_the_function_and_one_undo_takes_it_back(
    view: VolumeView, session: Session, qtbot: QtBot
) -> None:
    settle_after(view, qtbot, lambda: drag(view, RIGHT, QPoint(60, 40), QPoint(0, 80)))
    low, high = session.looks.current.transfer.range
    assert low > 150
    assert high - low == pytest.approx(400.0)
    settle_after(view, qtbot, session.looks.undo)
    assert session.looks.current.transfer == SOLID


def test_with_ctrl_a_right_drag_comes_nearer(view: VolumeView, session: Session) -> None:
    before = np.linalg.norm(np.subtract(view.camera.position_mm, view.camera.focal_point_mm))
    drag(view, RIGHT, QPoint(60, 100), QPoint(0, -60), CTRL)
    assert np.linalg.norm(np.subtract(view.camera.position_mm, view.camera.focal_point_mm)) < before
    assert session.looks.current.transfer == SOLID


def test_a_click_puts_the_crosshair_on_the_visible_surface(view: VolumeView, session: Session) -> None:
    session.selection.update(tool=Tool.CROSSHAIR)
    QTest.mouseClick(view, LEFT, NONE, QPoint(80, 80))
    x, y, z = session.presentation.state.crosshair_mm
    assert (x, z) == (pytest.approx(31.0, abs=1.5), pytest.approx(31.0, abs=1.5))
    assert y == pytest.approx(15.0, abs=2.5)  # the front face of the block: seen from the front, low y
    before = session.presentation.state.crosshair_mm
    QTest.mouseClick(view, LEFT, NONE, QPoint(4, 80))
    assert session.presentation.state.crosshair_mm == before


def place_of(view: VolumeView, handle: Handle) -> QPoint:
    x, y, _ = projected(view.camera, handle.at_mm, (view.width(), view.height()))
    return QPoint(round(float(x)), round(float(y)))


def test_a_face_of_the_crop_box_is_dragged(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    cut = Cut(box=CropBox((0.1, 0.1, 0.1), (0.9, 0.9, 0.9)))
    settle_after(view, qtbot, lambda: session.looks.change(replace(session.looks.current, cut=cut)))
    shown = handles(cut, session.open_document.volume.geometry)
    left = next(h for h in shown if (h.kind, h.number) == ("face", 1))  # high i, on the right
    start = place_of(view, left)
    QTest.mouseMove(view, start)
    assert view.cursor().shape() == Qt.CursorShape.SizeAllCursor
    settle_after(view, qtbot, lambda: drag(view, LEFT, start, QPoint(-40, 0)))
    box = session.looks.current.cut.box
    assert box.high[0] < 0.75
    assert (box.low, box.high[1:]) == ((0.1, 0.1, 0.1), (0.9, 0.9))
    assert session.presentation.state.volume_camera == view.frame.camera if view.frame else False
    session.looks.undo()
    assert session.looks.current.cut == cut


def test_a_clip_plane_is_pushed_along_its_normal_and_shows_a_cap(
    view: VolumeView, session: Session, qtbot: QtBot
) -> None:
    cut = Cut(planes=(ClipPlane((31.0, 31.0, 31.0), (0.0, 0.0, -1.0)),))  # the upper half is gone
    settle_after(view, qtbot, lambda: session.looks.change(replace(session.looks.current, cut=cut)))
    handle = handles(cut, session.open_document.volume.geometry)[0]
    settle_after(view, qtbot, lambda: drag(view, LEFT, place_of(view, handle), QPoint(0, 20)))
    moved = session.looks.current.cut.planes[0]
    assert moved.normal == (0.0, 0.0, -1.0)
    assert moved.point_mm[2] < 28.0
    settle_after(view, qtbot, lambda: view.look_from(StandardView.SUPERIOR))
    red, green, blue = middle(view)
    assert red == pytest.approx(green, abs=3.0) or blue > red  # grey values, tinted where the segment is
    assert max(red, green, blue) > 120


def test_the_arrow_of_a_clip_plane_turns_it(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    cut = Cut(planes=(ClipPlane((31.0, 31.0, 31.0), (0.0, 0.0, -1.0)),))
    settle_after(view, qtbot, lambda: session.looks.change(replace(session.looks.current, cut=cut)))
    start = QPointF(place_of(view, handles(cut, session.open_document.volume.geometry)[0])) + QPointF(0, 46)
    settle_after(view, qtbot, lambda: drag(view, LEFT, start.toPoint(), QPoint(40, 0)))
    x, _, z = session.looks.current.cut.planes[0].normal
    assert x > 0.2
    assert z < -0.5


def test_surfaces_can_stand_in_the_volume(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    faint = replace(SOLID, opacities=(OpacityPoint(0.0, 0.0), OpacityPoint(1.0, 0.004)))
    settle_after(view, qtbot, lambda: session.looks.change(replace(session.looks.current, transfer=faint)))
    assert middle(view)[2] < 150
    settle_after(view, qtbot, lambda: session.presentation.update(shows_surfaces_with_volume=True))
    qtbot.waitUntil(lambda: set(view.surfaces) == {1} and is_settled(view), timeout=WAIT_MS)
    frame = view.frame
    assert frame is not None
    right = frame.rgb[:, frame.rgb.shape[1] // 2 :].reshape(-1, 3).astype(int)
    assert (right[:, 2] > 1.5 * right[:, 0]).sum() > 100  # the blue surface, seen through the faint volume


def test_hiding_a_segment_by_its_eye_takes_its_voxels_away(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    before = view.frame
    assert before is not None
    settle_after(view, qtbot, lambda: session.presentation.set_visible(1, False))
    after = view.frame
    assert after is not None
    half = before.rgb.shape[1] // 2
    changed = np.abs(before.rgb.astype(int) - after.rgb.astype(int)).max(axis=-1) > 40
    assert changed[:, half + 4 :].sum() > 20 * max(changed[:, : half - 4].sum(), 1)


def test_a_stroke_is_seen_in_the_volume(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    tinted = replace(session.looks.current, segment=SegmentLook(tint=1.0))
    settle_after(view, qtbot, lambda: session.looks.change(tinted))
    red, _, blue = middle(view)
    box = Box(8, 24, 8, 24, 8, 16)
    paint = PaintEdit(1, box, np.ones(box.shape, bool))
    settle_after(view, qtbot, lambda: session.open_document.apply(paint, title="More", tool="test"))
    assert middle(view)[2] > middle(view)[0]
    assert middle(view)[2] / middle(view)[0] > blue / red


def test_a_volume_that_cannot_be_drawn_leaves_surfaces(
    view: VolumeView, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[Message] = []
    session.messages.shown.connect(said.append)

    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(render.volume_artist.VolumeArtist, "_drawn", broken)
    session.looks.change(replace(session.looks.current, ghost=0.5))
    qtbot.waitUntil(lambda: session.presentation.state.volume_mode is VolumeMode.SURFACES, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: view.is_settled, timeout=WAIT_MS)
    assert [m.severity for m in said] == [Severity.WARNING]
    assert "could not be drawn" in said[0].text
    assert set(view.surfaces) == {1}
    assert view.note == ""


def test_a_volume_too_large_for_the_memory_is_reduced_and_says_so(
    view: VolumeView, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session.three_d.state.note == ""
    monkeypatch.setattr(render.volume_memory, "BYTES_PER_VOXEL", 100)
    settle_after(view, qtbot, lambda: session.settings.set("three_d.most_memory_mb", 1))
    assert view.frame is not None
    assert view.frame.reduction == 2
    assert "1/2" in session.three_d.state.note
    assert middle(view).min() > 90


@pytest.mark.parametrize("mode", [VolumeMode.CINEMATIC, VolumeMode.RAYCAST])
def test_everything_is_shown_while_the_body_is_looked_for(
    view: VolumeView, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, mode: VolumeMode
) -> None:
    may_end = threading.Event()

    def slow(field: Field, *_: object) -> tuple[np.ndarray, np.ndarray]:
        assert may_end.wait(WAIT_MS / 1000)
        return np.full(field.shape, -5.0, np.float32), np.ones(3, np.int64)  # nothing is body

    monkeypatch.setattr(inside_region, "region_depths", slow)
    look = replace(session.looks.current, inside=Inside(Region.BODY))
    session.presentation.update(look=look, volume_mode=mode)
    qtbot.waitUntil(lambda: view.frame is not None and view.frame.awaits is Region.BODY, timeout=WAIT_MS)
    assert "finding the body…" in view._hint()
    assert not view.is_settled
    may_end.set()
    qtbot.waitUntil(lambda: is_settled(view), timeout=WAIT_MS)
    assert "finding" not in view._hint()
    assert view.frame is not None
    assert view.frame.awaits is Region.EVERYTHING


def test_the_other_tracer_can_be_chosen_and_draws_the_same(view: VolumeView, session: Session, qtbot: QtBot) -> None:
    assert view.frame is not None
    before = view.frame.rgb.astype(int)
    settle_after(view, qtbot, lambda: session.settings.set("three_d.backend", "numba"))
    assert session.three_d.state.backend == "numba"
    assert np.abs(view.frame.rgb.astype(int) - before).mean() < 2
