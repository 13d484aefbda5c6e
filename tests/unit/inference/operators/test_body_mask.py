"""The patient without the table."""

from __future__ import annotations

import numpy as np

from inference.operators.body_mask import body_mask

STEP_MM = 3.0
SHAPE = (20, 60, 80)
K, J, X = np.indices(SHAPE)  # X: columns, to the left
TRUNK = (J - 28) ** 2 / 20**2 + (X - 40) ** 2 / 25**2 < 1
NOTHING = np.zeros(SHAPE, bool)


def run(hu: np.ndarray, lung: np.ndarray = NOTHING, enclosed: np.ndarray = NOTHING) -> np.ndarray:
    outside = (hu < -400) & ~lung & ~enclosed
    return body_mask(hu.astype(np.float32), np.ones(SHAPE, bool), lung, outside, enclosed, STEP_MM)


def test_the_table_is_left_out() -> None:
    hu = np.where(TRUNK, 40, -1000)
    hu[:, 50:52, 5:75] = 200
    assert np.array_equal(run(hu), TRUNK)


def test_lung_and_enclosed_gas_are_in() -> None:
    lung, bowel = (J - 25) ** 2 + (X - 30) ** 2 < 64, (J - 30) ** 2 + (X - 52) ** 2 < 36
    hu = np.where(TRUNK, 40, -1000)
    hu[lung], hu[bowel] = -850, -1000
    assert np.array_equal(run(hu, lung, bowel), TRUNK)


def test_arms_beside_the_trunk_are_in() -> None:
    arm = (J - 30) ** 2 + (X - 73) ** 2 < 30
    hu = np.where(TRUNK | arm, 40, -1000)
    found = run(hu)
    assert found[arm].mean() > 0.95
    assert found[TRUNK].all()


def test_gas_that_a_cut_opens_stays_in() -> None:
    tube = ((J - 28) ** 2 + (X - 66) ** 2 < 16) & (K > 3)
    hu = np.where(TRUNK, 40, -1000)[:, :, :64]
    hu[:, 24:33, 60:64] = -1000
    gas = (hu < -400) & TRUNK[:, :, :64]
    outside = (hu < -400) & ~gas
    known = np.ones(hu.shape, bool)
    found = body_mask(hu.astype(np.float32), known, np.zeros(hu.shape, bool), outside, gas, STEP_MM)
    assert found[gas].mean() > 0.9
    assert tube.any()


def test_an_empty_room_has_no_body() -> None:
    assert not run(np.full(SHAPE, -1000)).any()


def test_the_rooms_air_that_reaches_down_an_open_throat_is_in() -> None:
    throat = ((J - 28) ** 2 + (X - 40) ** 2 < 10) & (K > 3)
    mouth = (K > 16) & (J < 29) & (abs(X - 40) < 4)
    hu = np.where(TRUNK & ~throat & ~mouth, 40, -1000)
    found = run(hu)
    assert found[throat & (K < 17)].all()
    assert not found[mouth & (J < 20)].any()
