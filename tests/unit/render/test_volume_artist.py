"""Pictures of volumes as the 3D view asks for them: better and better, called off, and after trouble."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imaging.edit import AddSegment, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render import volume_artist
from render.cinematic.gl_context import GraphicsError
from render.volume_artist import VolumeArtist
from render.volume_camera import fitted, projected, turned
from render.volume_content import ContentLog
from render.volume_renderer import Frame, Quality
from render.volume_scene import Crosshair, VolumeSceneState, corners_mm
from render.volume_wish import CapShade, VolumeWish
from session.look.cut import ClipPlane, Cut
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import OpacityPoint, TransferFunction
from session.presentation import VolumeMode, Windowing

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("gl_window", "quiet_vtk")]

SHAPE = (20, 24, 28)
SIZE = (96, 80)
SOLID = Look(transfer=TransferFunction(opacities=(OpacityPoint(400.0, 0.0), OpacityPoint(500.0, 0.99))))


@pytest.fixture(scope="module")
def wish() -> VolumeWish:
    """A bright block of 12 x 12 x 14 mm in the dark, its upper half (and a rim of air) a segment."""
    values = np.zeros(SHAPE, np.int16)
    values[4:16, 6:18, 7:21] = 1000
    geometry = Geometry(SHAPE, np.diag([1.0, 1.0, 1.0, 1.0]))
    segmentation = Segmentation(geometry)
    segmentation.apply(AddSegment(Segment(1, "upper", (255, 0, 0))))
    box = Box(10, 18, 4, 20, 5, 23)
    segmentation.apply(PaintEdit(1, box, np.ones(box.shape, bool)))
    content = ContentLog().content(Volume(geometry, values), segmentation)
    return VolumeWish(VolumeMode.CINEMATIC, content, SOLID, CapShade(Windowing(500, 1000)), samples=4)


@pytest.fixture(scope="module")
def state(wish: VolumeWish) -> VolumeSceneState:
    return VolumeSceneState(fitted(corners_mm(wish.content.volume.geometry), SIZE[0] / SIZE[1]))


@pytest.fixture
def artist() -> Iterator[VolumeArtist]:
    made = VolumeArtist()
    yield made
    made.close()


def frames(
    artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish | None, quality: Quality = Quality.STILL
) -> list[Frame]:
    return list(artist.frames(state, wish, SIZE, quality, lambda: True))


def test_traced_pictures_get_better_and_the_last_one_says_so(
    artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish
) -> None:
    came = frames(artist, state, wish)
    assert [frame.samples for frame in came] == [1, 2, 4]
    assert [frame.is_final for frame in came] == [False, False, True]
    for frame in came:
        assert frame.rgb.shape == (SIZE[1], SIZE[0], 3)
        assert frame.target_samples == 4
        assert (frame.backend, frame.reduction, frame.note) == ("glsl", 1, "")
        assert frame.device == artist._renderer.device
    ground = came[-1].rgb[2, 2].astype(int)
    assert abs(came[-1].rgb[40, 48].astype(int) - ground).max() > 40


def test_surfaces_alone_and_ray_casting_come_as_one_picture(
    artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish
) -> None:
    (plain,) = frames(artist, state, None)
    (cast,) = frames(artist, state, replace(wish, mode=VolumeMode.RAYCAST))
    (after,) = frames(artist, state, None)
    assert plain.volume is None
    assert cast.backend == "vtk"
    assert abs(cast.rgb[40, 48].astype(int) - plain.rgb[40, 48]).max() > 40
    assert (after.rgb == plain.rgb).all()


def test_moving_pictures_are_smaller_and_grow_as_time_allows(
    artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish
) -> None:
    def drawn(size: tuple[int, int]) -> Frame:
        (frame,) = artist.frames(state, wish, size, Quality.MOVING, lambda: True)
        return frame

    first = drawn((900, 600))
    assert (first.samples, first.target_samples, first.is_final) == (1, 0, True)
    height, width = first.rgb.shape[:2]
    assert width / height == pytest.approx(1.5, rel=0.02)
    artist._moving_pixels = 20_000
    artist._pace(10.0, (200, 100))
    assert artist._moving_pixels == 10_000
    artist._pace(0.01, (200, 100))
    assert artist._moving_pixels == 30_000
    artist._pace(10.0, (10, 10))
    assert artist._moving_pixels == volume_artist.FEWEST_PIXELS
    artist._moving_pixels = 15_000
    assert drawn((900, 600)).rgb.shape == (100, 150, 3)
    artist._moving_pixels = 10**7
    assert drawn((90, 60)).rgb.shape == (60, 90, 3)


def test_nothing_comes_when_it_is_not_wanted(artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish) -> None:
    assert list(artist.frames(state, wish, SIZE, Quality.STILL, lambda: False)) == []
    came: list[int] = []
    pictures = artist.frames(state, replace(wish, samples=10**6), SIZE, Quality.STILL, lambda: len(came) < 3)
    while (frame := next(pictures, None)) is not None:
        came.append(frame.samples)
    assert came == [1, 2, 4]
    assert [frame.samples for frame in frames(artist, state, wish)] == [4]  # what was traced is not lost


def test_edits_of_the_look_upload_no_voxels(artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish) -> None:
    frames(artist, state, wish)
    (painter,) = artist._painters.values()
    tracer: Any = painter.tracer
    before = tracer.uploads.copy()
    seen = set()
    for n in range(1, 6):
        look = replace(SOLID, transfer=SOLID.transfer.shifted(20.0 * n))
        seen.add(frames(artist, state, replace(wish, look=look), Quality.MOVING)[-1].rgb.tobytes())
    assert len(seen) > 1
    assert set(tracer.uploads - before) <= {"table", "materials", "bounds"}


def test_segments_are_hidden_and_cuts_are_capped(
    artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish
) -> None:
    upper = projected(state.camera, [[14.0, 6.0, 13.0]], SIZE)[0]
    row, column = int(upper[1]), int(upper[0])
    whole = frames(artist, state, wish)[-1].rgb
    hidden = SOLID.with_segment(1, SegmentLook(Visibility.HIDDEN))
    gone = frames(artist, state, replace(wish, look=hidden))[-1].rgb
    assert (gone[2, 2] == whole[2, 2]).all()
    assert abs(whole[row, column].astype(int) - gone[row, column]).max() > 40
    front_gone = replace(SOLID, cut=Cut(planes=(ClipPlane((0.0, 12.0, 0.0), (0.0, 1.0, 0.0)),)))
    capped = frames(artist, state, replace(wish, look=front_gone))[-1]
    expected = 0.55 * 255 + 0.45 * np.array([255, 0, 0])
    assert abs(capped.rgb[row, column] - expected).max() <= 3
    assert capped.depth_mm[row, column] == pytest.approx(12.0 - state.camera.position_mm[1], abs=0.05)
    raycast = replace(wish, look=front_gone, mode=VolumeMode.RAYCAST)
    assert abs(frames(artist, state, raycast)[-1].rgb[row, column] - expected).max() <= 60


def test_a_click_finds_the_visible_surface(artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish) -> None:
    x, y, _ = projected(state.camera, [[12.0, 5.5, 8.0]], SIZE)[0]
    for mode in (VolumeMode.CINEMATIC, VolumeMode.RAYCAST):
        frame = frames(artist, state, replace(wish, mode=mode))[-1]
        assert frame.point_at(x, y) == pytest.approx((12.0, 5.5, 8.0), abs=0.8)
        assert frame.point_at(1, 1) is None
        assert frame.point_at(-1, 5) is None
        assert frame.point_at(SIZE[0], 5) is None


def test_lines_before_the_volume_hide_it_and_a_click_meets_them(
    artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish
) -> None:
    crosshair = Crosshair((14.0, -3.0, 10.0), (0.0, -3.0, 0.0), (28.0, 24.0, 20.0))
    frame = frames(artist, replace(state, crosshair=crosshair), wish)[-1]
    rows, columns = np.nonzero(np.isfinite(frame.depth_mm))
    assert len(rows)
    found = [frame.point_at(c + 0.5, r + 0.5) for r, c in zip(rows, columns, strict=True)]
    on_line = [point for point in found if point is not None and abs(point[1] + 3.0) < 1.0]
    assert len(on_line) > 10


# --- trouble


class NoTracer:
    """A graphics card that refuses."""

    def __init__(self, *_: Any) -> None:
        raise GraphicsError("the card is full")


def test_without_a_card_that_can_the_processor_traces_and_says_so(
    artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("render.cinematic.glsl_tracer.GlslTracer", NoTracer)
    came = frames(artist, state, wish)
    assert [frame.samples for frame in came] == [1, 2, 4]
    assert came[-1].backend == "numba"
    assert "processor" in came[-1].note
    state = replace(state, camera=turned(state.camera, 10, 0, SIZE[1]))
    assert frames(artist, state, wish)[-1].backend == "numba"


def test_a_volume_that_does_not_fit_is_reduced_first(
    artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish, monkeypatch: pytest.MonkeyPatch
) -> None:
    from render.cinematic.glsl_tracer import GlslTracer

    real = GlslTracer.show

    def show(self: GlslTracer, scene: Any) -> None:
        if scene.field.values.size > 30_000:
            raise GraphicsError("too large")
        real(self, scene)

    monkeypatch.setattr(GlslTracer, "show", show)
    monkeypatch.setattr(volume_artist, "FEWEST_VOXELS", 1000)
    frame = frames(artist, state, wish)[-1]
    assert frame.backend == "glsl"
    assert frame.reduction == 1  # of the image: its finer grid is given up first
    monkeypatch.setattr(GlslTracer, "show", lambda self, scene: NoTracer())
    artist.forget_volume()
    assert frames(artist, state, replace(wish, look=replace(SOLID, ghost=0.1)))[-1].backend == "numba"


def test_trouble_of_the_processor_too_is_told(
    artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volume_artist.VolumeArtist, "_tracer", lambda self, backend: NoTracer())
    with pytest.raises(GraphicsError, match="full"):
        frames(artist, state, wish)
    assert len(frames(artist, state, None)) == 1  # surfaces still can


def test_pictures_without_denoising_and_on_the_processor_can_be_asked_for(
    artist: VolumeArtist, state: VolumeSceneState, wish: VolumeWish
) -> None:
    plain = frames(artist, state, replace(wish, denoises=False))[-1]
    assert plain.denoiser == ""
    ours = frames(artist, state, replace(wish, backend="numba", denoises=False))[-1]
    assert ours.backend == "numba"
    assert np.median(abs(ours.rgb.astype(int) - plain.rgb)) <= 1
