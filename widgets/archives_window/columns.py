"""The columns of what an archive answered."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from widgets.runs.rows import Column
from widgets.study_window.columns import day, described, person

Record = dict[str, str]


def study_columns() -> list[Column[Record]]:
    """Patient, ID, date, kinds, description, number of images."""
    return [
        _column(_tr("Patient"), "PatientName", person),
        _column(_tr("ID"), "PatientID"),
        _column(_tr("Date"), "StudyDate", day),
        _column(_tr("Kind"), "ModalitiesInStudy", kinds),
        _column(_tr("Description"), "StudyDescription", described),
        _number(_tr("Images"), "NumberOfStudyRelatedInstances"),
    ]


def series_columns() -> list[Column[Record]]:
    """Number, kind, description, number of images."""
    return [
        _number(_tr("No."), "SeriesNumber"),
        _column(_tr("Kind"), "Modality"),
        _column(_tr("Description"), "SeriesDescription", described),
        _number(_tr("Images"), "NumberOfSeriesRelatedInstances"),
    ]


def kinds(text: str) -> str:
    """Several modalities with spaces between them."""
    return " ".join(sorted(filter(None, text.split("\\"))))


def _column(title: str, keyword: str, shown: Callable[[str], str] = str) -> Column[Record]:
    def text(record: Record) -> str:
        return shown(record.get(keyword, ""))

    def key(record: Record) -> str:
        return record.get(keyword, "").casefold()

    return Column(title, text, key, text, is_number=False)


def _number(title: str, keyword: str) -> Column[Record]:
    def key(record: Record) -> float | None:
        found = record.get(keyword, "")
        return float(found) if found.isdigit() else None

    return Column(title, lambda record: record.get(keyword, ""), key)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ArchiveColumns", text)
