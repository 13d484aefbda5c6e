"""A field for a number with its unit."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

from widgets import theme

MARGIN_PX = 7
SMALLEST_PX = 56  # Qt would make room for the largest number of the range


class NumberField(QDoubleSpinBox):
    """Tells a typed number when it is finished, not at each letter; arrow keys and the wheel step.

    Args:
        name: for screen readers.
        low, high: the range.
        unit: shown after the number.
        decimals: how many are shown.
    """

    def __init__(self, name: str, low: float, high: float, unit: str = "", decimals: int = 1) -> None:
        super().__init__()
        self._name = name
        self.set_unit(unit, low, high, decimals)
        theme.switch.changed.connect(self._fit_text)
        self._fit_text()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        make_calm(self)

    def set_unit(self, unit: str, low: float, high: float, decimals: int) -> None:
        """The range in another unit."""
        self.setDecimals(decimals)
        self.setRange(low, high)
        self.setSuffix(unit if unit in ("", "°") else f" {unit}")
        self.setAccessibleName(f"{self._name}, {unit}" if unit else self._name)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls the panel; it changes the number only after a click into the field."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _fit_text(self) -> None:
        self.setMinimumWidth(theme.current().px(SMALLEST_PX))


def make_calm(field: QDoubleSpinBox | QSpinBox) -> None:
    """Right-aligned, told when finished, with room at both sides (the style sheet's padding does not reach inside)."""
    field.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    field.setKeyboardTracking(False)
    field.lineEdit().setTextMargins(MARGIN_PX, 0, MARGIN_PX, 0)
