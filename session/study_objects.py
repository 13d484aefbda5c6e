"""What the list of studies knows of objects about images: which there are, and where the images of one lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError
from imaging.workspace.listing import SeriesRow, files_of, series_of
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.object_kinds import KINDS, LookedAt, look_at

MOST_LOOKED_AT = 500  # headers; a study with more objects is no study of one patient's day


@dataclass(frozen=True)
class StudyObject:
    """One object of a study.

    Attributes:
        found: its header.
        modality: DICOM's Modality.
        title: what it, else its series, is called.
        date: of its series, YYYYMMDD; empty where it has none.
    """

    found: LookedAt
    modality: str
    title: str
    date: str


def objects_of(workspace: Path, series_row: int) -> list[StudyObject]:
    """The objects of a listed series, by its number in the list.

    Raises:
        UserError: it is not listed any more, or none of its files can be read.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        studies = index.connection.execute("SELECT study_id FROM series WHERE id = ?", (series_row,)).fetchall()
        rows = [row for (study,) in studies for row in series_of(index, study) if row.id == series_row]
        found = _looked_at(index, rows)
    if not found:
        raise UserError("The object is not there any more.", "Look at the folder again (F5).")
    return found


def objects_about(workspace: Path, series_id: str) -> list[StudyObject]:
    """What a study holds about one of its image series, and its documents.

    Args:
        series_id: of the images, as ``imaging.series.Series.id``.

    Raises:
        UserError: the list of studies cannot be read.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        rows = [row for study in _studies_with(index, series_id) for row in series_of(index, study)]
        found = _looked_at(index, [row for row in rows if row.sop_class in KINDS])
    return [one for one in found if one.found.is_about(series_id)]


def images_about_which(workspace: Path, found: LookedAt) -> SeriesRow | None:
    """The images that an object is about, None where the list does not know them.

    Raises:
        UserError: the list of studies cannot be read.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        for uid in sorted(found.series_uids):
            for study in _studies_with(index, uid):
                for row in series_of(index, study):
                    if row.uid == uid and row.is_image:
                        return row
    return None


def _studies_with(index: StudyIndex, series_id: str) -> list[int]:
    """Studies in which a series of this UID is listed; parts of a series that was split have a number behind it."""
    rows = index.connection.execute(
        "SELECT DISTINCT study_id FROM series WHERE uid != '' AND (uid = ?1 OR ?1 LIKE uid || '.%')", (series_id,)
    )
    return [study for (study,) in rows]


def _looked_at(index: StudyIndex, rows: Iterable[SeriesRow]) -> list[StudyObject]:
    found = []
    files = [(row, path) for row in rows for path, member in files_of(index, row.id) if not member]
    for row, path in files[:MOST_LOOKED_AT]:
        try:
            one = look_at(path)
        except UserError:
            continue  # damaged or gone: what cannot be read cannot be offered
        found.append(StudyObject(one, row.modality, one.title or row.description, row.date))
    return sorted(found, key=lambda one: (one.modality, one.date, one.title))
