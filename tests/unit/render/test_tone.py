"""The curve has an inverse, and exposure finds what is bright."""

from __future__ import annotations

import numpy as np
import pytest

from render.cinematic.tone import (
    TARGET,
    WHITE,
    decoded,
    encoded,
    exposure_factor,
    metered,
    nearing,
    tone,
    untone,
)
from session.look.lighting import Exposure

RNG = np.random.default_rng(5)


def grey(level: float) -> float:
    return float(tone([level] * 3)[0])


def picture(light: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """A grey one, premultiplied."""
    return np.stack([light * alpha] * 3 + [np.full_like(light, alpha)], axis=-1).astype(np.float32)


def test_display_values_come_back_from_linear_light() -> None:
    display = RNG.random((500, 3)).astype(np.float32)
    display[:3] = [[0, 0, 0], [1, 1, 1], [1, 0, 0.5]]
    assert np.abs(tone(untone(display)) - display).max() < 1 / 1024


def test_linear_light_comes_back_from_display_values() -> None:
    light = np.exp(RNG.uniform(np.log(1e-3), np.log(WHITE), (500, 3))).astype(np.float32)
    assert np.allclose(untone(tone(light)), light, rtol=5e-3, atol=1e-5)


def test_every_eight_bit_colour_survives_the_way_to_light_and_back() -> None:
    codes = RNG.integers(0, 256, (5000, 3))
    assert np.array_equal((tone(untone(codes / 255)) * 255 + 0.5).astype(int), codes)


def test_more_light_is_brighter_up_to_white_and_nothing_is_brighter_than_that() -> None:
    levels = np.geomspace(1e-4, WHITE, 300)
    shown = tone(np.repeat(levels[:, None], 3, axis=1))[:, 0]
    assert (np.diff(shown) > 0).all()
    assert shown[-1] == pytest.approx(1.0, abs=1e-5)
    assert grey(1000 * WHITE) == pytest.approx(1.0, abs=1e-5)
    assert grey(0) == 0


def test_middle_grey_stays_where_it_is() -> None:
    assert decoded(tone([0.18] * 3))[0] == pytest.approx(0.18, rel=1e-3)


def test_hues_stay_and_bright_colours_fade_instead_of_glowing() -> None:
    color = np.array([0.8, 0.3, 0.1])
    shares = []
    for light in (0.1, 1.0, 6.0):
        shown = decoded(tone(color * light))
        hue = (shown[1] - shown[2]) / (shown[0] - shown[2])
        assert hue == pytest.approx((0.3 - 0.1) / (0.8 - 0.1), rel=1e-3)
        shares.append(shown[2] / shown[0])
    assert shares[0] == pytest.approx(0.1 / 0.8, rel=1e-3)
    assert shares[0] < shares[1] < shares[2]


def test_what_is_no_number_is_black_and_what_is_infinite_is_white() -> None:
    assert np.array_equal(tone([np.nan] * 3), np.zeros(3))
    assert tone([np.inf] * 3) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(tone([-1.0, -2.0, -0.5]), np.zeros(3))


def test_the_encoding_is_srgb() -> None:
    assert encoded([0.0, 0.0021, 0.2140411, 1.0]) == pytest.approx([0.0, 0.0021 * 12.92, 0.5, 1.0], abs=1e-4)
    values = np.linspace(0, 1, 1000)
    assert np.abs(decoded(encoded(values)) - values).max() < 1e-5


@pytest.mark.parametrize("brightness", [1e-3, 1.0, 300.0])
@pytest.mark.parametrize("alpha", [1.0, 0.1])
def test_exposure_brings_what_is_bright_to_its_level(brightness: float, alpha: float) -> None:
    light = np.linspace(0, brightness, 10_000).reshape(100, 100)
    factor = metered(picture(light, alpha))
    assert grey(factor * 0.98 * brightness) == pytest.approx(TARGET, abs=0.005)


def test_sparks_do_not_make_a_picture_dark() -> None:
    rgba = picture(np.linspace(0.2, 1, 10_000).reshape(100, 100))
    usual = metered(rgba)
    places = RNG.permutation(10_000)[:100]
    rgba.reshape(-1, 4)[places[:50], :3] = 1e5
    rgba.reshape(-1, 4)[places[50:75], :3] = np.nan
    rgba.reshape(-1, 4)[places[75:], :3] = np.inf
    assert metered(rgba) == pytest.approx(usual, rel=0.02)


def test_the_empty_part_of_a_picture_does_not_count() -> None:
    rgba = np.zeros((100, 100, 4), np.float32)
    rgba[:10, :10] = picture(np.full((10, 10), 0.5))
    assert grey(metered(rgba) * 0.5) == pytest.approx(TARGET, abs=0.005)


def test_a_picture_of_nothing_is_left_alone() -> None:
    assert metered(np.zeros((8, 8, 4), np.float32)) == 1.0
    assert metered(np.full((8, 8, 4), np.nan, np.float32)) == 1.0
    assert metered(picture(np.zeros((8, 8)))) == 1.0


def test_stops_come_on_top_or_stand_alone() -> None:
    assert exposure_factor(Exposure(stops=1.0), 3.0) == 6.0
    assert exposure_factor(Exposure(is_automatic=False, stops=-1.0), 3.0) == 0.5


def test_exposure_moves_evenly_in_stops() -> None:
    assert nearing(1.0, 16.0, 0.5) == pytest.approx(4.0)
    assert nearing(1.0, 16.0, 0.0) == 1.0
    assert nearing(1.0, 16.0, 2.0) == 16.0
