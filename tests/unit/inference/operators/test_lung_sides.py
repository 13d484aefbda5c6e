"""Left and right lung."""

from __future__ import annotations

import numpy as np

from inference.operators.lung_sides import split_lungs

SHAPE = (20, 40, 60)
K, J, X = np.indices(SHAPE)  # X: columns, to the left
RIGHT, LEFT = ((J - 18) ** 2 / 160 + (X - c) ** 2 / 110 < 1 for c in (17, 43))
SPINE = (J - 34) ** 2 + (X - 30) ** 2 < 25
BODY = np.ones(SHAPE, bool)


def test_the_patients_left_is_at_higher_columns() -> None:
    left, right = split_lungs(LEFT | RIGHT, SPINE, BODY)
    assert np.array_equal(left, LEFT)
    assert np.array_equal(right, RIGHT)


def test_lungs_that_touch_are_parted_where_they_are_thin() -> None:
    bridge = (abs(J - 12) < 2) & (X > 25) & (X < 36) & (K > 8) & (K < 12)
    left, right = split_lungs(LEFT | RIGHT | bridge, SPINE, BODY)
    assert np.array_equal(left | right, LEFT | RIGHT | bridge)
    assert left[LEFT].all()
    assert right[RIGHT].all()


def test_without_a_spine_the_gap_between_the_lungs_is_the_middle() -> None:
    nothing = np.zeros(SHAPE, bool)
    left, right = split_lungs(LEFT | RIGHT, nothing, BODY)
    assert np.array_equal(left, LEFT)
    assert np.array_equal(right, RIGHT)


def test_one_lung_is_named_by_its_spine_or_by_its_ribs() -> None:
    left, right = split_lungs(RIGHT, SPINE, BODY)
    assert np.array_equal(right, RIGHT)
    assert not left.any()
    ribs = (X == 5) & (K % 4 < 2) & (abs(J - 18) < 8)  # at lower columns: a right lung's outer side
    _left, right = split_lungs(RIGHT, ribs, BODY)
    assert np.array_equal(right, RIGHT)
    ribs = (X == 29) & (K % 4 < 2) & (abs(J - 18) < 8)
    left, _right = split_lungs(RIGHT, ribs, BODY)
    assert np.array_equal(left, RIGHT)


def test_no_lung_has_no_sides() -> None:
    left, right = split_lungs(np.zeros(SHAPE, bool), SPINE, BODY)
    assert not left.any()
    assert not right.any()
