"""The index's tables, and how a connection to it is set up.

The index can be made anew from the files at any time. It holds names of patients: it belongs to the user alone.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imaging.errors import UserError

APPLICATION_ID = 0x4C494D49  # "LIMI"
VERSION = 1
BUSY_SECONDS = 20  # another Limner writes at most one batch of files at a time

# Paths are kept as the bytes that the file system uses: a name need not be text.
TABLES = """
CREATE TABLE roots (path BLOB PRIMARY KEY, added_utc TEXT NOT NULL, seen_utc TEXT NOT NULL, is_missing INTEGER NOT NULL
    DEFAULT 0);
CREATE TABLE files (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    kind TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '');
CREATE TABLE studies (id INTEGER PRIMARY KEY, uid TEXT NOT NULL, patient_id TEXT NOT NULL, patient_name TEXT NOT NULL,
    birth_date TEXT NOT NULL, sex TEXT NOT NULL, date TEXT NOT NULL, time TEXT NOT NULL, description TEXT NOT NULL,
    accession_number TEXT NOT NULL, folded TEXT NOT NULL, UNIQUE (uid, patient_id, patient_name));
CREATE TABLE series (id INTEGER PRIMARY KEY, study_id INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
    uid TEXT NOT NULL, modality TEXT NOT NULL, description TEXT NOT NULL, body_part TEXT NOT NULL,
    number INTEGER NOT NULL, date TEXT NOT NULL, sop_class TEXT NOT NULL,
    rows INTEGER NOT NULL, columns INTEGER NOT NULL, folded TEXT NOT NULL,
    UNIQUE (study_id, uid, modality));
CREATE TABLE instances (id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    member TEXT NOT NULL, series_id INTEGER NOT NULL REFERENCES series ON DELETE CASCADE, sop_uid TEXT NOT NULL,
    number INTEGER NOT NULL, frames INTEGER NOT NULL);
CREATE INDEX instances_of_series ON instances (series_id, sop_uid);
CREATE INDEX instances_of_file ON instances (file_id);
CREATE INDEX instances_by_uid ON instances (sop_uid);
CREATE INDEX series_of_study ON series (study_id);
CREATE TABLE cases (path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, images TEXT NOT NULL,
    changed_utc TEXT NOT NULL, entries INTEGER NOT NULL, segments TEXT NOT NULL);
CREATE TABLE case_series (path BLOB NOT NULL REFERENCES cases ON DELETE CASCADE, uid TEXT NOT NULL,
    PRIMARY KEY (path, uid)) WITHOUT ROWID;
CREATE INDEX cases_of_series ON case_series (uid);
CREATE TABLE thumbnails (series_id INTEGER PRIMARY KEY REFERENCES series ON DELETE CASCADE, made_for TEXT NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, channels INTEGER NOT NULL, pixels BLOB NOT NULL);
"""


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the index, which is made when there is none.

    Raises:
        UserError: the file is something else, comes from a newer Limner, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # what lies there names patients
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
    except (OSError, sqlite3.Error) as error:
        raise UserError("The list of studies cannot be opened.", str(error)) from error
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise UserError("The list of studies cannot be read.", f"Remove {path}: it is made anew ({error}).") from error
    except UserError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    use_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    if connection.execute("PRAGMA application_id").fetchone()[0] == 0:
        connection.execute("BEGIN IMMEDIATE")  # of several programs that start at once, one makes the tables
        if connection.execute("PRAGMA application_id").fetchone()[0] == 0:
            for statement in TABLES.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute("COMMIT")
        if os.name == "posix":
            path.chmod(0o600)
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise UserError(f"{path.name} is not a list of studies.", "Choose another workspace.")
    if connection.execute("PRAGMA user_version").fetchone()[0] > VERSION:
        raise UserError("The list of studies was made by a newer version of Limner.", "Update Limner.")


def use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch a new file over; SQLite does not wait by itself when another program is just doing the same."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written inside, or nothing of it; other programs wait meanwhile.

    Raises:
        sqlite3.Error: another program is busy for too long, or the disk is full; and whatever is raised inside.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite takes some back by itself, as when the disk is full
            connection.execute("ROLLBACK")
        raise
