"""The traps that other readers fall into; each has one defined outcome here."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.uid import generate_uid

from imaging.case.images import geometry_from_json, geometry_to_json
from imaging.geometry import Box
from imaging.opening import list_series, open_series
from imaging.volume import Quantity, SeriesWarning

AXIAL = np.array([[0.7, 0, 0, -4], [0, 0.8, 0, -6], [0, 0, 2, 0], [0, 0, 0, 1]])


def only(folder):
    found = list_series(folder)
    assert len(found) == 1
    return found[0]


def position_errors_mm(geometry, true_origins):
    """Distance of each slice's first voxel from where its header puts it."""
    k = np.zeros((len(true_origins), 3))
    k[:, 2] = np.arange(len(true_origins))
    return np.linalg.norm(geometry.to_world(k) - np.asarray(true_origins), axis=1)


def test_a_plain_series_is_exact_and_without_warning(make_series, stored):
    series = only(make_series(20))
    (volume,) = open_series(series)
    np.testing.assert_allclose(volume.geometry.affine, AXIAL, atol=1e-9)
    assert series.warnings == volume.warnings == ()
    assert volume.quantity is Quantity.HU
    assert volume.voxels.dtype == np.int16
    np.testing.assert_array_equal(volume.voxels[7], stored(7).astype(np.int32) - 1024)


def test_shuffled_instance_numbers_are_sorted_by_position(make_series, stored):
    order = np.random.default_rng(1).permutation(20)

    def bend(k, ds):
        ds.InstanceNumber = int(order[k]) + 1

    (volume,) = open_series(only(make_series(20, bend)))
    assert [int(s[0, 0]) for s in volume.voxels] == [int(stored(k)[0, 0]) - 1024 for k in range(20)]


def test_a_missing_slice_is_named_and_every_slice_keeps_its_place(make_series, tmp_path):
    folder = make_series(20)
    (folder / "s007.dcm").unlink()
    series = only(folder)
    true = [[-4, -6, 2.0 * k] for k in range(20) if k != 7]
    assert series.warnings == (SeriesWarning.MISSING_SLICE,)
    assert position_errors_mm(series.geometry, true).max() < 1e-6


def test_variable_spacing_is_named_and_every_slice_keeps_its_place(make_series):
    z = np.concatenate([np.arange(10) * 2.0, 18 + np.arange(1, 11) * 5.0])

    def bend(k, ds):
        ds.ImagePositionPatient = [-4, -6, float(z[k])]

    series = only(make_series(20, bend))
    assert series.warnings == (SeriesWarning.VARIABLE_SPACING,)
    assert position_errors_mm(series.geometry, [[-4, -6, h] for h in z]).max() < 1e-6


def test_gantry_tilt_becomes_a_sheared_affine_that_is_exact(make_series):
    def bend(k, ds):
        ds.ImagePositionPatient = [-4, -6 + 0.7 * k, 2.0 * k]

    series = only(make_series(20, bend))
    assert series.warnings == (SeriesWarning.GANTRY_TILT,)
    assert series.geometry.is_sheared
    assert series.geometry.is_regular
    assert position_errors_mm(series.geometry, [[-4, -6 + 0.7 * k, 2.0 * k] for k in range(20)]).max() < 0.05


def test_tilted_and_uneven_slices_get_both_names(make_series):
    z = np.cumsum([0, 2, 2, 2, 5, 5, 1, 2, 2, 2.0])

    def bend(k, ds):
        ds.ImagePositionPatient = [-4, -6 + 0.3 * z[k], float(z[k])]

    series = only(make_series(10, bend))
    assert set(series.warnings) == {SeriesWarning.GANTRY_TILT, SeriesWarning.VARIABLE_SPACING}
    assert position_errors_mm(series.geometry, [[-4, -6 + 0.3 * h, h] for h in z]).max() < 1e-6


def test_a_localizer_becomes_a_series_of_its_own(make_series):
    def bend(k, ds):
        if k == 0:
            ds.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
            ds.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]

    volume, localizer = list_series(make_series(20, bend))
    assert volume.geometry.shape == (19, 12, 10)
    assert volume.warnings == ()
    assert localizer.geometry.shape == (1, 12, 10)
    assert localizer.id == volume.id + ".2"
    assert "localizer" in localizer.description


def test_a_localizer_with_the_slices_own_orientation_is_told_by_its_image_type(make_series):
    def bend(k, ds):
        if k == 5:
            ds.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]

    volume, localizer = list_series(make_series(20, bend))
    assert (volume.geometry.shape[0], localizer.geometry.shape[0]) == (19, 1)


def test_identical_copies_are_dropped(make_series, stored):
    folder = make_series(20)
    (folder / "copy.dcm").write_bytes((folder / "s004.dcm").read_bytes())
    series = only(folder)
    (volume,) = open_series(series)
    assert series.warnings == ()
    assert volume.geometry.shape[0] == 20
    np.testing.assert_array_equal(volume.voxels[4], stored(4).astype(np.int32) - 1024)


def test_one_instance_uid_with_two_contents_loses_neither(make_series):
    def bend(k, ds):
        if k == 19:
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
            ds.ImagePositionPatient = [-4, -6, 10.0]
        if k == 5:
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"

    first, rest = list_series(make_series(20, bend))
    assert (first.geometry.shape[0], rest.geometry.shape[0]) == (19, 1)


def test_different_slices_at_one_position_are_split_and_named(make_series):
    def bend(k, ds):
        if k == 19:
            ds.ImagePositionPatient = [-4, -6, 10.0]

    first, rest = list_series(make_series(20, bend))
    assert first.geometry.shape[0] == 19
    assert rest.geometry.shape[0] == 1
    assert first.warnings == (SeriesWarning.DUPLICATE_POSITION,)
    (volume,) = open_series(first)
    assert volume.voxels[5, 0, 0] == 1500 - 1024  # the lower instance number stays


def test_a_repeated_slice_of_another_acquisition_is_split_without_doubt(make_series):
    def bend(k, ds):
        if k == 19:
            ds.ImagePositionPatient, ds.AcquisitionNumber = [-4, -6, 10.0], 2

    first, rest = list_series(make_series(20, bend))
    assert (first.geometry.shape[0], rest.geometry.shape[0]) == (19, 1)
    assert first.warnings == ()


@pytest.mark.parametrize(
    ("keyword", "values"),
    [
        ("TemporalPositionIdentifier", (1, 2)),
        ("AcquisitionNumber", (3, 10)),
        ("TriggerTime", (0, 42.5)),
        ("EchoTime", (4.6, 9.2)),
        ("ContentTime", ("093000", "101500.5")),
    ],
)
def test_two_time_points_become_two_volumes_in_their_order(make_series, keyword, values):
    def bend(k, ds):
        setattr(ds, keyword, values[k % 2])
        ds.ImagePositionPatient = [-4, -6, 2.0 * (k // 2)]

    series = only(make_series(20, bend))
    volumes = open_series(series)
    assert series.volume_count == 2
    assert series.warnings == ()
    np.testing.assert_allclose(series.geometry.affine, AXIAL, atol=1e-9)
    assert [int(v.voxels[3, 0, 0]) for v in volumes] == [1600 - 1024, 1700 - 1024]


def test_time_points_that_nothing_names_are_dealt_by_instance_number_with_a_warning(make_series):
    def bend(k, ds):
        ds.ImagePositionPatient = [-4, -6, 2.0 * (k % 10)]

    series = only(make_series(20, bend))
    assert series.volume_count == 2
    assert series.warnings == (SeriesWarning.DUPLICATE_POSITION,)
    assert [int(v.voxels[0, 0, 0]) for v in open_series(series)] == [1000 - 1024, 2000 - 1024]


def test_a_time_point_with_missing_slices_is_not_forced_onto_the_grid(make_series):
    def bend(k, ds):
        ds.AcquisitionNumber = 1 if k < 12 else 2
        ds.ImagePositionPatient = [-4, -6, 2.0 * (k % 12)]

    whole, cut = list_series(make_series(20, bend))
    assert (whole.geometry.shape[0], cut.geometry.shape[0]) == (12, 8)
    assert (whole.volume_count, cut.volume_count) == (1, 1)


def test_kinds_of_image_on_the_same_positions_become_two_series(make_series):
    def bend(k, ds):
        ds.ImageType = ["DERIVED", "PRIMARY", "DIXON", "WATER" if k % 2 else "FAT"]
        ds.ImagePositionPatient = [-4, -6, 2.0 * (k // 2)]

    fat, water = list_series(make_series(20, bend))
    assert (fat.geometry.shape[0], water.geometry.shape[0]) == (10, 10)
    assert "FAT" in fat.description
    assert "WATER" in water.description


def test_without_positions_the_order_is_by_number_and_the_geometry_is_named_missing(make_series):
    def bend(k, ds):
        del ds.ImagePositionPatient
        ds.InstanceNumber = 20 - k

    series = only(make_series(20, bend))
    (volume,) = open_series(series)
    assert series.warnings == (SeriesWarning.NO_GEOMETRY,)
    assert volume.voxels[0, 0, 0] == 1000 + 1900 - 1024


def test_a_flipped_orientation_keeps_its_affine_and_stays_right_handed(make_series):
    def bend(k, ds):
        ds.ImageOrientationPatient = [1, 0, 0, 0, -1, 0]

    (volume,) = open_series(only(make_series(20, bend)))
    affine = volume.geometry.affine
    assert np.linalg.det(affine[:3, :3]) > 0
    np.testing.assert_allclose(affine[:3, 2], [0, 0, -2], atol=1e-9)
    np.testing.assert_allclose(volume.geometry.origin_mm, [-4, -6, 38], atol=1e-9)
    assert volume.voxels[0, 0, 0] == 1000 + 1900 - 1024


def test_an_oblique_series_lies_where_its_headers_say(make_series):
    row = np.array([0.8, 0.6, 0])
    column = np.array([0, 0, -1.0])
    normal = np.cross(row, column)
    places = [np.array([10, 20, 30]) + 3.3 * k * normal for k in range(9)]

    def bend(k, ds):
        ds.ImageOrientationPatient = [*map(float, row), *map(float, column)]
        ds.ImagePositionPatient = [round(float(v), 6) for v in places[k]]

    series = only(make_series(9, bend))
    assert series.warnings == ()
    assert position_errors_mm(series.geometry, places).max() < 1e-4


def test_mixed_sizes_spacings_and_orientations_are_split(make_series):
    def bend(k, ds):
        if k < 4:
            ds.Rows, ds.Columns = 6, 5
            ds.PixelData = ds.PixelData[:60]
        elif k < 8:
            ds.PixelSpacing = [1.6, 1.4]
        elif k < 12:
            ds.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
            ds.ImagePositionPatient = [2.0 * k, 0, 0]

    found = list_series(make_series(20, bend))
    assert sorted(s.geometry.shape for s in found) == [(4, 6, 5), (4, 12, 10), (4, 12, 10), (8, 12, 10)]
    assert len({s.id for s in found}) == 4


def test_slope_per_slice_is_applied_per_slice(make_series, stored):
    def bend(k, ds):
        ds.Modality, ds.RescaleSlope, ds.RescaleIntercept = "PT", 0.5 + 0.25 * k, 0

    (volume,) = open_series(only(make_series(20, bend)))
    assert volume.voxels.dtype == np.float32
    for k in (0, 9, 19):
        np.testing.assert_allclose(volume.voxels[k], stored(k) * (0.5 + 0.25 * k), rtol=1e-6)
    assert SeriesWarning.SCALED_DIFFERENTLY not in volume.warnings


def test_differing_slopes_outside_pet_are_named(make_series):
    def bend(k, ds):
        ds.Modality, ds.RescaleSlope = "MR", 1 + k

    assert SeriesWarning.SCALED_DIFFERENTLY in only(make_series(5, bend)).warnings


def test_a_fractional_slope_gives_float32(make_series, stored):
    def bend(k, ds):
        ds.RescaleSlope = "0.1"

    (volume,) = open_series(only(make_series(3, bend)))
    np.testing.assert_allclose(volume.voxels[1], stored(1) * 0.1 - 1024, rtol=1e-6)


def test_monochrome1_keeps_its_values_and_says_that_it_is_inverted(make_series, stored):
    def bend(k, ds):
        ds.PhotometricInterpretation = "MONOCHROME1"

    (volume,) = open_series(only(make_series(3, bend)))
    assert volume.is_inverted
    np.testing.assert_array_equal(volume.voxels[2], stored(2).astype(np.int32) - 1024)


def test_signed_12_bits_are_extended(make_series):
    def bend(k, ds):
        ds.PixelRepresentation, ds.RescaleIntercept = 1, 0
        ds.PixelData = np.full((12, 10), -100 & 0x0FFF, np.uint16).tobytes()

    (volume,) = open_series(only(make_series(3, bend)))
    assert (volume.voxels == -100).all()


def test_garbage_above_bits_stored_is_masked(make_series, stored):
    def bend(k, ds):
        ds.PixelData = (stored(k) | 0xA000).tobytes()

    (volume,) = open_series(only(make_series(3, bend)))
    np.testing.assert_array_equal(volume.voxels[2], stored(2).astype(np.int32) - 1024)


def test_padding_is_outside_and_too_wide_values_widen_the_volume(make_series):
    def bend(k, ds):
        ds.BitsStored, ds.HighBit = 16, 15
        ds.add_new("PixelPaddingValue", "US", 63536)
        pixels = np.full((12, 10), 1000, np.uint16)
        pixels[0] = 63536
        ds.PixelData = pixels.tobytes()

    (volume,) = open_series(only(make_series(3, bend)))
    assert volume.voxels.dtype == np.float32
    assert volume.outside_value == 63536 - 1024
    assert (volume.voxels[:, 0] == volume.outside_value).all()
    assert volume.window_range()[1] < 0


def test_signed_padding_written_unsigned_is_understood(make_series):
    def bend(k, ds):
        ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 15, 1
        ds.add_new("PixelPaddingValue", "US", 63536)
        ds.PixelData = np.full((12, 10), -2000, np.int16).tobytes()

    (volume,) = open_series(only(make_series(3, bend)))
    assert volume.voxels.dtype == np.int16
    assert volume.outside_value == -3024 == volume.voxels[0, 0, 0]


def test_missing_uids_give_one_series_with_a_lasting_name(make_series):
    def bend(k, ds):
        del ds.SeriesInstanceUID

    folder = make_series(6, bend)
    series = only(folder)
    assert series.warnings == (SeriesWarning.MISSING_UID,)
    assert series.id.startswith("no-uid-")
    assert only(folder).id == series.id


def test_two_series_in_nested_folders_are_told_apart(make_series):
    make_series(5, series=generate_uid())
    (make_series.folder / "deeper").mkdir()
    make_series.folder = make_series.folder / "deeper"
    folder = make_series(7, series=generate_uid()).parent
    (folder / "notes.txt").write_text("not an image")
    assert sorted(s.geometry.shape[0] for s in list_series(folder)) == [5, 7]


def test_missing_pixel_spacing_is_named(make_series):
    def bend(k, ds):
        del ds.PixelSpacing

    assert only(make_series(3, bend)).warnings == (SeriesWarning.NO_SPACING,)


def test_a_single_slice_without_a_thickness_has_pixels_of_a_size_and_no_volume(make_series):
    def bend(k, ds):
        del ds.SliceThickness

    flat = only(make_series(1, bend))
    assert flat.warnings == (SeriesWarning.NO_THICKNESS,)
    assert not flat.geometry.has_thickness
    assert flat.geometry.spacing_mm[:2] == pytest.approx((0.7, 0.8))
    assert flat.geometry.pixel_area_mm2 == pytest.approx(0.56)
    assert not flat.geometry.cropped(Box(0, 1, 2, 4, 2, 4)).has_thickness
    assert not geometry_from_json(geometry_to_json(flat.geometry)).has_thickness


def test_a_single_slice_with_a_thickness_and_several_without_are_volumes(make_series):
    one = only(make_series(1))
    assert (one.warnings, one.geometry.has_thickness) == ((), True)
    assert geometry_from_json(geometry_to_json(one.geometry)).has_thickness
    make_series.folder = make_series.folder / "several"
    make_series.folder.mkdir()
    several = only(make_series(3, lambda _k, ds: ds.pop("SliceThickness")))
    assert (several.warnings, several.geometry.has_thickness) == ((), True)


def test_broken_numbers_are_treated_as_absent(make_series):
    folder = make_series(3)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes().replace(b"-4.0\\-6.0\\", b"-4.0\\nan \\"))
    assert only(folder).warnings == (SeriesWarning.NO_GEOMETRY,)


def test_lossy_compression_is_named(make_series):
    def bend(k, ds):
        ds.LossyImageCompression = "01"

    assert only(make_series(3, bend)).warnings == (SeriesWarning.LOSSY,)


def test_two_interleaved_acquisitions_are_told_apart(make_series):
    def bend(k, ds):
        ds.AcquisitionNumber = 1 + k % 2
        ds.ImagePositionPatient = [-4, -6, 5.0 * (k // 2) + (1.3 if k % 2 else 0)]

    first, second = list_series(make_series(20, bend))
    assert first.warnings == second.warnings == ()
    assert first.geometry.origin_mm[2] == pytest.approx(0)
    assert second.geometry.origin_mm[2] == pytest.approx(1.3)
    assert {s.geometry.spacing_mm[2] for s in (first, second)} == {5.0}


def test_two_acquisitions_one_above_the_other_stay_together(make_series):
    def bend(k, ds):
        ds.AcquisitionNumber = 1 if k < 10 else 2
        ds.ImagePositionPatient = [-4, -6, 2.0 * k if k < 10 else 20 + 5.0 * (k - 10)]

    assert only(make_series(20, bend)).warnings == (SeriesWarning.VARIABLE_SPACING,)


def test_a_mosaic_of_slices_has_no_geometry(make_series):
    def bend(k, ds):
        ds.Modality, ds.ImageType = "MR", ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]

    assert SeriesWarning.NO_GEOMETRY in only(make_series(4, bend)).warnings
