"""500 interactions with the 3D view's drawing thread: turning, edits of the look, cuts, other modes; prints a table.

    python3 dev.py bench leaks

What may not grow: the process's memory, and the textures that OpenGL knows. They are counted after a first hundred,
when everything that is kept has been made.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import psutil
from budget_table import Measured, print_table

from imaging.edit import AddSegment, LabelsEdit
from imaging.geometry import Box
from imaging.phantom.torso import make_torso
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from render.graphics_probe import probed
from render.render_thread import FrameRequest, RenderThread
from render.volume_artist import VolumeArtist
from render.volume_camera import fitted, turned
from render.volume_content import ContentLog, VolumeContent
from render.volume_renderer import Frame, Quality
from render.volume_scene import VolumeSceneState, corners_mm
from render.volume_wish import CapShade, VolumeWish
from session.look.cut import ClipPlane, CropBox, Cut
from session.look.presets import preset_named
from session.presentation import VolumeMode, Windowing

FIRST, MIDDLE, ALL = 100, 350, 600  # the first ones make what is kept; 500 follow
SIZES = ((240, 180), (200, 200), (320, 200))
MOST_MB = 40.0
TEXTURES_LOOKED_AT = 20_000


@dataclass
class Spy:
    """Waits for pictures, and looks at the textures from the drawing thread, whose context they live in.

    Attributes:
        came: pictures so far.
        trouble: what went wrong.
    """

    came: int = 0
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._condition = threading.Condition()
        self._last: FrameRequest | None = None

    def on_frame(self, request: FrameRequest, frame: Frame) -> None:
        """A picture came."""
        with self._condition:
            self.came += 1
            self._last = request
            self._condition.notify()

    def on_trouble(self, sentence: str) -> None:
        """Something went wrong."""
        with self._condition:
            self.trouble.append(sentence)
            self._condition.notify()

    def wait_for(self, request: FrameRequest) -> None:
        """Until its first picture."""
        with self._condition:
            if not self._condition.wait_for(lambda: self._last is request or bool(self.trouble), 120.0):
                self.trouble.append("no picture came for two minutes")


def content() -> VolumeContent:
    """A small torso with its organs as segments."""
    torso = make_torso(scale=0.3)
    segmentation = Segmentation(torso.volume.geometry)
    for number, name in torso.names.items():
        segmentation.apply(AddSegment(Segment(number, name, (number * 67 % 256, number * 151 % 256, 90))))
    numbers = {number: number for number in torso.names}
    segmentation.apply(LabelsEdit(Box.whole(torso.truth.shape), torso.truth, numbers))
    return ContentLog().content(torso.volume, segmentation)


def interactions(of: VolumeContent, count: int) -> Iterator[FrameRequest]:
    """What somebody might do, in the same order in every run."""
    random = np.random.default_rng(5)
    look = preset_named("ct-organs").look
    wish = VolumeWish(VolumeMode.CINEMATIC, of, look, CapShade(Windowing()), samples=2)
    state = VolumeSceneState(fitted(corners_mm(of.volume.geometry), 1.2))
    middle = state.camera.focal_point_mm
    for n in range(count):
        what = n % 10
        right, down = random.uniform(-20, 20, 2)
        state = replace(state, camera=turned(state.camera, float(right), float(down), 200))
        if what in (3, 6):
            look = replace(look, transfer=look.transfer.shifted(float(random.uniform(-15, 15))))
        elif what == 5:
            x, y, z = random.normal(size=3)
            look = replace(
                look, cut=Cut((ClipPlane(middle, (float(x), float(y), float(z))),), CropBox((0.1, 0.0, 0.0)))
            )
        elif what == 8:
            look = replace(look, cut=Cut())
        if n % 25 == 24:
            wish = replace(wish, mode=_other(wish.mode))
        wish = replace(wish, look=look)
        quality = Quality.STILL if n % 7 == 6 else Quality.MOVING
        shown = None if n % 50 == 49 else wish  # surfaces alone
        yield FrameRequest(state, SIZES[n // 20 % len(SIZES)], quality, n, shown)


def _other(mode: VolumeMode) -> VolumeMode:
    return VolumeMode.RAYCAST if mode is VolumeMode.CINEMATIC else VolumeMode.CINEMATIC


def texture_count(artist: VolumeArtist) -> int:
    """Textures that OpenGL knows in the context of the artist's window; on its thread."""
    import ctypes

    from render.cinematic.gl_functions import opengl_function

    window: Any = artist._renderer.window
    window.MakeCurrent()
    is_texture = opengl_function(window, "glIsTexture", (ctypes.c_uint,), ctypes.c_ubyte)
    assert is_texture is not None, "OpenGL's functions cannot be reached"
    return sum(bool(is_texture(name)) for name in range(1, TEXTURES_LOOKED_AT))


class CountingArtist(VolumeArtist):
    """Counts textures before each picture."""

    textures: int = 0

    def frames(self, *arguments: Any) -> Iterator[Frame]:
        """See ``VolumeArtist``."""
        yield from super().frames(*arguments)
        CountingArtist.textures = texture_count(self)


def main() -> int:
    """Measure and print."""
    graphics = probed()
    if not graphics.is_available:
        print(f"not measured: {graphics.reason}")
        return 0
    import render.volume_artist

    render.volume_artist.VolumeArtist = CountingArtist  # type: ignore[misc]  # what the thread makes
    process, spy = psutil.Process(), Spy()
    thread = RenderThread(spy.on_frame, spy.on_trouble, spy.on_trouble)
    marks: dict[int, tuple[float, int]] = {}
    began = time.perf_counter()
    for n, request in enumerate(interactions(content(), ALL), start=1):
        thread.request(request)
        if n % 3 or n in (FIRST, MIDDLE, ALL):  # every third is overtaken by the next
            spy.wait_for(request)
        if n in (FIRST, MIDDLE, ALL):
            time.sleep(1.0)  # until it has counted
            marks[n] = process.memory_info().rss / 1e6, CountingArtist.textures
        if spy.trouble:
            break
    thread.close()
    if spy.trouble:
        print(f"not measured: {spy.trouble[0]}")
        return 1
    (memory, textures), (half, _), (later_memory, later_textures) = (marks[n] for n in (FIRST, MIDDLE, ALL))
    note = f"{memory:.0f} MB after {FIRST}"
    rows = [
        Measured(f"memory grown by {ALL - FIRST} interactions", later_memory - memory, "MB", MOST_MB, note),
        Measured(f"of it by the last {ALL - MIDDLE}", later_memory - half, "MB"),
        Measured("textures grown", later_textures - textures, "", 4, f"{textures} after {FIRST}"),
        Measured("pictures drawn", spy.came, ""),
        Measured("took", time.perf_counter() - began, "s"),
    ]
    return print_table(f"Interactions with the drawing thread, {graphics.renderer}", rows)


if __name__ == "__main__":
    raise SystemExit(main())
