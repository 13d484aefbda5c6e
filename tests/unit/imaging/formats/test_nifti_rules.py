"""NIfTI's rules for place and value: sform, qform, neither, units, byte order, rescale, odd dimensions."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats import read_header, read_volumes
from imaging.volume import Quantity, SeriesWarning

SFORM = np.array([[2.0, 0.1, 0, -10], [-0.1, 2.0, 0, 20], [0, 0, 3.0, 30], [0, 0, 0, 1]])
QFORM = np.array([[-1.0, 0, 0, 5], [0, 1.0, 0, 6], [0, 0, 4.0, 7], [0, 0, 0, 1]])
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def image(data: NDArray[Any] | None = None, **fields: Any) -> nibabel.Nifti1Image:
    """A NIfTI with both forms set and header fields changed afterwards."""
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4) if data is None else data
    made = nibabel.Nifti1Image(voxels, None)
    made.set_sform(SFORM, 1)
    made.set_qform(QFORM, 1)
    for key, value in fields.items():
        made.header[key] = value
    return made


def saved(tmp_path: Path, made: nibabel.Nifti1Image, **raw: Any) -> Path:
    """Saved to .nii; ``raw`` fields are patched into the file, because nibabel resets some on saving."""
    path = tmp_path / "a.nii"
    nibabel.save(made, path)
    if raw:
        content = bytearray(path.read_bytes())
        header = nibabel.Nifti1Header(bytes(content[:348]), check=False)
        for key, value in raw.items():
            header[key] = value
        content[:348] = header.binaryblock
        path.write_bytes(bytes(content))
    return path


def test_the_sform_comes_first(tmp_path: Path) -> None:
    (volume,) = read_volumes(saved(tmp_path, image()))
    assert np.allclose(volume.geometry.affine, LPS @ SFORM, atol=1e-5)
    assert volume.warnings == ()


def test_the_qform_comes_second(tmp_path: Path) -> None:
    (volume,) = read_volumes(saved(tmp_path, image(), sform_code=0))
    assert np.allclose(volume.geometry.affine, LPS @ QFORM, atol=1e-5)


def test_a_singular_sform_gives_way_to_the_qform(tmp_path: Path) -> None:
    (volume,) = read_volumes(saved(tmp_path, image(), srow_x=np.zeros(4)))
    assert np.allclose(volume.geometry.affine, LPS @ QFORM, atol=1e-5)


def test_no_form_is_warned_about(tmp_path: Path) -> None:
    (volume,) = read_volumes(saved(tmp_path, image(), sform_code=0, qform_code=0))
    assert volume.warnings == (SeriesWarning.NO_GEOMETRY,)
    assert np.allclose(volume.geometry.affine, np.diag([1, 1, 4, 1]))


def test_no_form_and_no_pixdim_are_warned_about(tmp_path: Path) -> None:
    path = saved(tmp_path, image(), sform_code=0, qform_code=0, pixdim=[1, 0, np.nan, 3, 0, 0, 0, 0])
    (volume,) = read_volumes(path)
    assert volume.warnings == (SeriesWarning.NO_GEOMETRY, SeriesWarning.NO_SPACING)
    assert np.allclose(volume.geometry.affine, np.diag([1, 1, 3, 1]))


def test_a_damaged_quaternion_is_no_geometry(tmp_path: Path) -> None:
    path = saved(tmp_path, image(), sform_code=0, quatern_b=3.0, quatern_c=9.0)
    assert SeriesWarning.NO_GEOMETRY in read_volumes(path)[0].warnings


@pytest.mark.parametrize(("unit", "factor"), [(1, 1000.0), (3, 0.001)])
def test_metres_and_microns_become_millimetres(tmp_path: Path, unit: int, factor: float) -> None:
    (volume,) = read_volumes(saved(tmp_path, image(), xyzt_units=unit))
    assert np.allclose(volume.geometry.spacing_mm, np.linalg.norm(SFORM[:3, :3], axis=0) * factor, rtol=1e-5)


def test_big_endian(tmp_path: Path) -> None:
    data = np.arange(24, dtype=">i2").reshape(2, 3, 4) * 100
    header = nibabel.Nifti1Header(endianness=">")
    header.set_data_dtype(np.int16)
    path = saved(tmp_path, nibabel.Nifti1Image(data, SFORM, header))
    assert path.read_bytes()[:4] == (348).to_bytes(4, "big")
    (volume,) = read_volumes(path)
    assert volume.voxels.dtype == np.dtype("<i2")
    assert np.array_equal(volume.voxels, data.T)
    assert np.allclose(volume.geometry.affine, LPS @ SFORM, atol=1e-5)


@pytest.mark.parametrize(("slope", "inter"), [(0, 100), (np.nan, 100), (np.inf, 0), (1, np.nan)])
def test_a_rescale_that_is_none(tmp_path: Path, slope: float, inter: float) -> None:
    (volume,) = read_volumes(saved(tmp_path, image(), scl_slope=slope, scl_inter=inter))
    assert np.array_equal(volume.voxels.T, np.arange(24).reshape(2, 3, 4))
    assert volume.voxels.dtype == np.int16


def test_a_whole_rescale_stays_whole(tmp_path: Path) -> None:
    data = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    (volume,) = read_volumes(saved(tmp_path, image(data), scl_slope=2, scl_inter=-1024))
    assert volume.voxels.dtype == np.int16
    assert np.array_equal(volume.voxels.T, data.astype(int) * 2 - 1024)


def test_a_fractional_rescale_is_float32(tmp_path: Path) -> None:
    (volume,) = read_volumes(saved(tmp_path, image(), scl_slope=0.25, scl_inter=-1.5))
    assert volume.voxels.dtype == np.float32
    assert np.array_equal(volume.voxels.T, np.arange(24).reshape(2, 3, 4) * 0.25 - 1.5)


def test_2d_is_one_slice(tmp_path: Path) -> None:
    data = np.arange(12, dtype=np.uint8).reshape(3, 4)
    (volume,) = read_volumes(saved(tmp_path, image(data)))
    assert volume.geometry.shape == (1, 4, 3)
    assert np.array_equal(volume.voxels[0].T, data)


def test_4d_and_higher_axes_are_counted_together(tmp_path: Path) -> None:
    data = np.arange(2 * 3 * 4 * 5 * 2, dtype=np.int16).reshape(2, 3, 4, 5, 2)
    path = saved(tmp_path, image(data))
    volumes = read_volumes(path)
    assert len(volumes) == 10 == read_header(path).volume_count
    assert np.array_equal(volumes[5].voxels.T, data[..., 0, 1])


def test_rgba_loses_its_alpha(tmp_path: Path) -> None:
    dtype = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1"), ("A", "u1")])
    data = np.zeros((2, 3, 4), dtype)
    data["G"], data["A"] = 100, 200
    data["R"][1, 2, 3] = 7
    (volume,) = read_volumes(saved(tmp_path, nibabel.Nifti1Image(data, SFORM)))
    assert volume.quantity is Quantity.COLOUR
    assert volume.voxels.shape == (4, 3, 2, 3)
    assert volume.voxels[3, 2, 1].tolist() == [7, 100, 0]


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    content = saved(tmp_path, image()).read_bytes()
    path = tmp_path / "two.nii.gz"
    path.write_bytes(gzip.compress(content[:360]) + gzip.compress(content[360:]))
    assert np.array_equal(read_volumes(path)[0].voxels.T, np.arange(24).reshape(2, 3, 4))


def test_complex_voxels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="complex64"):
        read_volumes(saved(tmp_path, image(np.zeros((2, 3, 4), np.complex64))))
