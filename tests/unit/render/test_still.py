"""Stills: tiles that nobody sees, transparency, slices and surfaces in them, memory."""

import tracemalloc

import numpy as np
import pytest
from traced_scenes import ball_field, looking_along_z, solid_from

from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from render import raycast_still, still
from render.graphics_probe import probed
from render.raycast_still import RaycastPainter
from render.slice_geometry import slice_grid
from render.still import Backend, StillScene, Stopped, still_painter
from render.volume_content import DrawnContent
from render.volume_scene import Crosshair, PlaneCut
from render.volume_wish import CapShade
from session.look.cut import ClipPlane, Cut
from session.look.look import Look
from session.presentation import Plane, SliceCamera, Windowing

SIZE = (90, 70)
CUT = Cut((ClipPlane((0.0, 0.0, 0.0), (1.0, 0.0, 1.0)),))
BACKENDS = [Backend.NUMBA, Backend.GLSL]


def ball_scene(**changes) -> StillScene:
    content = DrawnContent(ball_field(24), None, ())
    look = Look(transfer=solid_from(400.0, (0.9, 0.6, 0.4)), **changes)
    return StillScene(content, look, looking_along_z(covers_mm=26.0), caps=CapShade(Windowing(400, 800)))


def skip_without(backend: Backend) -> None:
    if backend is not Backend.NUMBA and not probed().is_available:
        pytest.skip("no OpenGL")


def painted(backend, scene, monkeypatch, tile_px, *, denoises=False, is_transparent=False, samples=2):
    monkeypatch.setattr(still, "TILE_PX", tile_px)
    monkeypatch.setattr(still, "MARGIN_PX", 16)
    with still_painter(backend, denoises) as painter:
        return painter.paint(scene, SIZE, samples, is_transparent=is_transparent, exposure=1.5).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("is_transparent", [False, True])
@pytest.mark.parametrize("backend", BACKENDS)
def test_tiles_are_the_whole_picture(backend, is_transparent, monkeypatch) -> None:
    skip_without(backend)
    scene = ball_scene(cut=CUT)
    whole, tiled = (painted(backend, scene, monkeypatch, px, is_transparent=is_transparent) for px in (1024, 30))
    assert whole.std() > 10
    if backend is Backend.NUMBA:
        assert np.array_equal(whole, tiled)
    else:  # the card's arithmetic differs in the last bit from tile to tile: now and then a path takes another turn
        assert (np.abs(whole - tiled).max(axis=2) > 2).mean() < 0.01


@pytest.mark.slow
def test_denoised_tiles_leave_no_seams(monkeypatch) -> None:
    scene = ball_scene()
    whole, tiled = (painted(Backend.NUMBA, scene, monkeypatch, px, denoises=True, samples=8) for px in (1024, 30))
    differs = np.abs(whole - tiled)[..., :3].mean(axis=2)
    assert differs.mean() < 2.5
    at_seams = np.concatenate([differs[:, [29, 30, 59, 60]].ravel(), differs[[29, 30, 59, 60]].ravel()])
    assert at_seams.mean() < 2 * differs.mean() + 1


@pytest.mark.parametrize("is_transparent", [False, True])
def test_ray_cast_tiles_are_the_whole_picture(is_transparent, monkeypatch) -> None:
    skip_without(Backend.GLSL)
    painter = RaycastPainter()
    scene = ball_scene(cut=CUT)
    whole = painter.paint(scene, SIZE, is_transparent=is_transparent).astype(int)
    monkeypatch.setattr(raycast_still, "TILE_PX", 40)
    tiled = painter.paint(scene, SIZE, is_transparent=is_transparent).astype(int)
    painter.close()
    assert whole.std() > 10
    differs = np.abs(whole - tiled)
    assert differs.mean() < 1.0
    assert (differs.max(axis=2) > 40).mean() < 0.02


@pytest.mark.slow
def test_slices_stand_in_the_volume_with_and_without_opengl(monkeypatch) -> None:
    voxels = np.full((24, 24, 24), 300, np.int16)
    volume = Volume(Geometry(voxels.shape, np.array([[1.0, 0, 0, -12], [0, 1, 0, -12], [0, 0, 1, -12], [0, 0, 0, 1]])),
                    voxels, Quantity.HU)  # fmt: skip
    grid = slice_grid(volume.geometry, Plane.AXIAL, SliceCamera(), (0.0, 0.0, -11.0))
    cut = PlaneCut(grid, volume, Windowing(300, 100))
    scene = StillScene(**{**vars(ball_scene()), "planes": (cut,)})
    without_gl = still.probed().__class__(False, reason="none")
    pictures = [painted(Backend.NUMBA, scene, monkeypatch, 1024)]
    monkeypatch.setattr(still, "probed", lambda: without_gl)
    pictures.append(painted(Backend.NUMBA, scene, monkeypatch, 30))
    for picture in pictures:
        assert abs(picture[35, 45] - 128).max() <= 4  # the slice hides the ball behind it
    assert np.abs(pictures[0] - pictures[1]).mean() < 1.5


@pytest.mark.slow
def test_the_crosshair_is_drawn_before_the_background(monkeypatch) -> None:
    skip_without(Backend.GLSL)
    line = Crosshair((0.0, -11.0, 0.0), (-12.0, -12.0, -12.0), (12.0, 12.0, 12.0))
    plain = painted(Backend.GLSL, ball_scene(), monkeypatch, 1024)
    crossed = painted(Backend.GLSL, StillScene(**{**vars(ball_scene()), "crosshair": line}), monkeypatch, 1024)
    rows = np.flatnonzero((np.abs(plain - crossed).max(axis=2) > 60).sum(axis=1) > 10)
    assert rows.size in (1, 2)


@pytest.mark.slow
def test_what_is_not_wanted_stops() -> None:
    asked = []
    with still_painter(Backend.NUMBA, denoises=False) as painter, pytest.raises(Stopped):
        painter.paint(ball_scene(), SIZE, 500, exposure=1.0, is_wanted=lambda: len(asked) < 3 and not asked.append(1))


@pytest.mark.slow
def test_memory_grows_by_the_picture_only(monkeypatch) -> None:
    """Tiles of light go; a large picture needs itself and what one tile needs."""
    monkeypatch.setattr(still, "TILE_PX", 64)
    monkeypatch.setattr(still, "MARGIN_PX", 8)
    with still_painter(Backend.NUMBA, denoises=False) as painter:
        scene = ball_scene()
        painter.paint(scene, (64, 64), 1, exposure=1.0)
        tracemalloc.start()
        picture = painter.paint(scene, (1200, 900), 1, exposure=1.0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < picture.nbytes + 4_000_000
