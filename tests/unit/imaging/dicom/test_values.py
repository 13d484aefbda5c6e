"""Every way to store a number: widths, signs, byte orders, floats."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian

from imaging.dicom.values import Scale, clear_unused_bits, write_voxels
from imaging.opening import list_series, open_series
from imaging.volume import SeriesWarning

SHAPE = (12, 10)


def opened(folder):
    (series,) = list_series(folder)
    return open_series(series)[0]


def storing(values, bits, *, signed=False, slope=1, intercept=0, syntax=None):
    """A bend that stores values of a given width."""

    def bend(k, ds):
        ds.BitsAllocated = ds.BitsStored = bits
        ds.HighBit, ds.PixelRepresentation = bits - 1, int(signed)
        ds.RescaleSlope, ds.RescaleIntercept = slope, intercept
        data = values.byteswap() if syntax == ExplicitVRBigEndian else values
        if syntax is not None:
            ds.file_meta.TransferSyntaxUID = syntax
        ds.PixelData = data.tobytes()

    return bend


@pytest.mark.parametrize("syntax", [None, ExplicitVRBigEndian])
@pytest.mark.parametrize(
    ("stored", "signed", "kind"),
    [
        (np.arange(120, dtype=np.uint8), False, np.uint8),
        (np.arange(-60, 60, dtype=np.int8), True, np.int16),
        (np.arange(120, dtype=np.uint16) * 200, False, np.int16),
        (np.arange(-60, 60, dtype=np.int16) * 500, True, np.int16),
        (np.arange(-60, 60, dtype=np.int32) * 30_000_000, True, np.int32),
        (np.arange(120, dtype=np.uint32) * 12_345_678, False, np.int32),
        (np.arange(120, dtype=np.uint32) * 2**24, False, np.int32),
        (np.arange(120, dtype=np.uint32) * 2**25, False, np.float32),
    ],
    ids=lambda value: getattr(value, "dtype", None) and str(value.dtype),
)
def test_whole_numbers_of_every_width(make_series, stored, signed, kind, syntax):
    values = stored.reshape(SHAPE)
    volume = opened(make_series(2, storing(values, stored.dtype.itemsize * 8, signed=signed, syntax=syntax)))
    assert volume.voxels.dtype == kind
    np.testing.assert_array_equal(volume.voxels[0], values)


def test_eight_bits_in_big_endian_words(make_series):
    values = np.arange(120, dtype=np.uint8).reshape(SHAPE)

    def bend(k, ds):
        storing(values, 8)(k, ds)
        ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        ds["PixelData"].VR = "OW"
        ds.PixelData = values.reshape(-1).view(np.uint16).byteswap().tobytes()

    np.testing.assert_array_equal(opened(make_series(1, bend)).voxels[0], values)


def test_single_bits(make_series):
    values = np.random.default_rng(0).integers(0, 2, SHAPE, np.uint8)

    def bend(k, ds):
        storing(values, 1)(k, ds)
        ds.PixelData = np.packbits(values.reshape(-1), bitorder="little").tobytes() + b"\0"

    np.testing.assert_array_equal(opened(make_series(1, bend)).voxels[0], values)


@pytest.mark.parametrize(("keyword", "kind"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")])
def test_floating_point_pixels(make_series, keyword, kind):
    values = np.linspace(-1.5, 2.5, 120).reshape(SHAPE)

    def bend(k, ds):
        del ds.PixelData, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
        ds.RescaleSlope, ds.RescaleIntercept = 2, 0.5
        ds.BitsAllocated = 32 if kind == "<f4" else 64
        setattr(ds, keyword, values.astype(kind).tobytes())

    volume = opened(make_series(2, bend))
    np.testing.assert_allclose(volume.voxels[1], values * 2 + 0.5, rtol=1e-6, atol=1e-6)
    assert volume.warnings == ()


def test_values_that_are_not_finite_are_named(make_series):
    values = np.full(SHAPE, np.nan, np.float32)

    def bend(k, ds):
        del ds.PixelData, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
        ds.BitsAllocated, ds.FloatPixelData = 32, values.tobytes()

    assert SeriesWarning.NOT_FINITE in opened(make_series(2, bend)).warnings


def test_an_intercept_beyond_int16_gives_a_wider_volume(make_series):
    values = np.arange(120, dtype=np.uint16).reshape(SHAPE)
    volume = opened(make_series(2, storing(values, 16, intercept=100_000)))
    np.testing.assert_array_equal(volume.voxels[0], values + 100_000.0)


@pytest.mark.parametrize("bits", range(9, 17))
@pytest.mark.parametrize("signed", [False, True])
def test_rescale_in_place_equals_plain_arithmetic(bits, signed):
    rng = np.random.default_rng(bits)
    raw = rng.integers(0, 1 << 16, SHAPE, np.uint16)
    stored = raw & ((1 << bits) - 1)
    expected = stored.astype(np.int64)
    if signed:
        expected = np.where(stored >> (bits - 1), expected - (1 << bits), expected)
    scale = Scale(1, -700, 16, bits, signed)
    fits = expected.min() - 700 >= -32768 and expected.max() - 700 <= 32767
    target = raw.view(np.int16).copy()
    view = target.view(np.int16 if signed else np.uint16)
    if fits:
        write_voxels(target, clear_unused_bits(view, scale), scale)
        np.testing.assert_array_equal(target, expected - 700)
    else:
        wide = np.empty(SHAPE, np.float32)
        write_voxels(wide, clear_unused_bits(view, scale), scale)
        np.testing.assert_array_equal(wide, expected - 700)
