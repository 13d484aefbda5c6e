"""The append-only journal of a case: written on a thread of its own, durable before anybody could miss it."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imaging.blocks import BlockDelta, Labels, PackedDelta, pack
from imaging.case import records
from imaging.case.damage import naming_damage
from imaging.case.entry import Entry, EntryKind, change_records
from imaging.case.schema import connect_reader, connect_writer
from imaging.change import Change
from imaging.errors import UserError

RETRY_SECONDS = 2.0

logger = logging.getLogger("limner.journal")


@dataclass
class _Pending:
    """What waits to be written: one entry, or one statement on the state or the checkpoints."""

    entry: Entry | None = None
    deltas: list[BlockDelta] = field(default_factory=list)
    packed: list[PackedDelta] | None = None
    state: tuple[str, str] | None = None
    checkpoint: tuple[int, dict[str, Any], list[Labels]] | None = None


class Journal:
    """Entries of one case file, those not yet written included.

    ``append`` returns at once; a thread packs and commits in order. When writing fails (disk full, share gone) the
    entries stay in memory, ``failure`` says why, and the thread tries again every two seconds and at each append.

    Args:
        path: the case file; made with ``meta`` when missing.
        meta: key and JSON text of each row of the table ``meta``, for a new file.
        shape: (k, j, i) of the segmentation.
        is_read_only: never write; appending raises UserError.
        on_written: called on the writer's thread after each commit and each failure.
    """

    def __init__(
        self,
        path: Path,
        meta: dict[str, str],
        shape: tuple[int, int, int],
        *,
        is_read_only: bool = False,
        on_written: Callable[[], None] | None = None,
    ) -> None:
        self.path = path
        self.is_read_only = is_read_only
        self.failure: UserError | None = None
        self.on_written = on_written
        self._meta = meta
        self._shape = shape
        self._reader: sqlite3.Connection | None = None
        self._waiting: list[_Pending] = []
        self._unwritten: dict[int, Change] = {}
        self._condition = threading.Condition()
        self._early_state: dict[str, str] = {}
        self._is_closing = False
        self._is_idle = True
        self._thread: threading.Thread | None = None
        self.entries: list[Entry] = []
        if path.exists():
            self._reader = connect_reader(path)
            with naming_damage("This case is damaged: its journal cannot be read."):
                self.entries = _without_gaps(records.read_entries(self._reader))

    @property
    def pending_count(self) -> int:
        """Entries that are not yet safely on disk."""
        with self._condition:
            return sum(1 for p in self._waiting if p.entry is not None)

    def append(
        self,
        change: Change | None,
        *,
        author: str,
        tool: str,
        title: str,
        parameters: dict[str, Any] | None = None,
        kind: EntryKind = EntryKind.CHANGE,
        target: int | None = None,
    ) -> Entry:
        """Add an entry; it is on disk within a few milliseconds, see ``flush``.

        Raises:
            UserError: the case is read-only.
        """
        if self.is_read_only:
            raise UserError("This case is open read-only.", "Use “Save a copy as” and work in the copy.")
        recorded = change_records(change) if change and kind is EntryKind.CHANGE else ()
        order = change.order if change and kind is EntryKind.CHANGE else ((), ())
        utc = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = Entry(len(self.entries) + 1, utc, author, tool, title, parameters or {}, kind, target, recorded, order)
        self.entries.append(entry)
        deltas = change.deltas if change and kind is EntryKind.CHANGE else []
        if change is not None and kind is EntryKind.CHANGE:
            self._unwritten[entry.sequence] = change
        self._enqueue(_Pending(entry, deltas))
        for key, value in self._early_state.items():
            self._enqueue(_Pending(state=(key, value)))
        self._early_state = {}
        return entry

    def change(self, sequence: int) -> Change:
        """The change that an entry of kind CHANGE recorded, from memory or from the file."""
        change = self._unwritten.get(sequence)
        if change is not None:
            return change
        with naming_damage(f"Entry {sequence} of this case is damaged."):
            with self._condition:
                reader = self._open_reader()
                packed = records.read_deltas(reader, sequence)
            return records.change_of(self.entries[sequence - 1], packed, self._shape)

    def delta_count(self, sequence: int) -> int:
        """How many blocks an entry changed."""
        change = self._unwritten.get(sequence)
        if change is not None:
            return len(change.deltas)
        with self._condition, naming_damage(f"Entry {sequence} of this case is damaged."):
            counted = self._open_reader().execute("SELECT count(*) FROM deltas WHERE sequence = ?", (sequence,))
            return int(counted.fetchone()[0])

    def save_state(self, key: str, value: str) -> None:
        """Keep a JSON text beside the journal (presentation, selection); not an entry, not undoable.

        It does not make the file: before the first entry it only waits for it.
        """
        if self.is_read_only:
            return
        if self.entries or self.path.exists():
            self._enqueue(_Pending(state=(key, value)))
        else:
            self._early_state[key] = value

    def read_state(self, key: str) -> str | None:
        """The JSON text saved under this key, None when there is none."""
        if not self.path.exists():
            return None
        with self._condition, naming_damage("What this case keeps beside its journal cannot be read."):
            row = self._open_reader().execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        """Set a row of the table ``meta`` (images found elsewhere, pixel hashes)."""
        self._meta[key] = value
        if not self.is_read_only and (self.entries or self.path.exists()):
            self._enqueue(_Pending(state=(f"meta:{key}", value)))

    def write_checkpoint(self, content: dict[str, Any], layers: list[Labels]) -> None:
        """Store the whole state so that opening need not replay all. The layers must not change until ``flush``."""
        if not self.is_read_only and self.entries:
            self._enqueue(_Pending(checkpoint=(len(self.entries), content, layers)))

    def flush(self, timeout_s: float = 30) -> bool:
        """Wait until everything is on disk; False when that failed or took too long."""
        deadline = time.monotonic() + timeout_s
        with self._condition:
            while self._waiting or not self._is_idle:
                if self.failure is not None or not self._condition.wait(max(0.0, deadline - time.monotonic())):
                    return False
            return True

    def flush_after_failure(self, timeout_s: float = 30) -> bool:
        """Try again at once after a failure, and wait as ``flush`` does."""
        with self._condition:
            self.failure = None
            self._condition.notify_all()
        return self.flush(timeout_s)

    def copy_to(self, path: Path) -> None:
        """Write a complete copy, through a temporary file beside it.

        Entries that could not be written to the case itself are in the copy: it is the way out of a full disk.

        Raises:
            UserError: the copy cannot be written.
        """
        if self.failure is None:
            self.flush()
        partial = path.with_name(path.name + ".partial")
        try:
            partial.unlink(missing_ok=True)
            with self._condition:
                if self.path.exists():
                    with contextlib.closing(sqlite3.connect(partial)) as target:
                        self._open_reader().backup(target)
                waiting = list(self._waiting)
            with contextlib.closing(self._writer_of(partial)) as connection:
                self._write(connection, waiting)
                connection.execute("PRAGMA journal_mode=DELETE")
            partial.replace(path)
        except (OSError, sqlite3.Error) as error:
            partial.unlink(missing_ok=True)
            raise UserError(f"The copy could not be written to {path}.", str(error)) from error

    def close(self) -> None:
        """Write what is left and stop. Look at ``failure`` first: what cannot be written is lost."""
        with self._condition:
            if self._reader is not None:  # first, because the last one to leave tidies the file, and must be able to
                self._reader.close()
                self._reader = None
            self._is_closing = True
            self._condition.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _open_reader(self) -> sqlite3.Connection:
        if self._reader is None:
            self._reader = connect_reader(self.path)
        return self._reader

    def _enqueue(self, pending: _Pending) -> None:
        with self._condition:
            if pending.state is not None:  # only the newest value of a key matters
                self._waiting = [p for p in self._waiting if p.state is None or p.state[0] != pending.state[0]]
            self._waiting.append(pending)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
                self._thread.start()
            self._condition.notify_all()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            with self._condition:
                while not self._waiting and not self._is_closing:
                    self._condition.wait()
                batch = list(self._waiting)
                self._is_idle = not batch
            if not batch:
                break
            try:
                connection = connection or self._writer_of(self.path)
                self._write(connection, batch)
            except (sqlite3.Error, OSError) as error:
                if self._failed(connection, error):
                    break
            else:
                self._succeeded(batch)
        if connection is not None:
            _finish(connection)

    def _writer_of(self, path: Path) -> sqlite3.Connection:
        path.parent.mkdir(parents=True, exist_ok=True)
        return connect_writer(path, self._meta)

    def _write(self, connection: sqlite3.Connection, batch: list[_Pending]) -> None:
        for pending in batch:
            if pending.packed is None:
                pending.packed = [pack(d) for d in pending.deltas]
        connection.execute("BEGIN IMMEDIATE")
        try:
            for pending in batch:
                _write_one(connection, pending)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _succeeded(self, batch: list[_Pending]) -> None:
        with self._condition:
            self.failure = None
            done = set(map(id, batch))
            self._waiting = [p for p in self._waiting if id(p) not in done]
            for pending in batch:
                if pending.entry is not None:
                    self._unwritten.pop(pending.entry.sequence, None)
            self._is_idle = True
            self._condition.notify_all()
        if self.on_written is not None:
            self.on_written()

    def _failed(self, connection: sqlite3.Connection | None, error: Exception) -> bool:
        """Note the failure and wait for the next try; True when the journal is closing and gives up."""
        with self._condition:
            self.failure = UserError(
                "The last changes could not be saved to the case.",
                f"They are kept in memory and saved as soon as possible ({error}). “Save a copy as” to another place.",
            )
            self._is_idle = True
            self._condition.notify_all()
        if self.on_written is not None:
            self.on_written()
        with self._condition:
            if not self._is_closing:
                self._condition.wait(RETRY_SECONDS)
            return self._is_closing


def _without_gaps(entries: list[Entry]) -> list[Entry]:
    """The entries, numbered 1, 2, 3; UserError when some are missing."""
    for place, entry in enumerate(entries, start=1):
        if entry.sequence != place:
            raise UserError(f"This case is damaged: entry {place} of its journal is missing.")
    return entries


def _write_one(connection: sqlite3.Connection, pending: _Pending) -> None:
    if pending.entry is not None:
        records.insert_entry(connection, pending.entry, pending.packed or [])
    if pending.state is not None:
        key, value = pending.state
        table = "meta" if key.startswith("meta:") else "state"
        connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?,?)", (key.removeprefix("meta:"), value))
    if pending.checkpoint is not None:
        records.write_checkpoint(connection, *pending.checkpoint)


def _finish(connection: sqlite3.Connection) -> None:
    """Fold the write-ahead log into the file, so that the one file is the case."""
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        # Somebody else is reading it just now: nothing is lost, the log stays beside the file until the next time.
        logger.info("the write-ahead log of a case stays: %s", error)
    finally:
        connection.close()
