"""Loading in the background: order, progress, cancel, and what appears before the pixels."""

from __future__ import annotations

import threading
import zipfile

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless, MediaStorageDirectoryStorage

from imaging.errors import UserError
from imaging.opening import Cancelled, find_series, list_series, open_series, start_loading
from imaging.volume import SeriesWarning


def test_geometry_and_array_come_before_the_pixels_and_the_middle_slice_first(make_series):
    (series,) = list_series(make_series(21))
    arrived, gate = [], threading.Event()

    def on_slices(k0, k1):
        gate.wait(10)
        arrived.append((k0, k1))

    loading = start_loading(series, on_slices=on_slices)
    assert loading.geometry.shape == (21, 12, 10)
    assert not loading.is_done
    gate.set()
    volume = loading.volume(10)
    assert loading.voxels is volume.voxels
    assert arrived[0] == (10, 11)
    assert sorted(k for k, _ in arrived) == list(range(21))
    distances = [abs(k - 10) for k, _ in arrived]
    assert distances == sorted(distances)
    assert loading.fraction == 1
    assert not volume.voxels.flags.writeable


def test_a_slice_that_has_arrived_is_whole(make_series, stored):
    (series,) = list_series(make_series(15))
    seen = []
    loading = start_loading(series, on_slices=lambda k0, k1: seen.append((k0, loading.voxels[k0].copy())))
    loading.volumes(10)
    for k, pixels in seen:
        np.testing.assert_array_equal(pixels, stored(k).astype(np.int32) - 1024)


def compressed(k, ds):
    data = imagecodecs.jpegls_encode(np.frombuffer(ds.PixelData, np.uint16).reshape(12, 10))
    ds.file_meta.TransferSyntaxUID = JPEGLSLossless
    ds.PixelData = encapsulate([data])
    ds["PixelData"].is_undefined_length = True


@pytest.mark.parametrize("bend", [None, compressed], ids=["plain", "compressed"])
def test_cancelling_stops_the_load(make_series, bend):
    (series,) = list_series(make_series(60, bend))
    stop = threading.Event()
    seen = []

    def on_slices(k0, k1):
        seen.append(k0)
        stop.set()

    loading = start_loading(series, on_slices=lambda k0, k1: (on_slices(k0, k1), loading.cancel()))
    with pytest.raises(Cancelled):
        loading.volumes(20)
    assert 1 <= len(seen) < 60


def test_progress_ends_at_one(make_series):
    (series,) = list_series(make_series(12))
    fractions = []
    open_series(series, progress=lambda fraction, message: fractions.append(fraction))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_a_load_that_fails_says_so_where_it_is_waited_for(make_series):
    folder = make_series(3)
    (series,) = list_series(folder)
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(UserError, match="cannot be read any more"):
        start_loading(series).volumes(10)


def test_too_wide_values_start_over_with_float32(make_series):
    def bend(k, ds):
        ds.BitsStored, ds.HighBit = 16, 15
        ds.PixelData = np.full((12, 10), 60000 if k == 0 else 5, np.uint16).tobytes()

    (series,) = list_series(make_series(9, bend))
    arrays = []
    loading = start_loading(series, on_slices=lambda k0, k1: arrays.append(loading.voxels.dtype))
    volume = loading.volume(10)
    assert volume.voxels.dtype == np.float32
    assert volume.voxels[0, 0, 0] == 60000 - 1024
    assert volume.voxels[8, 0, 0] == 5 - 1024
    assert loading.voxels is volume.voxels


def test_research_formats_load_the_same_way(make_series, tmp_path):
    from imaging.formats import write_volume

    (volume,) = open_series(list_series(make_series(4))[0])
    write_volume(volume, tmp_path / "copy.nii.gz")
    (series,) = list_series(tmp_path / "copy.nii.gz")
    loaded = start_loading(series).volume(20)
    assert series.id == "copy.nii.gz"
    assert loaded.geometry.same_space(volume.geometry)
    np.testing.assert_array_equal(loaded.voxels, volume.voxels)


def test_an_archive_gives_the_same_volume_as_its_folder(make_series, tmp_path):
    folder = make_series(8)
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for file in folder.iterdir():
            out.write(file, f"deep/{file.name}")
    (a,), (b,) = open_series(list_series(path)[0]), open_series(list_series(folder)[0])
    np.testing.assert_array_equal(a.voxels, b.voxels)
    assert a.geometry.same_space(b.geometry)


def test_a_folder_says_what_it_passed_over(make_series):
    folder = make_series(5)
    (folder / "notes.txt").write_text("no image")
    (folder / "broken.dcm").write_bytes((folder / "s000.dcm").read_bytes()[:300])
    found = find_series(folder)
    assert [s.geometry.shape[0] for s in found.series] == [5]
    assert found.skipped == 1
    assert [name for name, _ in found.unreadable] == ["broken.dcm"]


def test_objects_about_images_are_listed_and_refused_by_kind(make_series):
    def bend(k, ds):
        if k == 4:
            ds.Modality, ds.SeriesInstanceUID = "RTSTRUCT", "1.2.3.4"
            del ds.Rows, ds.PixelData

    image, about = list_series(make_series(5, bend))
    assert image.geometry.shape[0] == 4
    assert about.geometry is None
    with pytest.raises(UserError, match="RT structure set"):
        open_series(about)
    with pytest.raises(UserError, match="RT structure set"):
        start_loading(about)


def test_lists_are_the_same_each_time(make_series):
    def bend(k, ds):
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0] if k % 2 else [0, 1, 0, 0, 0, -1]

    folder = make_series(10, bend)
    assert [s.id for s in list_series(folder)] == [s.id for s in list_series(folder)]
    assert len({s.id for s in list_series(folder)}) == len(list_series(folder))


def test_the_patient_is_not_named_by_what_is_printed(make_series):
    (series,) = list_series(make_series(3))
    (volume,) = open_series(series)
    assert volume.source.patient_name == "Nobody^Made"
    assert "Nobody" not in repr(series)
    assert SeriesWarning.MISSING_UID not in series.warnings


def test_a_dicomdir_is_passed_over_in_its_folder_and_stands_for_it_when_it_is_opened(make_series):
    def bend(k, ds):
        if k == 3:
            ds.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
            for keyword in [e.keyword for e in ds]:
                delattr(ds, keyword)
            ds.FileSetID = "DISC"

    folder = make_series(4, bend)
    assert [s.geometry.shape[0] for s in list_series(folder)] == [3]
    assert [s.geometry.shape[0] for s in list_series(folder / "s003.dcm")] == [3]
