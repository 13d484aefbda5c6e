"""The runs of a workspace: one SQLite file that the window, commands and batches write at the same time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError
from imaging.json_text import read_json
from inference.record.run_record import RunRecord

NAME = "runs.sqlite"
WAIT_S = 10.0  # for another program that writes
VERSION = 1
TABLE = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, started_utc TEXT NOT NULL, outcome TEXT NOT NULL, model_id TEXT NOT NULL,
    input_hash TEXT NOT NULL, record TEXT NOT NULL) WITHOUT ROWID
"""
SHORTEST_PREFIX = 4


@dataclass(frozen=True)
class LoggedRuns:
    """What was read.

    Attributes:
        records: the oldest first.
        unreadable: how many others there are that this version cannot read.
    """

    records: tuple[RunRecord, ...] = ()
    unreadable: int = 0


class RunLog:
    """The log of a workspace. Nothing is kept open, so any number of programs may use it at once.

    Args:
        path: the file; it is made with the first run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, record: RunRecord) -> None:
        """Keep a run, durably.

        Raises:
            UserError: the file cannot be written.
        """
        text = json.dumps(record.to_json(), ensure_ascii=False)
        row = (record.id, record.started_utc, record.outcome.value, record.model_id, record.input_hash, text)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=WAIT_S)) as connection, connection:
                _prepare(connection)
                connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)", row)
        except (sqlite3.Error, OSError) as error:
            hint = "The result is not touched by this. Free some space, or look at who may write there."
            raise UserError(f"The run could not be written to the log {self.path.name}: {error}.", hint) from error

    def read(self, input_hash: str = "", model_id: str = "", since: str = "") -> LoggedRuns:
        """All runs, or some.

        Args:
            input_hash: only runs on this image.
            model_id: only runs of this model.
            since: only runs that began then or later; a date or time of ISO 8601 in UTC.

        Raises:
            UserError: the file is damaged or no log.
        """
        sql = (
            "SELECT record FROM runs WHERE (?1 = '' OR input_hash = ?1) AND (?2 = '' OR model_id = ?2) "
            "AND started_utc >= ?3 ORDER BY started_utc, id"
        )
        records, unreadable = [], 0
        with self._reading() as connection:
            rows = [] if connection is None else connection.execute(sql, (input_hash, model_id, since)).fetchall()
        for (text,) in rows:
            try:
                records.append(RunRecord.from_json(read_json(text)))
            except (UserError, ValueError):
                unreadable += 1
        return LoggedRuns(tuple(records), unreadable)

    def find(self, run_id: str) -> RunRecord:
        """One run by its id, or by a part of its beginning or end that no other has.

        Raises:
            UserError: there is none, or several; or the file is damaged.
        """
        with self._reading() as connection:
            rows = [] if connection is None else connection.execute("SELECT id, record FROM runs").fetchall()
        is_long = len(run_id) >= SHORTEST_PREFIX
        found = [r for r in rows if r[0] == run_id or (is_long and (r[0].startswith(run_id) or r[0].endswith(run_id)))]
        if len(found) != 1:
            many = "There is no run" if not found else "There are several runs"
            raise UserError(f"{many} “{run_id}”.", "`limner runs list` shows their names.")
        return RunRecord.from_json(read_json(found[0][1]))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection, None while there is no file."""
        if not self.path.exists():
            yield None
            return
        try:
            with closing(sqlite3.connect(self.path, timeout=WAIT_S)) as connection:
                _prepare(connection)
                yield connection
        except sqlite3.Error as error:
            hint = "Move the file away; a new one begins with the next run."
            raise UserError(f"The log of runs {self.path.name} cannot be read: {error}.", hint) from error


def _prepare(connection: sqlite3.Connection) -> None:
    """Set a connection up; the table is made when it is not there."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise UserError("The log of runs comes from a newer Limner.", "Update Limner to use it.")
    if version == 0:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(TABLE)
        connection.execute(f"PRAGMA user_version={VERSION}")
        connection.commit()
