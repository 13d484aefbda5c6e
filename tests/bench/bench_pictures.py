"""Pictures and movies for files: what they cost, as multiples of one traced sample at 512 x 512; prints a table.

    python3 dev.py bench pictures

The phantom's torso, by the back end that is chosen here. A picture of w x h pixels with n samples costs at least
w * h * n / 512^2 samples; what comes on top (metering, denoising, toning, tiles, the file) may cost half as much again.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from budget_table import Measured, peak_mb, print_table

from app.pictures.artist import artist
from app.pictures.filming import film
from app.pictures.manner import Manner
from app.pictures.scenes import SceneMaker, Shown
from imaging.phantom.torso import make_torso
from imaging.segmentation import Segmentation
from render.movie_path import Turntable
from render.picture_files import write_picture
from render.still import Backend, StillScene, chosen_backend, still_painter
from render.volume_camera import fitted
from render.volume_content import ContentLog
from render.volume_scene import corners_mm
from session.look.presets import look_for, preset_named
from session.presentation import VolumeMode

SIDE = 512
STILLS = (("1080p", (1920, 1080), 2), ("4K", (3840, 2160), 1))
MOVIE_PX, MOVIE_SAMPLES, SECONDS, FPS = (480, 360), 2, 3, 5
OVERHEAD = 1.5


def main() -> int:
    """Measure and print."""
    volume = make_torso().volume
    look, camera = look_for(preset_named("ct-bone"), volume), fitted(corners_mm(volume.geometry), 4 / 3)
    maker = SceneMaker(Shown(ContentLog().content(volume, Segmentation(volume.geometry))))
    scene = maker.scene(look, camera)
    backend = chosen_backend(Backend.AUTO)
    one = sample_seconds(backend, scene)
    table = [Measured(f"one sample, {SIDE} x {SIDE}, {backend}", one, "s")]
    with tempfile.TemporaryDirectory() as folder:
        for name, size, samples in STILLS:
            seconds = still_seconds(Manner(VolumeMode.CINEMATIC, size, backend, samples), scene, Path(folder) / "p.png")
            table += rows(f"{name} still, {samples} samples", seconds, one, size[0] * size[1] * samples)
        manner = Manner(VolumeMode.CINEMATIC, MOVIE_PX, backend, MOVIE_SAMPLES)
        frames = SECONDS * FPS
        began = time.perf_counter()
        with artist(manner) as painter:
            film(Turntable().moments(camera, look, frames), Path(folder) / "m.mp4", FPS, painter, maker)
        seconds = time.perf_counter() - began
        title = f"{SECONDS} s turntable, {frames} frames, {MOVIE_PX[0]} x {MOVIE_PX[1]}, {MOVIE_SAMPLES} samples"
        table += rows(title, seconds, one, MOVIE_PX[0] * MOVIE_PX[1] * MOVIE_SAMPLES * frames)
    table.append(Measured("peak memory", peak_mb(), "MB"))
    return print_table("Pictures and movies for files", table)


def sample_seconds(backend: Backend, scene: StillScene) -> float:
    """The median time of one sample, after the first ones have compiled what is needed."""
    with still_painter(backend, denoises=False) as painter:
        painter.paint(scene, (SIDE, SIDE), 2, exposure=1.0)
        found = []
        for seed in range(5):
            began = time.perf_counter()
            painter.paint(replace(scene, seed=seed), (SIDE, SIDE), 1, exposure=1.0)
            found.append(time.perf_counter() - began)
    return statistics.median(found)


def still_seconds(manner: Manner, scene: StillScene, path: Path) -> float:
    """A picture from the scene to the file."""
    began = time.perf_counter()
    with artist(manner) as painter:
        write_picture(painter.paint(scene), path)
    return time.perf_counter() - began


def rows(title: str, seconds: float, one: float, pixel_samples: int) -> list[Measured]:
    """Seconds, and how many times the cost of its samples alone."""
    least = one * pixel_samples / SIDE**2
    return [
        Measured(title, seconds, "s"),
        Measured("  that is", seconds / one, "x", None, "one sample at 512 x 512"),
        Measured("  that is", seconds / least, "x", OVERHEAD, "its samples alone"),
    ]


if __name__ == "__main__":
    sys.exit(main())
