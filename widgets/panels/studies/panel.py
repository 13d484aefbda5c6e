"""The studies: search, series with small pictures, a click opens."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from session.session import Session
from widgets import icons, theme
from widgets.labels import heading
from widgets.panels.studies.model import ROW, Row, StudiesModel

ROW_PX = 56
PICTURE_PX = 44


class StudiesPanel(QWidget):
    """The upper part of the left panel."""

    open_requested = Signal(object)  # a Row
    beside_requested = Signal(object)  # a Row of the shelf: to be shown beside the open study

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search studies…"))
        self.search.setAccessibleName(self.tr("Search studies"))
        self.model = StudiesModel(session, self)
        self.list = StudiesList()
        self.list.setModel(self.model)
        self.list.setAccessibleName(self.tr("Studies"))
        self.search.textChanged.connect(self.model.search)
        self.list.clicked.connect(self._open)
        self.list.opened.connect(self._open)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        inset = QVBoxLayout()
        inset.setContentsMargins(12, 12, 12, 0)
        inset.setSpacing(8)
        inset.addWidget(heading(self.tr("Studies")))
        inset.addWidget(self.search)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(inset)
        column.addWidget(self.list, 1)

    def menu_for(self, row: Row) -> QMenu:
        """What can be done with a row."""
        menu = QMenu(self)
        opening = menu.addAction(self.tr("Open"), lambda: self.open_requested.emit(row))
        opening.setEnabled(not row.is_open)
        beside = menu.addAction(self.tr("Show beside"), lambda: self.beside_requested.emit(row))
        beside.setToolTip(self.tr("Linked with the open study, for looking only"))
        beside.setEnabled(row.item is not None and not row.is_open and self._session.document is not None)
        return menu

    def _show_menu(self, at: QPoint) -> None:
        index = self.list.indexAt(at)
        if index.isValid():
            menu = self.menu_for(index.data(ROW))
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.list.viewport().mapToGlobal(at))

    def _open(self, index: QModelIndex) -> None:
        row: Row = index.data(ROW)
        if not row.is_open:
            self.open_requested.emit(row)


class StudiesList(QListView):
    """Rows that a click or Enter opens."""

    opened = Signal(QModelIndex)

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(StudyDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; letters stay the tools' keys."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex())
        elif event.text().isalnum() and not event.modifiers():
            event.ignore()
        else:
            super().keyPressEvent(event)


class StudyDelegate(QStyledItemDelegate):
    """Draws a study: picture, title, detail."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows are equally high."""
        return QSize(180, theme.current().px(ROW_PX))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """One row."""
        row: Row = index.data(ROW)
        colors, px = theme.current(), theme.current().px
        rect: QRect = option.rect
        is_hovered = option.state & QStyle.StateFlag.State_MouseOver
        has_focus = option.state & QStyle.StateFlag.State_HasFocus
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if row.is_open or is_hovered:
            painter.fillRect(rect, colors.color("selected" if row.is_open else "raised"))
        if has_focus:
            painter.fillRect(QRect(rect.left(), rect.top(), 2, rect.height()), colors.color("accent"))
        side = px(PICTURE_PX)
        place = QRect(rect.left() + px(12), rect.center().y() - side // 2, side, side)
        _draw_picture(painter, place, row)
        left = place.right() + px(10)
        text = QRect(left, place.top() + px(4), rect.right() - px(8) - left, px(18))
        painter.setFont(colors.font())
        painter.setPen(colors.color("bright" if row.is_open else "text"))
        _draw_line(painter, text, row.title)
        painter.setFont(colors.font(theme.SMALL_PX))
        painter.setPen(colors.color("dim"))
        _draw_line(painter, text.translated(0, px(18)), row.detail)
        painter.restore()


def _draw_line(painter: QPainter, rect: QRect, text: str) -> None:
    cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)


def _draw_picture(painter: QPainter, place: QRect, row: Row) -> None:
    outline = QPainterPath()
    outline.addRoundedRect(place.toRectF(), 5, 5)
    painter.save()
    painter.setClipPath(outline)
    if row.picture is None:
        painter.fillRect(place, theme.current().color("raised"))
        middle = place.adjusted(*(round(place.width() * f) for f in (0.28, 0.28, -0.28, -0.28)))
        icons.paint(painter, "image" if row.item is not None else "history", middle.toRectF(), "dim", 0.8)
    else:
        painter.fillRect(place, QColor("black"))
        size = row.picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(place.center())
        painter.drawPixmap(target, row.picture)
    painter.restore()
