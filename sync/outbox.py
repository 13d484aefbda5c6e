"""What is on its way to other machines: kept on the disk until the other side said that it has it.

An object stands here from the moment in which it was proven until it was confirmed; whatever ends the program, the next
one finds it and can go on.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from imaging.workspace.tables import transaction, use_write_ahead_log
from sync.dimse.send import Outgoing

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
    ACCEPTED = "accepted"  # by a machine that answers no searches: for an original that is the end
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
            workspace.mkdir(mode=0o700, parents=True, exist_ok=True)  # what lies there names patients
            self.folder.mkdir(mode=0o700, exist_ok=True)
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
        files: Sequence[tuple[Outgoing, str]],
        destination: str,
        case_path: str = "",
        *,
        by_link: bool = False,
        on_file: Callable[[int], None] = lambda _number: None,
    ) -> list[OutboxItem]:
        """Take files in, all of them or none; the outbox has each under a name of its own, so that nobody changes it.

        Args:
            files: each with its kind.
            by_link: for files that nobody writes into: they take no second space where the disk allows that.
            on_file: called with the number of each file before it is taken in; it may raise to stop.

        Raises:
            UserError: one cannot be copied.
        """
        names: list[str] = []
        utc = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            for number, (one, _) in enumerate(files):
                on_file(number)
                names.append(f"{secrets.token_hex(8)}.dcm")
                _take_in(one.path, self.folder / names[-1], by_link=by_link)
            rows = [
                (destination, name, one.sop_uid, one.series_uid, one.study_uid, kind, case_path, utc)
                for name, (one, kind) in zip(names, files, strict=True)
            ]
            with transaction(self._connection):
                self._connection.executemany(
                    "INSERT INTO items (destination, name, sop_uid, series_uid, study_uid, kind, case_path, utc, state,"
                    f" reason, attempts) VALUES (?,?,?,?,?,?,?,?,'{ItemState.WAITING.value}','',0)",
                    rows,
                )
        except BaseException:
            for name in names:
                (self.folder / name).unlink(missing_ok=True)
            raise
        mine = set(names)
        return [item for item in self.items(destination) if item.path.name in mine]

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

    def mark(self, marks: Iterable[tuple[OutboxItem, ItemState, str]]) -> None:
        """Note how far objects are, and why no further; those that are done leave the outbox with their files."""
        gone = []
        with transaction(self._connection):
            for item, state, reason in marks:
                if state in (ItemState.CONFIRMED, ItemState.ACCEPTED):
                    gone.append(item)
                    continue
                tried = state is not ItemState.WAITING or bool(reason)
                self._connection.execute(
                    "UPDATE items SET state = ?, reason = ?, attempts = attempts + ? WHERE id = ?",
                    (state.value, reason, tried, item.id),
                )
        self.forget(gone)

    def forget(self, items: Iterable[OutboxItem]) -> None:
        """Give objects up."""
        gone = list(items)
        with transaction(self._connection):
            self._connection.executemany("DELETE FROM items WHERE id = ?", [(item.id,) for item in gone])
        for item in gone:
            item.path.unlink(missing_ok=True)


def _take_in(source: Path, target: Path, *, by_link: bool) -> None:
    if by_link:
        try:
            os.link(source.resolve(), target)
        except OSError:
            pass  # another disk, a share, or somebody else's file: it is copied
        else:
            return
    try:
        with source.open("rb") as reading, replacing(target, always_flush=True) as writing:
            shutil.copyfileobj(reading, writing, 1 << 20)
    except OSError as error:
        raise UserError("The object could not be put into the outbox.", str(error.strerror)) from error
