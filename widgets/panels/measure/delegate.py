"""Draws a measurement's row and turns clicks on its parts into commands."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from imaging.measurement import MeasurementKind
from widgets import icons, theme
from widgets.panels.measure.model import ROW, Row

AnyIndex = QModelIndex | QPersistentModelIndex
ROW_PX, DETAILS_PX = 27, 18
ICONS = {
    MeasurementKind.LENGTH: "ruler",
    MeasurementKind.ANGLE: "angle",
    MeasurementKind.ELLIPSE: "ellipse",
    MeasurementKind.BOX: "crop-box",
}


@dataclass(frozen=True)
class Parts:
    """Where the parts of a row are, in the list's coordinates."""

    swatch: QRect
    icon: QRect
    name: QRect
    value: QRect
    details: QRect
    eye: QRect
    trash: QRect


def parts(rect: QRect, row: Row) -> Parts:
    """Lay a row out: from the right bin, eye and value; the name takes what is left; details below the value."""
    px = theme.current().px
    top, height, right = rect.top(), px(ROW_PX), rect.right() - px(8)
    trash = QRect(right - px(22), top, px(22), height)
    eye = QRect(trash.left() - px(24), top, px(24), height)
    value_width = QFontMetrics(theme.current().font()).horizontalAdvance(row.value) + 2
    value = QRect(eye.left() - px(4) - value_width, top, value_width, height)
    side = px(14)
    swatch = QRect(rect.left() + px(12), top + (height - side) // 2, side, side)
    icon = QRect(swatch.right() + px(7), top + (height - px(16)) // 2, px(16), px(16))
    name_left = icon.right() + px(7)
    name = QRect(name_left, top, max(value.left() - px(6) - name_left, px(30)), height)
    details = QRect(name_left, top + height - px(3), eye.left() - px(4) - name_left, px(DETAILS_PX))
    return Parts(swatch, icon, name, value, details, eye, trash)


class MeasurementDelegate(QStyledItemDelegate):
    """A row of the list of measurements."""

    color_clicked = Signal(QModelIndex)
    eye_clicked = Signal(QModelIndex)
    trash_clicked = Signal(QModelIndex)
    renamed = Signal(QModelIndex, str)

    def sizeHint(self, _option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Rows with details are higher."""
        row: Row = index.data(ROW)
        px = theme.current().px
        return QSize(200, px(ROW_PX) + (px(DETAILS_PX) if row.details else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """One row."""
        row: Row = index.data(ROW)
        rect: QRect = option.rect
        place = parts(rect, row)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_selected or is_hovered:
            painter.fillRect(rect, theme.current().color("selected" if is_selected else "raised"))
        if is_selected:
            painter.fillRect(QRect(rect.left(), rect.top(), 2, rect.height()), theme.current().color("accent"))
        painter.setOpacity(1.0 if row.is_visible else 0.5)
        _draw_content(painter, place, row, is_selected=is_selected)
        painter.setOpacity(1.0)
        _draw_switches(painter, place, row, is_hovered=is_hovered or is_selected)
        painter.restore()

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: AnyIndex
    ) -> bool:
        """A click on the colour, the eye or the bin; elsewhere it selects the row."""
        if not isinstance(event, QMouseEvent) or event.button() != Qt.MouseButton.LeftButton:
            return super().editorEvent(event, model, option, index)
        signal = self._signal_at(event.position().toPoint(), option.rect, index.data(ROW))
        if signal is None:
            return super().editorEvent(event, model, option, index)
        if event.type() == QEvent.Type.MouseButtonRelease:
            signal.emit(index)
        return True

    def hits_switch(self, point: QPoint, rect: QRect, row: Row) -> bool:
        """True where a click does something else than select."""
        return self._signal_at(point, rect, row) is not None

    def _signal_at(self, point: QPoint, rect: QRect, row: Row) -> SignalInstance | None:
        place = parts(rect, row)
        for part, signal in (
            (place.swatch.adjusted(-5, -5, 5, 5), self.color_clicked),
            (place.eye, self.eye_clicked),
            (place.trash, self.trash_clicked),
        ):
            if part.contains(point):
                return signal
        return None

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: AnyIndex) -> QWidget:
        """A field over the name."""
        editor = QLineEdit(parent)
        editor.setObjectName("row_editor")
        editor.setAccessibleName(self.tr("Name of {0}").format(index.data()))
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Over the name and the value."""
        place = parts(option.rect, index.data(ROW))
        width = place.eye.left() - place.name.left()
        editor.setGeometry(QRect(place.name.left() - 6, place.name.top() + 1, width, place.name.height() - 2))

    def setModelData(self, editor: QWidget, _model: QAbstractItemModel, index: AnyIndex) -> None:
        """The new name goes through the action, not into the model."""
        assert isinstance(editor, QLineEdit)
        name = editor.text().strip()
        if name and name != index.data():
            self.renamed.emit(index, name)


def _draw_content(painter: QPainter, place: Parts, row: Row, *, is_selected: bool) -> None:
    tokens = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*row.measurement.color))
    painter.drawRoundedRect(place.swatch, 3.5, 3.5)
    icons.paint(painter, ICONS[row.measurement.kind], place.icon.toRectF(), "dim")
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    _draw_text(painter, place.name, row.measurement.name, tokens.font(), "bright" if is_selected else "text", left)
    _draw_text(painter, place.value, row.value, tokens.font(), "bright" if is_selected else "text", right)
    _draw_text(painter, place.details, row.details, tokens.font(theme.SMALL_PX), "dim", right)


def _draw_text(painter: QPainter, rect: QRect, text: str, font: QFont, token: str, align: Qt.AlignmentFlag) -> None:
    painter.setFont(font)
    painter.setPen(theme.current().color(token))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, shown)


def _draw_switches(painter: QPainter, place: Parts, row: Row, *, is_hovered: bool) -> None:
    """The eye is always there, the bin where the mouse or the selection is."""
    side = theme.current().px(16)
    shown = [(place.eye, "eye" if row.is_visible else "eye-off")]
    if is_hovered:
        shown.append((place.trash, "trash"))
    for rect, name in shown:
        box = QRect(rect.center().x() - side // 2, rect.center().y() - side // 2, side, side)
        icons.paint(painter, name, box.toRectF(), "dim")
