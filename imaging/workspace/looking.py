"""What a file is, by its first kilobytes: the record that the index keeps of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from imaging.dicom import tags
from imaging.dicom.header import Header
from imaging.dicom.instance import DIRECTORY_CLASS
from imaging.dicom.scan import archive_sources, describe_odd
from imaging.dicom.sources import FileSource, Source
from imaging.dicom.walker import NotDicom, Odd, walk
from imaging.errors import UserError
from imaging.sandbox import Sandbox

RESEARCH_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
_LAST = tags.COLUMNS  # nothing behind it is told by the index


class FileKind(StrEnum):
    """What the index knows of a file."""

    DICOM = "dicom"
    IMAGE = "image"  # NIfTI, NRRD, MetaImage
    DIRECTORY = "directory"  # a DICOMDIR
    OTHER = "other"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class FoundInstance:
    """What the index tells of one DICOM object; texts are empty where the header has none.

    ``member`` is the object's name within an archive, else empty.
    """

    member: str
    patient_id: str
    patient_name: str
    birth_date: str
    sex: str
    study_uid: str
    study_date: str
    study_time: str
    study_description: str
    accession_number: str
    series_uid: str
    modality: str
    series_description: str
    body_part: str
    series_number: int
    series_date: str
    sop_class: str
    sop_uid: str
    instance_number: int
    frames: int
    rows: int
    columns: int


@dataclass
class Look:
    """What was found in a file; ``reason`` says why it could not be read."""

    kind: FileKind
    instances: list[FoundInstance] = field(default_factory=list)
    reason: str = ""


class Looker:
    """Looks at files; keeps the child process for odd ones until it is closed."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._sandbox: Sandbox | None = None

    def __enter__(self) -> Looker:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def look(self, path: str) -> Look:
        """What the file is. It never fails: what cannot be read says why."""
        name = path.lower()
        if name.endswith(RESEARCH_SUFFIXES):
            return Look(FileKind.IMAGE)
        if name.endswith(".zip"):
            return self._unless_unreadable(lambda: self._archive(path))
        return self._unless_unreadable(lambda: self._single(FileSource(path)))

    @staticmethod
    def _unless_unreadable(look: Callable[[], Look]) -> Look:
        try:
            return look()
        except UserError as error:
            return Look(FileKind.UNREADABLE, reason=error.message)
        except OSError as error:
            return Look(FileKind.UNREADABLE, reason=error.strerror or "The file cannot be read.")

    def _archive(self, path: str) -> Look:
        """What an archive holds; an entry that cannot be read hides no other."""
        found = Look(FileKind.OTHER)
        for source in archive_sources(Path(path)):
            one = self._unless_unreadable(lambda source=source: self._single(source))  # type: ignore[misc]
            if one.kind is FileKind.DICOM:
                found.kind = FileKind.DICOM
                found.instances.extend(one.instances)
            elif one.kind is FileKind.UNREADABLE:
                found.reason = one.reason
        if found.reason and not found.instances:
            found.kind = FileKind.UNREADABLE
        return found

    def _single(self, source: Source) -> Look:
        try:
            header, _ = walk(source, last=_LAST)
        except NotDicom:
            return Look(FileKind.OTHER)
        except Odd:
            header = self._odd(source)
        if header.text(tags.SOP_CLASS) == DIRECTORY_CLASS:
            return Look(FileKind.DIRECTORY)
        if not header.text(tags.SOP_INSTANCE) and not header.text(tags.SERIES_INSTANCE) and not header.text(tags.ROWS):
            return Look(FileKind.OTHER)
        return Look(FileKind.DICOM, [_instance(header, getattr(source, "member", ""))])

    def _odd(self, source: Source) -> Header:
        """What our walker cannot follow, by pydicom in a child process."""
        if self._sandbox is None:
            self._sandbox = self._stack.enter_context(Sandbox())
        return describe_odd(self._sandbox, source)


def _instance(header: Header, member: str) -> FoundInstance:
    return FoundInstance(
        member=member,
        patient_id=header.human_text(tags.PATIENT_ID),
        patient_name=header.human_text(tags.PATIENT_NAME),
        birth_date=header.text(tags.PATIENT_BIRTH_DATE),
        sex=header.text(tags.PATIENT_SEX),
        study_uid=header.text(tags.STUDY_INSTANCE),
        study_date=_date(header, tags.STUDY_DATE),
        study_time=header.text(tags.STUDY_TIME),
        study_description=header.human_text(tags.STUDY_DESCRIPTION),
        accession_number=header.human_text(tags.ACCESSION_NUMBER),
        series_uid=header.text(tags.SERIES_INSTANCE),
        modality=header.text(tags.MODALITY),
        series_description=header.human_text(tags.SERIES_DESCRIPTION),
        body_part=header.text(tags.BODY_PART),
        series_number=stored_integer(header, tags.SERIES_NUMBER),
        series_date=_date(header, tags.SERIES_DATE) or _date(header, tags.STUDY_DATE),
        sop_class=header.text(tags.SOP_CLASS),
        sop_uid=header.text(tags.SOP_INSTANCE),
        instance_number=stored_integer(header, tags.INSTANCE_NUMBER),
        frames=max(1, stored_integer(header, tags.FRAMES)),
        rows=header.integer(tags.ROWS),
        columns=header.integer(tags.COLUMNS),
    )


def _date(header: Header, tag: int) -> str:
    """A date as YYYYMMDD; ACR-NEMA's dots are dropped, so that dates can be compared."""
    return header.text(tag).replace(".", "")


def stored_integer(header: Header, tag: int) -> int:
    """A number that fits the table, 0 where the header's does not."""
    value = header.integer(tag)
    return value if abs(value) < 1 << 62 else 0
