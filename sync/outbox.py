"""What is on its way to other machines: kept on the disk until the other side said that it has it.

An object stands here from the moment in which it was proven until it was confirmed; whatever ends the program, the next
one finds it and can go on.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from imaging.workspace.tables import use_write_ahead_log

FOLDER, FILE = "outbox", "outbox.sqlite"
TABLE = """
CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, destination TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
    sop_uid TEXT NOT NULL, series_uid TEXT NOT NULL, study_uid TEXT NOT NULL, kind TEXT NOT NULL,
    case_path TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL, utc TEXT NOT NULL)
"""


class ItemState(StrEnum):
    """How far an object is."""

    WAITING = "waiting"
    STORED = "stored"  # accepted by the other side, not confirmed by a query yet
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True)
class OutboxItem:
    """One object on its way. It holds identifiers: never log it."""

    id: int
    destination: str
    path: Path
    sop_uid: str
    series_uid: str
    study_uid: str
    kind: str
    case_path: str
    state: ItemState
    reason: str
    attempts: int
    utc: str


class Outbox:
    """The outbox of a workspace; several programs may use it at once."""

    def __init__(self, workspace: Path) -> None:
        self.folder = workspace / FOLDER
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.folder / FILE, isolation_level=None, timeout=20)
            use_write_ahead_log(self._connection)
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute(TABLE)
            if os.name == "posix":
                self.folder.chmod(0o700)
        except (OSError, sqlite3.Error) as error:
            raise UserError("The outbox cannot be opened.", str(error)) from error

    def close(self) -> None:
        """Leave the file."""
        self._connection.close()

    def __enter__(self) -> Outbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(
        self,
        source: Path,
        destination: str,
        *,
        sop_uid: str,
        series_uid: str,
        study_uid: str,
        kind: str,
        case_path: str = "",
    ) -> OutboxItem:
        """Take a file in; the outbox has a copy of its own, so that nobody changes it on the way.

        Raises:
            UserError: it cannot be copied.
        """
        name = f"{secrets.token_hex(8)}.dcm"
        part = self.folder / f"{name}.part"
        try:
            with source.open("rb") as reading, part.open("xb") as writing:
                shutil.copyfileobj(reading, writing, 1 << 20)
                writing.flush()
                os.fsync(writing.fileno())
            os.replace(part, self.folder / name)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise UserError("The object could not be put into the outbox.", str(error.strerror)) from error
        utc = datetime.now(UTC).isoformat(timespec="seconds")
        row = (destination, name, sop_uid, series_uid, study_uid, kind, case_path, ItemState.WAITING.value, "", 0, utc)
        cursor = self._connection.execute(
            "INSERT INTO items (destination, name, sop_uid, series_uid, study_uid, kind, case_path, state, reason,"
            " attempts, utc) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            row,
        )
        return self.item(int(cursor.lastrowid or 0))

    def item(self, number: int) -> OutboxItem:
        """One object; KeyError when there is none of this number."""
        found = [one for one in self.items() if one.id == number]
        if not found:
            raise KeyError(number)
        return found[0]

    def items(self, destination: str = "") -> list[OutboxItem]:
        """All objects, or those to one destination, the oldest first."""
        rows = self._connection.execute(
            "SELECT id, destination, name, sop_uid, series_uid, study_uid, kind, case_path, state, reason, attempts,"
            " utc FROM items WHERE ? IN ('', destination) ORDER BY id",
            (destination,),
        )
        return [self._item(*row) for row in rows]

    def _item(self, number: int, destination: str, name: str, *rest: Any) -> OutboxItem:
        *described, state, reason, attempts, utc = rest
        sop_uid, series_uid, study_uid, kind, case_path = described
        path = self.folder / name
        uids = (sop_uid, series_uid, study_uid)
        return OutboxItem(number, destination, path, *uids, kind, case_path, ItemState(state), reason, attempts, utc)

    def open_items(self, destination: str = "") -> list[OutboxItem]:
        """Objects that are not confirmed yet and were not refused."""
        return [one for one in self.items(destination) if one.state in (ItemState.WAITING, ItemState.STORED)]

    def mark(self, number: int, state: ItemState, reason: str = "") -> None:
        """Note how far an object is; a confirmed one leaves the outbox with its file."""
        item = self.item(number)
        if state is ItemState.CONFIRMED:
            self._connection.execute("DELETE FROM items WHERE id = ?", (number,))
            item.path.unlink(missing_ok=True)
            return
        attempts = item.attempts + (state is not ItemState.WAITING or bool(reason))
        values = (state.value, reason, attempts, number)
        self._connection.execute("UPDATE items SET state = ?, reason = ?, attempts = ? WHERE id = ?", values)

    def forget(self, number: int) -> None:
        """Give an object up."""
        item = self.item(number)
        self._connection.execute("DELETE FROM items WHERE id = ?", (number,))
        item.path.unlink(missing_ok=True)
