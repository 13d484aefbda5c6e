"""A slider with two handles: from where to where."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import theme

HEIGHT_PX = 20
HANDLE_PX = 6
GROOVE_PX = 3
LEAST = 0.02  # of the whole, between the handles
KEY_STEP = 0.01


class RangeSlider(QWidget):
    """Two handles on one groove, 0 to 1; the part between them can be dragged too.

    Args:
        name: for screen readers.
    """

    moved = Signal(float, float, bool)  # low, high; True when the drag is over

    def __init__(self, name: str) -> None:
        super().__init__()
        self._low, self._high = 0.0, 1.0
        self._held = ""  # low, high or both
        self._grasp = 0.0  # where the part between the handles was taken
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.switch.changed.connect(self.updateGeometry)

    @property
    def values(self) -> tuple[float, float]:
        """From where to where."""
        return self._low, self._high

    def set_values(self, low: float, high: float) -> None:
        """Show another range. Emits nothing."""
        if (low, high) != (self._low, self._high):
            self._low, self._high = low, high
            self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(100, theme.current().px(HEIGHT_PX))

    def minimumSizeHint(self) -> QSize:
        """Room for two handles."""
        return QSize(theme.current().px(60), theme.current().px(HEIGHT_PX))

    def place_of(self, value: float) -> QPointF:
        """Where a value is drawn."""
        edge = theme.current().px(HANDLE_PX)
        return QPointF(edge + value * (self.width() - 2 * edge), self.height() / 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearer handle, or what lies between them."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        value, reach = self._value_at(event), theme.current().px(HANDLE_PX + 3) / max(self.width(), 1)
        if self._low + reach < value < self._high - reach and self._high - self._low < 1:
            self._held, self._grasp = "both", value - self._low
        else:
            is_low = abs(value - self._low) <= abs(value - self._high)
            self._held = "low" if is_low else "high"
            self._drag(value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if self._held:
            self._drag(self._value_at(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._held and event.button() == Qt.MouseButton.LeftButton:
            self._held = ""
            self.moved.emit(self._low, self._high, True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the upper handle, with Shift the lower one."""
        step = {Qt.Key.Key_Left: -KEY_STEP, Qt.Key.Key_Right: KEY_STEP}.get(Qt.Key(event.key()))
        if step is None:
            event.ignore()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._move(min(max(self._low + step, 0.0), self._high - LEAST), self._high, is_final=True)
        else:
            self._move(self._low, max(min(self._high + step, 1.0), self._low + LEAST), is_final=True)

    def focusInEvent(self, _event: QFocusEvent) -> None:
        """The focus is drawn."""
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """The focus is no longer drawn."""
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Groove, range and handles, like those of the other sliders."""
        colors = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        thick, size = colors.px(GROOVE_PX), colors.px(HANDLE_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        for low, high, token in ((0.0, 1.0, "line"), (self._low, self._high, "accent")):
            painter.setBrush(colors.color(token if self.isEnabled() else "line"))
            left, right = self.place_of(low), self.place_of(high)
            painter.drawRoundedRect(QRectF(left.x(), left.y() - thick / 2, right.x() - left.x(), thick), 1, 1)
        painter.setBrush(colors.color("text" if self.isEnabled() else "dim"))
        painter.setPen(QPen(colors.color("accent"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
        for value in self.values:
            painter.drawEllipse(self.place_of(value), size - 1, size - 1)

    def _value_at(self, event: QMouseEvent) -> float:
        edge = theme.current().px(HANDLE_PX)
        return min(max((event.position().x() - edge) / max(self.width() - 2 * edge, 1), 0.0), 1.0)

    def _drag(self, value: float) -> None:
        if self._held == "low":
            self._move(min(value, self._high - LEAST), self._high, is_final=False)
        elif self._held == "high":
            self._move(self._low, max(value, self._low + LEAST), is_final=False)
        else:
            width = self._high - self._low
            low = min(max(value - self._grasp, 0.0), 1.0 - width)
            self._move(low, low + width, is_final=False)

    def _move(self, low: float, high: float, *, is_final: bool) -> None:
        self.set_values(low, high)
        self.moved.emit(low, high, is_final)
