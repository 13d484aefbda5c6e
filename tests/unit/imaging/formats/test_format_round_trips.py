"""What we write is read back by SimpleITK, nibabel and pynrrd at the same place with the same values, and by us."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import nibabel
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats import read_volumes, write_volume, write_volumes
from imaging.formats.registry import write_arrays
from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume

ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha")


def rotated(degrees: float, axis: int) -> NDArray[np.float64]:
    """A rotation matrix about one axis."""
    turn = np.deg2rad(degrees)
    matrix = np.eye(3)
    a, b = [n for n in range(3) if n != axis]
    matrix[a, a] = matrix[b, b] = np.cos(turn)
    matrix[a, b], matrix[b, a] = -np.sin(turn), np.sin(turn)
    return matrix


def oblique(shape: tuple[int, int, int] = (5, 6, 7), *, is_left_handed: bool = False) -> Geometry:
    """An oblique grid with three different spacings and a far origin."""
    affine = np.eye(4)
    affine[:3, :3] = rotated(20, 0) @ rotated(-35, 2) @ np.diag([0.7, 0.9, -2.5 if is_left_handed else 2.5])
    affine[:3, 3] = [-123.456, 78.9, -1011.25]
    return Geometry(shape, affine)


def sheared() -> Geometry:
    """A CT with 18 degrees of gantry tilt."""
    affine = np.diag([0.5, 0.5, 4.0, 1.0])
    affine[1, 2] = -4.0 * np.tan(np.deg2rad(18))
    return Geometry((5, 6, 7), affine)


def numbers(dtype: str, shape: tuple[int, ...] = (5, 6, 7)) -> NDArray[Any]:
    """Values that no axis swap or flip leaves alone."""
    count = int(np.prod(shape))
    return (np.arange(count) % 251).reshape(shape).astype(dtype)


def sitk_affine(image: sitk.Image) -> NDArray[np.float64]:
    """SimpleITK's geometry as our LPS affine."""
    affine = np.eye(4)
    affine[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) @ np.diag(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return affine


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("is_left_handed", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32"])
def test_simpleitk_reads_what_we_write(tmp_path: Path, ending: str, is_left_handed: bool, dtype: str) -> None:
    geometry, voxels = oblique(is_left_handed=is_left_handed), numbers(dtype)
    path = tmp_path / f"image{ending}"
    write_volume(Volume(geometry, voxels), path)
    image = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayFromImage(image), voxels)
    assert sitk.GetArrayFromImage(image).dtype == np.dtype(dtype)
    assert np.abs(sitk_affine(image) - geometry.affine).max() < 1e-4
    assert [p.name for p in tmp_path.iterdir()] == [path.name]  # no part file stays


@pytest.mark.parametrize("ending", ENDINGS)
def test_we_read_what_simpleitk_writes(tmp_path: Path, ending: str) -> None:
    image = sitk.GetImageFromArray(numbers("int16"))
    image.SetSpacing((0.7, 0.9, 2.5))
    image.SetDirection((rotated(20, 0) @ rotated(-35, 2)).ravel().tolist())
    image.SetOrigin((-123.4, 78.9, -1011.25))
    sitk.WriteImage(image, str(tmp_path / f"image{ending}"), useCompression=ending != ".nii")
    (volume,) = read_volumes(tmp_path / f"image{ending}")
    assert np.array_equal(volume.voxels, numbers("int16"))
    assert np.abs(sitk_affine(image) - volume.geometry.affine).max() < 1e-4
    assert volume.warnings == ()
    assert not volume.voxels.flags.writeable


@pytest.mark.parametrize("ending", ENDINGS)
def test_colour_survives_both_ways(tmp_path: Path, ending: str) -> None:
    voxels = numbers("uint8", (5, 6, 7, 3))
    ours, theirs = tmp_path / f"ours{ending}", tmp_path / f"theirs{ending}"
    write_volume(Volume(oblique(), voxels, Quantity.COLOUR), ours)
    image = sitk.ReadImage(str(ours))
    assert image.GetNumberOfComponentsPerPixel() == 3
    assert np.array_equal(sitk.GetArrayFromImage(image), voxels)
    sitk.WriteImage(image, str(theirs))
    for path in (ours, theirs):
        (volume,) = read_volumes(path)
        assert volume.quantity is Quantity.COLOUR
        assert np.array_equal(volume.voxels, voxels)


@pytest.mark.parametrize("ending", ENDINGS)
def test_4d_becomes_one_volume_per_time_point(tmp_path: Path, ending: str) -> None:
    arrays = [numbers("int16") + 7 * n for n in range(3)]
    path = tmp_path / f"image{ending}"
    write_arrays(oblique(), arrays, path)
    volumes = read_volumes(path)
    assert len(volumes) == 3
    assert all(np.array_equal(volume.voxels, array) for volume, array in zip(volumes, arrays, strict=True))
    assert all(volume.geometry.same_space(oblique(), 1e-3) for volume in volumes)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".nrrd"])
def test_gantry_tilt_is_kept_exactly(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"tilted{ending}"
    write_volume(Volume(sheared(), numbers("int16")), path)
    (volume,) = read_volumes(path)
    assert volume.geometry.same_space(sheared(), 1e-4)
    if ending == ".nrrd":
        _, header = nrrd.read(str(path))
        assert np.allclose(header["space directions"].T, sheared().affine[:3, :3])
    else:
        assert np.allclose(np.diag([-1, -1, 1, 1]) @ nibabel.load(path).affine, sheared().affine, atol=1e-5)


def test_metaimage_refuses_a_sheared_grid(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="sheared") as caught:
        write_volume(Volume(sheared(), numbers("int16")), tmp_path / "tilted.mha")
    assert "--regular-grid" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_uneven_slices_are_refused(tmp_path: Path, ending: str) -> None:
    origins = np.zeros((5, 3))
    origins[:, 2] = [0, 1, 2, 5, 9]
    uneven = Geometry((5, 6, 7), np.eye(4), slice_origins_mm=origins)
    with pytest.raises(UserError, match="unevenly spaced") as caught:
        write_volume(Volume(uneven, numbers("int16")), tmp_path / f"uneven{ending}")
    assert "--regular-grid" in caught.value.hint


def test_nibabel_and_pynrrd_agree_with_us(tmp_path: Path) -> None:
    geometry, voxels = oblique(), numbers("int16")
    write_volume(Volume(geometry, voxels), tmp_path / "a.nii.gz")
    write_volume(Volume(geometry, voxels), tmp_path / "a.nrrd")
    image = nibabel.load(tmp_path / "a.nii.gz")
    assert np.array_equal(np.asarray(image.dataobj).T, voxels)
    assert np.allclose(np.diag([-1, -1, 1, 1]) @ image.affine, geometry.affine, atol=1e-4)
    assert np.allclose(image.header.get_qform(), image.header.get_sform(), atol=1e-3)
    data, header = nrrd.read(str(tmp_path / "a.nrrd"))
    assert np.array_equal(data.T, voxels)
    assert np.allclose(header["space origin"], geometry.origin_mm)


def test_gzip_of_many_blocks_is_one_member_that_everybody_unpacks(tmp_path: Path) -> None:
    voxels = np.random.default_rng(1).integers(-1000, 1000, (24, 512, 512)).astype(np.int16)  # 12 MB, 4 blocks
    path = tmp_path / "large.nii.gz"
    write_volume(Volume(Geometry(voxels.shape, np.eye(4)), voxels), path)
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), voxels)
    assert np.array_equal(np.asarray(nibabel.load(path).dataobj).T, voxels)
    assert path.read_bytes().count(b"\x1f\x8b\x08\0\0\0\0\0\x04\xff") == 1


def test_an_axis_longer_than_nifti1_allows_makes_a_nifti2(tmp_path: Path) -> None:
    voxels = numbers("uint8", (1, 2, 40000))
    path = tmp_path / "long.nii"
    write_volume(Volume(Geometry((1, 2, 40000), np.eye(4)), voxels), path)
    assert isinstance(nibabel.load(path), nibabel.Nifti2Image)
    assert np.array_equal(read_volumes(path)[0].voxels, voxels)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mha"
    path.write_text("old")
    with pytest.raises(UserError):
        write_volume(Volume(sheared(), numbers("int16")), path)
    assert path.read_text() == "old"
    with pytest.raises(UserError, match="cannot be written"):
        write_volume(Volume(oblique(), numbers("int16")), tmp_path / "missing" / "a.mha")
    with pytest.raises(UserError, match="known ending"):
        write_volume(Volume(oblique(), numbers("int16")), tmp_path / "a.png")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_is_a_message_and_leaves_the_old_file(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a{ending}"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left") as caught:
        write_volume(Volume(oblique(), numbers("int16")), path)
    assert "Free some space" in caught.value.hint
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_volumes_of_different_types_become_one_file(tmp_path: Path) -> None:
    volumes = [Volume(oblique(), numbers("int16")), Volume(oblique(), numbers("float32") + 0.5)]
    write_volumes(volumes, tmp_path / "both.nii.gz")
    read = read_volumes(tmp_path / "both.nii.gz")
    assert all(np.array_equal(a.voxels, b.voxels) for a, b in zip(read, volumes, strict=True))
    elsewhere = Volume(sheared(), numbers("int16"))
    with pytest.raises(UserError, match="different grids"):
        write_volumes([volumes[0], elsewhere], tmp_path / "never.nii.gz")


@pytest.mark.parametrize("ending", [".nii.gz", ".mha"])
def test_colour_over_time(tmp_path: Path, ending: str) -> None:
    volumes = [Volume(oblique(), numbers("uint8", (5, 6, 7, 3)) + n, Quantity.COLOUR) for n in range(2)]
    write_volumes(volumes, tmp_path / f"colour{ending}")
    read = read_volumes(tmp_path / f"colour{ending}")
    assert all(np.array_equal(a.voxels, b.voxels) for a, b in zip(read, volumes, strict=True))
    with pytest.raises(UserError, match="colour"):
        write_volumes(volumes, tmp_path / "colour.nrrd")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("dtype", "stored"), [("bool", "uint8"), ("float16", "float32"), (">i2", "int16")])
def test_types_that_no_format_has_are_written_as_the_next(tmp_path: Path, ending: str, dtype: str, stored: str) -> None:
    path = tmp_path / f"image{ending}"
    write_arrays(oblique(), [numbers(dtype)], path)
    array = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
    assert array.dtype == np.dtype(stored)
    assert np.array_equal(array, numbers(dtype).astype(stored))
