"""What somebody waits for in front of the cinematic view: targets T5 and T7, turning, and memory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from budget_table import Measured
from cinematic_scenes import Subject, content_of, field_of, look_named, torso
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.volume import Volume
from render.cinematic.bricks import majorants, value_bricks
from render.cinematic.denoise import Denoiser
from render.cinematic.glsl_tracer import GlslTracer
from render.cinematic.painter import Effort, Painter
from render.cinematic.tables import class_tables
from render.raycast.reference import ReferenceKind, frame_seconds, reference_window
from render.volume_artist import VolumeArtist
from render.volume_camera import fitted, turned
from render.volume_content import VolumeContent
from render.volume_renderer import Frame, Quality
from render.volume_scene import VolumeSceneState, corners_mm
from render.volume_wish import CapShade, VolumeWish
from session.look.look import Look
from session.presentation import VolumeMode, Windowing

SIZE = (512, 512)
REPEATS = 5
TURNS, SETTLING = 20, 4  # pictures while turning; the first ones find out how large they may be
EDITS = 9
COARSE_MS, EDIT_MS, BOUNDS_MS = 200.0, 150.0, 5.0


def first_pictures(subject: Subject) -> list[Measured]:
    """The first denoised picture of a new view, against a frame of VTK's GPU mapper, in turns."""
    scene = subject.scene(SIZE)
    painter = Painter(GlslTracer(), Denoiser())
    windows = {kind: reference_window(kind, subject.field, subject.look, scene.camera, SIZE) for kind in ReferenceKind}
    ours: list[float] = []
    theirs: dict[ReferenceKind, list[float]] = {kind: [] for kind in ReferenceKind}
    for n in range(REPEATS + 1):
        began = time.perf_counter()
        next(painter.paint(replace(scene, camera=turned(scene.camera, 20 * n, 0, SIZE[1])), effort=Effort(4)))
        ours.append(time.perf_counter() - began)
        for kind, window in windows.items():
            theirs[kind].append(frame_seconds(window))
    painter.close()
    for window in windows.values():
        window.GetRenderers().GetFirstRenderer().RemoveAllViewProps()
        window.Finalize()
    mine = statistics.median(ours[1:])  # without the first, which compiles and uploads
    rows = [Measured(f"T5 {subject.name}: first denoised picture", mine, "s")]
    for kind, seconds in theirs.items():
        frame = statistics.median(seconds[1:])
        what = f"T5 {subject.name}: the same, by a frame of VTK's {kind.value}"
        rows.append(Measured(what, mine / frame, "x", 1.0, f"{frame:.2f} s"))
    return rows


def bounds_after_an_edit(volume: Volume) -> Measured:
    """The bounds of all bricks of 256 x 256 x 256 voxels under a new function."""
    k, j, i = (np.arange(256) * n // 256 for n in volume.voxels.shape)
    small = replace(volume, voxels=volume.voxels[np.ix_(k, j, i)], geometry=Geometry((256, 256, 256), np.eye(4)))
    field = field_of(small)
    bricks = value_bricks(field)
    times = []
    for n in range(2 * REPEATS):
        look = look_named("ct-muscle-and-bone")
        tables = class_tables(replace(look, transfer=look.transfer.shifted(float(n))), field, None, ())
        began = time.perf_counter()
        majorants(field, bricks, None, tables)
        times.append((time.perf_counter() - began) * 1000)
    return Measured("T7 bounds after an edit, 256 x 256 x 256", statistics.median(times[1:]), "ms", BOUNDS_MS)


@dataclass
class Screen:
    """The drawing part of the 3D view, asked as the window asks it.

    Attributes:
        artist: what draws.
        content: the image.
        state, look: what is shown now.
        mode: how.
    """

    artist: VolumeArtist
    content: VolumeContent
    state: VolumeSceneState
    look: Look
    mode: VolumeMode

    def turn(self, right_px: float = 12.0) -> float:
        """Milliseconds to the picture after a drag of the mouse."""
        self.state = replace(self.state, camera=turned(self.state.camera, right_px, 3.0, SIZE[1]))
        return self.first(Quality.MOVING) * 1000

    def edit(self, by_hu: float) -> float:
        """Milliseconds to the picture after a drag in the transfer-function editor."""
        self.look = replace(self.look, transfer=self.look.transfer.shifted(by_hu))
        return self.first(Quality.MOVING) * 1000

    def first(self, quality: Quality) -> float:
        """Seconds to the first picture."""
        began = time.perf_counter()
        for frame in self.frames(quality):
            assert frame.rgb.any()
            return time.perf_counter() - began
        raise AssertionError("no picture came")

    def frames(self, quality: Quality, samples: int = 256) -> Iterator[Frame]:
        """All pictures."""
        wish = VolumeWish(self.mode, self.content, self.look, CapShade(Windowing()), samples=samples)
        return self.artist.frames(self.state, wish, SIZE, quality, lambda: True)


@contextmanager
def screen(content: VolumeContent, look: Look, mode: VolumeMode) -> Iterator[Screen]:
    """A screen that is closed at the end."""
    artist = VolumeArtist()
    camera = fitted(corners_mm(content.volume.geometry), SIZE[0] / SIZE[1])
    try:
        yield Screen(artist, content, VolumeSceneState(camera), look, mode)
    finally:
        artist.close()


def in_the_view(content: VolumeContent, name: str, look: Look, mode: VolumeMode) -> list[Measured]:
    """From the first picture on, with 512 x 512 x 300 voxels."""
    what = f"{mode.value}, {name}"
    with screen(content, look, mode) as shown:
        opening = shown.first(Quality.MOVING)
        turns = [shown.turn() for _ in range(SETTLING + TURNS)][SETTLING:]
        before = _uploads(shown)
        edits = [shown.edit(7.0) for _ in range(EDITS)]
        uploads = _uploads(shown) - before
        rows = [
            Measured(f"{what}: opened to first picture", opening, "s"),
            Measured(f"{what}: picture while turning", statistics.median(turns), "ms", COARSE_MS),
            Measured(f"{what}: longest of {TURNS}", max(turns), "ms"),
            Measured(f"T7 {what}: edit to first new picture", statistics.median(edits), "ms", EDIT_MS),
        ]
        if mode is VolumeMode.CINEMATIC:
            rows.append(Measured(f"T7 {what}: volume uploaded again by {EDITS} edits", uploads, "x", 0))
            rows.extend(_stills(shown, what))
        else:
            rows.append(Measured(f"{what}: still picture", shown.first(Quality.STILL), "s"))
    return rows


def _stills(shown: Screen, what: str) -> list[Measured]:
    shown.turn()
    began = time.perf_counter()
    came = {frame.samples: time.perf_counter() - began for frame in shown.frames(Quality.STILL, samples=4)}
    shown.turn()
    coarse: NDArray[np.uint8] = next(shown.frames(Quality.MOVING)).rgb
    return [
        Measured(f"{what}: at rest, first denoised 512 x 512", came[1], "s"),
        Measured(f"{what}: at rest, 4 samples denoised", came[4], "s"),
        Measured(f"{what}: width of the picture while turning", float(coarse.shape[1]), "px"),
    ]


def _uploads(shown: Screen) -> int:
    """How often the volume went to the graphics card so far."""
    tracers = [painter.tracer for painter in shown.artist._painters.values()]
    return sum(tracer.uploads["values"] for tracer in tracers if isinstance(tracer, GlslTracer))


def large_torso() -> VolumeContent:
    """512 x 512 x 300 voxels."""
    return content_of(torso())
