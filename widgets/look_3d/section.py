"""A part of the page with a heading that opens and closes it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QVBoxLayout, QWidget

from session.settings import Settings
from widgets import icons, theme

CLOSED = "panel.closed_sections"
HEADER_PX = 28
ARROW_PX = 14


class Section(QWidget):
    """Heading and body; whether it is open is remembered.

    Args:
        key: its name in the settings.
        title: the heading.
        settings: where it is remembered.
    """

    def __init__(self, key: str, title: str, settings: Settings) -> None:
        super().__init__()
        self._key = key
        self._settings = settings
        self.header = SectionHeader(title)
        self.body = QWidget()
        self.column = QVBoxLayout(self.body)
        self.column.setContentsMargins(0, 2, 0, 8)
        self.column.setSpacing(6)
        self._top = QHBoxLayout()
        self._top.setContentsMargins(0, 0, 0, 0)
        self._top.setSpacing(0)
        self._top.addWidget(self.header, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._top)
        whole.addWidget(self.body)
        self.header.clicked.connect(self._toggled)
        self.set_open(key not in settings[CLOSED])

    @property
    def is_open(self) -> bool:
        """True when the body is shown."""
        return self.header.isChecked()

    def add_tool(self, button: QWidget) -> None:
        """A small button at the heading's right."""
        self._top.addWidget(button)

    def set_open(self, is_open: bool) -> None:
        """Show or hide the body."""
        self.header.setChecked(is_open)
        self.body.setVisible(is_open)

    def _toggled(self, is_open: bool) -> None:
        self.set_open(is_open)
        closed = [key for key in self._settings[CLOSED] if key != self._key]
        self._settings.set(CLOSED, closed if is_open else [*closed, self._key])


class SectionHeader(QAbstractButton):
    """A heading in capitals after an arrow."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.switch.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(80, theme.current().px(HEADER_PX))

    def minimumSizeHint(self) -> QSize:
        """As the hint."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Arrow and text."""
        colors = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = colors.px(ARROW_PX)
        arrow = self.rect().adjusted(-2, (self.height() - side) // 2, 0, 0)
        arrow.setSize(QSize(side, side))
        token = "text" if self.underMouse() or self.hasFocus() else "dim"
        icons.paint(painter, "chevron-down" if self.isChecked() else "chevron-right", arrow.toRectF(), token)
        font = colors.font(theme.SMALL_PX, bold=True)
        font.setLetterSpacing(font.SpacingType.PercentageSpacing, 104)
        painter.setFont(font)
        painter.setPen(colors.color("accent" if self.hasFocus() else token))
        place = self.rect().adjusted(side + 4, 0, 0, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text().upper())
