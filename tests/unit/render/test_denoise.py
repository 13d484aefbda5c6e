"""Both ways to remove noise remove it, and whatever fails ends in the simple one."""

from __future__ import annotations

import importlib.util
import logging
import subprocess
import sys

import numpy as np
import pytest

import render.cinematic.denoise as denoising
from render.cinematic.denoise import SIMPLE, Denoiser
from render.cinematic.oidn import OidnError
from render.cinematic.smoothing import guided, smoothed, without_sparks

HAS_OIDN = importlib.util.find_spec("pyoidn") is not None
needs_oidn = pytest.mark.skipif(not HAS_OIDN, reason="the extra `cinematic` is not installed")

SIZE = 96


def scene() -> np.ndarray:
    """(h, w, 4): a solid ball and a veil, premultiplied; the truth."""
    y, x = np.indices((SIZE, SIZE)).astype(np.float32)
    ball = np.clip(20 - np.hypot(x - 36, y - 40), 0, 1)
    veil = 0.3 * np.clip(24 - np.hypot(x - 62, y - 60), 0, 1)
    shade = (0.4 + 0.6 * (SIZE - x) / SIZE)[..., None]
    alpha = ball + veil * (1 - ball)
    colors = [0.9, 0.8, 0.6] * shade * ball[..., None] + [0.2, 0.4, 0.8] * shade * (veil * (1 - ball))[..., None]
    return np.concatenate([colors, alpha[..., None]], axis=2).astype(np.float32)


def noisy(samples: int, seed: int = 3) -> np.ndarray:
    """The mean of paths, each of which meets something or nothing, and more or less light."""
    rng, truth = np.random.default_rng(seed), scene()
    straight = truth[..., :3] / np.maximum(truth[..., 3:], 1e-6)
    total = np.zeros_like(truth)
    for _ in range(samples):
        hit = (rng.random((SIZE, SIZE)) < truth[..., 3])[..., None]
        light = rng.exponential(1.0, (SIZE, SIZE, 1))
        total += np.concatenate([hit * light * straight, hit], axis=2)
    return (total / samples).astype(np.float32)


def error(found: np.ndarray, truth: np.ndarray) -> float:
    return float(((found - truth) ** 2).mean())


KINDS = [pytest.param(True, id="simple"), pytest.param(False, id="oidn", marks=needs_oidn)]


@pytest.mark.parametrize("simple_only", KINDS)
def test_a_noisy_picture_comes_nearer_to_the_truth(simple_only: bool) -> None:
    denoiser, truth, sampled = Denoiser(simple_only), scene(), noisy(4)
    kept = sampled.copy()
    found = denoiser.denoise_rgba(sampled, "fast")
    assert (denoiser.name == SIMPLE) is simple_only
    assert found.shape == sampled.shape
    assert found.dtype == np.float32
    assert error(found[..., :3], truth[..., :3]) < error(sampled[..., :3], truth[..., :3]) / 10
    assert error(found[..., 3], truth[..., 3]) < error(sampled[..., 3], truth[..., 3]) / 5
    assert found[..., 3].min() >= 0
    assert found[..., 3].max() <= 1
    assert np.array_equal(found[:5], np.zeros_like(found[:5])), "empty stays empty"
    assert np.array_equal(sampled, kept)


@pytest.mark.parametrize("simple_only", KINDS)
def test_brightness_is_kept(simple_only: bool) -> None:
    sampled = noisy(16)[..., :3]
    for factor in (0.01, 1.0, 50.0):
        found = Denoiser(simple_only).denoise(sampled * np.float32(factor), "high")
        assert found.mean() == pytest.approx(sampled.mean() * factor, rel=0.05)


@pytest.mark.parametrize("simple_only", KINDS)
def test_broken_pixels_are_healed(simple_only: bool) -> None:
    sampled = noisy(8)
    sampled[40, 36] = np.nan
    sampled[42, 36, :3] = np.inf
    sampled[44, 36, :3] = -1
    found = Denoiser(simple_only).denoise_rgba(sampled)
    assert np.isfinite(found).all()
    assert found.min() >= 0


@pytest.mark.parametrize("simple_only", KINDS)
def test_any_size_will_do(simple_only: bool) -> None:
    denoiser = Denoiser(simple_only)
    for size in ((1, 1), (3, 70), (64, 48), (64, 48), (33, 100)):
        found = denoiser.denoise(np.full((*size, 3), 0.5, np.float32))
        assert found.shape == (*size, 3)
        if min(size) > 30:
            assert found[8:-8, 8:-8] == pytest.approx(0.5, rel=0.05)
    denoiser.close()
    assert denoiser.denoise(np.full((48, 48, 3), 0.5, np.float32))[24, 24] == pytest.approx(0.5, rel=0.05)


def test_a_spark_goes_and_a_surface_stays() -> None:
    picture = np.full((40, 40, 3), 0.2, np.float32)
    picture[20, 20] = 500.0
    picture[5:15, 5:15] = 2.0
    found = without_sparks(picture)
    assert found[20, 20].max() < 1
    assert np.array_equal(found[5:15, 5:15], picture[5:15, 5:15])


def test_a_strong_edge_stays_sharp() -> None:
    picture = np.full((40, 40, 3), 0.05, np.float32)
    picture[:, 20:] = 1.0
    found = smoothed(picture)
    assert np.abs(found[:, :17] - 0.05).max() < 0.05
    assert np.abs(found[:, 23:] - 1.0).max() < 0.15


def test_large_pictures_are_filtered_the_same_band_by_band() -> None:
    rng = np.random.default_rng(1)
    tall = rng.random((1100, 24, 3)).astype(np.float32)
    half = rng.random((1100, 24)).astype(np.float32)
    # rows 480-560 lie across the border of two bands here, and within one there
    assert np.allclose(smoothed(tall)[480:560], smoothed(tall[300:800])[180:260], atol=2e-3)
    assert np.allclose(guided(half, tall[..., 0])[480:560], guided(half[300:800], tall[300:800, :, 0])[180:260])


class Broken:
    """Stands in for a device that can be opened and then fails."""

    name, opened = "broken", 0

    def __init__(self, cpu_only: bool) -> None:
        Broken.opened += 1

    def run(self, rgb: np.ndarray, quality: str) -> np.ndarray:
        raise OidnError("the driver was lost")


def test_a_device_that_fails_is_left_for_the_next_and_then_for_the_simple_filter(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(denoising, "Oidn", Broken)
    monkeypatch.setattr(denoising, "_said", set())
    Broken.opened = 0
    denoiser = Denoiser()
    assert denoiser.name == "broken"
    assert denoiser.note == ""
    with caplog.at_level(logging.WARNING):
        found = denoiser.denoise(noisy(1)[..., :3])
    assert np.array_equal(found, smoothed(noisy(1)[..., :3]))
    assert Broken.opened == 2
    assert denoiser.name == SIMPLE
    assert "the driver was lost" in denoiser.note
    assert len(caplog.records) == 1


def test_without_the_package_there_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyoidn", None)
    monkeypatch.setattr(denoising, "_said", set())
    denoiser = Denoiser()
    assert denoiser.name == SIMPLE
    assert "pyoidn is not installed" in denoiser.note
    assert error(denoiser.denoise(noisy(4)[..., :3]), scene()[..., :3]) < error(noisy(4)[..., :3], scene()[..., :3])


@needs_oidn
def test_a_missing_library_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    from pyoidn.capi import oidn_Capi

    monkeypatch.setattr(oidn_Capi, "_entrypoint", None)
    monkeypatch.setattr(oidn_Capi, "_load_error", OSError("cannot open shared object file"))
    monkeypatch.setattr(denoising, "_said", set())
    denoiser = Denoiser()
    assert denoiser.name == SIMPLE
    assert "cannot open shared object file" in denoiser.note


@needs_oidn
def test_it_is_named_with_version_and_device() -> None:
    assert Denoiser().name.startswith("Open Image Denoise 2.")
    assert Denoiser().name.endswith(")")


@needs_oidn
def test_torch_is_not_loaded_with_it_even_where_there_is_one() -> None:
    script = (
        "import sys, importlib.abc\n"
        "class Finder(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'torch': sys.exit('torch was looked for')\n"
        "sys.meta_path.insert(0, Finder())\n"
        "import render.cinematic.denoise as d\n"
        "assert 'pyoidn' not in sys.modules\n"
        "assert d.Denoiser().name.startswith('Open'), d.Denoiser().note\n"
        "assert 'torch' not in sys.modules\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


@needs_oidn
def test_a_device_with_memory_of_its_own_gives_the_same() -> None:
    from render.cinematic.oidn import Oidn

    shared, own = Oidn(cpu_only=True), Oidn(cpu_only=True)
    own._shares_memory = False  # as graphics cards have it
    for size in (96, 96, 48):
        rgb = np.ascontiguousarray(noisy(2)[:size, :, :3])
        assert np.allclose(own.run(rgb, "fast"), shared.run(rgb, "fast"), rtol=1e-3, atol=1e-4)
    own.close()
    shared.close()
