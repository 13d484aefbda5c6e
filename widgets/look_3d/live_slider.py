"""A slider that tells while it is dragged and once more when it is let go."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal

from widgets import theme
from widgets.value_slider import ValueSlider

NAME_PX = 92
FIELD_PX = 68


class LiveSlider(ValueSlider):
    """Names and fields of all sliders of the page stand in columns.

    Args:
        name: what it is, shown at the left.
        low, high: the range.
        unit: shown after the number.
        decimals: how many are shown.
        hint: the tooltip.
        is_logarithmic: equal ways on the slider are equal factors.
    """

    moved = Signal(float, bool)  # the value; True when the drag is over or there is none

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        unit: str = "",
        decimals: int = 0,
        *,
        hint: str = "",
        is_logarithmic: bool = False,
    ) -> None:
        super().__init__(name, low, high, unit, decimals, is_logarithmic=is_logarithmic)
        layout = self.layout()
        assert layout is not None
        layout.setSpacing(8)
        if hint:
            self.setToolTip(hint)
        self.slider.installEventFilter(self)
        self.value_changed.connect(lambda value: self.moved.emit(value, not self.slider.isSliderDown()))
        self.slider.sliderReleased.connect(lambda: self.moved.emit(self.value, True))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the page; it moves the slider only when that has the focus."""
        if event.type() == QEvent.Type.Wheel and not self.slider.hasFocus():
            event.ignore()
            return True
        return False

    def _fit_text(self) -> None:
        self.field.setFixedWidth(theme.current().px(FIELD_PX))
        self.name_label.setFixedWidth(theme.current().px(NAME_PX))
