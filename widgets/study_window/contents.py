"""What the chosen study holds: its series with small pictures, its cases, and earlier studies of the same patient."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from imaging.workspace.cases import CaseRow
from imaging.workspace.listing import SeriesRow, StudyRow
from imaging.workspace.research import ResearchFile, ResearchFolder
from imaging.workspace.thumbnails import Thumbnail
from session.study_browsing import StudyContent
from widgets import icons, theme
from widgets.entry_time import ago
from widgets.study_window.columns import case_details, day, described, file_details, series_details, series_title

ROW_PX, HEADING_PX, PICTURE_PX = 60, 28, 48
WHAT, DETAILS = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
Row = SeriesRow | CaseRow | StudyRow | ResearchFile


@dataclass(frozen=True)
class Heading:
    """A line between groups of rows."""

    text: str


class ContentList(QListWidget):
    """Rows that Enter or a double click opens."""

    opened = Signal(object)  # a Row

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Series and cases of the study"))
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_content(self, content: StudyContent | None) -> None:
        """Show a study, or nothing."""
        self.clear()
        if content is None:
            return
        self._group(self.tr("Series"), [(row, series_title(row), series_details(row)) for row in content.series])
        if isinstance(content.study, ResearchFolder):
            files: list[tuple[Row, str, str]] = [(row, row.path.name, file_details(row)) for row in content.files]
            self._group(self.tr("Research files in {0}").format(content.study.path.name), files)
        self._group(self.tr("Cases"), [(row, row.path.stem, self._case_text(row)) for row in content.cases])
        self._group(
            self.tr("Earlier and later studies of this patient"),
            [(row, described(row.description) or self.tr("Study"), self._study_text(row)) for row in content.priors],
        )
        self.setCurrentRow(1 if self.count() > 1 else -1)

    def show_picture(self, key: int | Path, picture: Thumbnail) -> None:
        """Put the picture of a series (by its id) or a file (by its path) into its row."""
        for n in range(self.count()):
            what = self.item(n).data(WHAT)
            if (isinstance(what, SeriesRow) and what.id == key) or (
                isinstance(what, ResearchFile) and what.path == key
            ):
                self.item(n).setIcon(QIcon(_pixmap(picture)))

    def chosen(self) -> Row | None:
        """The selected row."""
        item = self.currentItem()
        what = item.data(WHAT) if item is not None else None
        return None if isinstance(what, Heading) else what

    def chosen_series(self) -> list[SeriesRow]:
        """All selected series, in their order."""
        places = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        found = [self.item(place).data(WHAT) for place in places]
        return [what for what in found if isinstance(what, SeriesRow)]

    def rows(self) -> list[Row]:
        """All rows without the headings."""
        found = [self.item(n).data(WHAT) for n in range(self.count())]
        return [what for what in found if not isinstance(what, Heading)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens."""
        row = self.chosen()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            self.opened.emit(row)
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click opens."""
        super().mouseDoubleClickEvent(event)
        item = self.itemAt(event.position().toPoint())
        if item is not None and not isinstance(item.data(WHAT), Heading):
            self.opened.emit(item.data(WHAT))

    def _group(self, title: str, rows: list[tuple[Row, str, str]]) -> None:
        if not rows:
            return
        head = QListWidgetItem(title, self)
        head.setData(WHAT, Heading(title))
        head.setFlags(Qt.ItemFlag.NoItemFlags)
        for what, text, details in rows:
            item = QListWidgetItem(text, self)
            item.setData(WHAT, what)
            item.setData(DETAILS, details)
            item.setToolTip(f"{text}\n{details}")

    def _case_text(self, case: CaseRow) -> str:
        changed = self.tr("changed {0}").format(ago(case.changed_utc)) if case.changed_utc else self.tr("not readable")
        files = [Path(uid).name for uid in case.series_uids if Path(uid).is_absolute()]
        return " · ".join([*files, case_details(case), changed] if case.changed_utc else [changed])

    def _study_text(self, study: StudyRow) -> str:
        return " · ".join(filter(None, (day(study.date), " ".join(study.modalities), self._cases(study))))

    def _cases(self, study: StudyRow) -> str:
        return self.tr("{0} cases").format(study.case_count) if study.case_count else ""


class _Delegate(QStyledItemDelegate):
    """Draws a heading, or picture, title and details."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Headings are lower than rows."""
        is_heading = isinstance(index.data(WHAT), Heading)
        return QSize(200, theme.current().px(HEADING_PX if is_heading else ROW_PX))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """One row."""
        colors, px = theme.current(), theme.current().px
        rect: QRect = option.rect
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if isinstance(index.data(WHAT), Heading):
            painter.setFont(colors.font(theme.SMALL_PX, bold=True))
            painter.setPen(colors.color("dim"))
            place = rect.adjusted(px(12), 0, -px(12), -px(4))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, text.upper())
        else:
            self._paint_row(painter, option, index, text)
        painter.restore()

    def _paint_row(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex, text: str
    ) -> None:
        colors, px = theme.current(), theme.current().px
        rect: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, colors.color("selected"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, colors.color("raised"))
        side = px(PICTURE_PX)
        place = QRect(rect.left() + px(12), rect.center().y() - side // 2, side, side)
        _draw_picture(painter, place, index)
        left = place.right() + px(12)
        lines = QRect(left, place.top(), rect.right() - left - px(12), side)
        for words, token, size, where in (
            (text, "text", theme.BODY_PX, Qt.AlignmentFlag.AlignTop),
            (str(index.data(DETAILS)), "dim", theme.SMALL_PX, Qt.AlignmentFlag.AlignBottom),
        ):
            painter.setFont(colors.font(size))
            painter.setPen(colors.color(token))
            box = lines.adjusted(0, px(4), 0, -px(4))
            cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | where, cut)


def _draw_picture(painter: QPainter, place: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
    """The series' picture on black, or the kind of thing in its place."""
    colors = theme.current()
    what, icon = index.data(WHAT), index.data(Qt.ItemDataRole.DecorationRole)
    if isinstance(icon, QIcon) and not icon.isNull():
        painter.fillRect(place, Qt.GlobalColor.black)
        size = icon.availableSizes()[0].scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        corner = place.topLeft() + QPoint((place.width() - size.width()) // 2, (place.height() - size.height()) // 2)
        painter.drawPixmap(QRect(corner, size), icon.pixmap(icon.availableSizes()[0], 1.0))
        return
    painter.fillRect(place, colors.color("raised"))
    if isinstance(what, SeriesRow):
        text = what.modality[:8] or "?"
        if text.startswith("RT") and len(text) > 4:  # RTSTRUCT finds room on two lines only
            text = f"RT\n{text[2:]}"
        painter.setFont(colors.font(theme.SMALL_PX, bold=True))
        painter.setPen(colors.color("dim"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        return
    margin = place.width() // 4
    name = "segment" if isinstance(what, CaseRow) else "file" if isinstance(what, ResearchFile) else "history"
    icons.paint(painter, name, QRectF(place.adjusted(margin, margin, -margin, -margin)), "dim")


def _pixmap(picture: Thumbnail) -> QPixmap:
    pixels = picture.pixels
    height, width = pixels.shape[:2]
    is_grey = pixels.ndim == 2
    form = QImage.Format.Format_Grayscale8 if is_grey else QImage.Format.Format_RGB888
    image = QImage(pixels.tobytes(), width, height, width * (1 if is_grey else 3), form)
    return QPixmap.fromImage(image.copy())
