"""Which objects about images there are, in the list of studies or beside them, and where the images of one lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from imaging.dicom.scan import files_below
from imaging.dicom.sources import FileSource
from imaging.errors import UserError
from imaging.series import Series
from imaging.workspace.listing import SeriesRow, files_of, series_of
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session import images_nearby
from session.images_nearby import images_near
from session.object_kinds import KINDS, LookedAt, ObjectKind, kind_of, look_at

MOST_LOOKED_AT = 500  # whole headers; a study with more objects is no study of one patient's day
MOST_BESIDE = 20_000  # files beside the images, of which the first elements are read
Report = Callable[[float | None, str], None]


def objects_of(workspace: Path, series_row: int) -> list[LookedAt]:
    """The objects of a listed series, by its number in the list.

    Raises:
        UserError: it is not listed any more, or none of its files can be read.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        studies = index.connection.execute("SELECT study_id FROM series WHERE id = ?", (series_row,)).fetchall()
        rows = [row for (study,) in studies for row in series_of(index, study) if row.id == series_row]
        found = _looked_at(_files_of(index, rows))
    if not found:
        raise UserError("The object is not there any more.", "Look at the folder again (F5).")
    return found


def objects_about(workspace: Path, series_id: str, place: Path, report: Report) -> list[LookedAt]:
    """What the list knows about one image series, with the documents of its study, and what lies beside the images.

    Args:
        series_id: of the images, as ``imaging.series.Series.id``.
        place: what was opened to show them; a folder is looked through.
        report: called with fraction and message; may raise to stop.

    Raises:
        UserError: the list of studies cannot be read.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        rows = [row for study in _studies_with(index, series_id) for row in series_of(index, study)]
        listed = _files_of(index, [row for row in rows if row.sop_class in KINDS])
    found = [one for one in _looked_at(listed) if one.is_about(series_id)]
    known = {path.resolve() for path in listed}
    beside = _looked_at(path for path in _beside(place, report) if path.resolve() not in known)
    found += [one for one in beside if one.series_uids and one.is_about(series_id)]  # there may be other patients, too
    return sorted(found, key=lambda one: (one.modality, one.date, one.title))


@dataclass(frozen=True)
class PlaceOfImages:
    """A folder, or the DICOMDIR of a disc, and a series there. It holds an identifier: never log it."""

    folder: Path
    series_id: str


@dataclass(frozen=True)
class LookedFor:
    """Where the images of an object are.

    Attributes:
        place: None where they were not found.
        is_cut: more files lie near the object than were looked at.
    """

    place: PlaceOfImages | None
    is_cut: bool = False


def objects_in(folder: Path, report: Report) -> list[LookedAt]:
    """The objects in a folder, without those that are damaged."""
    return _looked_at(_beside(folder, report))


def is_map(series: Series) -> bool:
    """True for an image that is a map about other images."""
    source = None if series.stack is None else series.stack.first.instance.source
    return isinstance(source, FileSource) and kind_of(Path(source.path)) is ObjectKind.MAP


def images_about_which(workspace: Path, found: LookedAt, folder: Path, report: Report) -> LookedFor:
    """The images that an object is about: in the list of studies, else in the folder of the object and beside it.

    Args:
        folder: what was opened or dropped, or the folder of that.
        report: called with fraction and message; may raise to stop.

    Raises:
        UserError: the list of studies cannot be read.
    """
    report(None, "Looking in the list of studies")
    listed = _listed(workspace, found.series_uids)
    if listed is not None or not found.series_uids:
        return LookedFor(listed)
    near = images_near(folder, found.series_uids, report)
    return LookedFor(None if near.found is None else PlaceOfImages(*near.found), near.is_cut)


def not_found(found: LookedAt, folder: Path, *, is_cut: bool) -> UserError:
    """What is missing, and where it was looked for."""
    if not found.series_uids:
        hint = "Open them, then drop the object again."
        return UserError(f"{found.path.name} does not say which images it is about.", hint)
    series = min(found.series_uids)
    study = f"{found.study}, series {series}" if found.study else f"series {series}"
    cut = f"Only the first {images_nearby.MOST_FILES:,} files were looked at. " if is_cut else ""
    return UserError(
        f"The images that {found.path.name} is about were not found: {study}.",
        f"Looked for in the list of studies, in “{folder.resolve().name}” and in the folders beside it. {cut}"
        "Open the images, then drop the object again; or add their folder in Studies.",
    )


def _listed(workspace: Path, series_uids: Iterable[str]) -> PlaceOfImages | None:
    with StudyIndex(workspace / INDEX_NAME) as index:
        for uid in sorted(series_uids):
            for study in _studies_with(index, uid):
                for row in series_of(index, study):
                    if row.uid == uid and row.is_image and row.folder.exists():
                        return PlaceOfImages(row.folder, uid)
    return None


def _studies_with(index: StudyIndex, series_id: str) -> list[int]:
    """Studies in which a series of this UID is listed; parts of a series that was split have a number behind it."""
    rows = index.connection.execute(
        "SELECT DISTINCT study_id FROM series WHERE uid != '' AND (uid = ?1 OR ?1 LIKE uid || '.%')", (series_id,)
    )
    return [study for (study,) in rows]


def _files_of(index: StudyIndex, rows: Iterable[SeriesRow]) -> list[Path]:
    return [path for row in rows for path, member in files_of(index, row.id) if not member]


def _beside(place: Path, report: Report) -> list[Path]:
    """Objects in the folder of the images."""
    files = files_below(place)[:MOST_BESIDE] if place.is_dir() else []
    found = []
    for number, name in enumerate(files):
        if number % 100 == 0:
            report(number / len(files), "Looking for objects")
        if kind_of(Path(name)) is not ObjectKind.OTHER:
            found.append(Path(name))
    return found


def _looked_at(paths: Iterable[Path]) -> list[LookedAt]:
    found = []
    for path in list(paths)[:MOST_LOOKED_AT]:
        try:
            found.append(look_at(path))
        except UserError:
            continue  # damaged or gone: what cannot be read cannot be offered
    return found
