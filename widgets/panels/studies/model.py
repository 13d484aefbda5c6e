"""Rows of the Studies panel: the shelf's series, then what was opened in earlier sessions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QDate, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QPixmap

from imaging.volume import Volume
from session.change import DocumentChange
from session.document import Document
from session.presentation import Windowing
from session.session import Session, ShelfItem, name_of
from widgets.counted import counted
from widgets.panels.studies.thumbnail import thumbnail

AnyIndex = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole
PICTURE_MS = 500  # while slices arrive, the picture follows this often


@dataclass(frozen=True)
class Row:
    """One thing to open: a series of the shelf, or a path of the recent list."""

    title: str
    detail: str
    path: Path
    item: ShelfItem | None = None
    picture: QPixmap | None = None
    is_open: bool = False


class StudiesModel(QAbstractListModel):
    """What the panel lists, filtered by what was typed."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._text = ""
        self._rows: list[Row] = []
        self._pictures: dict[str, QPixmap] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._draw_picture)
        session.shelf_changed.connect(self.refresh)
        session.document_replaced.connect(self._follow)
        session.settings.changed.connect(self._setting_changed)
        self._follow(session.document)

    def search(self, text: str) -> None:
        """Keep what holds every word."""
        self._text = text
        self.refresh()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """How many rows there are."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Title, the row for the delegate, the place for the tooltip."""
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.title}, {row.detail}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.title}\n{row.path}"
        return None

    def refresh(self) -> None:
        """Read shelf and recent list anew."""
        self.beginResetModel()
        words = self._text.casefold().split()
        rows = [self._shelf_row(item) for item in self._session.shelf] + self._recent_rows()
        self._rows = [r for r in rows if all(w in f"{r.title} {r.detail} {r.path.name}".casefold() for w in words)]
        self.endResetModel()

    def set_picture(self, item: ShelfItem, volume: Volume, windowing: Windowing) -> None:
        """Draw a series' picture from one of its slices."""
        self._pictures[_key(item.path, item.series.id)] = thumbnail(volume, windowing)
        self.refresh()

    def _shelf_row(self, item: ShelfItem) -> Row:
        series = item.series
        title = f"{series.modality} {series.description}".strip() or item.path.name
        slices = series.geometry.shape[0] if series.geometry is not None else 0
        detail = counted(slices, "slice")
        if series.volume_count > 1:
            detail = self.tr("{0} × {1}").format(series.volume_count, detail)
        if len({one.series.study_date for one in self._session.shelf} - {""}) > 1:  # titles alone would be alike
            date = QDate.fromString(series.study_date, "yyyyMMdd")
            detail = f"{date.toString('yyyy-MM-dd') if date.isValid() else self.tr('date unknown')} · {detail}"
        is_open = self._is_open(item)
        if is_open:
            detail = self.tr("{0} · open").format(detail)
        return Row(title, detail, item.path, item, self._pictures.get(_key(item.path, series.id)), is_open)

    def _recent_rows(self) -> list[Row]:
        shown = {str(item.path.resolve()) for item in self._session.shelf}
        paths = [Path(text) for text in self._session.settings["recent"] if text not in shown]
        return [Row(name_of(path), self.tr("opened before"), path) for path in paths]

    def _is_open(self, item: ShelfItem) -> bool:
        document = self._session.document
        if document is None or not document.case.images:
            return False
        image = document.case.images[0]
        return image.series_id == item.series.id and image.path == str(item.path.resolve())

    def _follow(self, document: Document | None) -> None:
        if document is not None:
            document.changed.connect(self._document_changed)
            self._timer.start(0)
        self.refresh()

    def _document_changed(self, change: DocumentChange) -> None:
        if change.has_image and not self._timer.isActive():
            self._timer.start(PICTURE_MS)

    def _setting_changed(self, key: str, _value: object) -> None:
        if key == "recent":
            self.refresh()

    def _draw_picture(self) -> None:
        document = self._session.document
        if document is None or not document.volumes or not document.case.images:
            return
        image = document.case.images[0]
        picture = thumbnail(document.volume, self._session.presentation.state.windowing)
        self._pictures[_key(Path(image.path), image.series_id)] = picture
        self.refresh()


def _key(path: Path, series_id: str) -> str:
    return f"{path.resolve()}\n{series_id}"
