"""The smallest exact type of a file's numbers, and when they count as Hounsfield units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.formats import read_header, read_volumes
from imaging.formats.registry import write_arrays
from imaging.formats.values import Narrowing, looks_like_ct
from imaging.geometry import Geometry
from imaging.volume import Quantity, SeriesWarning


@pytest.mark.parametrize(
    ("stored", "values", "expected"),
    [
        ("uint8", [0, 255], "uint8"),
        ("int8", [-128, 127], "int16"),
        ("int32", [-1024, 3071], "int16"),
        ("int64", [-32768, 32767], "int16"),
        ("uint16", [0, 32767], "int16"),
        ("uint16", [0, 65535], "uint16"),
        ("int32", [-1, 65535], "int32"),
        ("uint32", [0, 2**31], "int64"),
        ("float64", [0.5, 1e6], "float32"),
    ],
)
def test_smallest_exact_type(stored: str, values: list[float], expected: str) -> None:
    raw = np.array(values, stored)
    converted = Narrowing(raw.dtype).convert(raw)
    assert converted.dtype == np.dtype(expected)
    assert np.array_equal(converted.astype(np.float64), raw.astype(np.float64))


def test_the_type_widens_when_a_later_chunk_needs_it(tmp_path: Path) -> None:
    voxels = np.zeros((9, 512, 512), np.int32)  # more than one chunk
    voxels[0, 0, 0], voxels[8, 511, 511] = -5, 100_000
    write_arrays(Geometry(voxels.shape, np.eye(4)), [voxels], tmp_path / "a.nii")
    read = read_volumes(tmp_path / "a.nii")[0].voxels
    assert read.dtype == np.int32
    assert np.array_equal(read, voxels)


def ct(size: int = 50_000) -> NDArray[Any]:
    """Air, fat, soft tissue and some bone with noise."""
    rng = np.random.default_rng(3)
    means = rng.choice([-1000, -100, 50, 900], size, p=[0.4, 0.2, 0.35, 0.05])
    return np.rint(means + rng.normal(0, 20, size)).astype(np.int16)


def test_ct_is_recognised_also_padded_and_as_float() -> None:
    assert looks_like_ct(ct())
    assert looks_like_ct(ct().astype(np.float32))
    assert looks_like_ct(np.concatenate([ct(), np.full(90_000, -3024, np.int16)]))


def test_others_are_not_taken_for_ct() -> None:
    rng = np.random.default_rng(4)
    magnitude = np.abs(rng.normal(400, 300, 50_000)).astype(np.int16)
    phase = rng.integers(-4096, 4096, 50_000).astype(np.int16)
    field_map = rng.normal(0, 400, 50_000).astype(np.float32)
    soft_tissue_crop = ct()[ct() > -200]
    for values in (magnitude, phase, field_map, soft_tissue_crop, np.full(100, -3024), np.full(100, np.nan)):
        assert not looks_like_ct(values)


def test_not_finite_voxels_are_warned_about(tmp_path: Path) -> None:
    voxels = np.ones((3, 4, 5), np.float32)
    voxels[1, 2, 3] = np.nan
    write_arrays(Geometry(voxels.shape, np.eye(4)), [voxels], tmp_path / "a.nrrd")
    (volume,) = read_volumes(tmp_path / "a.nrrd")
    assert volume.warnings == (SeriesWarning.NOT_FINITE,)
    assert np.isnan(volume.voxels[1, 2, 3])


def test_real_files(shared_data: Path) -> None:
    torso = shared_data / "01_ct_torso_multiorgan" / "example_ct.nii.gz"
    (volume,) = read_volumes(torso)
    assert volume.quantity is Quantity.HU
    assert volume.source.modality == read_header(torso).modality == "CT"
    assert volume.voxels.dtype == np.int16
    assert (volume.voxels.min(), volume.voxels.max()) == (-1207, 3382)
    assert volume.geometry.shape == (112, 101, 122)
    for name in ("07_mr_t1_brain_full/chris_t1.nii.gz", "08_mr_brain_tumour_nrrd/brain1_image.nrrd"):
        assert read_volumes(shared_data / name)[0].quantity is Quantity.SIGNAL
    (nan,) = read_volumes(shared_data / "14_hostile_and_odd" / "nan.mha")
    assert nan.warnings == (SeriesWarning.NOT_FINITE,)
    assert read_header(shared_data / "09_4d" / "pcasl.nii.gz").volume_count == 10
