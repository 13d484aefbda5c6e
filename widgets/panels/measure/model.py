"""The measurements of the open document as rows."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from imaging.measurement import Measurement, MeasurementKind
from session.change import DocumentChange
from session.document import Document
from session.measured import value_lines
from session.presentation import PresentationState
from session.session import Session
from widgets.signal_links import SignalLinks

AnyIndex = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole  # the whole row, for the delegate


@dataclass(frozen=True)
class Row:
    """What one row shows; ``details`` stand below the value."""

    measurement: Measurement
    value: str
    details: str
    is_visible: bool


class MeasurementModel(QAbstractListModel):
    """One row for each measurement, in the order in which they were made."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document: Document | None = None
        self._measurements: tuple[Measurement, ...] = ()
        self._links, self._document_links = SignalLinks(self), SignalLinks(self)
        self._links.add(session.document_replaced, self._follow)
        self._links.add(session.presentation.changed, self._presentation_changed)
        self._follow(session.document)

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """How many measurements there are."""
        return 0 if parent is not None and parent.isValid() else len(self._measurements)

    def number(self, index: AnyIndex) -> int:
        """The number of a row's measurement."""
        return self._measurements[index.row()].number

    def index_of(self, number: int | None) -> QModelIndex:
        """The row of a measurement; invalid when there is none."""
        row = next((n for n, m in enumerate(self._measurements) if m.number == number), -1)
        return self.index(row) if row >= 0 else QModelIndex()

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, the whole row for the delegate, and a sentence for screen readers."""
        measurement = self._measurements[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return measurement.name
        if role == ROW:
            return self._row(measurement)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            row = self._row(measurement)
            parts = [row.measurement.name, row.value, row.details]
            parts.append(self.tr("visible") if row.is_visible else self.tr("hidden"))
            return ", ".join(part for part in parts if part)
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Rows can be selected and their names edited."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def _row(self, measurement: Measurement) -> Row:
        document, shown = self._document, self._session.presentation.state
        assert document is not None
        volume = document.volumes[min(shown.time_point, len(document.volumes) - 1)]
        is_region = measurement.kind is MeasurementKind.ELLIPSE
        found = document.regions.of(volume, measurement) if is_region else None
        first, *others = value_lines(measurement, volume, found)
        return Row(measurement, first, " · ".join(others), measurement.number not in shown.hidden_measurements)

    def _follow(self, document: Document | None) -> None:
        self._document_links.release()
        self._document = document
        if document is not None:
            self._document_links.add(document.changed, self._document_changed)
        self._reset()

    def _reset(self) -> None:
        self.beginResetModel()
        self._measurements = self._document.measurements.all if self._document is not None else ()
        self.endResetModel()

    def _document_changed(self, change: DocumentChange) -> None:
        if self._document is None:
            return
        if change.measurement_numbers:
            before, now = self._measurements, self._document.measurements.all
            if [m.number for m in now] != [m.number for m in before]:
                self._reset()
            else:
                self._measurements = now
                self._tell_all()
        elif change.has_image:
            self._tell_all()

    def _presentation_changed(self, before: PresentationState, after: PresentationState) -> None:
        if before.hidden_measurements != after.hidden_measurements or before.time_point != after.time_point:
            self._tell_all()

    def _tell_all(self) -> None:
        if self._measurements:
            self.dataChanged.emit(self.index(0), self.index(len(self._measurements) - 1))
