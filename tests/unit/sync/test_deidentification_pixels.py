"""Text in pixels: blacked out in every frame and every kind of pixel, and the description of the pixels stays true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_series import ct_slice
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import apply_color_lut, convert_color_space
from pydicom.uid import (
    ExplicitVRBigEndian,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
    UltrasoundMultiFrameImageStorage,
    generate_uid,
)

from imaging.errors import UserError
from imaging.opening import list_series, open_series
from sync.deidentification.engine import Deidentifier
from sync.deidentification.key import HospitalKey
from sync.deidentification.pixels import EVERY, PixelWishes
from sync.deidentification.run import deidentify_file

KEY = HospitalKey(bytes(range(32)))
BOX = (2, 1, 7, 4)
ROWS, COLUMNS = 12, 10


def picture(frames: int = 1, **fields: object) -> Dataset:
    """An 8-bit picture of bright noise in which every pixel counts as text."""
    ds = ct_slice(0, generate_uid()[:50], generate_uid()[:50])
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = (
        SecondaryCaptureImageStorage if frames == 1 else UltrasoundMultiFrameImageStorage
    )
    ds.Modality, ds.BurnedInAnnotation = "US", "YES"
    for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
        delattr(ds, keyword)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    if frames > 1:
        ds.NumberOfFrames = frames
    ds.PixelData = noise(frames, ROWS, COLUMNS).tobytes()
    for keyword, value in fields.items():
        setattr(ds, keyword, value)
    return ds


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).integers(60, 200, shape, np.uint8)


def coloured(photometric: str = "RGB", frames: int = 1, **fields: object) -> Dataset:
    data = noise(frames, ROWS, COLUMNS, 3)
    return picture(frames, SamplesPerPixel=3, PhotometricInterpretation=photometric, PlanarConfiguration=0,
                   PixelData=data.tobytes(), **fields)  # fmt: skip


def blacked(ds: Dataset, tmp_path: Path, box: tuple[int, int, int, int] = BOX) -> Dataset:
    """The object as it leaves, read back by pydicom."""
    ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    data = deidentify_file(tmp_path / "in.dcm", Deidentifier(KEY), PixelWishes(frozenset({EVERY}), {EVERY: (box,)}))
    (tmp_path / "out.dcm").write_bytes(data)
    return dcmread(tmp_path / "out.dcm")


def inside(pixels: np.ndarray) -> np.ndarray:
    x0, y0, x1, y1 = BOX
    return pixels[..., y0:y1, x0:x1] if pixels.shape[-1] != 3 else pixels[..., y0:y1, x0:x1, :]


def test_every_frame_is_blacked_out_and_the_rest_stays(tmp_path) -> None:
    source = picture(frames=3)
    made = blacked(source, tmp_path)
    before, after = source.pixel_array.copy(), made.pixel_array
    assert not inside(after).any()
    inside(before)[:] = 0
    assert np.array_equal(before, after)
    codes = [item.CodeValue for item in made.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113101"]
    assert made.BurnedInAnnotation == "NO"
    assert made.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


@pytest.mark.parametrize(
    ("fields", "black"),
    [
        ({"PhotometricInterpretation": "MONOCHROME1"}, 255),
        ({"PresentationLUTShape": "INVERSE"}, 255),
        ({"PixelRepresentation": 1, "BitsStored": 7, "HighBit": 6}, -64),
        ({"BitsStored": 6, "HighBit": 5, "PhotometricInterpretation": "MONOCHROME1"}, 63),
        ({}, 0),
    ],
)
def test_black_is_black_whatever_the_pixels_mean(tmp_path, fields, black) -> None:
    assert (inside(blacked(picture(**fields), tmp_path).pixel_array) == black).all()


@pytest.mark.parametrize("is_signed", [False, True])
def test_black_in_ct_is_air(tmp_path, is_signed) -> None:
    source = ct_slice(0, "1.2.3", "1.2.4")
    source.BurnedInAnnotation = "YES"
    if is_signed:
        source.PixelRepresentation, source.RescaleIntercept, source.BitsStored, source.HighBit = 1, 0, 16, 15
    made = blacked(source, tmp_path)
    assert (inside(made.pixel_array) * made.RescaleSlope + made.RescaleIntercept == -1024).all()


def test_a_palette_becomes_colours_and_black_is_black(tmp_path) -> None:
    source = picture(PhotometricInterpretation="PALETTE COLOR")
    for n, name in enumerate(("Red", "Green", "Blue")):
        setattr(source, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 8])
        table = ((np.arange(256) * (n + 3) + 40) % 256).astype(np.uint8)
        setattr(source, f"{name}PaletteColorLookupTableData", table.tobytes())
    made = blacked(source, tmp_path)
    assert (made.PhotometricInterpretation, made.SamplesPerPixel) == ("RGB", 3)
    assert "RedPaletteColorLookupTableData" not in made
    wanted = apply_color_lut(source.pixel_array, source)
    assert not inside(made.pixel_array).any()
    assert np.array_equal(made.pixel_array[5:], wanted[5:])


def test_ybr_becomes_rgb(tmp_path) -> None:
    source = coloured("YBR_FULL", frames=2)
    made = blacked(source, tmp_path)
    assert made.PhotometricInterpretation == "RGB"
    assert not inside(made.pixel_array).any()
    data = np.frombuffer(source.PixelData, np.uint8).reshape(2, ROWS, COLUMNS, 3)
    assert np.array_equal(made.pixel_array[:, 5:], convert_color_space(data, "YBR_FULL", "RGB")[:, 5:])


def test_colours_by_plane_are_turned(tmp_path) -> None:
    data = noise(ROWS, COLUMNS, 3)
    source = coloured()
    source.PixelData, source.PlanarConfiguration = np.ascontiguousarray(data.transpose(2, 0, 1)).tobytes(), 1
    made = blacked(source, tmp_path)
    assert made.PlanarConfiguration == 0
    assert np.array_equal(made.pixel_array[5:], data[5:])
    assert not inside(made.pixel_array).any()


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEGBaseline8Bit])
def test_compressed_pixels_are_decoded_and_written_plainly(tmp_path, syntax) -> None:
    import imagecodecs

    data = noise(2, ROWS, COLUMNS)
    source = picture(frames=2)
    if syntax == RLELossless:
        source.compress(RLELossless, data)
    else:
        encode = imagecodecs.jpegls_encode if syntax == JPEGLSLossless else imagecodecs.jpeg8_encode
        source.PixelData = encapsulate([encode(frame, level=0 if syntax == JPEGLSLossless else 95) for frame in data])
        source["PixelData"].is_undefined_length = True
        source.file_meta.TransferSyntaxUID = syntax
    made = blacked(source, tmp_path)
    assert made.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert not inside(made.pixel_array).any()
    is_lossy = syntax == JPEGBaseline8Bit
    assert np.abs(made.pixel_array[:, 8:].astype(int) - data[:, 8:]).max() <= (40 if is_lossy else 0)
    assert made.get("LossyImageCompression", "") == ("01" if is_lossy else "")
    assert made.get("LossyImageCompressionMethod", "") == ("ISO_10918_1" if is_lossy else "")


def test_big_endian_becomes_little(tmp_path) -> None:
    source = ct_slice(0, "1.2.3", "1.2.4")
    source.BurnedInAnnotation = "YES"
    wanted = source.pixel_array.copy()
    source.PixelData = wanted.astype(">u2").tobytes()
    source.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    source.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    made = blacked(dcmread(tmp_path / "in.dcm"), tmp_path)
    inside(wanted)[:] = 0
    assert np.array_equal(made.pixel_array, wanted)


def test_an_overlay_in_unused_bits_goes_even_where_nothing_is_blacked_out(tmp_path) -> None:
    source = ct_slice(0, "1.2.3", "1.2.4")
    wanted = source.pixel_array.copy()
    source.add_new(0x60000010, "US", ROWS)
    source.add_new(0x60000011, "US", COLUMNS)
    source.add_new(0x60000100, "US", 16)
    source.add_new(0x60000102, "US", 12)
    source.PixelData = (wanted | 0x1000).tobytes()
    source.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    (tmp_path / "out.dcm").write_bytes(deidentify_file(tmp_path / "in.dcm", Deidentifier(KEY)))
    made = dcmread(tmp_path / "out.dcm")
    assert np.array_equal(np.frombuffer(made.PixelData, "<u2").reshape(wanted.shape), wanted)
    assert not any(element.tag.group == 0x6000 for element in made)


def test_a_rectangle_outside_hides_nothing_and_is_refused(tmp_path) -> None:
    with pytest.raises(UserError, match="outside"):
        blacked(picture(), tmp_path, (50, 50, 60, 60))


def test_rectangles_alone_confirm_nothing(tmp_path) -> None:
    picture().save_as(tmp_path / "in.dcm", enforce_file_format=True)
    with pytest.raises(UserError, match="name the patient"):
        deidentify_file(tmp_path / "in.dcm", Deidentifier(KEY), PixelWishes(rectangles={EVERY: (BOX,)}))


def test_what_cannot_be_decoded_is_refused(tmp_path) -> None:
    source = picture()
    source.PixelData = encapsulate([b"\xff\xd8\xff\xee nothing of the kind"])
    source["PixelData"].is_undefined_length = True
    source.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    with pytest.raises(UserError):
        blacked(source, tmp_path)


def test_the_result_opens_in_our_own_reader(tmp_path) -> None:
    blacked(coloured(frames=2), tmp_path)
    series = list_series(tmp_path / "out.dcm")[0]
    (volume, *_) = open_series(series)
    assert volume.voxels.shape[-1] == 3


def sent(ds: Dataset, tmp_path: Path) -> Dataset:
    """The object as it leaves when somebody answers for its pixels, read back."""
    ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    data = deidentify_file(tmp_path / "in.dcm", Deidentifier(KEY), PixelWishes(frozenset({EVERY})))
    assert b"Zwirbel" not in data
    (tmp_path / "out.dcm").write_bytes(data)
    return dcmread(tmp_path / "out.dcm")


@pytest.mark.parametrize("behind", [b"Zwirbel!", b"Zwirbel!" * 400])
def test_bytes_behind_the_pixels_and_frames_that_nobody_sees_go(tmp_path, behind) -> None:
    source = picture(frames=2)
    before = source.pixel_array.copy()
    source.PixelData += behind
    made = sent(source, tmp_path)
    assert len(made.PixelData) == before.size
    assert np.array_equal(made.pixel_array, before)


def compressed(behind: bytes = b"", comment: bytes = b"", before: bytes = b"") -> tuple[Dataset, np.ndarray]:
    """A picture as a JPEG-LS stream with something planted into it, and its pixels."""
    imagecodecs = pytest.importorskip("imagecodecs")
    source = picture()
    pixels = source.pixel_array.copy()
    stream = bytes(imagecodecs.jpegls_encode(pixels))
    source.file_meta.TransferSyntaxUID = JPEGLSLossless
    source.PixelData = encapsulate([*([before] if before else []), stream[:2] + comment + stream[2:] + behind])
    source["PixelData"].is_undefined_length = True
    return source, pixels


def test_comments_in_compressed_streams_go_and_the_picture_stays(tmp_path) -> None:
    source, pixels = compressed(comment=b"\xff\xfe\0\x0aZwirbel!", behind=b"Zwirbel!")
    made = sent(source, tmp_path)
    assert made.file_meta.TransferSyntaxUID == JPEGLSLossless
    (stream,) = generate_frames(made.PixelData, number_of_frames=1)
    assert np.array_equal(pytest.importorskip("imagecodecs").jpegls_decode(stream), pixels)


def test_a_stream_that_is_none_is_refused_and_not_passed_on(tmp_path) -> None:
    source, _ = compressed(before=b"Zwirbel!")
    with pytest.raises(UserError):
        sent(source, tmp_path)


@pytest.mark.parametrize("is_signed", [False, True])
def test_a_drawing_in_unused_bits_goes_though_nothing_describes_it(tmp_path, is_signed) -> None:
    source = ct_slice(0, "1.2.3", "1.2.4")
    source.PixelRepresentation = int(is_signed)
    before = np.frombuffer(source.PixelData, "<u2") & 0x7FF
    drawing = np.zeros(before.size, np.uint16)
    drawing[3:9] = 0x8000
    source.PixelData = (before | drawing).tobytes()
    made = sent(source, tmp_path)
    assert np.array_equal(np.frombuffer(made.PixelData, "<u2"), before)


def test_signs_and_padding_are_no_drawing(tmp_path) -> None:
    source = ct_slice(0, "1.2.3", "1.2.4")
    source.PixelRepresentation, source.PixelPaddingValue = 1, -7000
    values = np.frombuffer(source.PixelData, "<i2") - 1500
    values[:5] = -7000
    source.PixelData = values.astype("<i2").tobytes()
    assert sent(source, tmp_path).PixelData == source.PixelData
