"""Text in the window: headings, secondary text, text that is cut with an ellipsis."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOption, QToolTip, QWidget


def label(text: str = "", role: str = "", *, wraps: bool = False) -> QLabel:
    """A label of plain text; ``role`` is one of the style sheet's: dim, small, strong, heading, title, chip, key."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wraps)
    if role:
        made.setProperty("role", role)
    return made


def heading(text: str) -> QLabel:
    """A section's heading, in capitals."""
    made = label(text.upper(), "heading")
    made.setAccessibleName(text)
    font = made.font()
    font.setLetterSpacing(font.SpacingType.PercentageSpacing, 104)
    made.setFont(font)
    return made


class ElidedLabel(QLabel):
    """One line of plain text that gives way: what does not fit is cut with an ellipsis and told by the tooltip."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if role:
            self.setProperty("role", role)

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(24, super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Tell the whole text where it is cut and nobody set another tooltip."""
        if isinstance(event, QHelpEvent) and not self.toolTip():
            if self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width():
                QToolTip.showText(event.globalPos(), html.escape(self.text()), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the text as far as it fits."""
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        rect = self.contentsRect()
        cut = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, rect.width())
        flags = int(self.alignment() | Qt.AlignmentFlag.AlignVCenter)
        role = self.foregroundRole()
        enabled = bool(option.state & QStyle.StateFlag.State_Enabled)
        self.style().drawItemText(painter, rect, flags, self.palette(), enabled, cut, role)


def set_state(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and have it look again."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
