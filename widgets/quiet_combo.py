"""A choice from a list that looks like text until the mouse is over it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox

from widgets import icons, theme

HEIGHT_PX = 26


class QuietCombo(QComboBox):
    """Its text stands at the right, before a small arrow.

    Args:
        name: for screen readers.
        options: (value, text).
    """

    def __init__(self, name: str, options: Sequence[tuple[object, str]] = ()) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for value, text in options:
            self.addItem(text, value)

    def choose(self, value: object) -> None:
        """Show the option of this value; none when there is no such option. Emits ``currentIndexChanged`` only."""
        row = next((n for n in range(self.count()) if self.itemData(n) == value), -1)
        self.setCurrentIndex(row)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls the panel and never changes a choice by accident."""
        event.ignore()

    def sizeHint(self) -> QSize:
        """As wide as its widest text."""
        metrics = QFontMetrics(theme.current().font())
        widest = max((metrics.horizontalAdvance(self.itemText(n)) for n in range(self.count())), default=0)
        return QSize(min(widest, theme.current().px(180)) + theme.current().px(34), theme.current().px(HEIGHT_PX))

    def minimumSizeHint(self) -> QSize:
        """Long texts are cut before the panel grows."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Text, arrow, and a ground when the mouse or the focus is here."""
        colors = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(colors.color("accent") if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("raised"))
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        side = colors.px(14)
        arrow = QRect(self.width() - side - 6, (self.height() - side) // 2, side, side)
        icons.paint(painter, "chevron-down", arrow.toRectF(), "dim")
        painter.setFont(colors.font())
        painter.setPen(colors.color("text" if self.isEnabled() else "dim"))
        place = self.rect().adjusted(8, 0, arrow.left() - self.width() - 5, 0)
        text = painter.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
