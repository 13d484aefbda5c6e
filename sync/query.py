"""A question to an archive and its answers, the same for C-FIND and QIDO-RS."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from imaging.errors import UserError


class Level(StrEnum):
    """What is asked for (Query/Retrieve Level)."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"


# What comes back for each level (keywords of PS3.6); the levels above are added.
KEYS = {
    Level.PATIENT: ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "NumberOfPatientRelatedStudies"),
    Level.STUDY: (
        "StudyInstanceUID",
        "StudyDate",
        "StudyTime",
        "StudyDescription",
        "AccessionNumber",
        "StudyID",
        "ModalitiesInStudy",
        "ReferringPhysicianName",
        "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
    ),
    Level.SERIES: (
        "SeriesInstanceUID",
        "StudyInstanceUID",
        "Modality",
        "SeriesNumber",
        "SeriesDescription",
        "SeriesDate",
        "BodyPartExamined",
        "NumberOfSeriesRelatedInstances",
    ),
    Level.IMAGE: ("SOPInstanceUID", "SOPClassUID", "SeriesInstanceUID", "StudyInstanceUID", "InstanceNumber"),
}
WILD = ("PatientName", "PatientID", "StudyDescription", "SeriesDescription", "AccessionNumber")


@dataclass(frozen=True)
class Query:
    """What is looked for.

    Attributes:
        level: of the answers.
        matches: keyword -> value as DICOM writes it: ``*`` and ``?`` in texts, ``20200101-20201231`` for dates.
        limit: the most answers that are wanted; there may be more.
        names_nobody: it asks by UIDs for objects without identifiers, so that it may go wherever they went.
    """

    level: Level = Level.STUDY
    matches: dict[str, str] = field(default_factory=dict)
    limit: int = 500
    names_nobody: bool = False

    @property
    def is_identified(self) -> bool:
        """True when the question or its answers may name a patient, as nearly all do."""
        return not (self.names_nobody and self.level is Level.IMAGE and all(k.endswith("UID") for k in self.matches))


@dataclass(frozen=True)
class Answers:
    """What was found, as keyword -> text (several values joined by ``\\``). They name patients: never log them.

    ``is_cut``: there are more than were asked for.
    """

    level: Level
    records: tuple[dict[str, str], ...]
    is_cut: bool = False


def checked_uid(uid: str) -> str:
    """The UID itself, when it can stand in an address or name what is to be fetched.

    Raises:
        UserError: it holds anything but digits and dots.
    """
    if not uid or len(uid) > 64 or not set(uid) <= set("0123456789."):
        raise UserError("A UID holds digits and dots only, 64 at most.")
    return uid


def several_kinds(typed: str) -> str:
    """Kinds of images as people type them (``ct, mr``) as DICOM writes several values (``CT\\MR``)."""
    return "\\".join(re.split(r"[\s,;/\\]+", typed.strip().upper()))
