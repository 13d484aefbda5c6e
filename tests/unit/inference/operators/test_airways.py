"""The trachea is found; gas in bowel is not taken for it."""

from __future__ import annotations

import numpy as np

from inference.operators.airways import airways

SHAPE = (40, 40, 60)
K, J, X = np.indices(SHAPE)  # X: columns, to the left
RIGHT, LEFT = (((J - 18) ** 2 / 160 + (X - c) ** 2 / 110 < 1) & (K > 4) for c in (16, 44))
TRACHEA = ((J - 18) ** 2 + (X - 30) ** 2 < 9.1) & (K > 20)


def run(tube: np.ndarray, left: np.ndarray = LEFT, right: np.ndarray = RIGHT) -> np.ndarray:
    hu = np.full(SHAPE, 40, np.float32)
    hu[left | right], hu[tube] = -860, -1000
    hu[(left | right) & ~tube] = -800
    return airways(hu, tube & ~left & ~right, left, right, 3.0)


def test_the_tube_between_the_lungs_is_found() -> None:
    assert np.array_equal(run(TRACHEA), TRACHEA)


def test_its_upper_part_is_followed_where_it_was_counted_to_lung() -> None:
    swallowed = TRACHEA & (K > 33)
    hu = np.where(LEFT | RIGHT, -800, 40).astype(np.float32)
    hu[TRACHEA] = -1000
    found = airways(hu, TRACHEA & ~swallowed, LEFT, RIGHT | swallowed, 3.0)
    assert np.array_equal(found, TRACHEA)


def test_short_wide_low_and_lateral_gas_is_not_airway() -> None:
    short = TRACHEA & (K < 27)
    wide = ((J - 18) ** 2 + (X - 30) ** 2 < 120) & (K > 20) & ~LEFT & ~RIGHT
    low = ((J - 18) ** 2 + (X - 30) ** 2 < 9.1) & (K < 24)
    lateral = ((J - 36) ** 2 + (X - 54) ** 2 < 9.1) & (K > 20)
    for tube in (short, wide, low, lateral):
        assert not run(tube).any()


def test_without_lungs_nothing_is_called_airway() -> None:
    nothing = np.zeros(SHAPE, bool)
    assert not run(TRACHEA, nothing, nothing).any()


def test_a_trachea_that_was_wholly_counted_to_lung_is_found_by_its_darkness() -> None:
    hu = np.where(LEFT | RIGHT, -820, 40).astype(np.float32)
    hu[TRACHEA] = -960
    nothing = np.zeros(SHAPE, bool)
    assert np.array_equal(airways(hu, nothing, LEFT, RIGHT | TRACHEA, 3.0), TRACHEA)
    hu[LEFT | RIGHT] = -930  # emphysema: its own gas is as dark
    assert not airways(hu, nothing, LEFT, RIGHT | TRACHEA, 3.0).any()
