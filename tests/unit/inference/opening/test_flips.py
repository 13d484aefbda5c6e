from __future__ import annotations

import pytest

from inference.engine.recipe import Orient, Permute, Respace
from inference.model import ModelLabel
from inference.opening.flips import mirror_axes


def labels(*names: str) -> list[ModelLabel]:
    return [ModelLabel(n, name) for n, name in enumerate(names, 1)]


def test_without_sides_all_axes_may_be_flipped() -> None:
    assert mirror_axes([Orient("RAS")], labels("liver", "spleen")) == (0, 1, 2)
    assert mirror_axes([], labels("liver")) == (0, 1, 2)


@pytest.mark.parametrize(
    "name",
    [
        "Left lung",
        "lung_upper_lobe_left",
        "right-kidney",
        "Kidney (left)",
        "KidneyRight",
        "leftKidney",
        "rib L",
        "Femur_R",
        "lh",
        "Hippocampus/right",
        "kidney,left",
    ],
)
def test_labels_with_sides_are_not_flipped_from_left_to_right(name: str) -> None:
    assert mirror_axes([Orient("RAS"), Respace((1, 1, 1))], labels("liver", name)) == (1, 2)
    assert mirror_axes([Orient("LPS")], labels(name)) == (1, 2)
    assert mirror_axes([Orient("SAL")], labels(name)) == (0, 1)
    assert mirror_axes([Orient("PIR"), Orient("ARS")], labels(name)) == (0, 2)  # the last turn holds


@pytest.mark.parametrize("name", ["bright", "cleft palate", "lr2", "colon", "upright", "Rectum", "Lung"])
def test_words_that_only_look_like_sides_are_none(name: str) -> None:
    assert mirror_axes([Orient("RAS")], labels(name)) == (0, 1, 2)


def test_where_nobody_knows_which_axis_is_which_nothing_sided_is_flipped() -> None:
    assert mirror_axes([], labels("left lung")) == ()


def test_axes_that_change_places_afterwards_are_followed() -> None:
    assert mirror_axes([Orient("RAS"), Permute((2, 1, 0))], labels("left lung")) == (0, 1)
