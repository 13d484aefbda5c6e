"""The header walker against pydicom, and its limits."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from imaging.dicom import tags
from imaging.dicom.scan import files_below
from imaging.dicom.sources import FileSource
from imaging.dicom.walker import CHUNK, NotDicom, Odd, walk
from imaging.errors import UserError

COMPARED = {
    tags.MODALITY: "Modality",
    tags.SERIES_INSTANCE: "SeriesInstanceUID",
    tags.SOP_INSTANCE: "SOPInstanceUID",
    tags.PHOTOMETRIC: "PhotometricInterpretation",
}
NUMBERS = {
    tags.ROWS: "Rows",
    tags.COLUMNS: "Columns",
    tags.BITS_STORED: "BitsStored",
    tags.IMAGE_POSITION: "ImagePositionPatient",
    tags.IMAGE_ORIENTATION: "ImageOrientationPatient",
    tags.PIXEL_SPACING: "PixelSpacing",
    tags.RESCALE_SLOPE: "RescaleSlope",
    tags.RESCALE_INTERCEPT: "RescaleIntercept",
}
UNREADABLE_BY_PYDICOM = {
    "3gb-bulk-data-truncated",
    "emri_small_jpeg_2k_lossless_too_short.dcm",
    "GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm",
}


def as_numbers(value):
    if value is None:
        return ()
    return tuple(float(v) for v in value) if hasattr(value, "__iter__") else (float(value),)


def assert_agrees(header, ds):
    for tag, name in COMPARED.items():
        assert header.text(tag) == str(ds.get(name) or "")
    for tag, name in NUMBERS.items():
        assert header.numbers(tag) == pytest.approx(as_numbers(ds.get(name)))


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian], ids=lambda u: u.name
)
def test_every_byte_layout_gives_the_same_header_and_pixels(make_series, stored, syntax):
    def bend(k, ds):
        ds.file_meta.TransferSyntaxUID = syntax
        if syntax == ExplicitVRBigEndian:
            ds.PixelData = stored(k).byteswap().tobytes()

    path = make_series(1, bend) / "s000.dcm"
    header, source = walk(FileSource(str(path)))
    assert_agrees(header, pydicom.dcmread(path))
    with source.open() as reader:
        pixels = reader.read(header.pixel_offset, header.pixel_length)
    expected = stored(0).byteswap().tobytes() if header.is_big_endian else stored(0).tobytes()
    assert pixels == expected


def test_a_header_longer_than_one_read(make_series):
    def bend(k, ds):
        block = ds.private_block(0x0009, "LIMNER TEST", create=True)
        for n in range(16):
            block.add_new(n, "OB", bytes([n]) * (CHUNK // 3 + n * 2))

    path = make_series(1, bend) / "s000.dcm"
    assert_agrees(walk(FileSource(str(path)))[0], pydicom.dcmread(path))


@pytest.mark.parametrize("is_undefined", [True, False])
def test_what_a_sequence_refers_to_is_not_taken_for_the_image(make_series, is_undefined):
    def bend(k, ds):
        other = pydicom.Dataset()
        other.Modality, other.SOPInstanceUID, other.Rows = "MR", "1.2.3", 7
        other.is_undefined_length_sequence_item = is_undefined
        ds.ReferencedImageSequence = [other, other]
        ds["ReferencedImageSequence"].is_undefined_length = is_undefined
        ds.AnatomicRegionSequence = []

    path = make_series(1, bend) / "s000.dcm"
    assert_agrees(walk(FileSource(str(path)))[0], pydicom.dcmread(path))


def test_a_file_without_preamble_is_known_by_its_first_element(make_series, tmp_path):
    data = (make_series(1) / "s000.dcm").read_bytes()
    path = tmp_path / "bare"
    path.write_bytes(data[132:])
    assert walk(FileSource(str(path)))[0].integer(tags.ROWS) == 12


def test_a_data_set_without_file_meta(make_series, tmp_path):
    ds = pydicom.dcmread(make_series(1) / "s000.dcm")
    buffer = BytesIO()
    del ds.file_meta
    pydicom.dcmwrite(buffer, ds, implicit_vr=True, little_endian=True, enforce_file_format=False)
    path = tmp_path / "bare"
    path.write_bytes(buffer.getvalue().removeprefix(b"\0" * 128 + b"DICM"))
    header, _ = walk(FileSource(str(path)))
    assert header.integer(tags.COLUMNS) == 10


def test_text_is_not_dicom(tmp_path):
    path = tmp_path / "notes.dcm"
    path.write_text("these are notes, not an image; " * 20)
    with pytest.raises(NotDicom):
        walk(FileSource(str(path)))


def test_real_headers_agree_with_pydicom(shared_data: Path):
    compared = 0
    for name in files_below(shared_data):
        try:
            header, _ = walk(FileSource(name))
        except (NotDicom, Odd, UserError):
            continue
        if Path(name).name in UNREADABLE_BY_PYDICOM:
            continue
        with warnings.catch_warnings(action="ignore"):
            assert_agrees(header, pydicom.dcmread(name, force=True, stop_before_pixels=True))
        compared += 1
    assert compared > 250
