"""Damage that tests/bench/bench_mutations.py found to be more than a message; each here in its smallest form."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from made_series import SeriesMaker, ct_slice
from pydicom import Dataset
from pydicom.uid import EnhancedCTImageStorage

from imaging.dicom.decode import jpeg_size
from imaging.opening import list_series, open_series
from imaging.volume import SeriesWarning, Volume
from imaging.workspace.thumbnails import file_thumbnail


def item(**fields: object) -> Dataset:
    made = Dataset()
    for keyword, value in fields.items():
        setattr(made, keyword, value)
    return made


def only_volume(folder: Path) -> Volume:
    (series,) = [series for series in list_series(folder) if series.geometry is not None]
    (volume,) = open_series(series)
    return volume


@pytest.mark.parametrize("bits", [24, 250, 65535])
def test_a_slice_of_impossible_bits_among_good_ones(tmp_path: Path, bits: int) -> None:
    def bend(k: int, ds: Dataset) -> None:
        if k == 2:
            ds.BitsAllocated = bits

    volume = only_volume(SeriesMaker(tmp_path)(5, bend))
    assert SeriesWarning.DAMAGED_PIXELS in volume.warnings
    assert volume.voxels[1, 0, 0] == 1100 - 1024


@pytest.mark.parametrize(("slope", "intercept"), [("1e308", "0"), ("1.5", "1e308"), ("-1e38", "-3e38")])
def test_a_rescale_beyond_all_numbers_says_so(tmp_path: Path, slope: str, intercept: str) -> None:
    def bend(_k: int, ds: Dataset) -> None:
        ds.RescaleSlope, ds.RescaleIntercept = slope, intercept

    volume = only_volume(SeriesMaker(tmp_path)(3, bend))
    assert not np.isfinite(volume.voxels).all()
    assert SeriesWarning.NOT_FINITE in volume.warnings


def test_windows_beyond_all_numbers_are_none(tmp_path: Path) -> None:
    def bend(_k: int, ds: Dataset) -> None:
        ds.WindowCenter, ds.WindowWidth = ["1e308", "40", "-1e200"], ["400", "400", "1e300"]

    assert only_volume(SeriesMaker(tmp_path)(3, bend)).default_window == ((40.0, 400.0),)


def test_a_small_picture_of_infinite_voxels(tmp_path: Path) -> None:
    def bend(k: int, ds: Dataset) -> None:
        ds.RescaleSlope = "1e308" if k == 1 else "1e35"

    SeriesMaker(tmp_path)(3, bend)
    for path in sorted(tmp_path.iterdir()):
        assert file_thumbnail(path).pixels.dtype == np.uint8


def test_directions_beyond_all_numbers_are_none(tmp_path: Path) -> None:
    def bend(_k: int, ds: Dataset) -> None:
        ds.ImageOrientationPatient = ["1e308", "0", "0", "0", "1e200", "0"]

    volume = only_volume(SeriesMaker(tmp_path)(3, bend))
    assert SeriesWarning.NO_GEOMETRY in volume.warnings


def test_damage_in_a_series_of_small_numbers(tmp_path: Path) -> None:
    """HU that fit a byte: a damaged slice cannot hold what air would be."""

    def bend(k: int, ds: Dataset) -> None:
        ds.RescaleIntercept, ds.BitsAllocated, ds.BitsStored, ds.HighBit = 0, 8, 8, 7
        ds.PixelData = bytes(ds.Rows * ds.Columns // (2 if k == 1 else 1))

    volume = only_volume(SeriesMaker(tmp_path)(3, bend))
    assert volume.voxels.dtype == np.uint8
    assert SeriesWarning.DAMAGED_PIXELS in volume.warnings


@pytest.mark.parametrize("number", ["nan", "inf", "1e300"])
def test_numbers_of_frames_that_are_none(tmp_path: Path, number: str) -> None:
    """Functional groups come from pydicom, which takes such numbers for numbers."""
    enhanced = ct_slice(0, "1.2.3.1", "1.2.3")
    enhanced.SOPClassUID = enhanced.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    enhanced.NumberOfFrames, enhanced.PixelData = 3, enhanced.PixelData * 3
    del enhanced.ImagePositionPatient
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=["7777", "7777"], SliceThickness="7777")],
        PixelValueTransformationSequence=[item(RescaleSlope="7777", RescaleIntercept="7777")],
    )
    places = [["0", "0", "0"], ["0", "7777", "2"], ["0", "0", "4"]]
    frames = [item(PlanePositionSequence=[item(ImagePositionPatient=place)]) for place in places]
    enhanced.SharedFunctionalGroupsSequence, enhanced.PerFrameFunctionalGroupsSequence = [shared], frames
    enhanced.save_as(tmp_path / "x.dcm")
    data = (tmp_path / "x.dcm").read_bytes()
    (tmp_path / "x.dcm").write_bytes(data.replace(b"7777", number.ljust(4)[:4].encode()))
    volumes = [volume for series in list_series(tmp_path) for volume in open_series(series)]
    assert sum(volume.geometry.shape[0] for volume in volumes) == 3
    for volume in volumes:  # the frame without a place stands apart
        assert np.isfinite(volume.voxels).all()
        assert volume.geometry.spacing_mm[:2] == (0.7, 0.8)


def test_a_codestream_says_its_size_before_it_is_decoded() -> None:
    pixels = np.arange(24 * 20, dtype=np.uint16).reshape(24, 20)
    for encode in (imagecodecs.jpegls_encode, lambda a: imagecodecs.ljpeg_encode(a, bitspersample=16)):
        assert jpeg_size(encode(pixels)) == (24, 20)
    assert jpeg_size(imagecodecs.jpeg8_encode(pixels.astype(np.uint8))) == (24, 20)
    assert jpeg_size(imagecodecs.jpeg2k_encode(pixels, codecformat="j2k")) is None
    assert jpeg_size(b"") is None
    assert jpeg_size(b"\xff\xd8" + b"\xff\xe0\0\0" * 3) is None
