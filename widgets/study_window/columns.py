"""The columns of the list of studies, and how DICOM's values are shown to people."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QDate

from imaging.segment import SegmentState
from imaging.workspace.cases import CaseRow
from imaging.workspace.listing import SeriesRow, StudyRow
from imaging.workspace.research import ResearchFile, ResearchFolder
from widgets.runs.rows import Column

ListRow = StudyRow | ResearchFolder
DESCRIPTION = 4  # the column that takes the room that is left


def study_columns() -> list[Column[ListRow]]:
    """Patient, ID, date, modalities, description, images, cases; of folders of research files what they have of it."""
    return [
        Column(_tr("Patient"), _patient, lambda row: _patient(row).casefold(), _born, False),
        Column(_tr("ID"), _patient_id, lambda row: _patient_id(row).casefold(), is_number=False),
        Column(_tr("Date"), lambda row: day(_time(row)[:8]), _time, is_number=False),
        Column(_tr("Kind"), _kinds, _kinds, is_number=False),
        Column(_tr("Description"), _description, lambda row: _description(row).casefold(), _place, False),
        Column(_tr("Images"), lambda row: str(_count(row)), _count, _counts),
        Column(_tr("Cases"), lambda row: str(row.case_count or ""), lambda row: row.case_count),
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
    known = _tr("Series {0}").format(series.number) if series.number else _tr("Series without a description")
    return described(series.description) or known


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
        twice = _tr("{0} files are there twice").format(series.duplicates)
        parts.append(_tr("1 file is there twice") if series.duplicates == 1 else twice)
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


def file_details(file: ResearchFile) -> str:
    """Kind, size, when it was changed, and whether somebody works on it."""
    parts = [file.kind, size_text(file.size), day(file.changed[:8])]
    return " · ".join([*parts, _tr("with a case")] if file.has_case else parts)


def size_text(bytes_: int) -> str:
    """A size as people say it."""
    return f"{bytes_ / 1e6:.1f} MB" if bytes_ >= 100_000 else f"{bytes_ / 1e3:.1f} kB"


def _patient(row: ListRow) -> str:
    return _tr("Research files") if isinstance(row, ResearchFolder) else person(row.patient_name)


def _patient_id(row: ListRow) -> str:
    return "" if isinstance(row, ResearchFolder) else row.patient_id


def _time(row: ListRow) -> str:
    return row.changed if isinstance(row, ResearchFolder) else row.date + row.time


def _kinds(row: ListRow) -> str:
    return " ".join(row.kinds if isinstance(row, ResearchFolder) else row.modalities)


def _description(row: ListRow) -> str:
    """A folder by its own name first: the beginnings of paths are all alike."""
    if isinstance(row, ResearchFolder):
        return _tr("{0} in {1}").format(row.path.name, row.path.parent)
    return described(row.description)


def _place(row: ListRow) -> str:
    return str(row.path) if isinstance(row, ResearchFolder) else described(row.description)


def _count(row: ListRow) -> int:
    return len(row.files) if isinstance(row, ResearchFolder) else row.instance_count


def _born(row: ListRow) -> str:
    if isinstance(row, ResearchFolder):
        return _tr("NIfTI, NRRD and MetaImage files of one folder")
    sex = {"M": _tr("male"), "F": _tr("female"), "O": _tr("other")}.get(row.sex, "")
    born = _tr("born {0}").format(day(row.birth_date)) if row.birth_date else ""
    return ", ".join(filter(None, (person(row.patient_name), born, sex)))


def _counts(row: ListRow) -> str:
    if isinstance(row, ResearchFolder):
        return _tr("{0} files").format(len(row.files))
    return _tr("{0} series, {1} objects").format(row.series_count, row.instance_count)


def _tr(text: str) -> str:
    return QCoreApplication.translate("StudyColumns", text)
