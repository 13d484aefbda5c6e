"""How an object gets its file: nothing that others made is replaced, and errors are sentences."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from pydicom import Dataset

from imaging.errors import UserError
from imaging.objects.header import file_meta_of
from imaging.objects.writing import write_checked, write_object


def object_of(name: str) -> Dataset:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID, made.PatientName = "1.2.840.10008.5.1.4.1.1.7", "1.2.3", name
    return made


def test_what_limner_wrote_is_replaced_and_what_others_wrote_is_not(tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    write_object(object_of("First"), path)
    write_object(object_of("Second"), path)
    assert b"Second" in path.read_bytes()
    foreign = object_of("Scanner")
    foreign.file_meta = file_meta_of(foreign)
    foreign.file_meta.ImplementationClassUID = "1.2.3.4"
    foreign.save_as(path, enforce_file_format=True)
    before = path.read_bytes()
    with pytest.raises(UserError, match="not replaced"):
        write_object(object_of("Third"), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_a_sentence_whoever_meets_it(tmp_path: Path) -> None:
    def write(_: object) -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:  # as pydicom passes it on
            raise OSError("With tag (7FE0,0010) got exception: Traceback (most recent call last): ...") from error

    with pytest.raises(UserError) as told:
        write_checked(tmp_path / "one.dcm", write, lambda _: None)
    assert told.value.message == "one.dcm cannot be written: No space left on device."
    assert not list(tmp_path.iterdir())
