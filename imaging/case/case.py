"""A case on disk: made, opened, locked against a second writer, and brought to its newest state."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from imaging.case import records
from imaging.case.damage import naming_damage
from imaging.case.entry import Entry, EntryKind
from imaging.case.images import ImageReference, geometry_from_json, geometry_to_json, images_from_text, images_to_text
from imaging.case.journal import Journal
from imaging.case.schema import connect_reader
from imaging.case.timeline import Timeline
from imaging.change import Change
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.measurements import Measurements
from imaging.segmentation import Segmentation

CHECKPOINT_ENTRIES = 64  # replaying more than this many entries at the next opening is worth a checkpoint


class CaseInUse(UserError):
    """Another Limner, perhaps on another computer, holds the case."""

    def __init__(self) -> None:
        super().__init__(
            "This case is already open in another Limner.", "Close it there, or open it read-only (--read-only)."
        )


class Case:
    """An open case: its journal, its segmentation and measurements in the newest state, and the images it belongs to.

    Make one with ``Case.create`` or ``Case.open``, and ``close`` it.
    """

    def __init__(
        self, journal: Journal, segmentation: Segmentation, images: list[ImageReference], lock: FileLock | None
    ) -> None:
        self.journal = journal
        self.segmentation = segmentation
        self.measurements = Measurements()
        self.images = images
        self.timeline = Timeline(journal.entries)
        self._lock = lock
        self._checkpoint_at = len(journal.entries)

    @property
    def path(self) -> Path:
        """The case file."""
        return self.journal.path

    @property
    def is_read_only(self) -> bool:
        """True when nothing can be changed: opened so, or the folder forbids it."""
        return self.journal.is_read_only

    @staticmethod
    def create(
        path: Path, geometry: Geometry, images: list[ImageReference], segmentation: Segmentation | None = None
    ) -> Case:
        """A new case. Its file appears with the first entry, not before.

        Raises:
            UserError: the file exists already, or another Limner holds it.
        """
        if path.exists():
            raise UserError(f"{path} exists already.", "Choose another name.")
        meta = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "geometry": json.dumps(geometry_to_json(geometry)),
            "images": images_to_text(images),
        }
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # a case names its images
        except OSError as error:
            raise UserError(f"The folder {path.parent} cannot be made.", str(error)) from error
        lock = _lock(path)
        return Case(Journal(path, meta, geometry.shape), segmentation or Segmentation(geometry), images, lock)

    @staticmethod
    def open(path: Path, *, read_only: bool = False) -> Case:
        """Open a case in its newest state. A folder that cannot be written opens it read-only.

        Raises:
            UserError: no case, damaged, from a newer version, or open in another Limner (unless read_only).
        """
        connection = connect_reader(path)
        try:
            with naming_damage("This case is damaged: it does not say what it belongs to.", hint=""):
                meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
                geometry = geometry_from_json(json.loads(meta["geometry"]))
                images = images_from_text(meta["images"])
        finally:
            connection.close()
        _check_memory(geometry)
        read_only = read_only or not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        lock = None if read_only else _lock(path)
        journal: Journal | None = None
        try:
            journal = Journal(path, meta, geometry.shape, is_read_only=read_only)
            case = Case(journal, Segmentation(geometry), images, lock)
            case._catch_up()
        except BaseException:
            if journal is not None:
                journal.close()
            _unlock(lock)
            raise
        return case

    def _catch_up(self) -> None:
        """Bring segmentation and measurements from the newest checkpoint to the end of the journal."""
        connection = connect_reader(self.path)
        try:
            with naming_damage("This case's checkpoint is damaged."):
                done = records.read_checkpoint(connection, self.segmentation, self.measurements)
        finally:
            connection.close()
        self._checkpoint_at = done
        for entry in self.journal.entries[done:]:
            self._replay(entry)

    def _replay(self, entry: Entry) -> None:
        if entry.kind is EntryKind.CHANGE:
            self.replay(self.journal.change(entry.sequence))
        elif entry.target is not None:
            change = self.journal.change(entry.target)
            self.replay(change.inverted() if entry.kind is EntryKind.UNDO else change)

    def replay(self, change: Change) -> None:
        """Put a recorded change in force again, or, inverted, take it back. It is no entry by itself.

        Raises:
            UserError: it does not fit what is there, so somebody changed the journal; nothing happened then.
        """
        with naming_damage("This case is damaged: a change in its journal does not fit the others."):
            self.segmentation.require_fitting(change)
            self.measurements.replay(change)
            if change.has_segmentation:
                self.segmentation.replay(change)

    def checkpoint(self) -> None:
        """Store the whole state when many entries came since the last time; waits until it is on disk."""
        if len(self.journal.entries) - self._checkpoint_at < CHECKPOINT_ENTRIES or self.is_read_only:
            return
        content = records.checkpoint_content(self.segmentation, self.measurements)
        self.journal.write_checkpoint(content, list(self.segmentation.layers))
        if self.journal.flush():
            self._checkpoint_at = len(self.journal.entries)

    def set_images(self, images: list[ImageReference]) -> None:
        """Note where the images are now, or their pixel hashes."""
        self.images = images
        self.journal.set_meta("images", images_to_text(images))

    def verify(self) -> records.ChainReport:
        """Compute the journal's hash chain anew."""
        self.journal.flush()
        if not self.path.exists():
            return records.ChainReport(0, None)
        connection = connect_reader(self.path)
        try:
            return records.verify_chain(connection)
        except sqlite3.Error as error:
            raise UserError("This case's file is damaged and cannot be read to its end.", str(error)) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Write what is left, fold the log into the file, release the lock."""
        self.checkpoint()
        self.journal.close()
        _unlock(self._lock)
        self._lock = None

    def on_written(self, callback: Callable[[], None] | None) -> None:
        """Call this on the writer's thread after each commit or failure."""
        self.journal.on_written = callback


def _check_memory(geometry: Geometry) -> None:
    """Refuse a grid of which not even one layer fits the memory."""
    wanted, free = math.prod(geometry.shape), psutil.virtual_memory().available
    if wanted > free:
        raise UserError(f"This case needs {wanted / 2**30:.1f} GB of memory and only {free / 2**30:.1f} GB are free.")


def _lock(path: Path) -> FileLock:
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise CaseInUse from error
    except OSError as error:
        raise UserError(f"The folder {path.parent} cannot be written.", str(error)) from error
    return lock


def _unlock(lock: FileLock | None) -> None:
    """Let the case go and leave no lock file behind.

    On POSIX the name goes while the lock is still held: whoever opened the old file finds it nameless and tries again,
    so no two programs can hold locks of one name. On Windows filelock removes the file itself.
    """
    if lock is None:
        return
    if os.name == "posix":
        Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
