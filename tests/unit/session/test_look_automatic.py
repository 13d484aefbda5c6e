"""Histograms, Otsu's thresholds, and functions made from them."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from session.look.automatic import from_histogram, histogram, otsu, segment_statistics, show_organ


def volume_of(values, quantity=Quantity.SIGNAL, outside=None) -> Volume:
    return Volume(Geometry(values.shape, np.eye(4)), values, quantity, outside_value=outside)


def mixture(*peaks: tuple[float, float, int]) -> np.ndarray:
    """Normal values around (mean, sd), so many of each, shuffled."""
    generator = np.random.default_rng(4)
    values = np.concatenate([generator.normal(mean, sd, count) for mean, sd, count in peaks])
    return generator.permutation(values)


def test_a_histogram_counts_all_but_padding() -> None:
    values = np.array([[[-2000, 0, 0, 5], [5, 5, 9, -2000]]], np.int16)
    found = histogram(volume_of(values, outside=-2000.0))
    assert found.counts.sum() == 6
    assert found.counts[np.abs(found.centers - 5).argmin()] == 3


def test_whole_numbers_leave_no_empty_bins_between() -> None:
    found = histogram(np.arange(-1000, 999, dtype=np.int16), bins=512)
    assert len(found.counts) <= 512
    assert (found.counts[:-1] == found.counts[0]).all()


def test_values_that_are_not_finite_do_not_count() -> None:
    assert histogram(np.array([0.0, 1.0, np.nan, np.inf])).counts.sum() == 2


@pytest.mark.parametrize("values", [np.zeros(0), np.full(9, 3.5), np.full(9, 3, np.uint8), np.full(2, np.nan)])
def test_an_image_of_nothing_or_one_value_has_a_histogram(values) -> None:
    found = histogram(values)
    assert len(found.counts) == 1
    assert found.edges[1] > found.edges[0]


def test_large_images_are_sampled_across_all_columns(monkeypatch) -> None:
    monkeypatch.setattr("session.look.automatic.MOST_SAMPLES", 1000)
    values = np.broadcast_to(np.arange(64, dtype=np.int16), (64, 64, 64)).copy()
    found = histogram(values, bins=64)
    assert len(found.counts) == 64
    assert found.counts.sum() <= 64**3 // 60
    assert found.counts.min() > 0.8 * found.counts.max()
    turned = histogram(np.asfortranarray(values), bins=64)
    assert len(turned.counts) == 64


def test_otsu_parts_a_mixture_between_its_peaks() -> None:
    found = histogram(mixture((0, 3, 6000), (60, 5, 3000), (120, 5, 2000), (200, 6, 1000)))
    one, two, three = otsu(found, 3)
    assert 10 < one < 45 < 75 < two < 105 < 135 < three < 182


def test_otsu_needs_values_that_differ() -> None:
    with pytest.raises(UserError, match="alike"):
        otsu(histogram(np.full(100, 7.0)), 2)


def test_the_background_goes_and_brighter_classes_are_firmer() -> None:
    function = from_histogram(mixture((0, 3, 9000), (100, 6, 3000), (180, 6, 2000), (260, 6, 1000)))
    opacity = function.opacity_at([0, 100, 180, 260])
    assert opacity[0] == 0
    assert 0 < opacity[1] < opacity[2] < opacity[3]
    bright = function.color_at([100, 260]).sum(axis=1)
    assert bright[1] > bright[0]


def test_ct_keeps_air_and_lung_clear() -> None:
    values = mixture((-1000, 10, 9000), (-850, 40, 3000), (-100, 12, 3000), (50, 12, 4000), (500, 120, 900))
    function = from_histogram(volume_of(values.reshape(10, 199, 10).astype(np.int16), Quantity.HU))
    air, lung, fat, muscle, bone = function.opacity_at([-1000, -850, -100, 50, 600])
    assert air == lung == 0
    assert fat < muscle < bone
    assert bone >= 0.9


def test_statistics_are_those_under_the_mask() -> None:
    values = np.arange(1000, dtype=np.int16).reshape(10, 10, 10)
    mask = (values >= 100) & (values <= 200)
    found = segment_statistics(volume_of(values, outside=150.0), mask)
    assert (found.count, found.mean, found.p50) == (101, 150.0, 150.0)
    assert found.sd == pytest.approx(np.delete(values[mask], 50).std())
    with pytest.raises(UserError, match="no voxels"):
        segment_statistics(volume_of(values), np.zeros_like(mask))


def test_an_organ_is_opaque_within_two_deviations_and_clear_beyond_three() -> None:
    values = mixture((60, 10, 8000)).reshape(20, 20, 20)
    function = show_organ(segment_statistics(volume_of(values), np.ones(values.shape, bool)), (200, 100, 0))
    np.testing.assert_allclose(function.opacity_at([28, 45, 60, 75, 92]), [0, 0.9, 0.9, 0.9, 0], atol=0.05)
    red, green, blue = function.color_at(80)
    assert (red, green, blue) == pytest.approx((200 / 255, 100 / 255, 0), abs=0.02)


def test_outliers_do_not_widen_an_organ() -> None:
    values = mixture((60, 10, 7800), (-900, 20, 200)).reshape(20, 20, 20)
    function = show_organ(segment_statistics(volume_of(values), np.ones(values.shape, bool)), (200, 100, 0))
    assert function.opacity_at(60) == pytest.approx(0.9)
    assert function.opacity_at([0, 120]).max() == 0


def test_an_organ_of_one_value_is_shown() -> None:
    values = np.full((3, 3, 3), 40, np.int16)
    function = show_organ(segment_statistics(volume_of(values), np.ones(values.shape, bool)), (9, 9, 9))
    assert function.opacity_at(40) == pytest.approx(0.9)
