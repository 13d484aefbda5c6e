"""The torso phantom: what it promises about its truth, its Hounsfield units and its files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imaging.phantom.labels import NAMES
from imaging.phantom.torso import Phantom, make_torso, torso_parameters

SCALE = 0.25


@pytest.fixture(scope="module")
def torso() -> Phantom:
    return make_torso(scale=SCALE)


def _median(torso: Phantom, name: str) -> float:
    return float(np.median(torso.volume.voxels[torso.mask(name)]))


def test_full_size_is_at_least_what_the_demo_promises() -> None:
    grid = torso_parameters()["grid"]
    i, j, k = grid["shape_ijk"]
    assert (i >= 300, j >= 300, k >= 160) == (True, True, True)
    assert grid["spacing_mm"] == [0.8, 0.8, 2.0]


def test_small_phantom_keeps_the_extent(torso: Phantom) -> None:
    full = torso_parameters()["grid"]
    wanted = np.array(full["shape_ijk"]) * full["spacing_mm"]
    shape = np.array(torso.volume.geometry.shape[::-1])
    np.testing.assert_allclose(shape * torso.volume.geometry.spacing_mm, wanted, rtol=1e-6)


def test_same_parameters_same_voxels(torso: Phantom) -> None:
    again = make_torso(scale=SCALE)
    np.testing.assert_array_equal(again.volume.voxels, torso.volume.voxels)
    np.testing.assert_array_equal(again.truth, torso.truth)


def test_another_seed_is_another_person(torso: Phantom) -> None:
    other = make_torso({**torso_parameters(), "seed": 7}, scale=SCALE)
    assert (other.truth != torso.truth).mean() > 0.02


def test_every_structure_has_voxels(torso: Phantom) -> None:
    present = set(np.unique(torso.truth))
    # The bronchi's and the ducts' walls are thinner than these voxels.
    missing = {name for name, number in NAMES.items() if number not in present} - {"airway_wall", "skin"}
    assert missing == set()


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("lung_left", -900, -780),
        ("lung_right", -900, -780),
        ("trachea", -1010, -900),
        ("liver", 95, 120),
        ("spleen", 110, 135),
        ("muscle", 35, 70),
        ("subcutaneous_fat", -125, -85),
        ("visceral_fat", -115, -75),
        ("aorta", 135, 160),
        ("gallbladder", -10, 30),
        ("skeleton", 130, 700),
        ("spinal_cord", 15, 60),
    ],
)
def test_tissues_measure_what_they_should(torso: Phantom, name: str, low: float, high: float) -> None:
    assert low < _median(torso, name) < high


@pytest.mark.parametrize(
    ("name", "low_ml", "high_ml"),
    [
        ("liver", 1000, 2000),
        ("spleen", 60, 350),
        ("kidney_left", 90, 260),
        ("heart", 250, 700),
        ("lung_right", 1200, 3000),
    ],
)
def test_organs_have_human_sizes(torso: Phantom, name: str, low_ml: float, high_ml: float) -> None:
    assert low_ml < torso.mask(name).sum() * torso.volume.geometry.voxel_volume_ml < high_ml


def test_sides_are_the_patients(torso: Phantom) -> None:
    def centre_x(name: str) -> float:
        k, j, i = np.nonzero(torso.mask(name))
        return float(torso.volume.geometry.to_world(np.stack([i, j, k], axis=-1))[:, 0].mean())

    assert centre_x("liver") < 0 < centre_x("spleen")
    for name in ("lung", "kidney", "hip", "scapula"):
        assert centre_x(f"{name}_right") < 0 < centre_x(f"{name}_left")


def test_body_lies_inside_the_picture_on_the_table(torso: Phantom) -> None:
    body = torso.mask("body")
    assert not body[:, 0].any()
    assert not body[:, -1].any()
    assert not body[:, :, 0].any()
    assert not body[:, :, -1].any()
    behind = torso.volume.voxels[torso.truth == 0]
    assert (behind > -600).sum() > 50  # the table's shell


def test_groups_are_unions(torso: Phantom) -> None:
    lungs = torso.mask("lung_left") | torso.mask("lung_right")
    for lobe in ("lung_upper_lobe_left", "lung_middle_lobe_right", "lung_nodule", "lung_vessels_right"):
        assert lungs[torso.mask(lobe)].all()
    assert not (lungs & torso.mask("skeleton")).any()


def test_unknown_structure_is_refused(torso: Phantom) -> None:
    with pytest.raises(KeyError):
        torso.mask("tail")


def test_progress_is_told() -> None:
    told: list[float] = []
    make_torso(scale=0.1, report=told.append)
    assert told
    assert max(told) == 1.0


def test_dicom_series_gives_the_voxels_back(torso: Phantom, tmp_path: Path) -> None:
    import pydicom

    from imaging.phantom.series import write_dicom_series

    files = write_dicom_series(torso.volume, tmp_path / "study")
    geometry = torso.volume.geometry
    assert len(files) == geometry.shape[0]
    uids = set()
    for k in (0, 17, geometry.shape[0] - 1):
        image = pydicom.dcmread(files[k])
        hu = image.pixel_array.astype(np.int32) * int(image.RescaleSlope) + int(image.RescaleIntercept)
        np.testing.assert_array_equal(hu, torso.volume.voxels[k])
        np.testing.assert_allclose(image.ImagePositionPatient, geometry.to_world((0, 0, k)), atol=1e-6)
        assert str(image.PatientName) == "Limner^Phantom"
        uids.add(image.SOPInstanceUID)
    assert len(uids) == 3


def test_dicom_series_is_the_same_every_time(torso: Phantom, tmp_path: Path) -> None:
    from imaging.phantom.series import write_dicom_series

    first, second = (write_dicom_series(torso.volume, tmp_path / name)[3].read_bytes() for name in ("a", "b"))
    assert first == second
