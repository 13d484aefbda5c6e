"""Damage that our walker steps over and pydicom meets: listed, found by the check, and never an error of ours."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_series import ct_slice
from pydicom import Dataset, dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian

from imaging.errors import UserError
from imaging.objects.dump import dump
from imaging.objects.validation.findings import Severity
from imaging.objects.validation.validate import validate

SEG = "1.2.840.10008.5.1.4.1.1.66.4"


def written(path: Path, change: Callable[[Dataset], object] = lambda ds: None) -> bytes:
    ds = ct_slice(0, "1.2.3.1", "1.2.3")
    inner = Dataset()
    inner.Modality = "CT"
    ds.ReferencedImageSequence = [inner]
    change(ds)
    ds.save_as(path, enforce_file_format=True)
    return path.read_bytes()


def of_another_kind(data: bytes, tag: bytes, kind: bytes, new: bytes) -> bytes:
    """One element that says to be of another value representation than it is."""
    assert data.count(tag + kind) >= 1
    return data.replace(tag + kind, tag + new)


MODALITY, CLASS_IN_META = b"\x08\x00\x60\x00", b"\x02\x00\x02\x00"
BENT = {
    "numbers of half a length": (MODALITY, b"CS", b"FL"),
    "tags of half a length": (MODALITY, b"CS", b"AT"),
    "a sequence": (MODALITY, b"CS", b"SQ"),
    "an unknown kind": (MODALITY, b"CS", b"X?"),
    "an unknown kind in the file's own header": (CLASS_IN_META, b"UI", b"U\xe9"),
}


@pytest.mark.parametrize("name", BENT)
def test_it_is_listed_and_found(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(of_another_kind(written(path), *BENT[name]))
    lines = read_or_refused(lambda: dump(path, 500)[0])
    found = read_or_refused(lambda: validate(path))
    assert lines is None or len(lines) > 5
    assert found is None or any(one.severity is Severity.ERROR for one in found)


def read_or_refused(read: Callable[[], list[Any]]) -> list[Any] | None:
    """What was read, None when that was refused; any other error is the test's failure."""
    try:
        return read()
    except UserError:
        return None


def test_a_cut_deflated_stream(tmp_path: Path) -> None:
    def deflated(ds: Dataset) -> None:
        ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        ds.ImageComments = "x" * 4000

    path = tmp_path / "x.dcm"
    data = written(path, deflated)
    path.write_bytes(data[:-40])
    with pytest.raises(zlib.error):
        dcmread(path)
    for look in (lambda: dump(path, 500), lambda: validate(path)):
        with pytest.raises(UserError):
            look()


@pytest.mark.parametrize("frames", [["1", "2"], None])
def test_several_numbers_where_one_must_stand(tmp_path: Path, frames: list[str] | None) -> None:
    def segmentation(ds: Dataset) -> None:
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = SEG
        ds.PerFrameFunctionalGroupsSequence = [Dataset()]
        ds.NumberOfFrames = frames
        ds.SegmentSequence = [Dataset()]

    path = tmp_path / "x.dcm"
    written(path, segmentation)
    assert any(one.severity is Severity.ERROR for one in validate(path))
