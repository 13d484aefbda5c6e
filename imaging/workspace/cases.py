"""The cases of a workspace as its list shows them: which images they belong to, and how far the work is."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.errors import UserError
from imaging.json_text import read_json
from imaging.workspace.looking import RESEARCH_SUFFIXES
from imaging.workspace.study_index import StudyIndex
from imaging.workspace.tables import transaction

CASE_SUFFIX = ".limner"


@dataclass(frozen=True)
class CaseRow:
    """A case. ``segments``: how many segments are in each state (`SegmentState`), by its value.

    ``series_uids``: of its images; the path of a file that has no UID.
    """

    path: Path
    changed_utc: str
    entries: int
    segments: dict[str, int]
    series_uids: tuple[str, ...]


def update_cases(index: StudyIndex, folder: Path, in_use: Path | None = None) -> bool:
    """Look at the cases of a folder that are new or changed; True when the list must be shown anew.

    The case ``in_use`` is read once, and again when it is not in use any more: it changes with every stroke. A case
    that cannot be read is listed without segments: opening it says why.
    """
    known = {
        os.fsdecode(path): (size, mtime)
        for path, size, mtime in index.connection.execute("SELECT path, size, mtime_ns FROM cases")
    }
    found = {str(path): _state(path) for path in _cases_in(folder)}
    busy = str(in_use.resolve()) if in_use is not None else ""
    changed = {path: state for path, state in found.items() if known.get(path) != state}
    if busy in known:
        changed.pop(busy, None)
    gone = [path for path in known if Path(path).parent == folder.resolve() and path not in found]
    for path, state in changed.items():
        _write(index.connection, Path(path), state)
    index.connection.executemany("DELETE FROM cases WHERE path = ?", [(os.fsencode(path),) for path in gone])
    return bool(changed or gone)


def cases_of(index: StudyIndex, series_uids: list[str]) -> list[CaseRow]:
    """The cases that belong to any of these series, the last changed first."""
    marks = ",".join("?" * len(series_uids))
    return _rows(index, f"WHERE path IN (SELECT path FROM case_series WHERE uid IN ({marks}))", tuple(series_uids))


def all_cases(index: StudyIndex) -> list[CaseRow]:
    """All cases, the last changed first."""
    return _rows(index, "", ())


def _rows(index: StudyIndex, where: str, values: tuple[str, ...]) -> list[CaseRow]:
    rows = index.connection.execute(
        f"SELECT path, changed_utc, entries, segments, images FROM cases {where} ORDER BY changed_utc DESC", values
    )
    return [
        CaseRow(Path(os.fsdecode(path)), changed, entries, read_json(segments), tuple(read_json(images)))
        for path, changed, entries, segments, images in rows
    ]


def _cases_in(folder: Path) -> list[Path]:
    return sorted(folder.resolve().glob(f"*{CASE_SUFFIX}")) if folder.is_dir() else []


def _key(image: ImageReference) -> str:
    """What the list finds a case's image by: the UID of its series, or the path of a file that has none."""
    if not image.series_id.lower().endswith(RESEARCH_SUFFIXES):
        return image.series_id
    is_file = image.path.lower().endswith(RESEARCH_SUFFIXES)  # else the folder was opened, and the id leads on from it
    return image.path if is_file else str(Path(image.path) / image.series_id)


def _state(path: Path) -> tuple[int, int]:
    """Size and time of the case with its write-ahead log, where the newest entries stand while it is open."""
    size = newest = 0
    for file in (path, path.with_name(path.name + "-wal")):
        try:
            state = file.stat()
        except OSError:
            continue  # no log: nobody has the case open
        size, newest = size + state.st_size, max(newest, state.st_mtime_ns)
    return size, newest


def _write(connection: sqlite3.Connection, path: Path, state: tuple[int, int]) -> None:
    place, images, changed, entries, segments = os.fsencode(path), list[str](), "", 0, dict[str, int]()
    try:
        case = Case.open(path, read_only=True)
    except UserError:
        pass  # listed all the same: whoever opens it is told what is wrong
    else:
        try:
            images = sorted({_key(image) for image in case.images})
            entries = len(case.journal.entries)
            changed = case.journal.entries[-1].utc if case.journal.entries else ""
            for segment in case.segmentation.segments:
                segments[segment.state.value] = segments.get(segment.state.value, 0) + 1
        finally:
            case.close()
    row = (place, *state, json.dumps(images), changed, entries, json.dumps(segments))
    with transaction(connection):
        connection.execute("DELETE FROM cases WHERE path = ?", (place,))
        connection.execute("INSERT INTO cases VALUES (?,?,?,?,?,?,?)", row)
        connection.executemany("INSERT INTO case_series VALUES (?,?)", [(place, uid) for uid in images])
