"""Draws one entry of the history: number, title, how long ago."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets import theme
from widgets.entry_time import ago
from widgets.panels.history.model import ROW, Row, Standing

ROW_PX = 26


class HistoryDelegate(QStyledItemDelegate):
    """Undone entries are dim; the present point has a light."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows are equally high."""
        return QSize(200, theme.current().px(ROW_PX))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """One row."""
        row: Row = index.data(ROW)
        colors, px = theme.current(), theme.current().px
        rect: QRect = option.rect
        is_hovered = option.state & QStyle.StateFlag.State_MouseOver
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_hovered and row.can_go_to:
            painter.fillRect(rect, colors.color("raised"))
        if row.standing is Standing.CURRENT:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("accent"))
            painter.drawEllipse(QRectF(rect.left() + 3.5, rect.center().y() - 2, 5, 5))
        left = rect.left() + px(12)
        number = QRect(left, rect.top(), px(30), rect.height())
        time = QRect(rect.right() - px(82), rect.top(), px(70), rect.height())
        title = QRect(number.right() + 1, rect.top(), time.left() - number.right() + px(20), rect.height())
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(colors.font(theme.SMALL_PX))
        painter.setPen(colors.color("dim"))
        if row.sequence:
            painter.drawText(number, Qt.AlignmentFlag.AlignLeft | middle, str(row.sequence))
        painter.drawText(time, Qt.AlignmentFlag.AlignRight | middle, ago(row.time) if row.time else "")
        font = colors.font()
        font.setStrikeOut(row.standing is Standing.LEFT)
        painter.setFont(font)
        painter.setPen(colors.color("text" if row.standing in (Standing.CURRENT, Standing.IN_FORCE) else "dim"))
        text = painter.fontMetrics().elidedText(row.title, Qt.TextElideMode.ElideRight, title.width())
        painter.drawText(title, Qt.AlignmentFlag.AlignLeft | middle, text)
        painter.restore()
