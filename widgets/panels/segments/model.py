"""The segments of the open document as rows; thousands cost no more than those on the screen."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    QTimer,
)

from imaging.extent import Extent
from imaging.segment import Segment, SegmentState
from session.change import DocumentChange
from session.document import Document
from session.measured import extent_text
from session.presentation import PresentationState
from session.session import Session

AnyIndex = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole  # the whole row, for the delegate
KEYS = 9  # segments that a number key selects
VOLUMES_MS = 80  # while a stroke is drawn, volumes follow this often; the frame belongs to the slice

STATE_NAMES = {
    SegmentState.EMPTY: "empty",
    SegmentState.AI_ONLY: "AI only",
    SegmentState.IN_PROGRESS: "in progress",
    SegmentState.DONE: "done",
    SegmentState.FLAGGED: "flagged",
}


def state_name(state: SegmentState) -> str:
    """A state in the user's language."""
    return QCoreApplication.translate("SegmentState", STATE_NAMES[state])


def size_text(size: Extent, *, is_empty: bool) -> str:
    """A size as the list shows it: one decimal, a dash for nothing, three decimals for the very small volume."""
    if is_empty:
        return "–"
    return extent_text(size) if size.is_area or size.amount >= 0.1 else f"{size.amount:.3f} ml"


class Row:
    """What one row shows."""

    __slots__ = ("is_visible", "key", "segment", "volume")

    def __init__(self, segment: Segment, volume: str, is_visible: bool, key: str) -> None:
        self.segment = segment
        self.volume = volume
        self.is_visible = is_visible
        self.key = key


class SegmentModel(QAbstractListModel):
    """One row for each segment, in list order."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document: Document | None = None
        self._segments: tuple[Segment, ...] = ()
        self._counts: list[int] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tell_volumes)
        session.document_replaced.connect(self._follow)
        session.presentation.changed.connect(self._presentation_changed)
        self._follow(session.document)

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """How many segments there are."""
        return 0 if parent is not None and parent.isValid() else len(self._segments)

    def number(self, index: AnyIndex) -> int:
        """The segment number of a row."""
        return self._segments[index.row()].number

    def index_of(self, number: int | None) -> QModelIndex:
        """The row of a segment; invalid when there is none."""
        row = next((n for n, s in enumerate(self._segments) if s.number == number), -1)
        return self.index(row) if row >= 0 else QModelIndex()

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, the whole row for the delegate, and a sentence for screen readers."""
        segment = self._segments[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return segment.name
        if role == ROW:
            return self._row(index.row(), segment)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self._sentence(self._row(index.row(), segment))
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Rows can be selected and their names edited."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def _row(self, place: int, segment: Segment) -> Row:
        assert self._document is not None
        segmentation = self._document.segmentation
        is_empty = segmentation.voxel_count(segment.number) == 0
        size = size_text(segmentation.extent(segment.number), is_empty=is_empty)
        is_visible = self._session.presentation.is_visible(segment.number)
        return Row(segment, size, is_visible, str(place + 1) if place < KEYS else "")

    def _sentence(self, row: Row) -> str:
        parts = [row.segment.name, state_name(row.segment.state), row.volume]
        parts.append(self.tr("visible") if row.is_visible else self.tr("hidden"))
        if row.segment.locked:
            parts.append(self.tr("locked"))
        return ", ".join(parts)

    def _follow(self, document: Document | None) -> None:
        self._document = document
        if document is not None:
            document.changed.connect(self._document_changed)
        self._reset()

    def _reset(self) -> None:
        self.beginResetModel()
        self._segments = self._document.segmentation.segments if self._document is not None else ()
        self._counts = self._counted()
        self.endResetModel()

    def _counted(self) -> list[int]:
        if self._document is None:
            return []
        return [self._document.segmentation.voxel_count(s.number) for s in self._segments]

    def _tell_volumes(self) -> None:
        """Have the rows drawn whose volume is another one now."""
        before, self._counts = self._counts, self._counted()
        for row, (old, new) in enumerate(zip(before, self._counts, strict=False)):
            if old != new:
                self.dataChanged.emit(self.index(row), self.index(row))

    def _document_changed(self, change: DocumentChange) -> None:
        if self._document is None:
            return
        segments = self._document.segmentation.segments
        if [s.number for s in segments] != [s.number for s in self._segments]:
            self._reset()
        elif change.segment_numbers:
            self._segments = segments
            for row, segment in enumerate(segments):
                if segment.number in change.segment_numbers:
                    self.dataChanged.emit(self.index(row), self.index(row))
        if change.has_voxels and not self._timer.isActive():
            self._timer.start(VOLUMES_MS)

    def _presentation_changed(self, before: PresentationState, after: PresentationState) -> None:
        if before.hidden_segments != after.hidden_segments:
            self._tell_all()

    def _tell_all(self) -> None:
        if self._segments:
            self.dataChanged.emit(self.index(0), self.index(len(self._segments) - 1))


class SegmentFilter(QSortFilterProxyModel):
    """The rows whose name or state holds what was typed."""

    def __init__(self, model: SegmentModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setSourceModel(model)

    def search(self, text: str) -> None:
        """Show what fits; an empty text shows all."""
        self.beginFilterChange()
        self._text = text.strip().casefold()
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: AnyIndex) -> bool:
        """Every word of what was typed occurs in the name or the state."""
        if not self._text:
            return True
        shown: Row = self.sourceModel().index(row, 0, parent).data(ROW)
        text = f"{shown.segment.name} {state_name(shown.segment.state)}".casefold().replace("_", " ")
        return all(word in text for word in self._text.split())
