"""The journal's changes as rows, newest first, with the beginning as the last."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from imaging.case.entry import EntryKind
from imaging.errors import UserError
from inference.record.run_record import RECORD_KEY, RunRecord
from inference.record.words import short_lines
from session.change import DocumentChange
from session.document import Document
from session.session import Session
from widgets.entry_time import ago, exact

AnyIndex = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole


class Standing(Enum):
    """What became of a change."""

    CURRENT = "current"  # the last one in force
    IN_FORCE = "in force"
    UNDONE = "undone"  # redo brings it back
    LEFT = "left"  # undone, and then something else was done: it cannot be gone to
    STEP = "step"  # an undo or redo itself


@dataclass(frozen=True)
class Row:
    """One row; ``sequence`` 0 is the beginning."""

    sequence: int
    title: str
    time: str
    author: str
    standing: Standing

    @property
    def can_go_to(self) -> bool:
        """True when a click can make it the last one in force."""
        return self.standing not in (Standing.LEFT, Standing.STEP)


def rows_of(document: Document, *, with_steps: bool, beginning: str, limit: int | None = None) -> list[Row]:
    """The rows of a journal, newest first.

    Args:
        limit: stop after this many, without the beginning.
        with_steps: show undo and redo, which are entries too.
        beginning: what the state before all changes is called.
    """
    timeline = document.case.timeline
    in_force, undone = set(timeline.in_force), set(timeline.undone)
    rows = []
    for entry in reversed(document.entries):
        if entry.kind is not EntryKind.CHANGE:
            standing = Standing.STEP
        elif entry.sequence == timeline.undo_target:
            standing = Standing.CURRENT
        elif entry.sequence in in_force:
            standing = Standing.IN_FORCE
        else:
            standing = Standing.UNDONE if entry.sequence in undone else Standing.LEFT
        if standing is not Standing.STEP or with_steps or entry.kind is EntryKind.NOTE:
            rows.append(Row(entry.sequence, entry.title, entry.utc, entry.author, standing))
        if len(rows) == limit:
            return rows
    if rows and limit is None:
        first = Standing.IN_FORCE if in_force else Standing.CURRENT
        rows.append(Row(0, beginning, "", "", first))
    return rows


class HistoryModel(QAbstractListModel):
    """Rows of the open document's journal.

    Args:
        limit: show only this many of the newest; None shows all.
    """

    def __init__(self, session: Session, parent: QObject | None = None, limit: int | None = None) -> None:
        super().__init__(parent)
        self._document: Document | None = None
        self._limit = limit
        self._with_steps = False
        self._rows: list[Row] = []
        self._is_shown = False
        self._is_stale = False
        self._shown_state: tuple[int, int | None] | None = None
        session.document_replaced.connect(self._follow)
        self._follow(session.document)

    def show_steps(self, on: bool) -> None:
        """Show undo and redo as rows too."""
        self._with_steps = on
        self.refresh()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """How many rows there are."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def row(self, index: AnyIndex) -> Row:
        """A whole row."""
        return self._rows[index.row()]

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Title, the row for the delegate, exact time and author for the tooltip."""
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.sequence}, {row.title}, {ago(row.time) if row.time else ''}, {row.standing.value}"
        if role == Qt.ItemDataRole.ToolTipRole and row.time:
            run = self.run_of(row.sequence)
            took = short_lines(run) if run is not None else []
            return "\n".join([row.title, f"{exact(row.time)} · {row.author}", *took])
        return None

    def run_of(self, sequence: int) -> RunRecord | None:
        """What the run of a model took whose result this entry accepted; None for other entries."""
        if self._document is None or not 0 < sequence <= len(self._document.entries):
            return None
        kept = self._document.entries[sequence - 1].parameters.get(RECORD_KEY)
        try:
            return None if kept is None else RunRecord.from_json(kept)
        except UserError:
            return None  # of a newer Limner; the entry itself is as good as any

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """What cannot be gone to is shown, but does not react."""
        return Qt.ItemFlag.ItemIsEnabled if self._rows[index.row()].can_go_to else Qt.ItemFlag.NoItemFlags

    def show(self, on: bool) -> None:
        """Say whether anybody sees the rows; while nobody does, a long journal is not read."""
        self._is_shown = on
        if on and self._is_stale:
            self.refresh()

    def refresh(self) -> None:
        """Read the journal anew."""
        self._is_stale = False
        self.beginResetModel()
        rows = []
        if self._document is not None:
            rows = rows_of(
                self._document, with_steps=self._with_steps, beginning=self.tr("Beginning"), limit=self._limit
            )
        self._rows = rows
        self.endResetModel()

    def _follow(self, document: Document | None) -> None:
        self._document = document
        self._shown_state = None
        if document is not None:
            document.changed.connect(self._document_changed)
        self.refresh()

    def _document_changed(self, change: DocumentChange) -> None:
        if not change.has_history or self._document is None:
            return
        state = len(self._document.entries), self._document.case.timeline.undo_target
        if state == self._shown_state:
            return  # what waited is on disk now: nothing that a row shows
        self._shown_state = state
        self._is_stale = True
        if self._is_shown or self._limit is not None:
            self.refresh()
