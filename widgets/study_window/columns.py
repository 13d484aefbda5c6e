"""The columns of the list of studies, and how DICOM's values are shown to people."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QDate

from imaging.segment import SegmentState
from imaging.workspace.cases import CaseRow
from imaging.workspace.listing import SeriesRow, StudyRow
from widgets.runs.rows import Column

DESCRIPTION = 4  # the column that takes the room that is left


def study_columns() -> list[Column[StudyRow]]:
    """Patient, ID, date, modalities, description, images, cases."""
    return [
        Column(
            _tr("Patient"), lambda s: person(s.patient_name), lambda s: person(s.patient_name).casefold(), _born, False
        ),
        Column(_tr("ID"), lambda s: s.patient_id, lambda s: s.patient_id.casefold(), is_number=False),
        Column(_tr("Date"), lambda s: day(s.date), lambda s: s.date + s.time, is_number=False),
        Column(_tr("Kind"), lambda s: " ".join(s.modalities), lambda s: " ".join(s.modalities), is_number=False),
        Column(
            _tr("Description"), lambda s: described(s.description), lambda s: s.description.casefold(), is_number=False
        ),
        Column(_tr("Images"), lambda s: str(s.instance_count), lambda s: s.instance_count, _counts),
        Column(_tr("Cases"), lambda s: str(s.case_count or ""), lambda s: s.case_count),
    ]


def person(name: str) -> str:
    """A person's name as people write it: family name, given names; the first of DICOM's ways to write it."""
    groups = [group for group in name.split("=") if group.strip("^ ")]
    parts = [part.strip() for part in (groups[0] if groups else "").split("^")]
    family, given = parts[0], " ".join(filter(None, parts[1:3]))
    written = ", ".join(filter(None, (family, given)))
    return f"{written} ({person(groups[1])})" if len(groups) > 1 else written


def day(date: str) -> str:
    """A DICOM date as year-month-day, which nobody misreads; what is no date as it stands."""
    found = QDate.fromString(date, "yyyyMMdd")
    return found.toString("yyyy-MM-dd") if found.isValid() else date


def described(text: str) -> str:
    """A description without DICOM's ``^`` between its parts."""
    return " ".join(text.replace("^", " ").split())


def series_title(series: SeriesRow) -> str:
    """The description, or what else tells it from the others."""
    return described(series.description) or _tr("Series {0}").format(series.number or "?")


def series_details(series: SeriesRow) -> str:
    """Kind, number of images, size, and what is odd."""
    parts = [series.modality or "?"]
    if series.is_image:
        images = max(series.frame_count, series.instance_count)
        parts.append(_tr("1 image") if images == 1 else _tr("{0} images").format(images))
        if series.rows and series.columns:
            parts.append(f"{series.columns} × {series.rows}")
    if series.body_part:
        parts.append(series.body_part.capitalize())
    if series.duplicates:
        parts.append(_tr("{0} files are there twice").format(series.duplicates))
    return " · ".join(parts)


def case_details(case: CaseRow) -> str:
    """How far the work is."""
    words = {
        SegmentState.EMPTY: _tr("{0} empty"),
        SegmentState.AI_ONLY: _tr("{0} AI only"),
        SegmentState.IN_PROGRESS: _tr("{0} in progress"),
        SegmentState.DONE: _tr("{0} done"),
        SegmentState.FLAGGED: _tr("{0} flagged"),
    }
    said = [words[state].format(case.segments[state]) for state in words if case.segments.get(state)]
    return " · ".join(said) or _tr("no segments")


def _born(study: StudyRow) -> str:
    sex = {"M": _tr("male"), "F": _tr("female"), "O": _tr("other")}.get(study.sex, "")
    born = _tr("born {0}").format(day(study.birth_date)) if study.birth_date else ""
    return ", ".join(filter(None, (person(study.patient_name), born, sex)))


def _counts(study: StudyRow) -> str:
    return _tr("{0} series, {1} objects").format(study.series_count, study.instance_count)


def _tr(text: str) -> str:
    return QCoreApplication.translate("StudyColumns", text)
