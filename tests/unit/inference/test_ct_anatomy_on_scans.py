"""The model on real scans, where the folder of real images is there: references, added contrast, cuts, a head."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from imaging.geometry import Box, Geometry
from inference.model import ModelResult
from inference.models.ct_anatomy_rules import SKELETON, CtAnatomyRules

Dice = Callable[[Any, Any], float]

pytestmark = pytest.mark.slow

LUNGS = (10, 11, 14)
BONES = (*range(25, 34), *range(75, 79), *range(98, 104), *range(110, 116))
AORTA, VENA_CAVA, PORTAL, ILIAC, RIGHT_KIDNEY, LEFT_KIDNEY, LIVER, SPLEEN, BLADDER = (
    52,
    63,
    64,
    (65, 66),
    2,
    3,
    5,
    1,
    21,
)
CONTRAST = {
    "none": {},
    "arterial": {AORTA: 260, 65: 260, 66: 260, RIGHT_KIDNEY: 130, LEFT_KIDNEY: 130, SPLEEN: 60, PORTAL: 40, LIVER: 15},
    "portal": {AORTA: 110, 65: 110, 66: 110, VENA_CAVA: 100, 67: 90, 68: 90, PORTAL: 130, 2: 170, 3: 170, 5: 65, 1: 75},
    "excretory": {RIGHT_KIDNEY: 120, LEFT_KIDNEY: 120, BLADDER: 500, AORTA: 60, VENA_CAVA: 60, LIVER: 50},
}


def run(voxels: Any, geometry: Geometry) -> ModelResult:
    return CtAnatomyRules().run(voxels, geometry, {}, lambda fraction, text: None, lambda: False)


def lungs(result: ModelResult) -> NDArray[np.bool_]:
    return result.mask(2) | result.mask(3)


@pytest.fixture(scope="module")
def torso(shared_data: Path) -> tuple[NDArray[np.float32], Geometry, NDArray[np.uint8]]:
    """Abdomen and pelvis with the lungs' bases, 3 mm, and its reference labels."""
    import nibabel

    folder = shared_data / "01_ct_torso_multiorgan"
    image = nibabel.load(folder / "example_ct.nii.gz")
    labels = nibabel.load(folder / "example_seg_fast_force_split.nii.gz")
    voxels = np.asarray(image.dataobj, np.float32).transpose(2, 1, 0)
    affine = np.diag([-1, -1, 1, 1]) @ image.affine
    return voxels, Geometry(voxels.shape, affine), np.asarray(labels.dataobj, np.uint8).transpose(2, 1, 0)


def with_contrast(torso: Any, phase: str) -> NDArray[np.float32]:
    voxels, _geometry, labels = torso
    filled = voxels.copy()
    for label, extra in CONTRAST[phase].items():
        filled += extra * ndimage.gaussian_filter((labels == label).astype(np.float32), 0.6)
    return np.asarray(filled)


def series(files: list[Any]) -> tuple[NDArray[np.int16], Geometry]:
    """A plain CT series, each slice where its header says."""
    import pydicom

    slices = [pydicom.dcmread(file) for file in files]
    rows, columns = (np.array(slices[0].ImageOrientationPatient[n : n + 3], float) for n in (0, 3))
    slices.sort(key=lambda one: float(np.cross(rows, columns) @ np.array(one.ImagePositionPatient, float)))
    voxels = np.stack([s.pixel_array * float(s.RescaleSlope) + float(s.RescaleIntercept) for s in slices])
    origins = np.array([s.ImagePositionPatient for s in slices], float)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = rows * slices[0].PixelSpacing[1], columns * slices[0].PixelSpacing[0]
    affine[:3, 2] = (origins[-1] - origins[0]) / (len(slices) - 1)
    affine[:3, 3] = origins[0]
    return voxels.astype(np.int16), Geometry(voxels.shape, affine, None, origins)


@pytest.mark.parametrize("phase", list(CONTRAST))
def test_torso_with_and_without_contrast(phase: str, torso: Any, dice: Dice) -> None:
    _voxels, geometry, labels = torso
    voxels, bones = with_contrast(torso, phase), np.isin(labels, BONES)
    result = run(voxels, geometry)
    assert dice(lungs(result), np.isin(labels, LUNGS)) >= 0.95
    found = dice(result.mask(SKELETON), bones)
    assert found >= 0.80
    assert found >= max(dice(voxels > level, bones) for level in (150, 200)) - 0.01
    assert not result.found[4]
    assert 20_000 < result.mask(1).sum() * 0.027 < 26_000


@pytest.mark.parametrize("top", [40, 60, 80, 95])
def test_torso_cut_below_the_lungs_has_no_lungs(top: int, torso: Any) -> None:
    voxels, geometry, _labels = torso
    k, j, i = geometry.shape
    result = run(voxels[:top], geometry.cropped(Box(0, top, 0, j, 0, i)))
    assert not lungs(result).any()
    assert k > top


@pytest.mark.parametrize(("first", "last"), [(92, 112), (85, 112), (60, 80)])
def test_slabs_of_the_torso(first: int, last: int, torso: Any, dice: Dice) -> None:
    voxels, geometry, labels = torso
    part = Box(first, last, 0, geometry.shape[1], 0, geometry.shape[2])
    result = run(voxels[part.slices], geometry.cropped(part))
    bones, lung = np.isin(labels[part.slices], BONES), np.isin(labels[part.slices], LUNGS)
    assert dice(result.mask(SKELETON), bones) > 0.8
    assert dice(lungs(result), lung) > 0.9 if lung.any() else not lungs(result).any()


@pytest.mark.parametrize("change", ["blur", "noise", "shifted gas"])
def test_torso_of_poorer_quality(change: str, torso: Any, dice: Dice) -> None:
    voxels, geometry, labels = torso
    if change == "blur":
        poor = ndimage.gaussian_filter(voxels, 0.8)
    elif change == "noise":
        poor = voxels + np.random.default_rng(1).normal(0, 25, voxels.shape)
    else:
        poor = np.where(voxels < -900, voxels + 40, voxels)
    result, bones = run(poor, geometry), np.isin(labels, BONES)
    assert dice(lungs(result), np.isin(labels, LUNGS)) > 0.9
    assert dice(result.mask(SKELETON), bones) > dice(poor > 150, bones)


@pytest.fixture(scope="module")
def chest(shared_data: Path) -> tuple[NDArray[np.int16], Geometry]:
    """A whole chest, 139 slices of 512 x 512, padding -3024 outside the round field."""
    packed = zipfile.ZipFile(shared_data / "02_ct_chest_dicom_zip" / "JohnDoe_CT_series.zip")
    return series([BytesIO(packed.read(name)) for name in packed.namelist() if not name.endswith("/")])


def test_chest_whole_and_cut_close_around_each_lung(chest: Any, dice: Dice) -> None:
    voxels, geometry = chest
    result = run(voxels, geometry)
    assert result.notes == ()
    ml = {value: result.mask(value).sum() * geometry.voxel_volume_ml for value in range(1, 8)}
    assert 2_500 < ml[2] < 3_800
    assert 2_500 < ml[3] < 3_800
    assert 15 < ml[4] < 80
    middle = [np.argwhere(result.mask(value)).mean(axis=0) @ [0, 0, 1] for value in (3, 4, 2)]
    assert middle == sorted(middle)  # right lung, trachea, left lung from the left to the right of the picture
    for value in (2, 3):
        low, high = (edge(np.argwhere(result.mask(value)), axis=0) for edge in (np.min, np.max))
        part = Box(low[0], high[0] + 1, low[1], high[1] + 1, low[2], high[2] + 1)
        close = run(voxels[part.slices], geometry.cropped(part))
        assert dice(lungs(close), lungs(result)[part.slices]) > 0.97
        assert dice(close.mask(value), result.mask(value)[part.slices]) > 0.95


@pytest.mark.parametrize(("patient", "value", "least_ml"), [("pat_1", 3, 900), ("pat_3", 2, 600)])
def test_one_side_of_a_chest(patient: str, value: int, least_ml: float, shared_data: Path) -> None:
    """Cut on all sides; a tumour of 370 ml and consolidation in the first."""
    files = sorted((shared_data / "04_ct_lung_gtv_rtstruct" / patient).glob("DCM_IMG*"))
    voxels, geometry = series(list(files))
    result = run(voxels, geometry)
    ml = {side: result.mask(side).sum() * geometry.voxel_volume_ml for side in (2, 3)}
    assert ml[value] > least_ml
    assert ml[5 - value] < 0.1 * ml[value]
    assert result.found[SKELETON]


def test_a_head_has_bone_and_no_lungs(shared_data: Path) -> None:
    """Gantry tilt and uneven slices; sinuses and mastoid cells hold gas."""
    folder = shared_data / "05_ct_head_tilt_variable_spacing"
    voxels, geometry = series(sorted(folder.rglob("*.dcm")))
    result = run(voxels, geometry)
    assert [result.found[value] for value in range(1, 8)] == [True, False, False, False, True, True, False]
    skull = result.mask(SKELETON)
    assert 400 < skull.sum() * geometry.voxel_volume_ml < 900
    brain = ndimage.binary_erosion(ndimage.binary_fill_holes(skull[18]) & ~skull[18], iterations=20)
    assert brain.sum() > 10_000
    assert (voxels[18][brain] > 200).mean() < 0.01


def test_oral_and_venous_contrast_is_not_bone(shared_data: Path) -> None:
    """Bowel filled to 700 HU, bright kidneys and vessels, 8 distinct slices of 7.5 mm."""
    import nibabel

    image = nibabel.load(shared_data / "03_ct_spleen_clara_sample" / "spleen_8.nii.gz")
    voxels = np.asarray(image.dataobj).transpose(2, 1, 0).astype(np.int16)
    geometry = Geometry(voxels.shape, np.diag([-1, -1, 1, 1]) @ image.affine)
    result = run(voxels, geometry)
    bright, bone = voxels > 200, result.mask(SKELETON)
    assert (bright & ~bone).sum() * geometry.voxel_volume_ml > 700
    colon = result.mask(1)[4] & (voxels[4] > 250)
    parts, count = ndimage.label(colon)
    sizes = ndimage.sum_labels(colon, parts, range(1, count + 1))
    largest = np.argsort(sizes)[-2:] + 1
    shares = sorted(float(bone[4][parts == number].mean()) for number in largest)
    assert shares[0] < 0.05  # the filled colon
    assert shares[1] > 0.9  # the vertebra
