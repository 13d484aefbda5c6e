"""How much work a sample is, and how good what comes out: targets T2, T3 and T4 of the cinematic view."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import numpy as np
from budget_table import Measured
from cinematic_scenes import ABDOMEN, HEAD, Subject, subjects
from numpy.typing import NDArray

from render.cinematic.denoise import Denoiser
from render.cinematic.finer_field import finer
from render.cinematic.glsl_tracer import GlslTracer
from render.cinematic.numba_tracer import NumbaTracer
from render.cinematic.scene import TracedScene, Tracer
from render.raycast.reduction import reduced

REPEATS = 5
FEWER = {"skull": 1 / 5, "abdomen": 1 / 12}  # look-ups with bricks, of those with one bound for all
CLAMP = 4.0  # of radiance, before errors are squared
REFERENCE_SAMPLES = 256

Picture = NDArray[np.float32]


def two_subjects() -> list[Subject]:
    """A head whose bone is seen and a belly whose muscles are, with voxels of one to one and a half millimetres."""
    head, belly = subjects({"skull": (HEAD, "ct-bone"), "abdomen": (ABDOMEN, "ct-muscle-and-bone")})
    belly_field = finer(belly.field, (2, 2, 2)) if belly.field.values.size < 4_000_000 else belly.field
    assert belly_field is not None
    return [replace(head, field=reduced(head.field, 256).field), replace(belly, field=belly_field)]


def times_of_a_sample(subject: Subject) -> list[Measured]:
    """One sample of 512 x 512 pixels, OpenGL and Numba in turns."""
    scene = subject.scene((512, 512))
    numba, glsl = NumbaTracer(), GlslTracer()
    found: dict[str, list[float]] = {"numba": [], "glsl": []}
    for tracer in (numba, glsl):
        tracer.show(scene)
        tracer.sample(1)
    for _ in range(REPEATS):
        for tracer in (numba, glsl):
            found[tracer.name].append(_seconds_of_a_sample(tracer))
    ours, theirs = (statistics.median(found[name]) for name in ("glsl", "numba"))
    rows = [
        Measured(f"T2 {subject.name}: a sample by OpenGL, by Numba", ours / theirs, "x", 1.7, f"{theirs:.2f} s"),
        Measured(f"T2 {subject.name}: mean light, OpenGL against Numba", _mean_apart(glsl, numba, scene), "", 0.005),
    ]
    numba.close()
    glsl.close()
    return rows


def look_ups(subject: Subject) -> Measured:
    """Density look-ups with a bound for each brick, as a share of those with one bound for the volume."""
    scene = subject.scene((128, 128))
    tracer = NumbaTracer()
    tracer.show(scene)
    tracer.sample(4)
    sparing, prepared = tracer.lookups, tracer._prepared
    assert prepared is not None
    tracer.show(replace(scene, seed=1))
    tracer._prepared = replace(prepared, bounds=np.full_like(prepared.bounds, prepared.bounds.max()))
    tracer.sample(4)
    wasteful = tracer.lookups
    tracer.close()
    each = f"{sparing / (4 * 128 * 128):.0f} against {wasteful / (4 * 128 * 128):.0f} per pixel"
    promise = next(share for name, share in FEWER.items() if name in subject.name)
    return Measured(f"T3 {subject.name}: look-ups with bricks", sparing / wasteful, "x", promise, each)


def denoising(subject: Subject) -> list[Measured]:
    """Errors of denoised pictures, as shares of those of raw ones with many more samples."""
    scene = subject.scene((256, 256))
    tracer, denoiser = GlslTracer(), Denoiser()
    reference = _sampled(tracer, replace(scene, seed=999), REFERENCE_SAMPLES)
    raw = {count: _sampled(tracer, scene, count) for count in (1, 4, 16, 32)}
    rows = []
    for few, many in ((4, 32), (1, 16)):
        plain = _error(raw[many], reference)
        for quality in ("high", "fast"):
            error = _error(denoiser.denoise_rgba(raw[few], quality), reference)
            rows.append(
                Measured(
                    f"T4 {subject.name}: error of {few} denoised ({quality}), by {many} raw", error / plain, "x",
                    1.0 if quality == "high" else None, f"{error:.2g}, {plain:.2g}",
                )
            )  # fmt: skip
    rows[0] = replace(rows[0], against=f"{rows[0].against}; {denoiser.name}, reference {REFERENCE_SAMPLES} samples")
    tracer.close()
    denoiser.close()
    return rows


def _seconds_of_a_sample(tracer: Tracer) -> float:
    began = time.perf_counter()
    tracer.sample(1)
    return time.perf_counter() - began


def _mean_apart(one: Tracer, other: Tracer, scene: TracedScene) -> float:
    """How far the mean light of 16 samples of the same seed lies apart, relatively."""
    means = [float(_sampled(tracer, replace(scene, size_px=(192, 192)), 16)[..., :3].mean()) for tracer in (one, other)]
    return abs(means[0] / means[1] - 1)


def _sampled(tracer: Tracer, scene: TracedScene, count: int) -> Picture:
    tracer.show(scene)
    tracer.sample(count - tracer.picture().samples)
    return tracer.picture().rgba


def _error(found: Picture, true: Picture) -> float:
    """The mean squared error of clamped light."""
    apart = found[..., :3].clip(0, CLAMP).astype(np.float64) - true[..., :3].clip(0, CLAMP)
    return float((apart**2).mean())
