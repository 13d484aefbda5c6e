"""Real files: what scanners and other programs wrote, against their headers, known values and a second reader."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest

from imaging.errors import UserError
from imaging.opening import find_series, list_series, open_series
from imaging.volume import Quantity, SeriesWarning

PYDICOM_FAULTS = (pydicom.errors.InvalidDicomError, AttributeError, OSError, RuntimeError, TypeError, ValueError)


def opened(path: Path):
    (series,) = list_series(path)
    return open_series(series)


def slices_by_uid(folder: Path):
    with warnings.catch_warnings(action="ignore"):
        found = [pydicom.dcmread(p) for p in sorted(folder.rglob("*.dcm"))]
    return {str(ds.SOPInstanceUID): ds for ds in found}


@pytest.mark.parametrize(
    "name",
    [
        "04_ct_lung_gtv_rtstruct/pat_1",
        "05_ct_head_tilt_variable_spacing",
        "06_mr_brain_tumour_dicom/35623-FLAIRreg-79237",
        "11_seg_sr_rt/ct-3slice",
    ],
)
def test_every_slice_lies_and_looks_as_its_header_says(shared_data, name):
    truth = slices_by_uid(shared_data / name)
    series = next(s for s in list_series(shared_data / name) if s.geometry is not None)
    (volume,) = open_series(series)
    assert len(volume.source.sop_instance_uids) == volume.geometry.shape[0]
    for k, uid in enumerate(volume.source.sop_instance_uids):
        ds = truth[uid]
        row, column = (np.array(ds.ImageOrientationPatient[n : n + 3], float) for n in (0, 3))
        corner = np.array(ds.ImagePositionPatient, float)
        corner = corner + (ds.Columns - 1) * ds.PixelSpacing[1] * row + (ds.Rows - 1) * ds.PixelSpacing[0] * column
        first, last = volume.geometry.to_world([[0, 0, k], [ds.Columns - 1, ds.Rows - 1, k]])
        assert np.linalg.norm(first - np.array(ds.ImagePositionPatient, float)) < 0.05
        assert np.linalg.norm(last - corner) < 0.05
        expected = ds.pixel_array * float(ds.get("RescaleSlope", 1)) + float(ds.get("RescaleIntercept", 0))
        np.testing.assert_array_equal(volume.voxels[k], expected)


def test_the_tilted_head_is_named_and_sheared(shared_data):
    (series,) = list_series(shared_data / "05_ct_head_tilt_variable_spacing")
    assert series.warnings == (SeriesWarning.GANTRY_TILT, SeriesWarning.VARIABLE_SPACING)
    assert series.geometry.is_sheared
    assert not series.geometry.is_regular


def test_a_regular_series_equals_simpleitks_reading(shared_data):
    import SimpleITK as sitk

    folder = shared_data / "04_ct_lung_gtv_rtstruct" / "pat_3"
    series = next(s for s in list_series(folder) if s.geometry is not None)
    (volume,) = open_series(series)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder), series.id))
    other = reader.Execute()
    np.testing.assert_array_equal(volume.voxels, sitk.GetArrayFromImage(other))
    np.testing.assert_allclose(volume.geometry.origin_mm, other.GetOrigin(), atol=1e-4)
    np.testing.assert_allclose(volume.geometry.spacing_mm, other.GetSpacing(), atol=1e-4)
    np.testing.assert_allclose(volume.geometry.direction.ravel(), other.GetDirection(), atol=1e-6)


def test_the_chest_archive_is_read_in_place(shared_data):
    (volume,) = opened(shared_data / "02_ct_chest_dicom_zip" / "JohnDoe_CT_series.zip")
    assert volume.geometry.shape == (139, 512, 512)
    assert volume.geometry.spacing_mm == pytest.approx((0.7617, 0.7617, 2.5), abs=1e-3)
    assert volume.quantity is Quantity.HU
    assert (volume.voxels.min(), volume.voxels.max()) == (-3024, 3071)


LOSSLESS, LOSSY_12, LOSSY_8 = (-3024, 1378), (-3053, 1370), (-3083, 1349)


@pytest.mark.parametrize(
    ("ending", "limits"),
    [
        ("1.2.840.10008.1.2.2.dcm", LOSSLESS),
        ("1.2.840.10008.1.2.1.99.dcm", LOSSLESS),
        ("1.2.840.10008.1.2.4.90.dcm", LOSSLESS),
        ("1.2.840.10008.1.2.4.80.dcm", LOSSLESS),
        ("1.2.840.10008.1.2.4.70.dcm", LOSSLESS),
        ("1.2.840.10008.1.2.4.57.dcm", LOSSLESS),
        ("1.2.840.10008.1.2.5.dcm", LOSSLESS),
        ("1.2.840.10008.1.2.4.91.dcm", (-3027, 1377)),
        ("1.2.840.10008.1.2.4.81.dcm", (-3025, 1377)),
        ("1.2.840.10008.1.2.4.51.dcm", LOSSY_12),
        ("1.2.840.10008.1.2.4.53.dcm", LOSSY_12),
        ("1.2.840.10008.1.2.4.55.dcm", LOSSY_12),
        ("1.2.840.10008.1.2.4.50.dcm", LOSSY_8),
    ],
)
def test_one_slice_in_fourteen_transfer_syntaxes(shared_data, ending, limits):
    (path,) = (shared_data / "12_transfer_syntaxes").glob(f"CTImage*{ending}")
    (volume,) = opened(path)
    (reference,) = opened(shared_data / "12_transfer_syntaxes" / "CTImage.dcm")
    assert (reference.voxels.min(), reference.voxels.max()) == LOSSLESS
    assert (round(float(volume.voxels.min())), round(float(volume.voxels.max()))) == limits
    assert (SeriesWarning.LOSSY in volume.warnings) == (limits != LOSSLESS)
    if limits == LOSSLESS:
        np.testing.assert_array_equal(volume.voxels, reference.voxels)
    else:
        difference = volume.voxels.astype(float) - reference.voxels
        assert np.abs(difference).mean() < (20 if limits == LOSSY_8 else 4)


@pytest.mark.parametrize(
    "name",
    ["", "_RLE", "_big_endian", "_jpeg_2k_lossless", "_jpeg_2k_lossless_too_short", "_jpeg_ls_lossless"],
)
def test_ten_frames_in_six_files(shared_data, name):
    """The "too short" file lacks only the end marker; all its pixels are there."""
    (volume,) = opened(shared_data / "10_multiframe" / f"emri_small{name}.dcm")
    (reference,) = opened(shared_data / "10_multiframe" / "emri_small.dcm")
    assert (volume.voxels.min(), volume.voxels.max()) == (0, 467)
    np.testing.assert_array_equal(volume.voxels, reference.voxels)


def test_four_enhanced_files_are_four_time_points(shared_data):
    volumes = opened(shared_data / "10_multiframe" / "XA10")
    assert [v.geometry.shape for v in volumes] == [(6, 64, 64)] * 4
    assert all(v.warnings == () for v in volumes)
    for n, volume in enumerate(volumes, 1):
        ds = pydicom.dcmread(shared_data / "10_multiframe" / "XA10" / f"6_{n}.dcm")
        np.testing.assert_array_equal(volume.voxels, ds.pixel_array)
        place = ds.PerFrameFunctionalGroupsSequence[4].PlanePositionSequence[0].ImagePositionPatient
        np.testing.assert_allclose(volume.geometry.to_world([0, 0, 4]), np.array(place, float), atol=0.05)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("10_multiframe/US-PAL-8-10x-echo", (10, 430, 600, 3)),
        ("12_transfer_syntaxes/TestPattern_Palette_16.dcm", (1, 400, 640, 3)),
        ("12_transfer_syntaxes/TestPattern_JPEG-Baseline_YBR422.dcm", (1, 400, 640, 3)),
        ("12_transfer_syntaxes/HTJ2K_08_RGB.dcm", (1, 480, 640, 3)),
    ],
)
def test_colour(shared_data, name, shape):
    (volume,) = opened(shared_data / name)
    assert volume.quantity is Quantity.COLOUR
    assert volume.voxels.shape == shape
    assert volume.voxels.dtype == np.uint8
    assert volume.voxels.max() > 200


def test_the_same_pattern_as_palette_and_as_jpeg(shared_data):
    folder = shared_data / "12_transfer_syntaxes"
    (palette,), (jpeg,) = (
        opened(folder / name) for name in ("TestPattern_Palette_16.dcm", "TestPattern_JPEG-Baseline_YBR422.dcm")
    )
    assert np.abs(palette.voxels.astype(int) - jpeg.voxels).mean() < 12


def test_x_rays_keep_their_stored_values(shared_data):
    (volume,) = opened(shared_data / "15_xray" / "RG1_J2KI.dcm")
    assert volume.is_inverted
    assert (volume.voxels.min(), volume.voxels.max()) == (803, 26512)


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("chrFren", "Buc^Jérôme"),
        ("chrGerm", "Äneas^Rüdiger"),
        ("chrGreek", "Διονυσιος"),
        ("chrH31", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("chrKoreanMulti", "김희중"),
        ("chrX1", "Wang^XiaoDong=王^小東="),
        ("chrX2", "Wang^XiaoDong=王^小东="),
    ],
)
def test_names_in_their_scripts(shared_data, name, patient):
    from imaging.dicom import tags
    from imaging.dicom.sources import FileSource
    from imaging.dicom.walker import walk

    header, _ = walk(FileSource(str(shared_data / "13_charsets" / f"{name}.dcm")))
    assert header.human_text(tags.PATIENT_NAME) == patient


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("10_multiframe/echo_cartesian_dummy.dcm", "claims 30 frames but holds pixels for 167"),
        ("14_hostile_and_odd/3gb-bulk-data-truncated", "cut short"),
        ("14_hostile_and_odd/GH340.dcm", "12 bits"),
        ("11_seg_sr_rt/liver.dcm", "segmentation"),
        ("12_transfer_syntaxes/no-pixel-data.dcm", "structured report"),
        ("README.md", "no image"),
    ],
)
def test_what_cannot_be_shown_says_why(shared_data, name, reason):
    with pytest.raises(UserError, match=reason):
        opened(shared_data / name)


def test_everything_opens_or_is_refused_with_a_reason(shared_data):
    refused = []
    for folder in sorted(p for p in shared_data.iterdir() if p.is_dir() and p.name[:2] in ("10", "11", "12", "14")):
        found = find_series(folder)
        assert all(reason for _, reason in found.unreadable)
        for series in found.series:
            if series.geometry is None:
                refused.append(series.refusal)
                continue
            volumes = open_series(series)
            assert len(volumes) == series.volume_count
            assert volumes[0].geometry.same_space(series.geometry)
            assert volumes[0].quantity == series.quantity
    assert refused
    assert all(refused)


@pytest.mark.parametrize("name", ["GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm"])
def test_little_endian_unknowns_within_a_big_endian_file(shared_data, name):
    """pydicom 3.0.2 and GDCM cannot read this one; its twin in little endian has the same pixels."""
    (volume,) = opened(shared_data / "14_hostile_and_odd" / name)
    twin = name.replace("undefined_length", "ELE_undefinded_length")
    (reference,) = opened(shared_data / "14_hostile_and_odd" / twin)
    np.testing.assert_array_equal(volume.voxels, reference.voxels)


def test_single_images_agree_with_pydicom(shared_data):
    """Every single-frame grey image that pydicom can decode, voxel by voxel after rescale."""
    compared = 0
    for path in sorted(p for n in ("11", "12", "13", "14", "15") for p in shared_data.glob(f"{n}*/*")):
        with warnings.catch_warnings(action="ignore"):
            try:
                ds = pydicom.dcmread(path)
                expected = ds.pixel_array * float(ds.get("RescaleSlope", 1)) + float(ds.get("RescaleIntercept", 0))
                (volume,) = opened(path)
            except (UserError, *PYDICOM_FAULTS):
                continue
        if expected.ndim != 2 or volume.quantity is Quantity.COLOUR:
            continue
        np.testing.assert_allclose(volume.voxels[0], expected, atol=1e-3 * max(1, np.abs(expected).max() / 1e4))
        compared += 1
    assert compared >= 20
