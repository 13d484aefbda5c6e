"""The smoothed share of what is solid, against a plain separable Gaussian."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from render.cinematic.occupancy import gaussian_weights, occupancy_of, smoothing_sigmas
from render.cinematic.scene import CUT, ClassMap

pytestmark = pytest.mark.slow  # compiles

Spacing = tuple[float, float, float]


def occupancy(classes: NDArray[np.uint8], solid: list[bool], spacing: Spacing) -> NDArray[np.uint8]:
    class_map = ClassMap(classes, tuple(range(1, len(solid))), np.zeros(len(solid)))
    return occupancy_of(class_map, np.array(solid), spacing)


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [
        ((7, 9, 11), (0.8, 0.8, 1.0)),
        ((1, 5, 6), (0.5, 0.6, 3.0)),
        ((40, 6, 1), (1.0, 1.0, 1.0)),
        ((33, 5, 5), (1.0, 1.0, 0.4)),
    ],
)
def test_it_is_a_gaussian_mean(shape: tuple[int, int, int], spacing: Spacing) -> None:
    classes = np.random.default_rng(0).integers(0, 4, shape, np.uint8)
    classes[0, 0, 0] = CUT
    expected = np.isin(classes, (1, 3)).astype(float)
    for axis, sigma in zip((2, 1, 0), smoothing_sigmas(spacing), strict=True):
        weights = gaussian_weights(sigma).astype(float)
        expected = ndimage.correlate1d(expected, weights, axis=axis, mode="constant")
    found = occupancy(classes, [False, True, False, True], spacing)
    assert np.abs(found - 255 * expected).max() < 0.51


def test_a_border_between_two_solid_classes_is_no_border() -> None:
    classes = np.ones((20, 20, 20), np.uint8)
    classes[:, :, 10:] = 2
    assert (occupancy(classes, [False, True, True], (1.0, 1.0, 1.0))[5:-5, 5:-5, 5:-5] == 255).all()
    half = occupancy(classes, [False, True, False], (1.0, 1.0, 1.0))[10, 10]
    assert half[5] == 255
    assert half[14] == 0
    assert (np.diff(half[5:15].astype(int)) <= 0).all()
    assert half[9] + half[10] == pytest.approx(255, abs=1)


def test_nothing_solid_and_what_is_cut_away() -> None:
    cut = np.full((3, 4, 5), CUT, np.uint8)
    assert not occupancy(cut, [True, True], (1.0, 1.0, 1.0)).any()
    assert not occupancy(np.zeros((3, 4, 5), np.uint8), [False], (1.0, 1.0, 1.0)).any()


def test_it_is_as_wide_in_millimetres_in_all_directions_but_never_blurs_thin_pixels() -> None:
    assert smoothing_sigmas((0.5, 0.5, 1.0)) == pytest.approx((2.0, 2.0, 1.0))
    assert smoothing_sigmas((0.5, 0.5, 5.0)) == pytest.approx((2.0, 2.0, 0.2))
    assert gaussian_weights(0.2).tolist() == pytest.approx([0, 1, 0], abs=1e-4)
    assert gaussian_weights(1.0).sum() == pytest.approx(1)
