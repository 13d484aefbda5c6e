"""Hostile and broken files end as a message within 5 s and 1 GB; each is tried in a process of its own."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from imaging.errors import UserError
from imaging.opening import list_series, open_series
from imaging.volume import SeriesWarning

PROGRAM = """
import json, resource, sys
from pathlib import Path
from imaging.errors import UserError
from imaging.opening import list_series, open_series
outcome = {"message": "", "shapes": []}
try:
    for series in list_series(Path(sys.argv[1])):
        outcome["shapes"] += [list(v.voxels.shape) for v in open_series(series)]
except UserError as error:
    outcome["message"] = error.message
both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
# A process's own ru_maxrss begins with the size of the one that started it: the whole test run.
own_kb = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
outcome["peak_mb"] = max(own_kb, both[1].ru_maxrss) / 1024
outcome["cpu_s"] = sum(use.ru_utime + use.ru_stime for use in both)
print(json.dumps(outcome))
"""
OPENED = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
CLOSED = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
PIXELS = b"\xe0\x7f\x10\x00OW\0\0"


def outcome(path: Path) -> dict:
    """What opening a path comes to; fails on a crash, a traceback, 5 s of processor time or 1 GB."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        capture_output=True,
        timeout=60,
        cwd=Path(__file__).parents[4],
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found = json.loads(done.stdout)
    assert found["cpu_s"] < 5
    assert found["peak_mb"] < 1024
    return found


def refused(path: Path) -> str:
    """The message with which a path is refused."""
    found = outcome(path)
    assert found["message"]
    assert not found["shapes"]
    return found["message"]


@pytest.fixture
def plain(make_series) -> bytes:
    """A valid file of one slice."""
    return (make_series(1) / "s000.dcm").read_bytes()


@pytest.fixture
def one(make_series, tmp_path):
    """Write one slice after bending it, or some bytes."""

    def write(bend=None, data=None) -> Path:
        path = tmp_path / "one.dcm"
        if data is None:
            data = (make_series(1, bend) / "s000.dcm").read_bytes()
        path.write_bytes(data)
        return path

    return write


def insert_before_pixels(plain: bytes, extra: bytes) -> bytes:
    at = plain.index(PIXELS)
    return plain[:at] + extra + plain[at:]


@pytest.mark.parametrize("depth", [17, 300, 100_000])
def test_deep_nesting(plain, one, depth):
    at = plain.index(b"\x08\x00\x60\x00CS")
    assert "deeply" in refused(one(data=plain[:at] + OPENED * depth + CLOSED * depth + plain[at:]))


def test_nesting_of_defined_length_is_stepped_over(plain, one):
    inner = b""
    for _ in range(1000):
        item = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(inner)) + inner
        inner = b"\x08\x00\x40\x11SQ\0\0" + struct.pack("<I", len(item)) + item
    at = plain.index(b"\x08\x00\x60\x00CS")
    assert outcome(one(data=plain[:at] + inner + plain[at:]))["shapes"] == [[1, 12, 10]]


def test_a_sequence_without_end(plain, one):
    at = plain.index(b"\x08\x00\x60\x00CS")
    refused(one(data=plain[:at] + OPENED + plain[at:]))


def test_endless_empty_elements(plain, one):
    at = plain.index(b"\x08\x00\x60\x00CS")
    assert "too many" in refused(one(data=plain[:at] + b"\x08\x00\x41\x11LO\0\0" * 1_100_000 + plain[at:]))


def test_65535_squared_pixels_in_64_bytes(one):
    def bend(k, ds):
        ds.Rows = ds.Columns = 65535
        ds.PixelData = b"\0" * 64

    assert "cut short" in refused(one(bend))


@pytest.mark.parametrize("frames", [2, 2_000_000_000, 2**31])
def test_more_frames_than_pixels(one, frames):
    def bend(k, ds):
        ds.NumberOfFrames = frames

    refused(one(bend))


def test_more_pixels_than_frames(one):
    def bend(k, ds):
        ds.NumberOfFrames = 2
        ds.PixelData = ds.PixelData * 5

    assert "claims 2 frames but holds pixels for 5" in refused(one(bend))


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_a_file_that_ends_too_soon(plain, one, share):
    refused(one(data=plain[: int(len(plain) * share)]))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\0" * 128 + b"DICM", b"\0" * 200, b"DICM" * 100, b"PK\x03\x04 no zip"]
)
def test_what_is_no_dicom_file(one, data):
    refused(one(data=data))


def test_an_element_longer_than_the_file(plain, one):
    refused(one(data=plain.replace(b"\x08\x00\x3e\x10LO\x0e\x00", b"\x08\x00\x3e\x10LO\xfe\xff")))


def test_a_deflated_bomb(plain, one):
    at = plain.index(b"\x08\x00\x05\x00CS")
    head = (
        plain[:at]
        .replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99\0\0")
        .replace(b"\x02\x00\x10\x00UI\x14\x00", b"\x02\x00\x10\x00UI\x18\x00")
    )
    pack = zlib.compressobj(9, wbits=-15)
    body = [pack.compress(plain[at : plain.index(PIXELS)] + b"\xe0\x7f\x10\x00OW\0\0" + struct.pack("<I", 1 << 31))]
    zeros = b"\0" * (1 << 20)
    body += [pack.compress(zeros) for _ in range(1500)]
    assert "unfolds" in refused(one(data=head + b"".join([*body, pack.flush()])))


def test_compressed_garbage(one):
    for uid in (RLELossless, JPEGLSLossless, JPEG2000Lossless):

        def bend(k, ds, uid=uid):
            ds.file_meta.TransferSyntaxUID = uid
            ds.PixelData = encapsulate([np.random.default_rng(3).bytes(4000)])
            ds["PixelData"].is_undefined_length = True

        refused(one(bend))


def test_a_codestream_of_another_size_than_the_header(one):
    import imagecodecs

    def bend(k, ds):
        ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
        ds.PixelData = encapsulate([imagecodecs.jpeg2k_encode(np.zeros((64, 64), np.uint16), codecformat="j2k")])
        ds["PixelData"].is_undefined_length = True

    assert "size" in refused(one(bend))


def test_a_codestream_that_claims_60000_squared(one):
    import imagecodecs

    data = imagecodecs.jpeg2k_encode(np.zeros((64, 64), np.uint16), codecformat="j2k")
    sizes = struct.pack(">II", 64, 64)
    assert data.count(sizes) >= 2  # image and tile size of the SIZ marker
    huge = data.replace(sizes, struct.pack(">II", 60000, 60000))

    def bend(k, ds):
        ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
        ds.Rows = ds.Columns = 60000
        ds.PixelData = encapsulate([huge])
        ds["PixelData"].is_undefined_length = True

    assert "claims" in refused(one(bend))


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("Rows", 0),
        ("SamplesPerPixel", 7),
        ("BitsAllocated", 12),
        ("BitsAllocated", 0),
        ("BitsStored", 99),
        ("BitsStored", 0),
        ("PixelSpacing", [0, 0]),
        ("PixelSpacing", [-1, 1e30]),
        ("ImageOrientationPatient", [0, 0, 0, 0, 0, 0]),
        ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0]),
        ("ImagePositionPatient", [1e300, 0, 0]),
        ("RescaleSlope", 0),
        ("SliceThickness", -5),
        ("SeriesInstanceUID", "../../../../etc/passwd"),
        ("SOPInstanceUID", "1." * 250),
        ("PhotometricInterpretation", "PALETTE COLOR"),
        ("PhotometricInterpretation", "YBR_FULL_422"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_header_values_that_make_no_sense(one, keyword, value):
    def bend(k, ds):
        setattr(ds, keyword, value)

    path = one(bend)
    try:
        shapes = [volume.voxels.shape[:3] for series in list_series(path) for volume in open_series(series)]
    except UserError:
        return  # a refusal is as good as a volume
    assert shapes == [(1, 12, 10)]


def test_a_polyglot_preamble_is_only_a_preamble(plain, one):
    assert outcome(one(data=b"MZ" + plain[2:]))["shapes"] == [[1, 12, 10]]


def test_a_slice_cut_short_among_good_ones_is_named(make_series):
    folder = make_series(10)
    damaged = folder / "s004.dcm"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    (series,) = list_series(folder)
    (volume,) = open_series(series)
    assert series.warnings == volume.warnings == (SeriesWarning.DAMAGED_PIXELS,)
    assert (volume.voxels[4] == -1024).all()
    assert volume.voxels[5, 0, 0] == 1500 - 1024


# ------------------------------------------------------------------------------------------------ archives


@pytest.fixture
def archive(tmp_path, plain):
    """Write a zip archive of (name, data) with changes to an entry's description."""

    def write(entries=None, attributes=0, compression=zipfile.ZIP_DEFLATED) -> Path:
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w", compression) as out:
            for name, data in entries or [("a/one.dcm", plain)]:
                info = zipfile.ZipInfo(name)
                info.external_attr = attributes
                info.compress_type = compression
                out.writestr(info, data)
        return path

    return write


def test_a_good_archive_opens(archive, plain):
    found = outcome(archive([("a/one.dcm", plain), ("a/readme.txt", b"no image")]))
    assert found["shapes"] == [[1, 12, 10]]


@pytest.mark.parametrize("name", ["../../out.dcm", "/etc/out.dcm", "C:/out.dcm", "a\\..\\..\\out.dcm", "a/NUL.dcm"])
def test_an_archive_whose_names_lead_out(archive, plain, name):
    assert "lead out" in refused(archive([(name, plain)]))


def test_an_archive_with_a_link(archive):
    assert "lead out" in refused(archive(attributes=0o120777 << 16))


def test_an_archive_that_unfolds_to_far_more_than_it_is(archive):
    zeros = b"\0" * (64 << 20)
    assert "unfold" in refused(archive([(f"{n}.dcm", zeros) for n in range(17)]))


def test_an_entry_that_unfolds_to_far_more_than_an_image(archive, plain):
    at = plain.index(PIXELS) + 8
    big = 200 << 20
    huge = plain[:at] + struct.pack("<I", big) + b"\0" * big
    assert refused(archive([("one.dcm", huge)]))


def test_an_encrypted_archive(archive):
    path = archive()
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in refused(path)


def test_a_damaged_archive(archive):
    path = archive()
    data = bytearray(path.read_bytes())
    for n in range(60, 160):
        data[n] ^= 0x5A
    path.write_bytes(data)
    refused(path)
