"""What of a journal is in force: the stack of changes that undo takes from and redo puts back."""

from __future__ import annotations

from collections.abc import Iterable

from imaging.case.entry import Entry, EntryKind
from imaging.errors import UserError


class Timeline:
    """The changes in force and those that redo would bring back, by sequence number."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.in_force: list[int] = []
        self.undone: list[int] = []
        for entry in entries:
            self.note(entry)

    def note(self, entry: Entry) -> None:
        """Follow the journal by one entry.

        Raises:
            UserError: the entry undoes or redoes what was not its turn, so somebody changed the journal.
        """
        if entry.kind is EntryKind.CHANGE:
            self.in_force.append(entry.sequence)
            self.undone.clear()
            return
        if entry.kind is EntryKind.NOTE:
            return
        source, goal = (self.in_force, self.undone) if entry.kind is EntryKind.UNDO else (self.undone, self.in_force)
        if not source or source[-1] != entry.target:
            raise UserError(
                f"This case is damaged: entry {entry.sequence} of its journal does not follow from the others."
            )
        goal.append(source.pop())

    @property
    def undo_target(self) -> int | None:
        """The change that undo would take back."""
        return self.in_force[-1] if self.in_force else None

    @property
    def redo_target(self) -> int | None:
        """The change that redo would put in force again."""
        return self.undone[-1] if self.undone else None
