"""Objects that arrive from elsewhere: each is a file of its own, whole or not there, and noted before it counts.

A file never gets its name from what is in it: identifiers are chosen by whoever sends, and could lead out of the
folder. Each series has a folder with a random name; a small database beside says which, and what is in it. Whatever
ends the program, a file that was acknowledged is there afterwards, and what was only begun is removed at the next
start.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from imaging.errors import UserError
from imaging.workspace.tables import transaction, use_write_ahead_log

FOLDER, JOURNAL = "images", "received.sqlite"
_PART = ".part"
TABLES = """
CREATE TABLE IF NOT EXISTS folders (series_uid TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS received (id INTEGER PRIMARY KEY, sop_uid TEXT NOT NULL, digest BLOB NOT NULL,
    series_uid TEXT NOT NULL, study_uid TEXT NOT NULL, name TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL,
    sender TEXT NOT NULL, utc TEXT NOT NULL, is_settled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS brought (key BLOB PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS received_by_uid ON received (sop_uid);
CREATE INDEX IF NOT EXISTS received_unsettled ON received (is_settled) WHERE is_settled = 0;
"""


class Arrival(StrEnum):
    """What came of an object."""

    NEW = "new"
    SAME = "same"  # it was here already, bit for bit
    DIFFERENT = "different"  # another one of the same UID is here; both are kept


class NoSpace(UserError):
    """The disk is too full, or the quota is used up; the sender is told to try again later."""


@dataclass(frozen=True)
class Limits:
    """How much may arrive. ``free_bytes``: what must stay free on the disk; ``quota_bytes``: for all that is kept here,
    0 for no limit; ``object_bytes``: the largest single object."""

    free_bytes: int = 2 << 30
    quota_bytes: int = 0
    object_bytes: int = 8 << 30


@dataclass(frozen=True)
class Received:
    """One object that is safely here. ``path`` is that of the first one when it came again."""

    arrival: Arrival
    path: Path
    study_uid: str
    series_uid: str
    sop_uid: str


@dataclass
class Fetched:
    """What came of taking objects in. ``failed``: those that did not come or could not be kept, ``reason`` of the last.

    ``paths``: the files of what was not here before.
    """

    new: int = 0
    same: int = 0
    different: int = 0
    failed: int = 0
    reason: str = ""
    is_cancelled: bool = False
    series_uids: set[str] = field(default_factory=set)
    paths: list[Path] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Objects that are here now."""
        return self.new + self.same + self.different

    def count_in(self, received: Received) -> None:
        """One object is here."""
        self.series_uids.add(received.series_uid)
        self.new += received.arrival is Arrival.NEW
        self.same += received.arrival is Arrival.SAME
        self.different += received.arrival is Arrival.DIFFERENT
        if received.arrival is not Arrival.SAME:
            self.paths.append(received.path)

    def count_out(self, reason: str) -> None:
        """One object is not here."""
        self.failed, self.reason = self.failed + 1, reason


class Incoming:
    """The received objects of a workspace; several threads and programs may store at once."""

    def __init__(self, workspace: Path, limits: Limits | None = None) -> None:
        self.folder = workspace / FOLDER
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        try:
            workspace.mkdir(mode=0o700, parents=True, exist_ok=True)  # what lies there names patients
            self.folder.mkdir(parents=True, exist_ok=True)
            if os.name == "posix":
                self.folder.chmod(0o700)
            self._connection = sqlite3.connect(
                workspace / JOURNAL, isolation_level=None, check_same_thread=False, timeout=20
            )
            use_write_ahead_log(self._connection)
            # a killed program loses nothing so; against a power cut the files themselves are flushed, and found again
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise UserError("The workspace cannot take in images.", str(error)) from error
        if os.name == "posix":
            (workspace / JOURNAL).chmod(0o600)

    def close(self) -> None:
        """Leave the journal."""
        self._connection.close()

    def __enter__(self) -> Incoming:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def store(self, data: bytes, *, study_uid: str, series_uid: str, sop_uid: str, sender: str) -> Received:
        """Keep one object (a whole DICOM file's bytes). When this returns, it outlives a kill and a power cut.

        Raises:
            NoSpace: the disk, the quota or the object's size say no; nothing is kept.
            UserError: it cannot be written; nothing is kept.
        """
        self.check_space(len(data))
        digest = hashlib.sha256(data).digest()
        with self._journal_asked():
            known = self._known(sop_uid, digest)
            folder = self._folder_of(series_uid)
        if known is not None and known[1]:
            return Received(Arrival.SAME, self.folder / known[0], study_uid, series_uid, sop_uid)
        name = f"{folder}/{secrets.token_hex(8)}.dcm"
        self._write(name, data, digest)
        try:
            known = self._note(name, len(data), digest, study_uid, series_uid, sop_uid, sender)
        except NoSpace:
            (self.folder / name).unlink(missing_ok=True)
            raise
        if known is not None and known[1]:
            return Received(Arrival.SAME, self.folder / known[0], study_uid, series_uid, sop_uid)
        arrival = Arrival.NEW if known is None else Arrival.DIFFERENT
        return Received(arrival, self.folder / name, study_uid, series_uid, sop_uid)

    def _note(
        self, name: str, size: int, digest: bytes, study_uid: str, series_uid: str, sop_uid: str, sender: str
    ) -> tuple[str, bool] | None:
        """Write a file into the journal, unless the same object came on another connection meanwhile: then it goes.

        Returns:
            What was known of the object before, as of ``_known``.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        row = (sop_uid, digest, series_uid, study_uid, name, size, sender, now)
        with self._journal_asked(), transaction(self._connection):
            known = self._known(sop_uid, digest)
            if known is not None and known[0] == name:
                return None  # a program that was just started found it and noted it
            if known is None or not known[1]:
                self._connection.execute(
                    "INSERT INTO received (sop_uid, digest, series_uid, study_uid, name, bytes, sender, utc)"
                    " VALUES (?,?,?,?,?,?,?,?)",
                    row,
                )
        if known is not None and known[1]:
            (self.folder / name).unlink(missing_ok=True)
        return known

    def check_space(self, size: int) -> None:
        """Refuse an object of a size that does not fit.

        Raises:
            NoSpace: see ``Limits``.
        """
        if size > self.limits.object_bytes:
            raise NoSpace("The object is larger than allowed.")
        if shutil.disk_usage(self.folder).free - size < self.limits.free_bytes:
            raise NoSpace("The disk is nearly full.", "Free some space, or lower the limit.")
        if self.limits.quota_bytes and self.used_bytes() + size > self.limits.quota_bytes:
            raise NoSpace("The space for received images is used up.", "Remove studies, or raise the quota.")

    def used_bytes(self) -> int:
        """What all received objects take on disk."""
        with self._lock:
            row = self._connection.execute("SELECT coalesce(sum(bytes), 0) FROM received").fetchone()
        return int(row[0])

    def unsettled(self) -> list[Received]:
        """Objects that arrived and that nobody has dealt with yet (list of studies, pipelines), the oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT name, study_uid, series_uid, sop_uid FROM received WHERE is_settled = 0 ORDER BY id"
            ).fetchall()
        return [Received(Arrival.NEW, self.folder / name, *uids) for name, *uids in rows]

    def settle(self, paths: list[Path]) -> None:
        """Note that these objects were dealt with.

        Raises:
            NoSpace: it cannot be written; they are told again.
        """
        names = [(path.relative_to(self.folder).as_posix(),) for path in paths]
        with self._journal_asked(), transaction(self._connection):
            self._connection.executemany("UPDATE received SET is_settled = 1 WHERE name = ?", names)

    def tidy(self) -> tuple[int, list[Path]]:
        """After a start: remove what was only begun; returns how many, and whole files that the journal does not know.

        Such a file was finished in the moment in which the program was killed, or its name was lost by a power cut.
        Whoever calls may take it in (``adopt``) or leave it.
        """
        begun = [part for part in self.folder.glob(f"*/*{_PART}") if not _named_when_whole(part)]
        for path in begun:
            path.unlink(missing_ok=True)
        with self._lock:
            known = {row[0] for row in self._connection.execute("SELECT name FROM received")}
        whole = [path for path in self.folder.glob("*/*.dcm") if path.relative_to(self.folder).as_posix() not in known]
        return len(begun), whole

    def adopt(self, path: Path, *, study_uid: str, series_uid: str, sop_uid: str) -> None:
        """Write a whole file into the journal that ``tidy`` found; it goes when the same object is here already."""
        data = path.read_bytes()
        name = path.relative_to(self.folder).as_posix()
        self._note(name, len(data), hashlib.sha256(data).digest(), study_uid, series_uid, sop_uid, "")

    def forget(self, paths: list[Path]) -> None:
        """Remove objects from the disk and the journal (a study that the user deletes)."""
        for path in paths:
            path.unlink(missing_ok=True)
        names = [(path.relative_to(self.folder).as_posix(),) for path in paths]
        with self._journal_asked(), transaction(self._connection):
            self._connection.executemany("DELETE FROM received WHERE name = ?", names)

    def brought(self, key: bytes) -> Received | None:
        """What a file of a disc was kept as, so that it need not be read again; None when it is not here any more.

        Args:
            key: what ``note_brought`` was told.
        """
        with self._lock:
            row = self._connection.execute(
                "SELECT r.name, r.study_uid, r.series_uid, r.sop_uid FROM brought b JOIN received r ON r.name = b.name"
                " WHERE b.key = ?",
                (key,),
            ).fetchone()
        if row is None or not (self.folder / row[0]).is_file():
            return None
        return Received(Arrival.SAME, self.folder / row[0], *row[1:])

    def note_brought(self, key: bytes, path: Path) -> None:
        """Note which file of a disc, named by a key that tells nothing about it, was kept at a path."""
        name = path.relative_to(self.folder).as_posix()
        with self._journal_asked():
            self._connection.execute("INSERT OR REPLACE INTO brought VALUES (?,?)", (key, name))

    @contextlib.contextmanager
    def _journal_asked(self) -> Iterator[None]:
        """One thread at a time; what the disk refuses is no space, so that senders come again."""
        try:
            with self._lock:
                yield
        except (OSError, sqlite3.Error) as error:
            raise NoSpace("The list of received images cannot be written.", str(error)) from error

    def _known(self, sop_uid: str, digest: bytes) -> tuple[str, bool] | None:
        """(name, is the same) of an object with this UID, the same one first."""
        row = self._connection.execute(
            "SELECT name, digest = ? FROM received WHERE sop_uid = ? ORDER BY 2 DESC, id LIMIT 1", (digest, sop_uid)
        ).fetchone()
        if row is None or not (self.folder / row[0]).is_file():
            return None
        return str(row[0]), bool(row[1])

    def _folder_of(self, series_uid: str) -> str:
        find = "SELECT name FROM folders WHERE series_uid = ?"
        row = self._connection.execute(find, (series_uid,)).fetchone()
        if row is None:
            made = (series_uid, secrets.token_hex(8))
            self._connection.execute("INSERT OR IGNORE INTO folders VALUES (?,?)", made)
            row = self._connection.execute(find, (series_uid,)).fetchone()  # another program may have been first
        (self.folder / row[0]).mkdir(exist_ok=True)
        return str(row[0])

    def _write(self, name: str, data: bytes, digest: bytes) -> None:
        """Flush a file, then give it its name.

        A power cut may undo the naming, but not the file; so what it is called until then says whether it is whole
        (``tidy``). To flush the folder, too, would take as long as everything else together.
        """
        path = self.folder / name
        part = path.with_name(f"{digest.hex()}.{path.stem}{_PART}")
        try:
            with open(part, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise NoSpace("The object could not be written.", str(error.strerror)) from error


def _named_when_whole(part: Path) -> bool:
    """Give a file its name that was flushed before a power cut; False when it is not what its name says."""
    digest, stem = part.name.split(".")[:2]
    with part.open("rb") as file:
        is_whole = hashlib.file_digest(file, "sha256").hexdigest() == digest
    if is_whole:
        os.replace(part, part.with_name(f"{stem}.dcm"))
    return is_whole
