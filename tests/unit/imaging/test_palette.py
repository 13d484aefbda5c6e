"""The palette as colour-blind eyes see it: simulated after Machado et al. 2009, differences in CIELAB (CIE76)."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from imaging.palette import PALETTE, next_color
from imaging.segment import Color, Segment
from imaging.terminology import lookup

EYES = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def lab(color: Color, eye: str) -> NDArray[np.float64]:
    srgb = np.array(color) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(EYES[eye] @ linear, 0, 1) / WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: Color, other: Color) -> float:
    """CIE76 difference for the eyes that see it worst."""
    return min(float(np.linalg.norm(lab(one, eye) - lab(other, eye))) for eye in EYES)


def test_the_simulation_itself_confuses_red_and_green() -> None:
    assert np.linalg.norm(lab((200, 0, 0), "normal") - lab((0, 120, 0), "normal")) > 100
    assert difference((170, 90, 0), (110, 120, 0)) < 12


def test_the_first_eight_are_far_apart_for_all_eyes() -> None:
    assert min(difference(a, b) for a, b in combinations(PALETTE[:8], 2)) >= 35


def test_all_are_apart_for_all_eyes() -> None:
    assert min(difference(a, b) for a, b in combinations(PALETTE, 2)) >= 15


def test_they_stand_out_from_a_grey_image() -> None:
    for color in PALETTE:
        lightness, a, b = lab(color, "normal")
        assert lightness > 40
        assert np.hypot(a, b) > 25


def test_new_segments_take_the_least_used_colour() -> None:
    assert Segment(1, "a").color == PALETTE[0] == next_color([])
    assert next_color(PALETTE[:3]) == PALETTE[3]
    assert next_color([PALETTE[1], (1, 2, 3)]) == PALETTE[0]
    assert next_color([*PALETTE, PALETTE[0]]) == PALETTE[1]


def test_neighbouring_terms_differ_for_all_eyes() -> None:
    """Neighbours touch in the picture; the two sides and far ribs do not."""
    levels = [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)]
    names = [[f"vertebrae_{level}" for level in levels]]
    names += [[f"rib_{side}_{n}" for n in range(1, 13)] for side in ("left", "right")]
    names += [["heart_myocardium", "heart_ventricle_left"], ["heart_ventricle_left", "heart_ventricle_right"]]
    names += [["lung_upper_lobe_left", "lung_lower_lobe_left"], ["lung_upper_lobe_right", "lung_middle_lobe_right"]]
    names += [["lung_middle_lobe_right", "lung_lower_lobe_right"], ["aorta", "inferior_vena_cava"]]
    for row in names:
        for one, other in pairwise(row):
            first, second = lookup(one), lookup(other)
            assert first is not None
            assert second is not None
            assert difference(first.color, second.color) >= 12, (one, other)
