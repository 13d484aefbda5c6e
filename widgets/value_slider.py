"""A slider with its value and unit beside it."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from widgets import theme
from widgets.labels import label
from widgets.number_field import NumberField

STEPS = 1000
FIELD_PX = 84


class ValueSlider(QWidget):
    """Name, slider, and a field with the number; both change the value.

    Args:
        name: what it is, shown at the left.
        low, high: the range.
        unit: shown after the number.
        decimals: how many are shown.
        is_logarithmic: equal ways on the slider are equal factors.
    """

    value_changed = Signal(float)

    def __init__(
        self, name: str, low: float, high: float, unit: str, decimals: int = 1, *, is_logarithmic: bool = False
    ) -> None:
        super().__init__()
        self._low, self._high, self._is_logarithmic = low, high, is_logarithmic
        self._name = label(name, "dim")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setAccessibleName(name)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.field = NumberField(name, low, high, unit, decimals)
        theme.switch.changed.connect(self._fit_text)
        self._fit_text()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._name)
        row.addWidget(self.slider, 1)
        row.addWidget(self.field)
        self.slider.valueChanged.connect(lambda step: self._changed(self._value_at(step)))
        self.field.valueChanged.connect(self._changed)

    def _fit_text(self) -> None:
        self.field.setFixedWidth(theme.current().px(FIELD_PX))

    @property
    def name_label(self) -> QLabel:
        """The name at the left, for aligning several rows."""
        return self._name

    @property
    def value(self) -> float:
        """The number in the field."""
        return self.field.value()

    def set_range(self, low: float, high: float) -> None:
        """Another range."""
        self._low, self._high = low, high
        self.field.blockSignals(True)
        self.field.setRange(low, high)
        self.field.blockSignals(False)

    def set_value(self, value: float) -> None:
        """Show another value. Emits nothing."""
        for part in (self.slider, self.field):
            part.blockSignals(True)
        if self._step_at(value) != self.slider.value():
            self.slider.setValue(self._step_at(value))
        if abs(self.field.value() - value) > 10 ** -(self.field.decimals() + 1):
            self.field.setValue(value)
        for part in (self.slider, self.field):
            part.blockSignals(False)

    def _changed(self, value: float) -> None:
        self.set_value(value)
        self.value_changed.emit(round(value, self.field.decimals()))

    def _value_at(self, step: int) -> float:
        part = step / STEPS
        if self._is_logarithmic:
            return self._low * math.exp(part * math.log(self._high / self._low))
        return self._low + part * (self._high - self._low)

    def _step_at(self, value: float) -> int:
        value = min(max(value, self._low), self._high)
        if self._is_logarithmic:
            return round(STEPS * math.log(value / self._low) / math.log(self._high / self._low))
        return round(STEPS * (value - self._low) / (self._high - self._low))
