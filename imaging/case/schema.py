"""The tables of a case file, and how a connection to one is set up."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from imaging.errors import UserError

APPLICATION_ID = 0x4C494D4E  # "LIMN"
VERSION = 3  # the newest that this program understands
# of files with changes alone, with measurements, with notes; their tables are the same
PLAIN_VERSION, MEASUREMENTS_VERSION, NOTES_VERSION = 1, 2, 3

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY, utc TEXT NOT NULL, author TEXT NOT NULL, tool TEXT NOT NULL, title TEXT NOT NULL,
    parameters TEXT NOT NULL, kind TEXT NOT NULL, target INTEGER, records TEXT NOT NULL, segment_order TEXT NOT NULL,
    digest TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE deltas (
    sequence INTEGER NOT NULL REFERENCES entries, position INTEGER NOT NULL, layer INTEGER NOT NULL,
    k INTEGER NOT NULL, j INTEGER NOT NULL, i INTEGER NOT NULL, itemsize INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (sequence, position)) WITHOUT ROWID;
CREATE TABLE checkpoints (sequence INTEGER PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE checkpoint_blocks (
    sequence INTEGER NOT NULL, layer INTEGER NOT NULL, k INTEGER NOT NULL, j INTEGER NOT NULL, i INTEGER NOT NULL,
    itemsize INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (sequence, layer, k, j, i)) WITHOUT ROWID;
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER entries_last BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER deltas_stay BEFORE UPDATE ON deltas BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER deltas_last BEFORE DELETE ON deltas BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""


def connect_writer(path: Path, meta: Mapping[str, str]) -> sqlite3.Connection:
    """A connection that makes every commit durable; a case that is not there yet is made, with these ``meta`` rows."""
    if not path.exists():
        _make(path, meta)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _make(path: Path, meta: Mapping[str, str]) -> None:
    """Make an empty case beside ``path`` and give it its name when it is whole: nobody ever reads half of one."""
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            for statement in _statements(TABLES):
                connection.execute(statement)
            connection.executemany("INSERT INTO meta VALUES (?,?)", list(meta.items()))
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={PLAIN_VERSION}")
            connection.execute("COMMIT")
        os.replace(part, path)
        if os.name == "posix":  # so that the name, too, outlives a power cut
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    finally:
        part.unlink(missing_ok=True)


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; works in read-only folders too.

    Raises:
        UserError: the file is missing, is no case, is damaged, or comes from a newer Limner.
    """
    if not path.is_file():
        raise UserError(f"There is no case at {path}.")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False, timeout=5)
        try:
            check_identity(connection)
        except sqlite3.OperationalError:
            # WAL needs to write beside the file; where that is forbidden nobody else writes either.
            connection.close()
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            check_identity(connection)
    except sqlite3.DatabaseError as error:
        raise UserError(
            "This file is not a Limner case, or it is damaged.", "A copy made by “Save a copy as” may still be whole."
        ) from error
    return connection


def check_identity(connection: sqlite3.Connection) -> None:
    """Raise UserError unless the file is a case of a version that this program understands."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise UserError("This file is not a Limner case.")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise UserError(
            "This case was made by a newer version of Limner.", "Update Limner to open it; nothing was changed."
        )


def _statements(script: str) -> list[str]:
    """Split the script at its line ends' semicolons; triggers stand on one line."""
    return [s for s in script.replace(";\n", ";\0").split("\0") if s.strip()]
