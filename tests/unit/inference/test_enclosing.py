"""Which structures of a result contain others: decided by counting voxels, not by the layer that they stand on."""

from __future__ import annotations

import numpy as np
import pytest

import inference.enclosing
from imaging.blocks import Labels
from inference.enclosing import enclosing
from inference.result import check_layers

SHAPE = (8, 10, 12)
INNER, OUTER = 3, 300


def box(value: int, k: slice, j: slice, i: slice) -> Labels:
    layer = np.zeros(SHAPE, np.uint16 if value > 255 else np.uint8)
    layer[k, j, i] = value
    return layer


def found(*layers: Labels) -> frozenset[int]:
    counts = [{int(v): int((layer == v).sum()) for v in np.unique(layer) if v} for layer in layers]
    return enclosing(layers, counts)


ALL = slice(None)
WHOLE = box(OUTER, slice(1, 7), slice(1, 9), slice(1, 11))  # 6 x 8 x 10
INSIDE = box(INNER, slice(2, 4), slice(2, 7), slice(2, 10))  # 2 x 5 x 8, all of it in WHOLE


@pytest.mark.parametrize("layers", [(INSIDE, WHOLE), (WHOLE, INSIDE)])
def test_what_holds_all_of_another_encloses_it_on_whatever_layer_it_stands(layers: tuple[Labels, ...]) -> None:
    assert found(*layers) == {OUTER}


def test_nearly_all_is_enough_and_less_is_not() -> None:
    """Networks are not exact to the voxel where two structures end together."""
    nearly, less = INSIDE.copy(), INSIDE.copy()
    nearly[0, 0, :4] = INNER  # 4 of 84 outside
    less[0, 0, :5] = INNER  # 5 of 85
    assert found(nearly, WHOLE) == {OUTER}
    assert found(less, WHOLE) == frozenset()


@pytest.mark.parametrize(
    "other",
    [
        box(INNER, slice(4, 8), slice(1, 9), slice(1, 11)),  # shares half of itself
        box(INNER, slice(6, 8), slice(8, 10), slice(10, 12)),  # shares a corner
        box(INNER, slice(7, 8), ALL, ALL),  # shares nothing
        np.where(WHOLE != 0, np.uint8(INNER), np.uint8(0)),  # is the same
        box(INNER, slice(1, 7), slice(1, 9), slice(1, 11)) - box(INNER, slice(1, 2), slice(1, 3), slice(1, 11)),
    ],
    ids=["half", "corner", "nothing", "the same", "nearly the same"],
)
def test_what_only_meets_another_or_is_the_same_encloses_nothing(other: Labels) -> None:
    assert found(other, WHOLE) == found(WHOLE, other) == frozenset()


def test_of_three_in_each_other_the_outer_two_enclose() -> None:
    core, middle, whole = INSIDE, box(4, slice(2, 6), slice(2, 7), slice(1, 11)), WHOLE
    assert found(core, middle, whole) == {4, OUTER}


def test_each_structure_of_a_layer_is_judged_for_itself() -> None:
    """Layers hold what does not touch: one of them may be around something, its neighbour may only meet something."""
    first, second = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    second[:4, :, :6], second[:4, :, 6:] = 1, 2
    first[1, 1, 1:3] = 3  # in 1
    first[3:6, 2:4, 8:10] = 4  # a third of it in 2
    assert found(first, second) == {1}


def test_slabs_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    layers = [rng.integers(0, 4, SHAPE).astype(np.uint8), rng.integers(0, 3, SHAPE).astype(np.uint8) + 10]
    layers[1][layers[1] == 10] = 0
    layers[1][layers[0] == 2] = 11
    whole = found(*layers)
    assert whole == {11}
    monkeypatch.setattr(inference.enclosing, "COUNTED_AT_ONCE", 7)
    assert found(*layers) == whole


def test_no_layers_and_one_layer() -> None:
    assert found() == found(WHOLE) == frozenset()


def test_it_is_noted_with_the_structures_that_were_found() -> None:
    declared = [(OUTER, "Whole", ""), (INNER, "Inner", ""), (7, "Beside", "")]
    beside = np.where(WHOLE == 0, np.uint16(7), WHOLE)  # on the same layer as what encloses
    labels = check_layers([INSIDE, beside], SHAPE, declared, dict.fromkeys((OUTER, INNER, 7), True))
    assert {label.name: label.encloses for label in labels} == {"Whole": True, "Inner": False, "Beside": False}
