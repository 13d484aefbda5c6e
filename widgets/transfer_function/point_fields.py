"""Typed numbers of the selected point."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QWidget

from session.look.transfer_function import Rgb
from widgets import icons, theme
from widgets.labels import label
from widgets.number_field import NumberField
from widgets.transfer_function.curves import Curves, Handle, Kind

LARGEST = 1e9
SWATCH_PX = QSize(34, 18)


class PointFields(QWidget):
    """Value, and opacity or colour.

    Args:
        of_what: whose points, for screen readers.
        height: what the second number is called: opacity, or factor.
        floor: the smallest value.
    """

    value_typed = Signal(float)
    opacity_typed = Signal(float)  # 0 to 1
    color_asked = Signal()

    def __init__(self, of_what: str, height: str, floor: float = -LARGEST) -> None:
        super().__init__()
        self.value = NumberField(self.tr("Value of the point, {0}").format(of_what), floor, LARGEST)
        self.opacity = NumberField(f"{height}, {of_what}", 0.0, 100.0, "%", 1)
        self.color = _color_button(self.tr("Colour of the point"))
        self._of_what = of_what
        self._rgb: Rgb | None = None
        self._second = QStackedWidget()
        for name, field in ((height, self.opacity), (self.tr("Colour"), self.color)):
            self._second.addWidget(_named(name, field))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(_named(self.tr("Value"), self.value), 1)
        row.addWidget(self._second, 1)
        self.value.valueChanged.connect(self.value_typed)
        self.opacity.valueChanged.connect(lambda percent: self.opacity_typed.emit(percent / 100))
        self.color.clicked.connect(lambda: self.color_asked.emit())
        theme.switch.changed.connect(self._draw_color)

    def set_unit(self, unit: str) -> None:
        """After the value."""
        self.value.setSuffix(f" {unit}" if unit else "")
        name = self.tr("Value of the point, {0}").format(self._of_what)
        self.value.setAccessibleName(f"{name}, {unit}" if unit else name)

    def show_point(self, curves: Curves, handle: Handle, decimals: int, step: float) -> None:
        """Show one point. Emits nothing."""
        for field in (self.value, self.opacity):
            field.blockSignals(True)
        self.value.setDecimals(decimals)
        self.value.setSingleStep(step)
        self.value.setValue(curves.value(handle))
        if handle.kind is Kind.OPACITY:
            self.opacity.setValue(curves.opacities[handle.index].opacity * 100)
        for field in (self.value, self.opacity):
            field.blockSignals(False)
        self._rgb = curves.colors[handle.index].color if handle.kind is Kind.COLOR else None
        self._second.setCurrentIndex(0 if handle.kind is Kind.OPACITY else 1)
        self._draw_color()

    def _draw_color(self) -> None:
        if self._rgb is None:
            return
        size = QSize(theme.current().px(SWATCH_PX.width()), theme.current().px(SWATCH_PX.height()))
        self.color.setIconSize(size)
        self.color.setIcon(QIcon(icons.swatch(to_bytes(self._rgb), size, radius=4)))


def to_bytes(color: Rgb) -> tuple[int, int, int]:
    """0-1 to 0-255, rounded."""
    red, green, blue = (round(min(max(part, 0.0), 1.0) * 255) for part in color)
    return red, green, blue


def _color_button(name: str) -> QToolButton:
    made = QToolButton()
    made.setProperty("role", "swatch")
    made.setToolTip(name)
    made.setAccessibleName(name)
    return made


def _named(name: str, field: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(label(name, "dim"))
    if isinstance(field, NumberField):
        row.addWidget(field, 1)
    else:
        row.addWidget(field)
        row.addStretch(1)
    return made
