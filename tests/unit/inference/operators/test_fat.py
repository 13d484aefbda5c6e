"""Fat outside and inside the body wall."""

from __future__ import annotations

import numpy as np

from inference.operators.fat import fat_compartments

STEP_MM = 3.0
SHAPE = (14, 90, 120)
K, J, X = np.indices(SHAPE)  # X: columns, to the left
NOTHING = np.zeros(SHAPE, bool)


def ellipse(a: float, b: float) -> np.ndarray:
    return np.asarray((J - 45) ** 2 / b**2 + (X - 60) ** 2 / a**2 < 1)


BODY, MUSCLE, CAVITY = ellipse(50, 34), ellipse(42, 27), ellipse(38, 23)


def trunk() -> np.ndarray:
    hu = np.full(SHAPE, -1000, np.float32)
    hu[BODY], hu[MUSCLE], hu[CAVITY] = -100, 50, -100
    hu[BODY & ~ellipse(49, 33)] = 20  # skin
    hu[(J - 45) ** 2 + (X - 60) ** 2 < 100] = 40
    return hu


def test_the_wall_parts_the_fat() -> None:
    hu = trunk()
    fat = fat_compartments(hu, BODY, NOTHING, NOTHING, NOTHING, STEP_MM)
    inside = CAVITY & (hu == -100)
    outside = ~MUSCLE & (hu == -100)
    assert np.array_equal(fat.visceral, inside)
    assert np.array_equal(fat.subcutaneous, outside)


def test_a_gap_in_the_wall_is_bridged() -> None:
    hu = trunk()
    hu[MUSCLE & ~CAVITY & (abs(X - 60) < 3) & (J < 45)] = -100  # 15 mm wide, as in diastasis
    fat = fat_compartments(hu, BODY, NOTHING, NOTHING, NOTHING, STEP_MM)
    assert fat.visceral[CAVITY & (hu == -100)].mean() > 0.99
    assert fat.subcutaneous[~MUSCLE & (hu == -100)].mean() > 0.99


def test_a_slab_of_two_slices_is_judged_like_a_whole_trunk() -> None:
    hu = trunk()
    hu[MUSCLE & ~CAVITY & (abs(X - 60) < 3) & (J < 45)] = -100
    part = slice(0, 2)
    nothing = NOTHING[part]
    fat = fat_compartments(hu[part], BODY[part], nothing, nothing, nothing, STEP_MM)
    assert fat.visceral[(CAVITY & (hu == -100))[part]].mean() > 0.99


def test_a_head_has_no_visceral_fat() -> None:
    head = ellipse(25, 30)
    hu = np.where(head, 40, -1000).astype(np.float32)
    hu[head & ~ellipse(22, 27)] = -100
    hu[ellipse(8, 8)] = -90
    fat = fat_compartments(hu, head, NOTHING, NOTHING, NOTHING, STEP_MM)
    assert fat.subcutaneous.any()
    assert not fat.visceral.any()


def test_the_blurred_border_of_lung_is_not_fat() -> None:
    hu = trunk()
    lung = (J - 45) ** 2 + (X - 40) ** 2 < 64
    rim = ((J - 45) ** 2 + (X - 40) ** 2 < 84) & ~lung
    hu[ellipse(38, 23)], hu[rim], hu[lung] = 45, -110, -850
    fat = fat_compartments(hu, BODY, lung, NOTHING, NOTHING, STEP_MM)
    assert fat.visceral[rim].mean() < 0.05
