"""The head phantom: its sides, its volumes, and that CT and MR show what the labels say."""

from __future__ import annotations

import json

import numpy as np
import pytest

from imaging.phantom.head import HeadPhantom, head_parameters, make_head
from imaging.phantom.labels import HEAD_GROUPS, HEAD_NAMES
from imaging.volume import Quantity

SCALE = 0.5


@pytest.fixture(scope="module")
def head() -> HeadPhantom:
    return make_head(scale=SCALE, has_marker=True)


def _median(head: HeadPhantom, name: str) -> tuple[float, float]:
    mask = head.ct.mask(name)
    return float(np.median(head.ct.volume.voxels[mask])), float(np.median(head.mr.volume.voxels[mask]))


def _volume_ml(head: HeadPhantom, name: str) -> float:
    return float(head.ct.mask(name).sum() * np.prod(head.ct.volume.geometry.spacing_mm) / 1000)


def _middle_mm(head: HeadPhantom, name: str) -> np.ndarray:
    k, j, i = np.argwhere(head.ct.mask(name)).mean(axis=0)
    return np.asarray(head.ct.volume.geometry.to_world((i, j, k)))


def test_both_images_lie_on_one_grid_about_a_millimetre_fine(head: HeadPhantom) -> None:
    assert head.ct.volume.geometry == head.mr.volume.geometry
    assert (head.ct.volume.quantity, head.mr.volume.quantity) == (Quantity.HU, Quantity.SIGNAL)
    assert head.ct.truth is head.mr.truth
    assert max(head_parameters()["grid"]["spacing_mm"]) <= 1.0


def test_the_same_parameters_give_the_same_head(head: HeadPhantom) -> None:
    again = make_head(scale=SCALE, has_marker=True)
    np.testing.assert_array_equal(again.ct.volume.voxels, head.ct.volume.voxels)
    np.testing.assert_array_equal(again.mr.volume.voxels, head.mr.volume.voxels)


def test_another_seed_folds_another_brain(head: HeadPhantom) -> None:
    other = make_head({**head_parameters(), "seed": 3}, SCALE)
    cortex, others = head.ct.mask("cortex"), other.ct.mask("cortex")
    assert (cortex & others).sum() < 0.9 * cortex.sum()


def test_every_structure_has_voxels(head: HeadPhantom) -> None:
    present = set(np.unique(head.ct.truth))
    assert {name for name, number in HEAD_NAMES.items() if number not in present} == set()
    assert {name for names in HEAD_GROUPS.values() for name in names} <= set(HEAD_NAMES)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("brain", 950, 1500), ("cortex", 380, 750), ("cerebellum", 90, 170), ("ventricles", 10, 40),
        ("cerebrospinal_fluid", 120, 420), ("skull", 350, 750), ("mandible", 30, 90), ("eyes", 12, 22),
        ("teeth_upper", 8, 18), ("eye_lens_left", 0.1, 0.4), ("body", 3000, 5500),
    ],
)  # fmt: skip
def test_volumes_are_a_grown_up_persons(head: HeadPhantom, name: str, low: float, high: float) -> None:
    assert low < _volume_ml(head, name) < high


@pytest.mark.parametrize(
    ("name", "hu", "signal"),
    [
        ("skull", (250, 1500), (0, 450)), ("mandible", (250, 1500), (0, 500)), ("teeth_upper", (1200, 2600), (0, 60)),
        ("grey_matter_left", (20, 60), (400, 620)), ("white_matter", (15, 45), (620, 820)),
        ("ventricles", (0, 25), (90, 330)), ("subcutaneous_fat", (-110, -50), (700, 1000)),
        ("muscle", (35, 75), (330, 480)),
        ("airway", (-1024, -850), (0, 80)), ("eye_left", (0, 45), (60, 220)),
    ],
)  # fmt: skip
def test_ct_and_mr_show_what_the_labels_say(
    head: HeadPhantom, name: str, hu: tuple[float, float], signal: tuple[float, float]
) -> None:
    in_ct, in_mr = _median(head, name)
    assert hu[0] < in_ct < hu[1]
    assert signal[0] < in_mr < signal[1]


def test_air_lies_around_the_body(head: HeadPhantom) -> None:
    assert np.median(head.ct.volume.voxels[head.ct.truth == 0]) == pytest.approx(-1000, abs=5)
    assert np.median(head.mr.volume.voxels[head.ct.truth == 0]) < 30


def test_the_marker_sticks_to_the_left_cheek(head: HeadPhantom) -> None:
    assert _middle_mm(head, "marker_left")[0] > 60
    assert not (make_head(scale=0.25).ct.truth == HEAD_NAMES["marker_left"]).any()


@pytest.mark.parametrize("name", ["eye", "zygomatic", "eye_lens", "optic_nerve", "grey_matter", "parotid_gland"])
def test_left_and_right_are_where_lps_has_them(head: HeadPhantom, name: str) -> None:
    left, right = _middle_mm(head, f"{name}_left"), _middle_mm(head, f"{name}_right")
    assert left[0] > 5
    np.testing.assert_allclose(right, left * [-1, 1, 1], atol=2.5)
    assert _volume_ml(head, f"{name}_left") == pytest.approx(_volume_ml(head, f"{name}_right"), rel=0.25)


def test_front_and_top_are_where_lps_has_them(head: HeadPhantom) -> None:
    assert _middle_mm(head, "nasal_bones")[1] < _middle_mm(head, "cerebellum")[1] - 80
    assert _middle_mm(head, "cortex")[2] > _middle_mm(head, "teeth_lower")[2] + 60
    heights = [_middle_mm(head, f"vertebrae_C{n}")[2] for n in range(1, 6)]
    assert heights == sorted(heights, reverse=True)


def test_the_brain_is_in_the_skull_and_the_skull_in_the_skin(head: HeadPhantom) -> None:
    from scipy import ndimage

    air = head.ct.truth == 0
    assert not (ndimage.binary_dilation(air) & head.ct.mask("brain")).any()
    closed = ndimage.binary_closing(head.ct.mask("skull"), iterations=3)
    middle = closed[int(0.75 * closed.shape[0])]  # through the vault
    assert ndimage.binary_fill_holes(middle).sum() > 2 * middle.sum()


def test_parameters_are_plain_json() -> None:
    assert json.loads(json.dumps(head_parameters())) == head_parameters()
