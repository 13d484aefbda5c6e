"""Colours of the maps of how sure a model was."""

from __future__ import annotations

import numpy as np
import pytest

from render.doubt_overlay import DoubtStyle, map_table
from session.model_maps import MapKind, ModelMap


def alpha(kind: MapKind, opacity: float = 1.0) -> np.ndarray:
    return (map_table(kind, opacity) >> 24).astype(int)


def test_what_is_sure_or_not_known_is_clear() -> None:
    assert alpha(MapKind.UNCERTAINTY)[0] == alpha(MapKind.STRUCTURE)[0] == 0
    assert alpha(MapKind.WINNER)[255] == 0
    assert alpha(MapKind.WINNER)[0] == 0  # nobody knows
    assert alpha(MapKind.WINNER)[1] > 250  # surely wrong


def test_lack_of_probability_looks_as_doubt_does() -> None:
    doubt, winner = map_table(MapKind.UNCERTAINTY, 0.75), map_table(MapKind.WINNER, 0.75)
    np.testing.assert_array_equal(winner[1:], doubt[::-1][1:])


@pytest.mark.parametrize("opacity", [0.25, 0.75, 1.0])
def test_a_sure_structure_leaves_most_of_the_image(opacity: float) -> None:
    found = alpha(MapKind.STRUCTURE, opacity)
    assert found[255] <= 0.35 * 255 * opacity
    assert found.max() <= 0.6 * 255 * opacity
    assert found[13] > 0.3 * 255 * opacity  # 5 % are seen


def test_colours_are_premultiplied_and_all_differ() -> None:
    for kind in MapKind:
        table = map_table(kind, 1.0)
        for shift in (16, 8, 0):
            assert ((table >> shift & 255) <= (table >> 24)).all()
        assert len(np.unique(table[20:236])) > 180
        assert not table.flags.writeable


def test_another_map_of_the_same_numbers_is_another_style() -> None:
    values = np.zeros((2, 2, 2), np.uint8)
    one, other = ModelMap("probability", values), ModelMap("uncertainty", values)
    assert DoubtStyle(one, 0.5) == DoubtStyle(one, 0.5)
    assert DoubtStyle(one, 0.5) != DoubtStyle(other, 0.5)
    assert DoubtStyle(one, 0.5) != DoubtStyle(one, 0.6)
