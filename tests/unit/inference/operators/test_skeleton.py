"""Bone is told from contrast by its cortex; marrow is filled, the canal and the brain are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from inference.operators.bright_organs import bright_organs
from inference.operators.skeleton import skeleton

STEP_MM = 3.0
SHAPE = (24, 50, 60)
K, J, X = np.indices(SHAPE)  # X: columns, to the left


def disc(j: float, i: float, radius: float) -> np.ndarray:
    return np.asarray((J - j) ** 2 + (X - i) ** 2 < radius**2)


def scanned(hu: np.ndarray, noise_hu: float = 8) -> Any:
    noise = np.random.default_rng(0).normal(0, noise_hu, hu.shape)
    return (ndimage.gaussian_filter(hu, (0, 0.5, 0.5)) + noise).astype(np.float32)


def found(hu: Any) -> tuple[np.ndarray, np.ndarray]:
    organs = bright_organs(hu, STEP_MM)
    return skeleton(hu, np.ones(hu.shape, bool), organs, STEP_MM), organs


def body() -> np.ndarray:
    return np.full(SHAPE, 45.0)


@pytest.mark.parametrize("contrast_hu", [150, 220, 300, 450])
def test_filled_vessels_and_organs_are_not_bone(contrast_hu: float) -> None:
    hu = body()
    vessel, kidney = disc(15, 15, 4), disc(30, 45, 8) & (K > 5) & (K < 18)
    hu[vessel], hu[kidney] = contrast_hu, contrast_hu
    bone, organs = found(scanned(hu))
    assert organs[vessel].mean() > 0.8
    assert organs[kidney].mean() > 0.8
    assert not bone.any()


@pytest.mark.parametrize("marrow_hu", [60, 110, 180])
def test_cortex_is_bone_and_its_marrow_is_filled(marrow_hu: float) -> None:
    hu = body()
    vertebra = disc(25, 30, 7)
    hu[vertebra], hu[disc(25, 30, 5.5)] = 600, marrow_hu
    bone, organs = found(scanned(hu))
    assert not organs[vertebra].any()
    assert bone[vertebra].mean() > 0.97
    assert (bone & ~disc(25, 30, 8.5)).sum() == 0


def test_dense_marrow_in_a_single_slice_is_bone() -> None:
    """As in a thin slice through a young lumbar vertebra: marrow as bright as contrast."""
    hu = np.full((1, 50, 60), 50.0)
    vertebra, marrow = (J[:1] - 25) ** 2 + (X[:1] - 30) ** 2 < 64, (J[:1] - 25) ** 2 + (X[:1] - 30) ** 2 < 42
    hu[vertebra], hu[marrow] = 700, 320
    bone, _organs = found(scanned(hu))
    assert bone[vertebra].mean() > 0.97


def test_bone_beside_a_filled_vessel_stays_whole() -> None:
    hu = body()
    vertebra, aorta = disc(25, 30, 7), disc(14, 30, 4)
    hu[vertebra], hu[disc(25, 30, 5.5)] = 600, 120
    hu[aorta] = 320
    bone, _organs = found(scanned(hu))
    assert bone[vertebra].mean() > 0.95
    assert bone[aorta].mean() < 0.05


def test_a_thin_branch_of_a_filled_vessel_is_not_bone() -> None:
    hu = body()
    hu[disc(20, 20, 4)] = 300
    branch = (np.abs(J - 20) < 1.5) & (np.abs(K - 12) < 1.5) & (X > 23) & (X < 50)
    hu[branch] = 300
    bone, _organs = found(scanned(hu))
    assert not bone.any()


@pytest.mark.parametrize(("peak_hu", "half"), [(420, 1.6), (260, 1.0)], ids=["thick", "thin"])
def test_a_rib_without_visible_marrow_is_bone(peak_hu: float, half: float) -> None:
    hu = body()
    rib = (np.abs(J - 10.5) < half) & (np.abs(K - 12 - X / 12) < half)
    hu[rib] = peak_hu
    bone, _organs = found(scanned(hu))
    assert bone[rib].mean() > 0.9


def test_the_vertebral_canal_stays_open() -> None:
    hu = body()
    canal = disc(25, 30, 3.2)
    hu[disc(25, 30, 6)], hu[canal] = 500, 20
    bone, _organs = found(scanned(hu))
    assert bone[canal].mean() < 0.25
    assert bone[disc(25, 30, 6) & ~disc(25, 30, 4)].mean() > 0.95


def test_the_brain_stays_out_of_the_skull() -> None:
    hu = body()
    brain = ((K - 12) / 9) ** 2 + ((J - 25) / 16) ** 2 + ((X - 30) / 14) ** 2 < 1
    skull = (((K - 12) / 11) ** 2 + ((J - 25) / 18.5) ** 2 + ((X - 30) / 16.5) ** 2 < 1) & ~brain
    hu[skull] = 900
    bone, _organs = found(scanned(hu))
    assert bone[skull].mean() > 0.95
    assert bone[brain].mean() < 0.15


def test_nothing_bright_gives_an_empty_mask() -> None:
    bone, organs = found(scanned(body()))
    assert not bone.any()
    assert not organs.any()
