"""Which lights there are, and which of them the controls are about."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from session.look.lighting import MOST_LIGHTS, AreaLight
from widgets.buttons import IconButton, OneOf, text_button
from widgets.look_3d.part import row

BEHIND_DEG = 90.0


class LightList(QWidget):
    """A button for each light, one chosen; buttons that add one, remove it, or arrange three."""

    chosen = Signal(int)  # its place, 0 the first
    addition_wanted = Signal()
    removal_wanted = Signal()
    three_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice = OneOf([(str(place), "") for place in range(MOST_LIGHTS)], self.tr("Light"))
        self.add = text_button(self.tr("Add light"), self.addition_wanted.emit)
        self.remove = IconButton("trash", self.tr("Remove this light"), self.removal_wanted.emit)
        self.three = text_button(self.tr("Three-point light"), self.three_wanted.emit)
        self.three.setToolTip(
            self.tr("The first light as key, a soft one opposite that fills its shadows, and one from behind")
        )
        self._chooser = row(self.choice, self.remove)
        self._chooser.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._chooser)
        column.addWidget(row(self.add, self.three, None))
        self.choice.chosen.connect(lambda key: self.chosen.emit(int(key)))

    def show_lights(self, lights: Sequence[AreaLight], place: int) -> None:
        """Show lights and mark the one at a place. Emits nothing."""
        names = self.names(lights)
        for n in range(MOST_LIGHTS):
            button = self.choice.button(str(n))
            assert isinstance(button, QToolButton)
            button.setVisible(n < len(lights))
            button.setText(names[n] if n < len(lights) else "")
            button.setAccessibleName(button.text())
        self.choice.choose(str(place))
        self._chooser.setVisible(len(lights) > 1)
        self.add.setEnabled(len(lights) < MOST_LIGHTS)

    def names(self, lights: Sequence[AreaLight]) -> list[str]:
        """Photographers' names: the first is the key light, those behind the scene are rims, the others fill."""
        found: list[str] = []
        for n, light in enumerate(lights):
            is_behind = abs(light.azimuth_deg) > BEHIND_DEG
            name = self.tr("Key") if n == 0 else self.tr("Rim") if is_behind else self.tr("Fill")
            same = sum(other == name or other.startswith(f"{name} ") for other in found)
            found.append(f"{name} {same + 1}" if same else name)
        return found
