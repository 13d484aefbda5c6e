"""What the 3D view does on this machine's graphics card; prints a table for docs/gpu-checks.md.

    python3 dev.py bench gpu

It needs nothing but this repository and its environment: the volume is the phantom's torso, 512 x 512 x 300 voxels. On
software OpenGL the same is done in small, to see that the script works. It ends within five minutes: what takes too
long is given up, and its number is nan.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from budget_table import Measured, peak_mb, print_table
from cinematic_scenes import LARGE, content_of, field_of, look_named, torso

from imaging.phantom.torso import make_torso
from imaging.volume import Volume
from render.cinematic.denoise import Denoiser
from render.cinematic.gl_context import open_window
from render.cinematic.gl_volumes import large_volume_texture
from render.cinematic.glsl_tracer import GlslTracer
from render.cinematic.numba_tracer import NumbaTracer
from render.cinematic.scene import Field, TracedScene
from render.graphics_probe import Graphics, is_software, probed
from render.still import Backend, StillScene, Stopped, still_painter
from render.volume_artist import VolumeArtist
from render.volume_camera import fitted, turned
from render.volume_content import DrawnContent
from render.volume_renderer import Quality
from render.volume_scene import VolumeSceneState, corners_mm
from render.volume_wish import CapShade, VolumeWish
from session.presentation import VolumeCamera, VolumeMode, Windowing

PRESET = "ct-muscle-and-bone"
FAST_FRAME_MS = 1000 / 30


@dataclass(frozen=True)
class Scale:
    """How much is done.

    Attributes:
        is_small: on software OpenGL.
        size_px: of the view.
        turns: pictures while turning.
        samples: numbers of samples that are timed.
        still_px: of the large still.
        still_samples: of each of its pixels.
        shape: of the volume (k, j, i).
        seconds: after which a measurement gives up.
    """

    is_small: bool
    size_px: tuple[int, int]
    turns: int
    samples: tuple[int, ...]
    still_px: tuple[int, int]
    still_samples: int
    shape: tuple[int, int, int]
    seconds: float


FULL = Scale(False, (1920, 1080), 120, (1, 64, 256), (7680, 4320), 64, LARGE, 30.0)
SMALL = Scale(True, (480, 270), 12, (1, 4, 8), (960, 540), 2, (100, 170, 170), 20.0)


def main() -> int:
    """Measure and print."""
    graphics = probed()
    if not graphics.is_available:
        print(f"not measured: {graphics.reason}")
        return 0
    scale = SMALL if is_software(graphics.renderer) else FULL
    _describe(graphics, scale)
    volume = torso(scale.shape) if not scale.is_small else make_torso(scale=0.5).volume
    field, camera = field_of(volume), fitted(corners_mm(volume.geometry), scale.size_px[0] / scale.size_px[1])
    rows = [Measured("graphics memory in use at first", _graphics_mb(), "MB")]
    steps: list[Callable[[], list[Measured]]] = [
        partial(agreement, field, camera),
        partial(upload, field),
        partial(in_the_view, volume, camera, VolumeMode.CINEMATIC, scale),
        partial(in_the_view, volume, camera, VolumeMode.RAYCAST, scale),
        partial(large_still, field, camera, scale),
    ]
    for step in steps:
        rows += step()
        print(f"  measured: {rows[-1].what}", file=sys.stderr)
    rows += [Measured("graphics memory in use at last", _graphics_mb(), "MB"), Measured("peak memory", peak_mb(), "MB")]
    size = " x ".join(str(n) for n in field.shape[::-1])
    return print_table(f"3D view, {size} voxels", rows)


def agreement(field: Field, camera: VolumeCamera) -> list[Measured]:
    """Pictures of one seed, by this OpenGL and by the reference on the processor."""
    scene = TracedScene(field, None, (), look_named(PRESET), camera, (192, 108))
    glsl, numba = GlslTracer(), NumbaTracer()
    pictures = []
    for tracer in (glsl, numba):
        tracer.show(scene)
        tracer.sample(16)
        pictures.append(tracer.picture().rgba)
    ours, theirs = pictures
    apart = np.abs(ours - theirs).max(axis=-1) > 1e-2 * (1 + theirs.max(axis=-1))
    rows = [
        Measured("light of OpenGL and of Numba apart", abs(float(ours.mean() / theirs.mean()) - 1), "", 0.005),
        Measured("pixels apart after 16 samples", float(apart.mean()), "", None, "by the last bits of floats"),
    ]
    glsl.close()
    numba.close()
    return rows


def upload(field: Field) -> list[Measured]:
    """The volume to the graphics card."""
    window = open_window()
    times = []
    for _ in range(3):
        began = time.perf_counter()
        texture = large_volume_texture(window, field.values, is_smooth=True)
        window.WaitForCompletion()
        times.append((time.perf_counter() - began) * 1000)
        texture.ReleaseGraphicsResources(window)
    window.Finalize()
    return [Measured(f"upload of {field.values.nbytes / 1e6:.0f} MB", statistics.median(times), "ms")]


def in_the_view(volume: Volume, camera: VolumeCamera, mode: VolumeMode, scale: Scale) -> list[Measured]:
    """Opening, turning, resting."""
    view = f"{mode.value}, {scale.size_px[0]} x {scale.size_px[1]}"
    wish = VolumeWish(mode, content_of(volume), look_named(PRESET), CapShade(Windowing()), samples=max(scale.samples))
    with _artist() as artist:

        def seconds_to(samples: int, quality: Quality) -> tuple[float, int]:
            """Until there are so many samples or enough of them, and the width of the picture then."""
            began = time.perf_counter()
            for frame in artist.frames(state, wish, scale.size_px, quality, lambda: True):
                took = time.perf_counter() - began
                if frame.samples >= samples or frame.is_final:
                    return took, frame.rgb.shape[1]
                if took > scale.seconds:
                    break
            return float("nan"), 0

        state = VolumeSceneState(camera)
        rows = [Measured(f"{view}: opened to first picture", seconds_to(0, Quality.MOVING)[0], "s")]
        times: list[float] = []
        widths: list[int] = []
        while len(times) < scale.turns and sum(times) < 1000 * scale.seconds:
            state = replace(state, camera=turned(state.camera, 6.0, 1.0, scale.size_px[1]))
            took, width = seconds_to(0, Quality.MOVING)
            times.append(took * 1000)
            widths.append(width)
        steady = statistics.median(times[len(times) // 3 :])
        rows.append(Measured(f"{view}: picture while turning", steady, "ms", _if_full(scale)))
        rows.append(Measured(f"{view}: the same as a rate", 1000 / steady, "/s"))
        rows.append(Measured(f"{view}: width of the last of them", float(widths[-1]), "px"))
        for samples in scale.samples if mode is VolumeMode.CINEMATIC else (0,):
            state = replace(state, camera=turned(state.camera, 6.0, 1.0, scale.size_px[1]))
            what = f"{samples} samples" if samples else "a still picture"
            rows.append(Measured(f"{view}: rest to {what}", seconds_to(samples, Quality.STILL)[0], "s"))
        rows.append(Measured(f"{view}: graphics memory in use", _graphics_mb(), "MB"))
    return rows


def large_still(field: Field, camera: VolumeCamera, scale: Scale) -> list[Measured]:
    """A picture for a poster."""
    scene = StillScene(DrawnContent(field, None, ()), look_named(PRESET), camera)
    with still_painter(Backend.GLSL) as painter:
        began = time.perf_counter()
        try:
            painter.paint(
                scene, scale.still_px, scale.still_samples, is_wanted=lambda: time.perf_counter() - began < 90.0
            )
            took = time.perf_counter() - began
        except Stopped:
            took = float("nan")
    width, height = scale.still_px
    return [Measured(f"still of {width} x {height}, {scale.still_samples} samples", took, "s")]


def _if_full(scale: Scale) -> float | None:
    return None if scale.is_small else FAST_FRAME_MS


@contextmanager
def _artist() -> Iterator[VolumeArtist]:
    artist = VolumeArtist()
    try:
        yield artist
    finally:
        artist.close()


def _describe(graphics: Graphics, scale: Scale) -> None:
    """The machine, in lines before the table."""
    window = open_window()
    lines = window.ReportCapabilities().splitlines()
    window.Finalize()
    for line in lines:
        if line.startswith(("OpenGL vendor", "OpenGL renderer", "OpenGL version")):
            print(f"  {line.strip()}")
    denoiser = Denoiser()
    print(f"  denoiser: {denoiser.name} {denoiser.note}")
    denoiser.close()
    if scale.is_small:
        print(f"  {graphics.renderer} is no graphics card: everything is measured in small, with no promises")


def _graphics_mb() -> float:
    """Graphics memory in use, as NVIDIA's driver tells; not a number elsewhere."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return float("nan")
    query = [program, "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    run = subprocess.run(query, capture_output=True, text=True, check=False)
    return float(run.stdout.split()[0]) if run.returncode == 0 and run.stdout.split() else float("nan")


if __name__ == "__main__":
    raise SystemExit(main())
