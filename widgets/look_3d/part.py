"""What all groups of controls of the 3D page have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from session.document import Document
from session.look import choosing
from session.look.look import Look
from session.session import Session
from widgets.action_bridge import ActionBridge
from widgets.labels import label
from widgets.look_3d.live_slider import LiveSlider

Read = Callable[[Look], float]


class LookPart(QWidget):
    """A column of controls that show a look and change it.

    Args:
        bridge: the session and its actions.
    """

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self.bridge = bridge
        self.session: Session = bridge.session
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(4)
        self._sliders: list[tuple[LiveSlider, Read]] = []

    def show_look(self, look: Look) -> None:
        """Show what a look has. Emits nothing."""
        for slider, read in self._sliders:
            slider.set_value(read(look))

    def follow(self, document: Document | None) -> None:
        """Another document was opened, or this part was just made."""

    def change(self, part: str, tag: str, is_final: bool = True, **fields: Any) -> None:
        """Change fields of one part of the look."""
        look = choosing.with_part(self.session.looks.current, part, **fields)
        self.session.looks.change(look, tag, is_final=is_final)

    def add_slider(self, slider: LiveSlider, part: str, field: str, factor: float = 1.0) -> LiveSlider:
        """A slider for a number of one part; what is shown is ``factor`` times the number."""
        self._sliders.append((slider, lambda look: getattr(getattr(look, part), field) * factor))
        slider.moved.connect(
            lambda value, is_final: self.change(part, f"{part}.{field}", is_final, **{field: value / factor})
        )
        self.column.addWidget(slider)
        return slider


def row(*parts: QWidget | None, spacing: int = 8) -> QWidget:
    """Widgets beside each other; None is the place that stretches."""
    made = QWidget()
    line = QHBoxLayout(made)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(spacing)
    for part in parts:
        if part is None:
            line.addStretch(1)
        else:
            line.addWidget(part)
    return made


def named_row(name: str, *fields: QWidget) -> QWidget:
    """A name at the left and fields at the right."""
    return row(label(name, "dim"), None, *fields)


def check_box(text: str, hint: str = "") -> QCheckBox:
    """A box that does not take the focus when it is clicked."""
    box = QCheckBox(text)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    box.setToolTip(hint)
    return box


def set_checked(box: QCheckBox, on: bool) -> None:
    """Show a box as checked or not. Emits nothing."""
    box.blockSignals(True)
    box.setChecked(on)
    box.blockSignals(False)
