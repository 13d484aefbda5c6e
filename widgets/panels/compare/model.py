"""The compared segments as rows that can be sorted."""

from __future__ import annotations

from enum import IntEnum
from math import inf, isfinite, isnan

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from imaging.comparison.label_comparison import ComparedSegment
from session.comparison import Comparison
from session.measured import extent_texts

AnyIndex = QModelIndex | QPersistentModelIndex
SORTED_BY = Qt.ItemDataRole.UserRole  # numbers for sorting
NOTHING = "–"
MINUS = "\N{MINUS SIGN}"
MOST_PERCENT = 9999  # as many digits as the column has room for


class Column(IntEnum):
    """From left to right."""

    NAME = 0
    DICE = 1
    HD95 = 2
    VOLUME = 3


class ComparisonModel(QAbstractTableModel):
    """One row for each pair, in the order of the comparison."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._comparison: Comparison | None = None

    def show(self, comparison: Comparison | None) -> None:
        """Another comparison, or none."""
        self.beginResetModel()
        self._comparison = comparison
        self.endResetModel()

    @property
    def rows(self) -> list[ComparedSegment]:
        """The pairs."""
        return self._comparison.result.segments if self._comparison is not None else []

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """How many pairs."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        """Name and measures."""
        return len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What the columns are, with their units."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        short, full = self._heads()[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return short
        return full if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole) else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts, numbers to sort by, and sentences for tooltips."""
        row, column = self.rows[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name if column is Column.NAME else text_of(row, column)
        if role == SORTED_BY:
            return row.name.casefold() if column is Column.NAME else _number(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._sentence(row)
        return None

    def _sentence(self, row: ComparedSegment) -> str:
        found = row.agreement
        if not found.is_measured:
            return self.tr("{0}: empty in both").format(row.name)
        volumes = self.tr("A {0}, B {1}").format(*extent_texts(found.size_a, found.size_b))
        return f"{row.name}: Dice {text_of(row, Column.DICE)}, HD95 {text_of(row, Column.HD95)}, {volumes}"

    def _size_word(self) -> str:
        """Of a slice of unknown thickness areas are compared."""
        is_area = bool(self.rows) and self.rows[0].agreement.size_a.is_area
        return self.tr("Area") if is_area else self.tr("Volume")

    def _heads(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Segment"), self.tr("Segment")),
            (self.tr("Dice"), self.tr("Dice: 1 where both have the same voxels, 0 where they have none in common")),
            (self.tr("HD95"), self.tr("The distance that 95 % of the surfaces do not exceed")),
            (self._size_word(), self.tr("How much larger B is than A")),
        ]


def text_of(row: ComparedSegment, column: Column) -> str:
    """A measure as the table shows it."""
    number = _number(row, column)
    if isnan(number) or abs(number) == inf:
        return NOTHING
    if column is Column.DICE:
        return f"{number:.3f}"
    if column is Column.HD95:
        return f"{number:.1f} mm"
    if number > MOST_PERCENT:  # a few voxels against an organ
        return f">{MOST_PERCENT} %"
    shown = f"{abs(number):.{1 if abs(number) < 100 else 0}f}"
    return ("" if float(shown) == 0 else "+" if number > 0 else MINUS) + shown + " %"


def _number(row: ComparedSegment, column: Column) -> float:
    found = row.agreement
    return {Column.DICE: found.dice, Column.HD95: found.hd95_mm, Column.VOLUME: found.difference_percent}[column]


def order(number: object) -> tuple[int, float | str]:
    """A key that sorts names by letters and numbers by size; what is no number comes last."""
    if isinstance(number, float):
        return (1, 0.0) if isnan(number) else (0, number if isfinite(number) else inf)
    return 0, str(number)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == Column.NAME else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
