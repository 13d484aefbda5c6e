"""What of a journal is in force: the stack of changes that undo takes from and redo puts back."""

from __future__ import annotations

from collections.abc import Iterable

from imaging.case.entry import Entry, EntryKind


class Timeline:
    """The changes in force and those that redo would bring back, by sequence number."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.in_force: list[int] = []
        self.undone: list[int] = []
        for entry in entries:
            self.note(entry)

    def note(self, entry: Entry) -> None:
        """Follow the journal by one entry."""
        if entry.kind is EntryKind.CHANGE:
            self.in_force.append(entry.sequence)
            self.undone.clear()
        elif entry.kind is EntryKind.UNDO:
            self.undone.append(self.in_force.pop())
        else:
            self.in_force.append(self.undone.pop())

    @property
    def undo_target(self) -> int | None:
        """The change that undo would take back."""
        return self.in_force[-1] if self.in_force else None

    @property
    def redo_target(self) -> int | None:
        """The change that redo would put in force again."""
        return self.undone[-1] if self.undone else None
