"""Compressed and coloured pixels: every codec against the values that were packed."""

from __future__ import annotations

import os
import zlib

import imagecodecs
import numpy as np
import psutil
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from imaging.dicom import decode
from imaging.dicom.foreign import picture_of
from imaging.dicom.scan import scan
from imaging.dicom.sources import FileSource
from imaging.errors import UserError
from imaging.opening import list_series, open_series
from imaging.sandbox import OutOfTime, Sandbox
from imaging.volume import Quantity, SeriesWarning

SHAPE = (12, 10)


def lossless_jpeg(pixels):
    return imagecodecs.ljpeg_encode(pixels, bitspersample=16)


def j2k(pixels):
    return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, level=0)


def compress(uid, encode):
    """A bend that stores a slice's pixels compressed."""

    def bend(k, ds):
        kind = np.int16 if ds.PixelRepresentation else np.uint16
        pixels = np.frombuffer(ds.PixelData, kind).reshape(SHAPE)
        ds.file_meta.TransferSyntaxUID = uid
        ds.PixelData = encapsulate([encode(pixels)])
        ds["PixelData"].is_undefined_length = True

    return bend


def rle(pixels):
    """One RLE segment per byte of the value, most significant first (PS3.5 annex G), in literal runs."""
    segments = []
    for plane in (pixels >> 8, pixels & 0xFF):
        data = plane.astype(np.uint8).tobytes()
        runs = b"".join(bytes([len(data[n : n + 128]) - 1]) + data[n : n + 128] for n in range(0, len(data), 128))
        segments.append(runs + b"\0" * (len(runs) % 2))
    offsets = np.zeros(16, "<u4")
    offsets[:3] = 2, 64, 64 + len(segments[0])
    return offsets.tobytes() + b"".join(segments)


@pytest.mark.parametrize(
    ("uid", "encode"),
    [
        (JPEGLSLossless, imagecodecs.jpegls_encode),
        (JPEG2000Lossless, j2k),
        (HTJ2KLossless, imagecodecs.htj2k_encode),
        (JPEGLossless, lossless_jpeg),
        (JPEGLosslessSV1, lossless_jpeg),
        (RLELossless, rle),
    ],
)
def test_lossless_codecs_give_every_value_back(make_series, stored, uid, encode):
    (series,) = list_series(make_series(5, compress(uid, encode)))
    (volume,) = open_series(series)
    assert series.transfer_syntax == uid
    assert volume.warnings == ()
    for k in range(5):
        np.testing.assert_array_equal(volume.voxels[k], stored(k).astype(np.int32) - 1024)


def test_signed_values_survive_a_codec_that_knows_only_unsigned_ones(make_series):
    values = np.arange(-60, 60, dtype=np.int16).reshape(SHAPE)

    def bend(k, ds):
        ds.PixelRepresentation, ds.BitsStored, ds.HighBit = 1, 16, 15
        ds.PixelData = values.tobytes()
        compress(JPEGLSLossless, lambda p: imagecodecs.jpegls_encode(p.view(np.uint16)))(k, ds)

    (volume,) = open_series(list_series(make_series(2, bend))[0])
    np.testing.assert_array_equal(volume.voxels[0], values - 1024)


def test_a_frame_in_several_fragments_is_put_together(make_series, stored):
    def bend(k, ds):
        data = imagecodecs.jpegls_encode(np.frombuffer(ds.PixelData, np.uint16).reshape(SHAPE))
        ds.file_meta.TransferSyntaxUID = JPEGLSLossless
        ds.PixelData = encapsulate([data], fragments_per_frame=3)
        ds["PixelData"].is_undefined_length = True

    (volume,) = open_series(list_series(make_series(2, bend))[0])
    np.testing.assert_array_equal(volume.voxels[1], stored(1).astype(np.int32) - 1024)


@pytest.mark.parametrize("has_table", [True, False])
def test_frames_in_several_fragments_are_told_apart(make_series, stored, has_table):
    def bend(k, ds):
        frames = [imagecodecs.jpegls_encode(stored(n)) for n in range(4)]
        ds.NumberOfFrames = 4
        ds.file_meta.TransferSyntaxUID = JPEGLSLossless
        ds.PixelData = encapsulate(frames, fragments_per_frame=2, has_bot=has_table)
        ds["PixelData"].is_undefined_length = True

    (volume,) = open_series(list_series(make_series(1, bend))[0])
    for k in range(4):
        np.testing.assert_array_equal(volume.voxels[k], stored(k).astype(np.int32) - 1024)


def test_one_undecodable_slice_is_named_and_the_others_are_read(make_series, stored):
    def bend(k, ds):
        compress(JPEGLSLossless, imagecodecs.jpegls_encode)(k, ds)
        if k == 3:
            ds.PixelData = encapsulate([b"\xff\xd8 this is no image"])
            ds["PixelData"].is_undefined_length = True

    (volume,) = open_series(list_series(make_series(8, bend))[0])
    assert volume.warnings == (SeriesWarning.DAMAGED_PIXELS,)
    assert (volume.voxels[3] == -1024).all()
    np.testing.assert_array_equal(volume.voxels[4], stored(4).astype(np.int32) - 1024)


@pytest.mark.parametrize("decoder", ["_by_imagecodecs", "_by_pydicom", "_by_simpleitk"])
@pytest.mark.parametrize(("uid", "encode"), [(JPEG2000Lossless, j2k), (RLELossless, rle)])
def test_each_decoder_gives_the_stored_values(make_series, stored, decoder, uid, encode):
    """Without rescale and without the inversion of MONOCHROME1 that GDCM applies to whole files."""

    def bend(k, ds):
        ds.PhotometricInterpretation = "MONOCHROME1"
        compress(uid, encode)(k, ds)

    path = make_series(1, bend) / "s000.dcm"
    instance = scan([FileSource(str(path))]).frames[0].instance
    pixels = getattr(decode, decoder)(decode.Picture(**picture_of(instance)), 0)
    np.testing.assert_array_equal(pixels, stored(0))


def test_the_second_decoder_reads_what_the_first_cannot(make_series, stored, monkeypatch):
    def broken(data):
        raise RuntimeError("as if the codec knew less")

    path = make_series(1, compress(JPEG2000Lossless, j2k)) / "s000.dcm"
    instance = scan([FileSource(str(path))]).frames[0].instance
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", broken)
    np.testing.assert_array_equal(decode.decode_frame(decode.Picture(**picture_of(instance)), 0), stored(0))


def test_an_unknown_transfer_syntax_is_refused(make_series):
    def bend(k, ds):
        compress(JPEGLSLossless, imagecodecs.jpegls_encode)(k, ds)
        ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.102"  # MPEG-4

    with pytest.raises(UserError):
        open_series(list_series(make_series(2, bend))[0])


# ------------------------------------------------------------------------------------------------ colour


def colour_slice(k, ds, pixels, photometric="RGB", planar=0):
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, photometric, planar
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    ds.PixelData = pixels.tobytes()


@pytest.mark.parametrize("planar", [0, 1])
def test_rgb_is_read_in_either_layout(make_series, planar):
    pixels = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), np.uint8)

    def bend(k, ds):
        colour_slice(k, ds, np.moveaxis(pixels, -1, 0) if planar else pixels, planar=planar)

    (volume,) = open_series(list_series(make_series(2, bend))[0])
    assert volume.quantity is Quantity.COLOUR
    np.testing.assert_array_equal(volume.voxels[0], pixels)


def test_ybr_becomes_rgb(make_series):
    ybr = np.zeros((*SHAPE, 3), np.uint8)
    ybr[:] = 76, 85, 255  # pure red in YBR_FULL

    def bend(k, ds):
        colour_slice(k, ds, ybr, "YBR_FULL")

    (volume,) = open_series(list_series(make_series(1, bend))[0])
    np.testing.assert_allclose(volume.voxels[0, 0, 0], [254, 0, 0], atol=1)


def test_jpeg_baseline_in_colour(make_series):
    pixels = np.zeros((*SHAPE, 3), np.uint8)
    pixels[:] = 200, 30, 60

    def bend(k, ds):
        colour_slice(k, ds, pixels, "YBR_FULL_422")
        ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        ds.PixelData = encapsulate([imagecodecs.jpeg8_encode(pixels, level=95)])
        ds["PixelData"].is_undefined_length = True

    (volume,) = open_series(list_series(make_series(1, bend))[0])
    np.testing.assert_allclose(volume.voxels[0, 5, 5], [200, 30, 60], atol=4)
    assert SeriesWarning.LOSSY in volume.warnings


def test_a_palette_becomes_rgb(make_series):
    levels = np.arange(256, dtype=np.uint16)

    def bend(k, ds):
        ds.PhotometricInterpretation = "PALETTE COLOR"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
        for name, table in (("Red", levels), ("Green", 255 - levels), ("Blue", levels // 2)):
            setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(ds, f"{name}PaletteColorLookupTableData", (table << 8).astype("<u2").tobytes())
        ds.PixelData = np.arange(120, dtype=np.uint8).tobytes()

    (volume,) = open_series(list_series(make_series(1, bend))[0])
    assert volume.voxels.shape == (1, *SHAPE, 3)
    np.testing.assert_array_equal(volume.voxels[0].reshape(-1, 3)[77], [77, 178, 38])


# ------------------------------------------------------------------------------------------------ the child


def test_the_child_is_replaced_after_it_died(make_series):
    path = make_series(1, compress(JPEGLSLossless, imagecodecs.jpegls_encode)) / "s000.dcm"
    argument = {"source": {"path": str(path)}}
    with Sandbox() as sandbox:
        assert sandbox.call("imaging.dicom.odd:describe", argument)["has_pixels"]
        sandbox._child.kill()
        with pytest.raises(UserError, match="decoder stopped") as raised:
            sandbox.call("imaging.dicom.odd:describe", argument)
        assert not isinstance(raised.value, OutOfTime)
        assert sandbox.call("imaging.dicom.odd:describe", argument)["has_pixels"]


def kill_children_of(parent):
    for child in psutil.Process(parent).children():
        child.kill()


def test_a_series_survives_the_death_of_its_decoder(make_series, stored):
    (series,) = list_series(make_series(30, compress(JPEGLSLossless, imagecodecs.jpegls_encode)))
    seen = []

    def on_progress(fraction, message):
        seen.append(fraction)
        if len(seen) == 5:
            kill_children_of(os.getpid())

    (volume,) = open_series(series, progress=on_progress)
    assert volume.warnings == ()
    for k in range(30):
        np.testing.assert_array_equal(volume.voxels[k], stored(k).astype(np.int32) - 1024)


def test_a_decoder_that_keeps_dying_ends_in_a_message(make_series):
    pixels = np.random.default_rng(0).integers(0, 4096, (400, 400), np.uint16)

    def bend(k, ds):
        ds.Rows, ds.Columns = pixels.shape  # large enough that the pipe holds only a few
        ds.file_meta.TransferSyntaxUID = JPEGLSLossless
        ds.PixelData = encapsulate([packed])
        ds["PixelData"].is_undefined_length = True

    packed = imagecodecs.jpegls_encode(pixels)
    (series,) = list_series(make_series(60, bend))
    with pytest.raises(UserError, match="decoder stopped"):
        open_series(series, progress=lambda fraction, message: kill_children_of(os.getpid()))


def test_the_child_stays_warm_after_it_refused_a_file(tmp_path):
    (tmp_path / "text.dcm").write_text("no image" * 100)
    with Sandbox() as sandbox:
        for _ in range(2):
            with pytest.raises(UserError, match="damaged"):
                sandbox.call("imaging.dicom.odd:describe", {"source": {"path": str(tmp_path / "text.dcm")}})
            pid = sandbox._child.pid
        assert sandbox._child.pid == pid
        assert sandbox._child.poll() is None


def test_the_child_runs_only_what_belongs_to_imaging():
    with Sandbox() as sandbox, pytest.raises(UserError):
        sandbox.call("os:system", {"command": "true"})


def test_the_child_may_not_take_more_than_its_memory(tmp_path):
    pack = zlib.compressobj(wbits=-15)
    zeros = b"\0" * (1 << 20)
    (tmp_path / "bomb").write_bytes(b"".join([*(pack.compress(zeros) for _ in range(200)), pack.flush()]))
    argument = {"source": {"inner": {"path": str(tmp_path / "bomb")}, "start": 0}}
    with Sandbox(memory_bytes=300 << 20) as sandbox, pytest.raises(UserError, match="more memory"):
        sandbox.call("imaging.dicom.odd:describe", argument)


def test_the_child_may_not_take_more_than_its_time(make_series):
    pixels = np.random.default_rng(0).integers(0, 4096, (1024, 1024), np.uint16)

    def bend(k, ds):
        ds.Rows, ds.Columns = pixels.shape
        ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
        ds.PixelData = encapsulate([j2k(pixels)])
        ds["PixelData"].is_undefined_length = True

    path = make_series(1, bend) / "s000.dcm"
    instance = scan([FileSource(str(path))]).frames[0].instance
    request = {"pictures": [picture_of(instance)], "wanted": [[0, 0]] * 500}
    with Sandbox() as sandbox, pytest.raises(OutOfTime, match="took too long"):
        list(sandbox.stream("imaging.dicom.decode:frames", request, seconds=0.5))
