"""The wish for maps of probability: of the label of each voxel, and of some structures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from widgets.buttons import menu_button
from widgets.counted import counted
from widgets.labels import label
from widgets.preview_menus import StayingMenu

WINNER = "winner"
MOST_STRUCTURES = 8  # as the engine has it
INDENT_PX = 23


class ProbabilityWish(QWidget):
    """A box to check, and a menu of structures that get a map of their own.

    Args:
        structures: names of the model's.
        chosen: the run's parameter ``probability`` of the last time.
    """

    def __init__(self, structures: Sequence[str], chosen: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        before = [str(name) for name in chosen] if isinstance(chosen, list | tuple) else []
        self.check = QCheckBox(self.tr("Map of probability"))
        self.check.setChecked(bool(before))
        self.check.toggled.connect(self._bring_up_to_date)
        self.menu = StayingMenu(self)
        names = dict.fromkeys([*structures, *(name for name in before if name != WINNER)])
        for name in names:
            action = self.menu.addAction(name.replace("&", "&&"))
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(name in before)
            action.toggled.connect(self._bring_up_to_date)
        self.also = menu_button("", self.menu, name=self.tr("Structures with a map of their own"))
        self.also.setVisible(bool(names))
        words = self.tr("Of the label that each voxel gets.")
        if names:
            words = self.tr("Of the label that each voxel gets, and of up to {0}:")
        note = label(words.format(counted(MOST_STRUCTURES, "structure")), "small", wraps=True)
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.check)
        row.setContentsMargins(INDENT_PX, 0, 0, 0)
        row.addWidget(note, 1)
        row.addWidget(self.also)
        column.addLayout(row)
        self._bring_up_to_date()

    def value(self) -> list[str]:
        """The run's parameter: empty for no map, else ``winner`` and the names of structures."""
        return [WINNER, *self._names()] if self.check.isChecked() else []

    def _names(self) -> list[str]:
        return [str(action.data()) for action in self.menu.actions() if action.isChecked()]

    def _bring_up_to_date(self) -> None:
        names = self._names()
        self.also.setEnabled(self.check.isChecked())
        self.also.setText((counted(len(names), "structure") if names else self.tr("No structure")) + " ▾")
        self.also.setToolTip(", ".join(names))
        for action in self.menu.actions():
            action.setEnabled(action.isChecked() or len(names) < MOST_STRUCTURES)
