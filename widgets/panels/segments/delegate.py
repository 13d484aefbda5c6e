"""Draws a segment's row and turns clicks on its parts into commands."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from imaging.segment import SegmentState
from widgets import icons, theme
from widgets.panels.segments.model import ROW, Row, state_name

AnyIndex = QModelIndex | QPersistentModelIndex
ROW_PX = 27
CHIP_TOKENS = {
    SegmentState.EMPTY: ("neutral_soft", "on_neutral_soft"),
    SegmentState.AI_ONLY: ("accent_soft", "on_accent_soft"),
    SegmentState.IN_PROGRESS: ("warn_soft", "on_warn_soft"),
    SegmentState.DONE: ("ok_soft", "on_ok_soft"),
    SegmentState.FLAGGED: ("error_soft", "on_error_soft"),
}


@dataclass(frozen=True)
class Parts:
    """Where the parts of a row are, in the list's coordinates."""

    swatch: QRect
    name: QRect
    chip: QRect
    volume: QRect
    eye: QRect
    lock: QRect


def parts(rect: QRect, row: Row) -> Parts:
    """Lay a row out: from the right lock, eye and volume in fixed columns; the name takes what is left."""
    px = theme.current().px
    top, height, right = rect.top(), rect.height(), rect.right() - px(8)
    lock = QRect(right - px(22), top, px(22), height)
    eye = QRect(lock.left() - px(24), top, px(24), height)
    volume_width = max(QFontMetrics(theme.current().font()).horizontalAdvance(row.volume) + 2, px(58))
    volume = QRect(eye.left() - px(4) - volume_width, top, volume_width, height)
    side = px(14)
    swatch = QRect(rect.left() + px(12), rect.center().y() - side // 2, side, side)
    name_left = swatch.right() + px(9)
    small = QFontMetrics(theme.current().font(theme.SMALL_PX))
    chip_width = small.horizontalAdvance(state_name(row.segment.state)) + px(11)
    free = volume.left() - px(6) - name_left
    wanted = QFontMetrics(theme.current().font()).horizontalAdvance(row.segment.name) + 2
    name_width = max(min(wanted, free - chip_width - px(6)), px(30))
    chip_height = px(17)
    chip = QRect(name_left + name_width + px(6), rect.center().y() - chip_height // 2, chip_width, chip_height)
    return Parts(swatch, QRect(name_left, top, name_width, height), chip, volume, eye, lock)


class SegmentDelegate(QStyledItemDelegate):
    """A row of the segment list."""

    color_clicked = Signal(QModelIndex)
    state_clicked = Signal(QModelIndex)
    eye_clicked = Signal(QModelIndex)
    lock_clicked = Signal(QModelIndex)
    renamed = Signal(QModelIndex, str)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        """All rows are equally high."""
        return QSize(200, theme.current().px(ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """One row."""
        row: Row = index.data(ROW)
        rect: QRect = option.rect
        state = option.state
        place = parts(rect, row)
        is_hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_selected or is_hovered:
            painter.fillRect(rect, theme.current().color("selected" if is_selected else "raised"))
        if is_selected:
            painter.fillRect(QRect(rect.left(), rect.top(), 2, rect.height()), theme.current().color("accent"))
        painter.setOpacity(1.0 if row.is_visible else 0.5)
        _draw_swatch(painter, place.swatch, row)
        _draw_name(painter, place.name, row, is_selected=is_selected)
        _draw_chip(painter, place.chip, row.segment.state)
        _draw_volume(painter, place.volume, row.volume)
        painter.setOpacity(1.0)
        _draw_switches(painter, place, row, is_hovered=is_hovered)
        painter.restore()

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: AnyIndex
    ) -> bool:
        """A click on the colour, the chip, the eye or the lock; elsewhere it selects the row."""
        if not isinstance(event, QMouseEvent) or event.button() != Qt.MouseButton.LeftButton:
            return super().editorEvent(event, model, option, index)
        signal = self._signal_at(event, option, index)
        if signal is None:
            return super().editorEvent(event, model, option, index)
        if event.type() == QEvent.Type.MouseButtonRelease:
            signal.emit(index)
        return True

    def _signal_at(self, event: QMouseEvent, option: QStyleOptionViewItem, index: AnyIndex) -> SignalInstance | None:
        place = parts(option.rect, index.data(ROW))
        point = event.position().toPoint()
        for rect, signal in (
            (place.swatch.adjusted(-5, -5, 5, 5), self.color_clicked),
            (place.chip, self.state_clicked),
            (place.eye, self.eye_clicked),
            (place.lock, self.lock_clicked),
        ):
            if rect.contains(point):
                return signal
        return None

    def hits_switch(self, point: object, rect: QRect, row: Row) -> bool:
        """True where a click does something else than select, so that a double click there must not rename."""
        place = parts(rect, row)
        return any(r.contains(point) for r in (place.swatch, place.chip, place.eye, place.lock))  # type: ignore[call-overload]

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: AnyIndex) -> QWidget:
        """A field over the name."""
        editor = QLineEdit(parent)
        editor.setObjectName("row_editor")
        editor.setAccessibleName(self.tr("Name of {0}").format(index.data()))
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """From the name to the volume."""
        place = parts(option.rect, index.data(ROW))
        editor.setGeometry(
            QRect(
                place.name.left() - 6,
                place.name.top() + 1,
                place.volume.left() - place.name.left(),
                place.name.height() - 2,
            )
        )

    def setModelData(self, editor: QWidget, _model: QAbstractItemModel, index: AnyIndex) -> None:
        """The new name goes through the action, not into the model."""
        assert isinstance(editor, QLineEdit)
        name = editor.text().strip()
        if name and name != index.data():
            self.renamed.emit(index, name)


def _draw_swatch(painter: QPainter, rect: QRect, row: Row) -> None:
    color = QColor(*row.segment.color)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(rect, 3.5, 3.5)
    if row.key:
        painter.setPen(QColor(0, 0, 0, 190) if color.lightnessF() > 0.45 else QColor(255, 255, 255, 220))
        painter.setFont(theme.current().font(9, bold=True))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, row.key)


def _draw_name(painter: QPainter, rect: QRect, row: Row, *, is_selected: bool) -> None:
    painter.setFont(theme.current().font())
    painter.setPen(theme.current().color("bright" if is_selected else "text"))
    metrics = painter.fontMetrics()
    text = metrics.elidedText(row.segment.name, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _draw_chip(painter: QPainter, rect: QRect, state: SegmentState) -> None:
    ground, ink = CHIP_TOKENS[state]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.current().color(ground))
    painter.drawRoundedRect(rect, 4, 4)
    painter.setFont(theme.current().font(theme.SMALL_PX))
    painter.setPen(theme.current().color(ink))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, state_name(state))


def _draw_volume(painter: QPainter, rect: QRect, volume: str) -> None:
    painter.setFont(theme.current().font())
    painter.setPen(theme.current().color("dim"))
    painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, volume)


def _draw_switches(painter: QPainter, place: Parts, row: Row, *, is_hovered: bool) -> None:
    """The eye is always there; the open lock only under the mouse, so that the closed ones stand out."""
    side = theme.current().px(16)
    for rect, name, shown, token in (
        (place.eye, "eye" if row.is_visible else "eye-off", True, "dim"),
        (place.lock, "lock" if row.segment.locked else "unlock", row.segment.locked or is_hovered, "dim"),
    ):
        if shown:
            box = QRect(rect.center().x() - side // 2, rect.center().y() - side // 2, side, side)
            icons.paint(painter, name, box.toRectF(), token, 1.0 if name != "unlock" else 0.6)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.current().color("dim", 0.7))
            painter.drawEllipse(rect.toRectF().center(), 1.2, 1.2)
