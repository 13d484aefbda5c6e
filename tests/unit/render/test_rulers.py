"""Measured lines in space: what stands before them hides them, whatever draws the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.edit import AddSegment, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render.pictures import segmentation_surfaces
from render.raycast_still import RaycastPainter
from render.rulers import Ruler, ruler_sheets, rulers_of
from render.sheets import Sheet, drawn_sheets
from render.still import Backend, StillScene, still_painter
from render.volume_artist import VolumeArtist
from render.volume_camera import StandardView, fitted, projected, turned
from render.volume_content import ContentKeeper, ContentLog
from render.volume_renderer import Quality, VolumeRenderer
from render.volume_scene import VolumeSceneState, corners_mm, plane_cuts, shown_surfaces
from render.volume_wish import CapShade, VolumeWish
from session.look.look import Look
from session.look.transfer_function import OpacityPoint, TransferFunction
from session.presentation import PresentationState, VolumeMode, Windowing

SHAPE = (24, 24, 24)
SIZE = (220, 220)
COLOR = (0, 255, 0)
SOLID = Look(transfer=TransferFunction(opacities=(OpacityPoint(400.0, 0.0), OpacityPoint(500.0, 0.995))))
GEOMETRY = Geometry(SHAPE, np.eye(4))
CAMERA = fitted(corners_mm(GEOMETRY), 1.0, StandardView.ANTERIOR)  # y grows away from it
SHARES = np.linspace(0.1, 0.9, 21)  # of a line, without its balls
FRONT, INSIDE, BEHIND = -2.0, 12.0, 26.0  # y of a block from 4 to 20

gl = pytest.mark.usefixtures("gl_window", "quiet_vtk")


def at(y: float, *, half: bool = False) -> Ruler:
    """A line across the block at a depth; or its left half (x below 4) beside the block, the right half behind it."""
    left = -4.0 if half else 6.0
    return Ruler(((left, y, 8.0), (18.0, y, 8.0)), COLOR, "12.0 mm")


def block() -> tuple[Volume, Segmentation]:
    values = np.zeros(SHAPE, np.int16)
    values[4:20, 4:20, 4:20] = 1000
    segmentation = Segmentation(GEOMETRY)
    segmentation.apply(AddSegment(Segment(1, "block", (255, 0, 0))))
    box = Box(4, 20, 4, 20, 4, 20)
    segmentation.apply(PaintEdit(1, box, np.ones(box.shape, bool)))
    return Volume(GEOMETRY, values), segmentation


def greens(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where the picture shows the line's colour."""
    values = rgb[..., :3].astype(int)
    return np.asarray((values[..., 1] > 110) & (values[..., 1] > 1.8 * np.maximum(values[..., 0], values[..., 2])))


def along(rgb: NDArray[np.uint8], ruler: Ruler, camera: object = CAMERA) -> NDArray[np.bool_]:
    """At which of ``SHARES`` of the line the picture shows it."""
    shares = SHARES[:, None]
    one, other = np.asarray(ruler.points_mm)
    found = projected(camera, one + shares * (other - one), (rgb.shape[1], rgb.shape[0]))  # type: ignore[arg-type]
    green = greens(rgb)
    return np.array([green[int(y) - 1 : int(y) + 2, int(x)].any() for x, y, _ in found])


@pytest.fixture(scope="module")
def wish() -> VolumeWish:
    content = ContentLog().content(*block())
    return VolumeWish(VolumeMode.CINEMATIC, content, SOLID, CapShade(Windowing(500, 1000)), samples=2)


@pytest.fixture
def artist() -> Iterator[VolumeArtist]:
    made = VolumeArtist()
    yield made
    made.close()


def drawn(artist: VolumeArtist, wish: VolumeWish | None, *rulers: Ruler) -> NDArray[np.uint8]:
    state = VolumeSceneState(CAMERA, rulers=rulers)
    if wish is None:
        _, segmentation = block()
        surfaces = shown_surfaces(segmentation, segmentation_surfaces(segmentation), frozenset())
        state = replace(state, surfaces=surfaces)
    return list(artist.frames(state, wish, SIZE, Quality.STILL, lambda: True))[-1].rgb


@gl
@pytest.mark.slow
@pytest.mark.parametrize("mode", [VolumeMode.SURFACES, VolumeMode.RAYCAST, VolumeMode.CINEMATIC])
def test_a_ruler_is_seen_in_front_and_hidden_behind(artist: VolumeArtist, wish: VolumeWish, mode: VolumeMode) -> None:
    wanted = None if mode is VolumeMode.SURFACES else replace(wish, mode=mode)
    front = drawn(artist, wanted, at(FRONT))
    assert along(front, at(FRONT)).all()
    for y in (INSIDE, BEHIND):
        assert not greens(drawn(artist, wanted, at(y))).any()
    half = along(drawn(artist, wanted, at(INSIDE, half=True)), at(INSIDE, half=True))
    x = -4.0 + SHARES * 22.0
    assert half[x < 2].all()  # before the block's left side
    assert not half[x > 5].any()


@gl
@pytest.mark.slow
def test_a_ruler_on_a_slice_is_not_lost_in_it(artist: VolumeArtist) -> None:
    """It lies in the very plane of the slice on which it was drawn."""
    volume, _ = block()
    z = 12.0
    ruler = Ruler(((2.0, 6.0, z), (20.0, 18.0, z)), COLOR, "21.6 mm")
    shown = PresentationState(crosshair_mm=(12.0, 12.0, z))
    for up in (20.0, 50.0, -35.0):
        camera = turned(CAMERA, 25.0, up * 2, SIZE[1])
        cuts = plane_cuts(shown, volume)[:1]
        state = VolumeSceneState(camera, planes=cuts, rulers=(ruler,))
        rgb = list(artist.frames(state, None, SIZE, Quality.STILL, lambda: True))[-1].rgb
        assert along(rgb, ruler, camera).mean() > 0.9


@gl
@pytest.mark.slow
def test_stills_show_them_as_the_view_does(wish: VolumeWish) -> None:
    content = ContentKeeper(1 << 30).drawn(wish.content, SOLID, lambda: True)
    assert content is not None
    scene = StillScene(content, SOLID, CAMERA, rulers=(at(FRONT),))
    hidden = replace(scene, rulers=(at(BEHIND),))
    caster = RaycastPainter()
    try:
        assert along(caster.paint(scene, SIZE), at(FRONT)).all()
        assert not greens(caster.paint(hidden, SIZE)).any()
        clear = caster.paint(scene, SIZE, is_transparent=True)
        assert along(clear, at(FRONT)).all()
    finally:
        caster.close()
    with still_painter(Backend.GLSL, denoises=False) as painter:
        assert along(painter.paint(scene, SIZE, 2), at(FRONT)).all()
        assert not greens(painter.paint(hidden, SIZE, 2)).any()


@pytest.mark.slow
def test_without_opengl_they_are_drawn_too(wish: VolumeWish) -> None:
    content = ContentKeeper(1 << 30).drawn(wish.content, SOLID, lambda: True)
    assert content is not None
    scene = StillScene(content, SOLID, CAMERA, rulers=(at(FRONT), at(INSIDE, half=True)))
    with still_painter(Backend.NUMBA, denoises=False) as painter:
        rgb = painter.paint(scene, SIZE, 2)
    assert painter._renderer is None
    half = along(rgb, at(INSIDE, half=True))
    assert along(rgb, at(FRONT)).all()
    assert half[:4].all()
    hidden = replace(scene, rulers=(at(BEHIND),))
    with still_painter(Backend.NUMBA, denoises=False) as painter:
        assert not greens(painter.paint(hidden, SIZE, 2)).any()


@gl
def test_they_move_with_the_camera_and_go_when_they_are_taken_away() -> None:
    renderer = VolumeRenderer()
    try:
        for degrees in (0.0, 30.0, 75.0):
            camera = turned(CAMERA, degrees * 4, 0.0, SIZE[1])
            rgb = renderer.render(VolumeSceneState(camera, rulers=(at(FRONT), at(BEHIND))), SIZE).rgb
            fresh = VolumeRenderer()
            try:
                again = fresh.render(VolumeSceneState(camera, rulers=(at(FRONT), at(BEHIND))), SIZE).rgb
            finally:
                fresh.close()
            np.testing.assert_array_equal(rgb, again)
            assert greens(rgb).any()
        one = renderer.render(VolumeSceneState(CAMERA, rulers=(at(BEHIND),)), SIZE).rgb
        assert not along(one, at(FRONT)).all()
        assert not greens(renderer.render(VolumeSceneState(CAMERA), SIZE).rgb).any()
    finally:
        renderer.close()


@pytest.mark.parametrize("size", [200, 800])
def test_lines_are_as_thick_near_as_far_and_follow_the_pictures_size(size: int) -> None:
    widths = []
    for y in (-20.0, 40.0):
        ruler = Ruler(((-6.0, y, 12.0), (30.0, y, 12.0)), COLOR, "")
        _, depth = drawn_sheets(ruler_sheets([ruler], CAMERA), CAMERA, (size, size))
        x, height, _ = projected(CAMERA, [18.0, y, 12.0], (size, size))
        column = depth[int(height) - size // 20 : int(height) + size // 20, int(x)]
        widths.append(int(np.isfinite(column).sum()))
    assert abs(widths[0] - widths[1]) <= 1
    assert widths[0] == pytest.approx(2 * 1.7 * size / 600, abs=1.1)


@pytest.mark.parametrize("points", [((2.0, 6.0), (20.0, 18.0)), ((4.0, 20.0), (10.0, 12.0), (20.0, 20.0))])
@pytest.mark.parametrize("depth", [0.0, 3.0, -3.0])
def test_a_slice_does_not_cut_a_value_in_two(depth: float, points: tuple[tuple[float, float], ...]) -> None:
    """A part of a number is another number: a value is seen whole or not at all."""
    corners = np.array([[-90.0, -90.0, 12.0], [99.0, -90.0, 12.0], [99.0, 99.0, 12.0], [-90.0, 99.0, 12.0]])
    picture = np.full((63, 63, 4), 255, np.uint8)
    picture[:, :30, 3] = 0  # air, where x is below 0
    ruler = Ruler(tuple((x, y, 12.0 + depth) for x, y in points), COLOR, "157.4 mm")
    was_cut = 0
    for up in np.linspace(-150, 150, 31):
        camera = turned(CAMERA, 35.0, float(up), SIZE[1])
        eye = camera.position_mm[2] - 12.0
        if abs(eye) < 3:
            continue  # along the slice
        plain = ruler_sheets([ruler], camera)[-1].corners_mm
        found = ruler_sheets([ruler], camera, walls=[Sheet(corners, picture)])
        before = (plain[:, 2] - 12.0) * np.sign(eye)
        was_cut += bool(before.min() < 0 < before.max())
        if depth * eye < 0 and before.max() < 0:
            assert len(found) == 2 * len(points) - 1  # no value
            clear = np.zeros_like(picture)
            assert len(ruler_sheets([ruler], camera, walls=[Sheet(corners, clear)])) == 2 * len(points)
        if len(found) < 2 * len(points):
            continue
        value = found[-1].corners_mm
        assert ((value[:, 2] - 12.0) * np.sign(eye) >= 0).all()
        moved = np.array(projected(camera, value, SIZE))[:, :2] - np.array(projected(camera, plain, SIZE))[:, :2]
        assert np.abs(moved).max() < 0.01
    assert was_cut or depth


def test_what_is_behind_the_camera_or_has_no_length_does_no_harm() -> None:
    eye = np.asarray(CAMERA.position_mm)
    behind = Ruler((tuple(eye - (0.0, 50.0, 0.0)), (12.0, 12.0, 12.0)), COLOR, "1")  # type: ignore[arg-type]
    assert ruler_sheets([behind], CAMERA) == ()
    point = Ruler(((5.0, 5.0, 5.0), (5.0, 5.0, 5.0)), COLOR, "0.0 mm")
    away = Ruler(((12.0, 0.0, 12.0), (12.0, 20.0, 12.0)), COLOR, "20.0 mm")
    flat = Ruler(((5.0, 5.0, 5.0), (9.0, 5.0, 5.0), (13.0, 5.0, 5.0)), COLOR, "180.0°")
    for sheet in ruler_sheets([point, away, flat], CAMERA):
        assert np.isfinite(sheet.corners_mm).all()
    rgb, _ = drawn_sheets(ruler_sheets([point, away, flat], CAMERA), CAMERA, SIZE)
    assert greens(rgb).any()


def test_rulers_are_the_lengths_and_angles_that_are_shown() -> None:
    up = (0.0, 0.0, 1.0)
    made = [
        Measurement(1, MeasurementKind.LENGTH, ((0.0, 0.0, 0.0), (3.0, 4.0, 0.0)), up, "a", (1, 2, 3)),
        Measurement(2, MeasurementKind.ANGLE, ((1.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 1.0, 0.0)), up, "b"),
        Measurement(3, MeasurementKind.ELLIPSE, ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)), up, "c"),
        Measurement(4, MeasurementKind.LENGTH, ((0.0, 0.0, 0.0), (3.0, 4.0, 0.0)), up, "d"),
    ]
    found = rulers_of(made, frozenset({4}), block()[0])
    assert [r.text for r in found] == ["5.0 mm", "90.0°"]
    assert found[0].color == (1, 2, 3)


def test_a_found_box_is_its_twelve_edges_and_what_it_is() -> None:
    corner, edges = (4.0, 4.0, 4.0), ((20.0, 4.0, 4.0), (4.0, 16.0, 4.0), (4.0, 4.0, 12.0))
    box = Measurement(1, MeasurementKind.BOX, (corner, *edges), (0.0, 0.0, 1.0), "Nodule", COLOR, 0.87)
    (ruler,) = rulers_of([box], frozenset(), block()[0])
    assert ruler.text == "Nodule 87 %"
    assert len(ruler.edges) == 12
    lengths = [np.linalg.norm(np.subtract(ruler.points_mm[a], ruler.points_mm[b])) for a, b in ruler.edges]
    assert sorted(lengths) == [8.0] * 4 + [12.0] * 4 + [16.0] * 4
    camera = turned(CAMERA, 40.0, 30.0, SIZE[1])
    sheets = ruler_sheets([ruler], camera)
    assert len(sheets) == 13
    rgb, _ = drawn_sheets(sheets[:-1], camera, SIZE)  # the value lies over one edge
    for one, other in ruler.edges:
        edge = Ruler((ruler.points_mm[one], ruler.points_mm[other]), COLOR, "")
        assert along(rgb, edge, camera).mean() > 0.6, edge  # dark rims where edges cross
    value = np.mean(sheets[-1].corners_mm, axis=0)
    (waiting,) = rulers_of([replace(box, number=-1)], frozenset(), block()[0])
    assert len(waiting.edges) == 36
    dashed, _ = drawn_sheets(ruler_sheets([waiting], camera)[:-1], camera, SIZE)
    assert 0.4 < greens(dashed).sum() / greens(rgb).sum() < 0.8
    rows = projected(camera, np.array([value, *ruler.points_mm]), SIZE)[:, 1]
    assert rows[0] < min((rows[1 + one] + rows[1 + other]) / 2 for one, other in ruler.edges)  # above the highest edge
