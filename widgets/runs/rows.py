"""Rows of anything as a table that can be sorted: columns are declared, one model serves all tables of runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from widgets import theme

AnyIndex = QModelIndex | QPersistentModelIndex
ROW_PX = 28
WIDEST_PX = 200
MEASURED_ROWS = 60  # that say how wide a column is: more would hold the window up
TITLE_ROOM_PX = 20
EMPTY_MARGIN_PX = 40
LEAST_TEXT_PX = 110  # of a column that is cut for it; long names stand in tooltips
LEAST_WIDE_PX = 140
T = TypeVar("T")


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column.

    Attributes:
        title: its heading.
        text: what a row shows in it.
        key: by what rows are sorted: a number or a text; None sorts before all others.
        tip: the tooltip; empty for none.
        is_number: stands at the right.
    """

    title: str
    text: Callable[[T], str]
    key: Callable[[T], float | str | None]
    tip: Callable[[T], str] = lambda _row: ""
    is_number: bool = True


class RowsModel(QAbstractTableModel, Generic[T]):
    """Rows under declared columns; ``is_dim`` says which rows are secondary, ``is_marked`` which want attention."""

    def __init__(
        self,
        columns: Sequence[Column[T]],
        is_dim: Callable[[T], bool] = lambda _row: False,
        is_marked: Callable[[T], bool] = lambda _row: False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = columns
        self.rows: list[T] = []
        self._ranks: dict[int, list[int]] = {}
        self._is_dim = is_dim
        self._is_marked = is_marked

    def set_rows(self, rows: Sequence[T]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = list(rows)
        self._ranks = {}
        self.endResetModel()

    def ranks(self, column: int) -> list[int]:
        """The place of each row in the order of a column, the same for equal ones: thousands are compared at once."""
        if column not in self._ranks:
            keys = [self.columns[column].key(row) for row in self.rows]
            is_mixed = len({isinstance(key, str) for key in keys if key is not None}) > 1
            sorted_by = [(key is not None, str(key) if is_mixed else key if key is not None else 0) for key in keys]
            order = sorted(range(len(keys)), key=sorted_by.__getitem__)
            ranks = [0] * len(keys)
            for n in range(1, len(order)):
                ranks[order[n]] = ranks[order[n - 1]] + (sorted_by[order[n]] != sorted_by[order[n - 1]])
            self._ranks[column] = ranks
        return self._ranks[column]

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """How many rows there are."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        """How many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles, aligned as what stands below them."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        return self._alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, tooltip, alignment and colour."""
        row, column = self.rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip(row) or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        if role == Qt.ItemDataRole.ForegroundRole:
            name = "warn" if self._is_marked(row) else "dim" if self._is_dim(row) else ""
            return theme.current().color(name) if name else None
        return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if self.columns[column].is_number else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


class _Sorted(QSortFilterProxyModel):
    """By numbers where both are numbers, by texts otherwise; what is missing comes first."""

    def lessThan(self, left: AnyIndex, right: AnyIndex) -> bool:
        """Compare two cells."""
        model = self.sourceModel()
        assert isinstance(model, RowsModel)
        ranks = model.ranks(left.column())
        return ranks[left.row()] < ranks[right.row()]


class RowsTable(QTableView, Generic[T]):
    """The table of a model, sorted by a click on a heading.

    Args:
        model: its rows.
        name: for screen readers.
        sorted_by: the column at the beginning, and whether downwards.
    """

    def __init__(self, model: RowsModel[T], name: str, sorted_by: tuple[int, bool] = (0, True)) -> None:
        super().__init__()
        self.rows_model = model
        self._empty_text = ""
        self._wide: int | None = None
        self._sorted = _Sorted(self)
        self._sorted.setSourceModel(model)
        self.setModel(self._sorted)
        self.setAccessibleName(name)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setAccessibleName(name)
        self.setSortingEnabled(True)
        order = Qt.SortOrder.DescendingOrder if sorted_by[1] else Qt.SortOrder.AscendingOrder
        self.sortByColumn(sorted_by[0], order)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.current().px(ROW_PX))
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setResizeContentsPrecision(MEASURED_ROWS)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().setStretchLastSection(not model.columns[-1].is_number)
        self.setTabKeyNavigation(False)

    def fit_columns(self, *, only_wider: bool = False) -> None:
        """Make all columns as wide as what they hold, long names cut; their whole text is in the tooltip.

        Args:
            only_wider: let none become narrower, so that they stay where they are while rows come and go.
        """
        px = theme.current().px
        titles = QFontMetrics(theme.current().font(theme.SMALL_PX, bold=True))
        widths = {}
        for n, column in enumerate(self.rows_model.columns):
            needed = max(titles.horizontalAdvance(column.title) + px(TITLE_ROOM_PX), self.sizeHintForColumn(n) + px(8))
            least = self.columnWidth(n) if only_wider else 0
            if n != self._wide:
                widths[n] = max(least, min(needed, px(WIDEST_PX)))
        for n, width in self._narrowed(widths).items():
            self.setColumnWidth(n, width)

    def _narrowed(self, widths: dict[int, int]) -> dict[int, int]:
        """The same with the widest texts cut, where a column that takes the rest would have no room for it."""
        bar = self.verticalScrollBar()
        room = self.viewport().width() - (0 if bar.isVisible() else bar.sizeHint().width())  # it may come with the rows
        lacking = sum(widths.values()) + theme.current().px(LEAST_WIDE_PX) - room
        least = theme.current().px(LEAST_TEXT_PX)
        while self._wide is not None and lacking > 0:
            texts = [n for n in widths if not self.rows_model.columns[n].is_number and widths[n] > least]
            if not texts:
                break
            widest = max(texts, key=lambda n: widths[n])
            cut = min(lacking, max(1, widths[widest] // 10), widths[widest] - least)
            widths = widths | {widest: widths[widest] - cut}
            lacking -= cut
        return widths

    def widen(self, column: int) -> None:
        """Give a column the room that the others leave; where that is little, the table scrolls sideways."""
        self._wide = column
        self.horizontalHeader().sectionResized.connect(self._follow)
        self._share_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room anew."""
        super().resizeEvent(event)
        self._share_room()

    def _follow(self, column: int, _before: int, _now: int) -> None:
        if column != self._wide:
            self._share_room()

    def _share_room(self) -> None:
        if self._wide is not None:
            others = sum(self.columnWidth(n) for n in range(len(self.rows_model.columns)) if n != self._wide)
            self.setColumnWidth(self._wide, max(theme.current().px(LEAST_WIDE_PX), self.viewport().width() - others))

    def set_empty_text(self, text: str) -> None:
        """What stands in its middle while there are no rows."""
        self._empty_text = text
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows, or why there are none."""
        super().paintEvent(event)
        if self._sorted.rowCount() == 0 and self._empty_text:
            painter = QPainter(self.viewport())
            painter.setPen(theme.current().color("dim"))
            margin = theme.current().px(EMPTY_MARGIN_PX)
            place = self.viewport().rect().adjusted(margin, 0, -margin, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty_text)

    def current_row(self) -> T | None:
        """The selected row; of several the one that was touched last."""
        chosen = self.selectionModel().selectedRows()
        touched = [index for index in chosen if index.row() == self.currentIndex().row()]
        return self.rows_model.rows[self._sorted.mapToSource((touched or chosen)[0]).row()] if chosen else None

    def chosen_rows(self) -> list[T]:
        """All selected rows, in the order in which they are shown."""
        places = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        return [self.rows_model.rows[self._sorted.mapToSource(index).row()] for index in places]

    def shown_rows(self) -> list[T]:
        """All rows in the order in which they are shown."""
        count = self._sorted.rowCount()
        return [self.rows_model.rows[self._sorted.mapToSource(self._sorted.index(n, 0)).row()] for n in range(count)]

    def select_where(self, wanted: Callable[[T], bool]) -> None:
        """Select the first row of which this is true, whatever keys are held down."""
        for n, row in enumerate(self.rows_model.rows):
            if wanted(row):
                index = self._sorted.mapFromSource(self.rows_model.index(n, 0))
                flags = QItemSelectionModel.SelectionFlag
                self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                self.scrollTo(index)
                return

    def add_where(self, wanted: Callable[[T], bool]) -> None:
        """Select also all rows of which this is true."""
        flags = QItemSelectionModel.SelectionFlag
        for n, row in enumerate(self.rows_model.rows):
            if wanted(row):
                index = self._sorted.mapFromSource(self.rows_model.index(n, 0))
                self.selectionModel().select(index, flags.Select | flags.Rows)
