"""Cut, forged and mutated files: a UserError, soon and with little memory; never a crash, never a huge allocation."""

from __future__ import annotations

import bz2
import gzip
import random
import re
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel
import numpy as np
import pytest

from imaging.errors import UserError
from imaging.formats import read_header, read_volumes, write_volume
from imaging.formats.masks import read_labels
from imaging.geometry import Geometry
from imaging.volume import Volume

ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha")


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """Each test stays under 1 GB of Python and numpy memory."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 30


def quickly(read: Callable[[Path], object], path: Path) -> None:
    """Read in at most 5 s of processor time (the wall clock belongs to the whole machine)."""
    began = time.process_time()
    try:
        read(path)
    finally:
        assert time.process_time() - began < 5


def valid(tmp_path: Path, ending: str) -> Path:
    path = tmp_path / f"valid{ending}"
    voxels = np.random.default_rng(0).integers(0, 4000, (9, 10, 11)).astype(np.int16)
    write_volume(Volume(Geometry(voxels.shape, np.diag([1, 2, 3, 1])), voxels), path)
    return path


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        quickly(read_header, path)
    with pytest.raises(UserError):
        quickly(read_volumes, path)
    return caught.value.message


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.97])
def test_cut_off(tmp_path: Path, ending: str, part: float) -> None:
    path = valid(tmp_path, ending)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    refused(path)


@pytest.mark.parametrize("ending", [*ENDINGS, ".nhdr", ".mhd"])
@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\0" * 4096, b"\xff" * 4096, b"=\n" * 999, b"NRRD0004\n" + b"a" * 99]
)
def test_no_image_at_all(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    refused(path)


def nifti(shape: tuple[int, ...], body: bytes, dtype: str = "int16") -> bytes:
    header = nibabel.Nifti2Header()
    header.set_data_dtype(dtype)
    header.set_data_shape(shape)
    header["vox_offset"] = 544
    return bytes(header.binaryblock + b"\0\0\0\0" + body)


def test_huge_sizes_are_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    path.write_bytes(nifti((100_000, 100_000, 100_000), b"\0" * 1000))
    assert "cut off" in refused(path)
    path = tmp_path / "b.mha"
    header = "ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = 99999 99999 99999\nElementType = MET_DOUBLE\n"
    path.write_text(header + "ElementDataFile = LOCAL\n")
    assert "cut off" in refused(path)
    path = tmp_path / "c.nrrd"
    path.write_text(
        "NRRD0004\ntype: double\ndimension: 3\nsizes: 99999 99999 99999\nencoding: gzip\nendian: little\n\nxx"
    )
    assert "cut off" in refused(path)


def bomb(size: int) -> bytes:
    """Zeros deflated to a thousandth, as one zlib stream without its checksum."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


def test_a_gzip_bomb_that_its_header_announces(tmp_path: Path) -> None:
    path = tmp_path / "bomb.nii.gz"
    head = nifti((2048, 1024, 1024), b"")
    once = bomb(1 << 26)
    path.write_bytes(gzip.compress(head) + once * 64)  # 4 GB of zeros in 4 MB
    assert "would unpack to 4.3 GB" in refused(path)


def test_a_gzip_bomb_before_the_voxels(tmp_path: Path) -> None:
    path = tmp_path / "bomb.nii.gz"
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.uint8)
    header.set_data_shape((4, 4, 4))
    header["vox_offset"] = 4e9
    path.write_bytes(gzip.compress(header.binaryblock + b"\0\0\0\0") + bomb(1 << 26) * 64)
    assert "cannot begin" in refused(path)


def test_a_bzip2_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.nrrd"
    head = "NRRD0004\ntype: short\ndimension: 3\nsizes: 2048 1024 1024\nencoding: bzip2\nendian: little\n\n"
    path.write_bytes(head.encode() + bz2.compress(bytes(1 << 20)) * 10)
    assert "would unpack" in refused(path)


def test_a_stream_longer_than_the_header_says_is_read_only_so_far(tmp_path: Path) -> None:
    path = tmp_path / "long.nii.gz"
    path.write_bytes(gzip.compress(nifti((4, 4, 4), b"")) + bomb(1 << 26) * 4)
    assert read_volumes(path)[0].voxels.shape == (4, 4, 4)


@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd"])
def test_a_wrong_checksum_is_noticed(tmp_path: Path, ending: str) -> None:
    """One bit flipped in a block that is stored unpacked: the stream stays valid, only the checksum differs."""
    path = tmp_path / f"flipped{ending}"
    head = b"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 8 8 8\nencoding: gzip\n\n"
    content = bytes(range(256)) * 2
    plain = gzip.compress(content, 0) if ending == ".nrrd" else gzip.compress(nifti((8, 8, 8), content, "uint8"), 0)
    damaged = bytearray(plain)
    damaged[-100] ^= 1
    path.write_bytes((head if ending == ".nrrd" else b"") + plain)
    assert read_volumes(path)[0].voxels.ravel()[0] == 0
    path.write_bytes((head if ending == ".nrrd" else b"") + damaged)
    with pytest.raises(UserError, match="damaged"):
        read_volumes(path)


def test_padding_behind_the_stream_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "padded.nii.gz"
    path.write_bytes(gzip.compress(nifti((4, 4, 4), bytes(128))) + bytes(512))
    assert read_volumes(path)[0].voxels.shape == (4, 4, 4)


METAIMAGE = """ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
DimSize = 4 4 4
ElementType = MET_UCHAR
ElementDataFile = {name}
"""
NRRD = """NRRD0004
type: uchar
dimension: 3
sizes: 4 4 4
encoding: raw
data file: {name}
"""


@pytest.mark.parametrize("text", [METAIMAGE, NRRD])
@pytest.mark.parametrize(
    "name", ["../secret.raw", "/etc/passwd", "C:\\secret.raw", "sub/../../secret.raw", "..\\secret.raw"]
)
def test_voxels_outside_the_folder_are_not_opened(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "secret.raw").write_bytes(bytes(64))
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    path = folder / ("a.mhd" if text is METAIMAGE else "a.nhdr")
    path.write_text(text.format(name=name))
    assert "outside its own folder" in refused(path)


@pytest.mark.parametrize("text", [METAIMAGE, NRRD])
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret.raw").write_bytes(bytes(64))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link.raw").symlink_to(tmp_path / "secret.raw")
    path = folder / ("a.mhd" if text is METAIMAGE else "a.nhdr")
    path.write_text(text.format(name="link.raw"))
    assert "outside its own folder" in refused(path)


@pytest.mark.parametrize("text", [METAIMAGE, NRRD])
def test_voxels_beside_the_header(tmp_path: Path, text: str) -> None:
    path = tmp_path / ("a.mhd" if text is METAIMAGE else "a.nhdr")
    path.write_text(text.format(name="voxels.raw"))
    assert "missing" in refused(path)
    (tmp_path / "voxels.raw").write_bytes(bytes(range(64)))
    assert np.array_equal(read_volumes(path)[0].voxels.ravel(), np.arange(64))


@pytest.mark.parametrize("text", [METAIMAGE, NRRD])
@pytest.mark.parametrize("name", ["LIST", "slice%03d.raw 1 4 1"])
def test_many_voxel_files_are_refused_by_name(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / ("a.mhd" if text is METAIMAGE else "a.nhdr")
    path.write_text(text.format(name=name))
    assert "several files" in refused(path)


def mutated(tmp_path: Path, ending: str, count: int) -> int:
    """Read so many damaged copies of a valid file; how many reads were refused."""
    content = valid(tmp_path, ending).read_bytes()
    path, seeded, refusals = tmp_path / f"mutated{ending}", random.Random(f"{ending} {count}"), 0
    for _ in range(count):
        damaged = bytearray(content)
        for _ in range(seeded.choice([1, 3, 20])):
            damaged[seeded.randrange(min(len(damaged), 600))] = seeded.randrange(256)
        path.write_bytes(damaged)
        for read in (read_header, read_volumes, read_labels):
            try:
                quickly(read, path)
            except UserError:
                refusals += 1
    return refusals


@pytest.mark.parametrize("ending", ENDINGS)
def test_mutated_files_are_read_or_refused(tmp_path: Path, ending: str) -> None:
    assert mutated(tmp_path, ending, 60) > 10


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
def test_many_mutated_files_are_read_or_refused(tmp_path: Path, ending: str) -> None:
    assert mutated(tmp_path, ending, 500) > 100


@pytest.mark.parametrize(
    ("ending", "line"),
    [
        (".nrrd", "space directions: (1e308,1e308,1e308) (0,1e308,0) (0,0,1e308)"),
        (".nrrd", "space origin: (1e300,0,nan)"),
        (".nrrd", "sizes: nan inf 9"),
        (".mha", "ElementSpacing = 1e308 1e308 1e308"),
        (".mha", "TransformMatrix = 1e308 0 0 0 1e308 0 0 0 1e308"),
        (".mha", "Offset = 0 0 1e300"),
    ],
)
def test_numbers_beyond_all_sense_are_refused(tmp_path: Path, ending: str, line: str) -> None:
    path = valid(tmp_path, ending)
    key = re.match(r"[A-Za-z ]+[:=]", line)[0].encode()
    data = path.read_bytes()
    assert key in data
    path.write_bytes(re.sub(re.escape(key) + rb"[^\n]*", line.encode(), data, count=1))
    assert refused(path)
