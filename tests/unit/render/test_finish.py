"""The finished picture: what is behind stays exact, edges have no fringes, stills are true."""

from __future__ import annotations

import numpy as np
import pytest

from render.cinematic.convergence import is_converged, relative_noise
from render.cinematic.denoise import Denoiser
from render.cinematic.finish import cleaned, denoised_share, gradient, over, transparent
from render.cinematic.scene import LinearPicture
from render.cinematic.tone import tone
from session.look.lighting import Background

RNG = np.random.default_rng(7)
COLOR = np.array([0.6, 0.3, 0.2], np.float32)


def disc(size: int = 64) -> np.ndarray:
    """A disc of one colour with soft edges, premultiplied."""
    y, x = np.indices((size, size)) - size / 2
    alpha = np.clip((size / 3 - np.hypot(y, x)) / 3, 0, 1)[..., None]
    return np.concatenate([COLOR * alpha, alpha], axis=2).astype(np.float32)


def test_where_nothing_is_the_background_is_exact() -> None:
    behind = RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    rgba = disc()
    shown = over(rgba, 1.0, behind)
    assert shown.dtype == np.uint8
    is_empty = rgba[..., 3] == 0
    assert np.array_equal(shown[is_empty], behind[is_empty])
    assert not np.array_equal(shown[32, 32], behind[32, 32])


def test_denoising_leaves_the_background_exact_too() -> None:
    behind = RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    shown = over(cleaned(LinearPicture(disc(), 4), Denoiser(simple_only=True)), 1.0, behind)
    assert np.array_equal(shown[:4], behind[:4])


def test_what_is_covered_fully_hides_the_background() -> None:
    rgba = disc()
    black, white = (over(rgba, 1.0, np.full((64, 64, 3), code, np.uint8)) for code in (0, 255))
    assert np.array_equal(black[32, 32], white[32, 32])
    assert np.abs(black[32, 32] / 255 - tone(COLOR)).max() < 1 / 255


def test_edges_lie_between_the_colour_and_the_background() -> None:
    rgba = disc()
    is_edge = (rgba[..., 3] > 0.05) & (rgba[..., 3] < 0.95)
    shown = over(rgba, 1.0, np.full((64, 64, 3), 255, np.uint8))[is_edge] / 255
    assert is_edge.any()
    assert (shown >= tone(COLOR) - 0.01).all()


def test_the_looks_background_runs_from_top_to_bottom() -> None:
    shown = gradient(Background(top=(1.0, 0.0, 0.0), bottom=(0.0, 0.0, 1.0)), (8, 256))
    assert shown.shape == (256, 8, 3)
    assert np.array_equal(over(np.zeros((256, 8, 4), np.float32), 1.0, shown), shown)
    assert shown[0, 0].tolist() == [255, 0, 0]
    assert shown[-1, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_transparent_pictures_have_straight_colours_without_fringes(dtype: type) -> None:
    rgba = disc()
    shown = transparent(rgba, 1.0, dtype)
    white = np.iinfo(dtype).max
    assert shown.dtype == dtype
    assert np.abs(shown[..., 3] / white - rgba[..., 3]).max() < 1 / 255
    near = np.zeros((64, 64), bool)
    rows, columns = np.nonzero(rgba[..., 3])
    for dy, dx in ((-4, 0), (4, 0), (0, -4), (0, 4)):
        near[rows + dy, columns + dx] = True
    assert (near & (rgba[..., 3] == 0)).any()
    assert np.abs(shown[near][:, :3] / white - tone(COLOR)).max() < 1.5 / 255
    assert shown[0, 0].tolist() == [0, 0, 0, 0]


def test_broken_pixels_do_not_reach_the_picture() -> None:
    rgba = disc()
    rgba[32, 32] = np.nan
    rgba[0, 0] = np.nan
    rgba[31, 31, :3] = np.inf
    behind = np.full((64, 64, 3), 99, np.uint8)
    assert over(rgba, 1.0, behind)[0, 0].tolist() == [99, 99, 99]
    assert transparent(rgba, 1.0)[0, 0, 3] == 0


def test_large_pictures_are_the_same_band_by_band() -> None:
    tall = np.tile(disc(), (9, 1, 1))
    behind = np.full((*tall.shape[:2], 3), 40, np.uint8)
    whole = over(tall, 1.0, behind)
    assert np.array_equal(whole, np.tile(over(disc(), 1.0, behind[:64]), (9, 1, 1)))
    for shift in (9, 55):  # the border of two bands, row 256, runs along the upper, then the lower edge of a disc
        cut = transparent(np.roll(tall, -shift, axis=0), 1.0)
        assert np.array_equal(cut[224:288], cut[160:224])


def test_the_more_samples_the_less_is_denoised() -> None:
    noisy = disc() * RNG.exponential(1, (64, 64, 1)).astype(np.float32)
    noisy[..., 3] = disc()[..., 3]
    denoiser = Denoiser(simple_only=True)
    changes = [np.abs(cleaned(LinearPicture(noisy, n), denoiser) - noisy).mean() for n in (1, 128, 1024)]
    assert changes[0] > 1.9 * changes[1] > 1.9 * 4 * changes[2] > 0
    assert denoised_share(128) == 0.5
    assert cleaned(LinearPicture(noisy, 4), None) is noisy


def test_noise_is_the_relative_difference_of_the_halves() -> None:
    truth = disc()
    halves = []
    for _ in range(2):
        half = truth.copy()
        half[..., :3] *= RNG.normal(1, 0.1, (64, 64, 1)).astype(np.float32)
        halves.append(half)
    assert relative_noise(*halves) == pytest.approx(0.1 * np.sqrt(2) * np.sqrt(2 / np.pi), rel=0.1)
    assert relative_noise(truth, truth) == 0
    assert relative_noise(*(10 * half for half in halves)) == pytest.approx(relative_noise(*halves))
    assert relative_noise(np.zeros_like(truth), np.zeros_like(truth)) == 0


def test_finished_is_what_has_little_noise_or_samples_enough() -> None:
    rgba = disc()
    assert not is_converged(LinearPicture(rgba, 0, 0.0))
    assert not is_converged(LinearPicture(rgba, 1))
    assert not is_converged(LinearPicture(rgba, 255, 0.006))
    assert is_converged(LinearPicture(rgba, 16, 0.004))
    assert is_converged(LinearPicture(rgba, 256, 0.3))
