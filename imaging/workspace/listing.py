"""What the index tells a list of studies: patients, studies, series, files; searched, filtered and counted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imaging.dicom.instance import DESCRIBING_MODALITIES
from imaging.workspace.looking import FileKind
from imaging.workspace.spelling import name_parts, searched_words
from imaging.workspace.study_index import StudyIndex

# Objects that are about images: they stand in a study, but are not opened as one.
_DESCRIBING = ",".join(f"'{modality}'" for modality in sorted(DESCRIBING_MODALITIES))
_IMAGE_TEST = f"s.modality NOT IN ({_DESCRIBING})"
MOST_STUDIES = 5000  # of a list for people; who has more narrows it
_OBJECT = "CASE i.sop_uid WHEN '' THEN i.id ELSE i.sop_uid END"  # an object in two files is one


@dataclass(frozen=True)
class Filter:
    """Which studies are wanted; what is left out does not narrow.

    Attributes:
        text: words that must all occur in the name, ID, descriptions, accession number or date, whatever their case.
        modalities: any of these (DICOM's Modality).
        date_from, date_to: DICOM dates (YYYYMMDD), both inclusive.
        body_part: DICOM's Body Part Examined.
        has_case: True for studies with a case, False for those without.
        folder: only what lies below it.
        patient_id: exactly this one.
    """

    text: str = ""
    modalities: frozenset[str] = frozenset()
    date_from: str = ""
    date_to: str = ""
    body_part: str = ""
    has_case: bool | None = None
    folder: Path | None = None
    patient_id: str = ""


@dataclass(frozen=True)
class StudyRow:
    """A study as a line of the list. It holds identifiers: never log it."""

    id: int
    uid: str
    patient_id: str
    patient_name: str
    birth_date: str
    sex: str
    date: str
    time: str
    description: str
    accession_number: str
    modalities: tuple[str, ...]
    series_count: int
    instance_count: int
    case_count: int


@dataclass(frozen=True)
class SeriesRow:
    """A series of a study.

    ``duplicates``: files that hold an object which another file holds, too. ``folder``: what to open; on a disc with a
    directory that is the DICOMDIR, which leads to the files wherever they lie.
    """

    id: int
    study_id: int
    uid: str
    modality: str
    description: str
    body_part: str
    number: int
    date: str
    sop_class: str
    rows: int
    columns: int
    instance_count: int
    frame_count: int
    duplicates: int
    is_image: bool
    folder: Path


@dataclass(frozen=True)
class FileRow:
    """A file that stands in no study: one that could not be read, or a directory, with the reason."""

    path: Path
    size: int
    kind: FileKind
    reason: str


def studies(index: StudyIndex, wanted: Filter = Filter(), limit: int = MOST_STUDIES) -> list[StudyRow]:
    """The studies that a filter lets through, the newest first, then by patient's name."""
    conditions, values = _conditions(wanted)
    rows = index.connection.execute(
        "SELECT t.id, t.uid, t.patient_id, t.patient_name, t.birth_date, t.sex, t.date, t.time, t.description,"
        " t.accession_number, group_concat(DISTINCT s.modality), count(DISTINCT s.id),"
        f" (SELECT count(DISTINCT {_OBJECT}) FROM instances i JOIN series x ON x.id = i.series_id"
        " WHERE x.study_id = t.id),"
        " (SELECT count(DISTINCT c.path) FROM case_series c JOIN series x ON x.uid = c.uid WHERE x.study_id = t.id)"
        f" FROM studies t JOIN series s ON s.study_id = t.id WHERE {conditions} GROUP BY t.id"
        " ORDER BY t.date DESC, t.time DESC, t.patient_name, t.id LIMIT ?",
        (*values, limit),
    )
    return [_study(row) for row in rows]


def prior_studies(index: StudyIndex, study: StudyRow) -> list[StudyRow]:
    """Other studies of the same patient, the newest first: same ID, and a name or birth date that does not disagree.

    A study without a patient ID has none: names alone mix up people.
    """
    if not study.patient_id:
        return []
    return [
        s
        for s in studies(index, Filter(patient_id=study.patient_id))
        if s.id != study.id
        and (not s.birth_date or not study.birth_date or s.birth_date == study.birth_date)
        and _same_name(s.patient_name, study.patient_name)
    ]


def series_of(index: StudyIndex, study_id: int) -> list[SeriesRow]:
    """The series of a study in the order of their numbers."""
    rows = index.connection.execute(
        "SELECT s.id, s.study_id, s.uid, s.modality, s.description, s.body_part, s.number, s.date, s.sop_class, s.rows,"
        f" s.columns, count(DISTINCT {_OBJECT}), (SELECT sum(n) FROM (SELECT max(i.frames) AS n FROM instances i"
        f" WHERE i.series_id = s.id GROUP BY {_OBJECT})), count(*) - count(DISTINCT {_OBJECT}), {_IMAGE_TEST},"
        " min(f.path) FROM series s JOIN instances i ON i.series_id = s.id JOIN files f ON f.id = i.file_id"
        " WHERE s.study_id = ? GROUP BY s.id ORDER BY s.number, s.id",
        (study_id,),
    )
    discs = _directories(index)
    return [_series(row, discs) for row in rows]


def incomplete_discs(index: StudyIndex) -> list[FileRow]:
    """DICOMDIRs that name what is not there, with what is missing."""
    return [one for one in _files(index, FileKind.DIRECTORY) if one.reason]


def files_of(index: StudyIndex, series_id: int) -> list[tuple[Path, str]]:
    """(file, member of the archive or "") of a series' objects by their numbers; of duplicates the first is taken."""
    rows = index.connection.execute(
        "SELECT min(f.path), i.member, min(i.number) FROM instances i JOIN files f ON f.id = i.file_id"
        f" WHERE i.series_id = ? GROUP BY {_OBJECT} ORDER BY 3, 1",
        (series_id,),
    )
    return [(Path(os.fsdecode(path)), member) for path, member, _ in rows]


def all_files_of(index: StudyIndex, series_id: int) -> list[Path]:
    """Every file that holds an object of a series, duplicates too."""
    rows = index.connection.execute(
        "SELECT DISTINCT f.path FROM instances i JOIN files f ON f.id = i.file_id WHERE i.series_id = ? ORDER BY 1",
        (series_id,),
    )
    return [Path(os.fsdecode(path)) for (path,) in rows]


def unreadable_files(index: StudyIndex) -> list[FileRow]:
    """DICOM files that could not be read, with the reason."""
    return _files(index, FileKind.UNREADABLE)


def modalities(index: StudyIndex) -> list[str]:
    """The modalities that occur."""
    return [
        row[0]
        for row in index.connection.execute("SELECT DISTINCT modality FROM series WHERE modality != '' ORDER BY 1")
    ]


def body_parts(index: StudyIndex) -> list[str]:
    """The body parts that occur."""
    return [
        row[0]
        for row in index.connection.execute("SELECT DISTINCT body_part FROM series WHERE body_part != '' ORDER BY 1")
    ]


def _study(row: tuple[Any, ...]) -> StudyRow:
    occurring = tuple(sorted(filter(None, (row[10] or "").split(","))))
    return StudyRow(*row[:10], occurring, *row[11:14])  # type: ignore[call-arg]


def _directories(index: StudyIndex) -> list[Path]:
    """The DICOMDIRs that may be believed, those furthest down first."""
    rows = index.connection.execute("SELECT path FROM files WHERE kind = ?", (FileKind.DIRECTORY.value,))
    return sorted((Path(os.fsdecode(path)) for (path,) in rows), key=lambda path: -len(path.parts))


def _series(row: tuple[Any, ...], discs: list[Path]) -> SeriesRow:
    parent = Path(os.fsdecode(row[15])).parent
    folder = next((disc for disc in discs if parent.is_relative_to(disc.parent)), parent)
    return SeriesRow(*row[:14], bool(row[14]), folder)  # type: ignore[call-arg]


def _files(index: StudyIndex, kind: FileKind) -> list[FileRow]:
    rows = index.connection.execute("SELECT path, size, reason FROM files WHERE kind = ? ORDER BY path", (kind.value,))
    return [FileRow(Path(os.fsdecode(path)), size, kind, reason) for path, size, reason in rows]


def _conditions(wanted: Filter) -> tuple[str, list[object]]:
    """The WHERE clause and its values."""
    conditions, values = ["1"], list[object]()
    for word in searched_words(wanted.text):
        test = (
            "(t.folded LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM series w WHERE w.study_id = t.id"
            " AND w.folded LIKE ? ESCAPE '\\'))"
        )
        conditions.append(f"({' OR '.join([test] * len(word))})")
        values += [_anywhere(one) for one in word for _ in range(2)]
    if wanted.patient_id:
        conditions.append("t.patient_id = ?")
        values.append(wanted.patient_id)
    if wanted.modalities:
        marks = ",".join("?" * len(wanted.modalities))
        conditions.append(f"EXISTS (SELECT 1 FROM series w WHERE w.study_id = t.id AND w.modality IN ({marks}))")
        values += sorted(wanted.modalities)
    for text, condition in ((wanted.date_from, "t.date >= ?"), (wanted.date_to, "t.date != '' AND t.date <= ?")):
        if text:
            conditions.append(condition)
            values.append(text)
    if wanted.body_part:
        conditions.append("EXISTS (SELECT 1 FROM series w WHERE w.study_id = t.id AND w.body_part = ?)")
        values.append(wanted.body_part)
    if wanted.has_case is not None:
        test = "EXISTS (SELECT 1 FROM case_series c JOIN series w ON w.uid = c.uid WHERE w.study_id = t.id)"
        conditions.append(test if wanted.has_case else f"NOT {test}")
    if wanted.folder is not None:
        start = os.fsencode(wanted.folder.resolve()) + os.fsencode(os.sep)
        conditions.append(
            "EXISTS (SELECT 1 FROM series w JOIN instances i ON i.series_id = w.id JOIN files f ON f.id = i.file_id"
            " WHERE w.study_id = t.id AND f.path >= ? AND f.path < ?)"
        )
        values += [start, start[:-1] + bytes([start[-1] + 1])]
    return " AND ".join(conditions), values


def _anywhere(word: str) -> str:
    for special in "\\%_":
        word = word.replace(special, f"\\{special}")
    return f"%{word}%"


def _same_name(one: str, other: str) -> bool:
    """True unless both are there and share no part: order, case, script and middle names differ between machines."""
    a, b = name_parts(one), name_parts(other)
    return not a or not b or bool(a & b)
