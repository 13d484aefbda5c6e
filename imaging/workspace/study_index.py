"""The list of what lies in the workspace's folders, kept up to date by looking only at files that changed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from imaging.errors import UserError
from imaging.workspace.discs import directories_above, directories_among, looks_by_directories
from imaging.workspace.looking import FileKind, FoundInstance, Look, Looker
from imaging.workspace.spelling import folded_text, spellings
from imaging.workspace.tables import connect, transaction

BATCH = 250  # files that are written at once: so long another program may have to wait, and so often a list grows
MAX_FILES = 2_000_000
INDEX_NAME = "index.sqlite"
_OWN_SUFFIXES = (".limner", ".limner-wal", ".limner-shm", ".part", ".partial")

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Root:
    """A folder whose studies are listed. ``is_missing``: it was not there last time; what it held stays listed."""

    path: Path
    is_missing: bool


@dataclass
class Update:
    """What an update did.

    Attributes:
        looked_at: files that were read because they are new or changed.
        gone: files that are not there any more.
        unchanged: files that were only counted.
        unreadable_folders: folders that this user may not read; what was known of them stays.
        is_cancelled: it was stopped; what it did until then holds.
    """

    looked_at: int = 0
    gone: int = 0
    unchanged: int = 0
    unreadable_folders: list[str] = field(default_factory=list)
    is_cancelled: bool = False

    @property
    def is_change(self) -> bool:
        """True when a list must be shown anew."""
        return bool(self.looked_at or self.gone)


_Stat = tuple[int, int]  # size, time of the last change in ns


class StudyIndex:
    """The index of a workspace. One object belongs to one thread at a time; any number of programs share the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = connect(path)

    def close(self) -> None:
        """Leave the file."""
        self.connection.close()

    def __enter__(self) -> StudyIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def roots(self) -> list[Root]:
        """The folders that are listed, in the order of their paths."""
        rows = self.connection.execute("SELECT path, is_missing FROM roots ORDER BY path")
        return [Root(Path(os.fsdecode(path)), bool(missing)) for path, missing in rows]

    def add_root(self, folder: Path) -> None:
        """List a folder from now on; ``update`` looks into it.

        Raises:
            UserError: it is no folder.
        """
        if not folder.is_dir():
            raise UserError(f"{folder.name} is not a folder.", "Choose the folder that holds the images.")
        row = (os.fsencode(folder.resolve()), _now(), "")
        with self._transaction():
            self.connection.execute("INSERT OR IGNORE INTO roots (path, added_utc, seen_utc) VALUES (?,?,?)", row)

    def forget_root(self, folder: Path) -> None:
        """List a folder no longer. No file is touched; files that another listed folder holds stay listed."""
        path = folder.resolve()
        with self._transaction():
            self.connection.execute("DELETE FROM roots WHERE path = ?", (os.fsencode(path),))
            others = [root.path for root in self.roots()]
            if not any(path.is_relative_to(other) for other in others):
                kept = [other for other in others if other.is_relative_to(path)]
                gone = [p for p in self._known(path) if not any(Path(p).is_relative_to(other) for other in kept)]
                self._remove(gone)

    def update(
        self,
        folder: Path,
        progress: Progress | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> Update:
        """Bring what is known of a folder in line with its files: new and changed ones are looked at, others not.

        A folder that is not there (an unplugged disk, a share without network) loses nothing: it is marked as missing.

        Args:
            folder: a listed folder or one below it.
            progress: fraction and message, after each batch.
            is_cancelled: asked for each file.

        Raises:
            UserError: the folder holds too many files, or the index cannot be written.
        """
        folder = folder.resolve()
        done = Update()
        is_missing = not folder.is_dir()
        with self._transaction():
            values = (is_missing, _now(), os.fsencode(folder))
            self.connection.execute("UPDATE roots SET is_missing = ?, seen_utc = ? WHERE path = ?", values)
        if is_missing:
            return done
        known = self._known(folder)
        found = _files_below(folder, done.unreadable_folders)
        fresh = [path for path, state in found.items() if known.get(path) != state]
        unseen = known.keys() - found.keys()
        lost = tuple(f"{f}{os.sep}" for f in done.unreadable_folders)
        gone = [path for path in unseen if not path.startswith(lost)] if lost else list(unseen)
        # what is missing on a disc may be there now, and the other way round
        touched = directories_above([*fresh, *gone], directories_among(found)) if fresh or gone else []
        fresh += [path for path in touched if known.get(path) == found[path]]
        done.unchanged = len(found) - len(fresh)
        if gone:
            with self._transaction():
                self._remove(gone)
            done.gone = len(gone)
        self._look_at(fresh, found, done, progress, is_cancelled or (lambda: False))
        return done

    def note_files(self, paths: Iterable[Path]) -> list[Look]:
        """Take in files at once (what was received or written); what they are. One that went meanwhile is left out."""
        looks: list[tuple[str, _Stat, Look]] = []
        with Looker() as looker:
            for path in paths:
                try:
                    state = path.stat()
                except OSError:
                    continue
                looks.append((str(path), (state.st_size, state.st_mtime_ns), looker.look(str(path))))
        with self._transaction():
            self._write(looks)
        return [look for _, _, look in looks]

    def _look_at(
        self,
        paths: list[str],
        states: dict[str, _Stat],
        done: Update,
        progress: Progress | None,
        is_cancelled: Callable[[], bool],
    ) -> None:
        waiting = iter(paths)
        with Looker() as looker:
            told = looks_by_directories(paths, states, looker, is_cancelled)
            while batch := list(islice(waiting, BATCH)):
                looks: list[tuple[str, _Stat, Look]] = []
                for path in batch:
                    if is_cancelled():
                        done.is_cancelled = True
                        break
                    looks.append((path, states[path], told.get(path) or looker.look(path)))
                with self._transaction():
                    self._write(looks)
                done.looked_at += len(looks)
                if done.is_cancelled:
                    return
                if progress is not None:
                    progress(done.looked_at / len(paths), f"{done.looked_at} of {len(paths)} files")

    def _known(self, folder: Path) -> dict[str, _Stat]:
        """Path -> size and time of every file that is known below a folder."""
        start = os.fsencode(folder).rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)
        end = start[:-1] + bytes([start[-1] + 1])
        rows = self.connection.execute(
            "SELECT path, size, mtime_ns FROM files WHERE path >= ? AND path < ?", (start, end)
        )
        return {os.fsdecode(path): (size, mtime) for path, size, mtime in rows}

    def _remove(self, paths: Iterable[str]) -> None:
        """Forget files, and the series and studies that are then empty. The caller holds the transaction."""
        self.connection.executemany("DELETE FROM files WHERE path = ?", [(os.fsencode(p),) for p in paths])
        _remove_empty(self.connection)

    def _write(self, looks: list[tuple[str, _Stat, Look]]) -> None:
        """Put files in the place of what was known of them. The caller holds the transaction."""
        had_instances = False
        for path, (size, mtime_ns), look in looks:
            place = os.fsencode(path)
            old = self.connection.execute("SELECT id, kind FROM files WHERE path = ?", (place,)).fetchone()
            if old is not None:
                had_instances |= old[1] == FileKind.DICOM
                self.connection.execute("DELETE FROM files WHERE id = ?", (old[0],))
            row = (place, size, mtime_ns, look.kind.value, look.reason)
            cursor = self.connection.execute(
                "INSERT INTO files (path, size, mtime_ns, kind, reason) VALUES (?,?,?,?,?)", row
            )
            file_id = cursor.lastrowid
            for instance in look.instances:
                values = (file_id, instance.member, _series_id(self.connection, instance), instance.sop_uid)
                self.connection.execute(
                    "INSERT INTO instances (file_id, member, series_id, sop_uid, number, frames) VALUES (?,?,?,?,?,?)",
                    (*values, instance.instance_number, instance.frames),
                )
        if had_instances:
            _remove_empty(self.connection)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with transaction(self.connection):
                yield
        except sqlite3.Error as error:
            raise UserError("The list of studies is busy or cannot be written.", str(error)) from error


def _files_below(folder: Path, unreadable: list[str]) -> dict[str, _Stat]:
    """Path -> size and time of every regular file; links to folders are not followed, Limner's own files left out."""
    found: dict[str, _Stat] = {}
    waiting = [str(folder)]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif not entry.name.endswith(_OWN_SUFFIXES) and entry.is_file():
                        state = entry.stat()
                        found[entry.path] = (state.st_size, state.st_mtime_ns)
        except OSError:
            unreadable.append(place)
        if len(found) > MAX_FILES:
            raise UserError(f"The folder holds more than {MAX_FILES:,} files.", "Choose a folder further down.")
    return found


def _series_id(connection: sqlite3.Connection, one: FoundInstance) -> int:
    """The row of the instance's series, made with its study when it is the first."""
    key = (one.study_uid, one.patient_id, one.patient_name)
    study = connection.execute(
        "SELECT id FROM studies WHERE uid = ? AND patient_id = ? AND patient_name = ?", key
    ).fetchone()
    study_id = study[0] if study else _insert_study(connection, one)
    # objects without a series of their own (a broken UID) are told apart by what they are
    row = connection.execute(
        "SELECT id FROM series WHERE study_id = ? AND uid = ? AND modality = ?",
        (study_id, one.series_uid, one.modality),
    ).fetchone()
    return int(row[0]) if row else _insert_series(connection, study_id, one)


def _insert_study(connection: sqlite3.Connection, one: FoundInstance) -> int:
    texts = (one.patient_name, one.patient_id, one.study_description, one.accession_number, one.study_date)
    folded = " ".join(spellings(folded_text(*texts, one.study_uid)))
    cursor = connection.execute(
        "INSERT INTO studies (uid, patient_id, patient_name, birth_date, sex, date, time, description,"
        " accession_number, folded) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            one.study_uid,
            one.patient_id,
            one.patient_name,
            one.birth_date,
            one.sex,
            one.study_date,
            one.study_time,
            one.study_description,
            one.accession_number,
            folded,
        ),
    )
    return int(cursor.lastrowid or 0)


def _insert_series(connection: sqlite3.Connection, study_id: int, one: FoundInstance) -> int:
    cursor = connection.execute(
        "INSERT INTO series (study_id, uid, modality, description, body_part, number, date, sop_class, rows, columns,"
        " folded) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (
            study_id,
            one.series_uid,
            one.modality,
            one.series_description,
            one.body_part,
            one.series_number,
            one.series_date,
            one.sop_class,
            one.rows,
            one.columns,
            " ".join(spellings(folded_text(one.series_description, one.body_part, one.modality))),
        ),
    )
    return int(cursor.lastrowid or 0)


def _remove_empty(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM series WHERE id NOT IN (SELECT series_id FROM instances)")
    connection.execute("DELETE FROM studies WHERE id NOT IN (SELECT study_id FROM series)")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
