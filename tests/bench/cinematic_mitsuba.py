"""The path tracer against Mitsuba 3 on one scene: target T1 of the cinematic view.

Mitsuba is no dependency: LIMNER_MITSUBA_PYTHON names a Python that has it (and libLLVM, for its fast variant).

Two scenes, both of evenly scattering clouds in the shape of the skull's bone, under one light and a white sky, with as
many bounces, pixels and threads on both sides:

* coloured: what the promise was made for. Values become colours after interpolation here; Mitsuba knows no transfer
  function and gets a second grid, of colours, as everybody would have to who draws a coloured volume with it.
* grey: one albedo for all, so that both draw the same light, but for what interpolating extinctions in place of values
  makes of edges and for the sky after the last bounce, which Mitsuba adds. The mean light says how near they are.

Mitsuba's variants take turns with ours. Its ``scalar_rgb`` uses as many threads as there are cores, as ours does, and
follows one path after the other; ``llvm_ad_rgb`` follows all at once. Which of them is faster depends on the machine.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from budget_table import Measured
from cinematic_scenes import Subject, camera_of

from render.cinematic.numba_tracer import NumbaTracer
from render.cinematic.parameters import LIGHT_NUMBERS, OFFSETS
from render.cinematic.scene import TracedScene
from render.cinematic.tables import linear
from render.cinematic.tone import encoded
from session.look.lighting import Lighting, Material
from session.look.look import Look
from session.look.transfer_function import ColorPoint

WIDTH = 256
FASTER = {"llvm_ad_rgb": 25, "scalar_rgb": 100}  # times, promised
ALBEDO, SKY = 0.8, 0.5
SAMPLES = 8
WHITE = (1.0, 1.0, 1.0)


def against_mitsuba(subject: Subject) -> tuple[list[Measured], str]:
    """Rows, and why there are none."""
    python = os.environ.get("LIMNER_MITSUBA_PYTHON")
    if not python:
        return [], "T1 not measured: LIMNER_MITSUBA_PYTHON names no Python that has Mitsuba"
    rows, trouble = [], ""
    tracer = NumbaTracer()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.npz"
        for name, scene in (("coloured", _even_scene(subject, False)), ("grey", _even_scene(subject, True))):
            _write(scene, tracer, path)
            for variant, times in FASTER.items():
                before = _our_seconds(tracer, scene)
                found = _theirs(python, path, variant)
                if isinstance(found, str):
                    trouble = f"T1 {variant} not measured: {found}"
                    continue
                ours, theirs = statistics.mean([before, _our_seconds(tracer, scene)]), found["seconds"]
                note = f"{ours:.3f} s, {theirs:.2f} s; mean light {_our_mean(tracer):.4f}, {found['mean']:.4f}"
                rows.append(Measured(f"T1 a sample, {name}, by Mitsuba {variant}", ours / theirs, "x", 1 / times, note))
    tracer.close()
    return rows, trouble


def _even_scene(subject: Subject, is_grey: bool) -> TracedScene:
    """Clouds on a grid along the world's axes under a white sky and one small light."""
    grey = float(encoded(ALBEDO))
    colors = (ColorPoint(0.0, (grey, grey, grey)),) if is_grey else subject.look.transfer.colors
    transfer = replace(subject.look.transfer, colors=colors, gradient_opacities=())
    light = Lighting(size_deg=0.05, color=WHITE, sky_strength=SKY, sky_top=WHITE, sky_bottom=WHITE)
    look = Look(transfer=transfer, material=Material(gloss=0.0, surface=0.0), lighting=light)
    scale = np.diag([*(1 / np.asarray(subject.field.spacing_mm)), 1.0])
    field = replace(subject.field, index_from_world=scale)
    size_px = (WIDTH, WIDTH)
    return TracedScene(field, None, (), look, camera_of(field, size_px), size_px)


def _write(scene: TracedScene, tracer: NumbaTracer, path: Path) -> None:
    """The scene for ``mitsuba_time.py``."""
    tracer.show(scene)
    assert tracer._prepared is not None
    numbers = tracer._prepared.parameters
    field, camera = scene.field, scene.camera
    values = field.low + (field.high - field.low) / 65535 * field.values
    spacing = np.asarray(field.spacing_mm)
    light = OFFSETS["LIGHTS"]
    transfer = scene.look.transfer
    is_grey = len(transfer.colors) == 1
    albedo = np.float32(ALBEDO) if is_grey else linear(transfer.color_at(values)).astype(np.float32)
    np.savez(
        path, sigma=transfer.extinction_at(values).astype(np.float32), low=-spacing / 2,
        high=(np.array(field.shape[::-1]) - 0.5) * spacing, eye=camera.position_mm, target=camera.focal_point_mm,
        up=camera.view_up, fov=camera.view_angle_deg, albedo=albedo, sky=SKY, bounces=scene.most_bounces,
        light=numbers[light : light + 3], intensity=numbers[light + LIGHT_NUMBERS["LIGHT_COLOR"]],
    )  # fmt: skip


def _our_seconds(tracer: NumbaTracer, scene: TracedScene) -> float:
    tracer.show(scene)
    tracer.sample(1)
    began = time.perf_counter()
    tracer.sample(SAMPLES)
    return (time.perf_counter() - began) / SAMPLES


def _our_mean(tracer: NumbaTracer) -> float:
    return float(tracer.picture().rgba[..., :3].mean())


def _theirs(python: str, path: Path, variant: str) -> dict[str, float] | str:
    """What the child measured, or why it did not."""
    program = str(Path(__file__).with_name("mitsuba_time.py"))
    run = subprocess.run([python, program, str(path), variant, str(WIDTH)], capture_output=True, text=True, check=False)
    if run.returncode:
        return (run.stderr.strip().splitlines() or [f"it ended with {run.returncode}"])[-1]
    found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return found
