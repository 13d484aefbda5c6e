"""Lung, the room's air, bowel gas and foam are told apart by texture, not by HU alone."""

from __future__ import annotations

import numpy as np
import pytest

from inference.operators.gas import Gas, classify_gas

SHAPE = (40, 60, 70)
STEP_MM = 3.0


def block(shape: tuple[int, int, int], *sides: slice) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[sides] = True
    return mask


TISSUE = block(SHAPE, slice(None), slice(8, 50), slice(5, 65))
POCKET = block(SHAPE, slice(6, 30), slice(15, 35), slice(12, 32))


def scan(pocket_hu: float, texture_hu: float, noise_hu: float = 6, seed: int = 1) -> np.ndarray:
    """Tissue in the room's air with one pocket of gas of a given texture."""
    rng = np.random.default_rng(seed)
    hu = np.where(TISSUE, 45.0, -1000.0)
    hu[POCKET] = pocket_hu + rng.normal(0, texture_hu, POCKET.sum())
    return (hu + rng.normal(0, noise_hu, SHAPE)).astype(np.float32)


def classified(hu: np.ndarray, known: np.ndarray | None = None) -> Gas:
    return classify_gas(hu, np.ones(hu.shape, bool) if known is None else known, STEP_MM)


@pytest.mark.parametrize("pocket_hu", [-700, -850, -930, -950])
def test_textured_gas_is_lung_down_to_emphysema(pocket_hu: float) -> None:
    gas = classified(scan(pocket_hu, 40))
    assert gas.lung[POCKET].mean() > 0.97
    assert not (gas.lung & ~POCKET).any()


@pytest.mark.parametrize("pocket_hu", [-1000, -980, -930, -900])
@pytest.mark.parametrize("noise_hu", [6, 20])
def test_smooth_gas_in_the_body_is_not_lung(pocket_hu: float, noise_hu: float) -> None:
    gas = classified(scan(pocket_hu, 0, noise_hu))
    assert not gas.lung.any()
    assert gas.enclosed[POCKET].mean() > 0.97


def test_the_classes_share_out_the_gas() -> None:
    hu = scan(-850, 40)
    gas = classified(hu)
    assert np.array_equal(sum(mask.astype(int) for mask in gas), (hu < -400).astype(int))
    assert gas.outside[~TISSUE].mean() > 0.99


def test_foam_beside_the_body_is_not_lung() -> None:
    hu = scan(-850, 40)
    hu[:, 52:58] = -900 + np.random.default_rng(2).normal(0, 5, (40, 6, 70))
    gas = classified(hu)
    assert gas.lung[POCKET].mean() > 0.97
    assert not gas.lung[:, 50:].any()


def test_foam_behind_the_table_is_not_lung() -> None:
    rng = np.random.default_rng(3)
    hu = scan(-1000, 0)
    hu[:, 51], hu[:, 52:] = 100, -900 + rng.normal(0, 40, (40, 8, 70))
    assert not classified(hu).lung.any()


def test_foam_between_the_back_and_the_table_is_not_lung() -> None:
    """In a single slice, too: a strip of uneven foam that the round field cuts."""
    rng = np.random.default_rng(3)
    hu, known = scan(-850, 40)[10:11], np.ones((1, 60, 70), bool)
    known[:, 50:, :8] = known[:, 50:, 62:] = False
    hu[:, 50:54], hu[:, 54] = -880 + rng.normal(0, 60, (1, 4, 70)), 150
    hu[~known] = -1024
    gas = classified(hu.astype(np.float32), known)
    assert not gas.lung[:, 50:].any()
    assert gas.lung[POCKET[10:11]].mean() > 0.95


def test_lung_may_touch_every_side_of_a_cropped_volume() -> None:
    hu = scan(-850, 40)[8:28, 18:38, 14:34]
    gas = classified(hu)
    assert np.array_equal(gas.lung, hu < -400)


def test_lung_that_runs_into_padding_stays_lung() -> None:
    hu, known = scan(-850, 40), np.ones(SHAPE, bool)
    known[:, :, :20] = False
    hu[~known] = -1024
    gas = classified(hu, known)
    assert gas.lung[POCKET & known].mean() > 0.97
    assert not (gas.lung & ~known).any()


def test_small_lung_counts_only_where_it_leaves_through_the_upper_face() -> None:
    base = block(SHAPE, slice(34, None), slice(20, 32), slice(20, 36))
    hu = np.where(TISSUE, 45.0, -1000.0)
    rng = np.random.default_rng(4)
    hu[base] = -850 + rng.normal(0, 40, base.sum())
    hu = (hu + rng.normal(0, 6, SHAPE)).astype(np.float32)
    assert classified(hu).lung[base].mean() > 0.9
    assert not classified(hu[::-1].copy()).lung.any()


def test_no_gas_gives_empty_masks() -> None:
    assert not any(mask.any() for mask in classified(np.full((5, 6, 7), 40, np.float32)))
