"""What is stored with pixels and is none goes, and every pixel stays."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate, generate_frames

from imaging.dicom import syntax
from imaging.dicom.pixel_remains import CannotFollow, plain_length, without_remains

SECRET = b"Weizenkeim"
PICTURE = (np.arange(64 * 48) % 251).astype(np.uint8).reshape(48, 64)


def jpeg(*, is_ls: bool = False) -> bytes:
    imagecodecs = pytest.importorskip("imagecodecs")
    return bytes(imagecodecs.jpegls_encode(PICTURE) if is_ls else imagecodecs.jpeg8_encode(PICTURE, level=95))


def j2k() -> bytes:
    imagecodecs = pytest.importorskip("imagecodecs")
    return bytes(imagecodecs.jpeg2k_encode(PICTURE, codecformat="j2k", reversible=True))


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def decoded(stream: bytes) -> np.ndarray:
    import imagecodecs

    kind = imagecodecs.jpeg2k_decode if stream[1] == 0x4F else imagecodecs.jpeg_decode
    return np.asarray(imagecodecs.jpegls_decode(stream) if b"\xff\xf7" in stream[:64] else kind(stream))


def cleared(streams: list[bytes], transfer_syntax: str, fragments: int = 1) -> list[bytes]:
    value = encapsulate(streams, fragments_per_frame=fragments)
    made = without_remains(value, transfer_syntax)
    assert len(made) == len(value)
    assert SECRET not in made
    return list(generate_frames(made, number_of_frames=len(streams)))


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize(
    "planted",
    [
        segment(0xFE, SECRET),
        segment(0xE1, b"Exif\0\0" + SECRET),
        segment(0xE0, b"JFXX\0\x10" + SECRET),
        segment(0xEE, b"Adobe\0\x64\0\0\0\0\0" + SECRET),
        segment(0xED, SECRET) + segment(0xFE, SECRET),
    ],
)
def test_comments_of_a_jpeg_go(planted, fragments) -> None:
    plain = jpeg()
    bent = plain[:2] + planted + plain[2:]
    for made in cleared([bent, bent], min(syntax.JPEG_BASELINE), fragments):
        assert np.array_equal(decoded(made), decoded(plain))


def test_a_comment_between_scans_and_bytes_behind_the_end_go() -> None:
    plain = jpeg()
    bent = plain[:-2] + segment(0xFE, SECRET) + plain[-2:] + SECRET * 3
    (made,) = cleared([bent], min(syntax.JPEG_BASELINE))
    assert np.array_equal(decoded(made), decoded(plain))


def test_comments_of_a_jpeg_ls_stream_go() -> None:
    plain = jpeg(is_ls=True)
    bent = plain[:2] + segment(0xFE, SECRET) + plain[2:] + SECRET
    (made,) = cleared([bent], min(syntax.JPEG_LS))
    assert np.array_equal(decoded(made), PICTURE)


@pytest.mark.parametrize("fragments", [1, 4])
def test_comments_of_a_jpeg_2000_stream_go(fragments) -> None:
    plain = j2k()
    at = plain.index(b"\xff\x90")
    bent = plain[:at] + segment(0x64, b"\0\1" + SECRET) + plain[at:] + SECRET
    for made in cleared([bent, bent], min(syntax.JPEG_2000), fragments):
        assert np.array_equal(decoded(made), PICTURE)


@pytest.mark.parametrize(
    ("value", "transfer_syntax"),
    [
        (b"", min(syntax.JPEG_2000)),
        (b"no items at all", min(syntax.JPEG_BASELINE)),
        (encapsulate([b"\0\0\0\x0cjP  \r\n\x87\n"]), min(syntax.JPEG_2000)),  # a file in a file
        (encapsulate([b"\xff\xd8\xff\xfe\xff\xff"]), min(syntax.JPEG_BASELINE)),
        (encapsulate([b"\xff\x4f\xff\x64\xff\xff"]), min(syntax.JPEG_2000)),
        (encapsulate([b"\0\0\1\xb3"]), "1.2.840.10008.1.2.4.100"),  # a film
    ],
)
def test_what_cannot_be_followed_is_named(value, transfer_syntax) -> None:
    with pytest.raises(CannotFollow):
        without_remains(value, transfer_syntax)


def test_the_length_of_plain_pixels() -> None:
    ds = Dataset()
    assert plain_length(ds) is None
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.NumberOfFrames = 3, 5, 1, 3
    assert plain_length(ds) == 6
    ds.BitsAllocated, ds.SamplesPerPixel = 16, 1
    assert plain_length(ds) == 90
