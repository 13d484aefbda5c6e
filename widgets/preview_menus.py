"""Menus of the bar for a waiting result: structures, their connected parts, and segments of the same name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget, QWidgetAction

from session.acceptance import Merge
from widgets.action_bridge import ActionBridge
from widgets.buttons import text_button
from widgets.labels import label
from widgets.number_field import NumberField

LEAST_ML, MOST_ML = 0.001, 1000.0
LEAST_MM2, MOST_MM2 = 0.1, 100_000.0  # of a slice whose thickness is unknown


class StayingMenu(QMenu):
    """A menu that stays open while its boxes are checked and unchecked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pressed: QAction | None = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a click begins."""
        self._pressed = self.actionAt(event.position().toPoint())
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Toggle what was clicked without closing; a box that cannot be checked now does not close it either."""
        clicked = self.actionAt(event.position().toPoint())
        if clicked is None or clicked is not self._pressed or not clicked.isCheckable():
            super().mouseReleaseEvent(event)
        elif clicked.isEnabled():
            clicked.toggle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Toggle the marked one by Space without closing."""
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None and action.isCheckable():
            action.toggle()
        else:
            super().keyPressEvent(event)


class PartsMenu(QMenu):
    """What can be done to the connected parts of all structures at once.

    Args:
        chosen_names: the structures that are checked in the bar's other menu.
    """

    def __init__(self, bridge: ActionBridge, chosen_names: Callable[[], list[str]], parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._chosen_names = chosen_names
        self._is_area = False
        self.least = NumberField(self.tr("Drop parts under"), LEAST_ML, MOST_ML, "ml", 3)
        self.drop = text_button(self.tr("Drop"), self._drop)
        self._add_drop_row()
        self.largest = self.addAction(self.tr("Keep only the largest part of each"), self._keep_largest)
        self._only_kept = self.addAction(self.tr("Keep only the parts marked as right"), self._keep_kept)
        self.addSeparator()
        if bridge.has("preview.undo"):
            self.addAction(bridge.qaction("preview.undo"))
        self.aboutToShow.connect(self._bring_up_to_date)

    def _add_drop_row(self) -> None:
        row_widget = QWidget()
        row = QHBoxLayout(row_widget)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(label(self.tr("Drop parts under")))
        row.addWidget(self.least)
        row.addWidget(self.drop)
        action = QWidgetAction(self)
        action.setDefaultWidget(row_widget)
        self.addAction(action)

    def _bring_up_to_date(self) -> None:
        session = self._bridge.session
        self._is_area = not session.open_document.segmentation.geometry.has_thickness
        if self._is_area:
            self.least.set_unit("mm²", LEAST_MM2, MOST_MM2, 1)
        else:
            self.least.set_unit("ml", LEAST_ML, MOST_ML, 3)
        kept = "preview.least_mm2" if self._is_area else "preview.least_ml"
        self.least.setValue(float(session.settings[kept]))
        self._only_kept.setEnabled(session.reviewing.state.kept_count > 0)

    def _drop(self) -> None:
        self.close()
        unit = "mm2" if self._is_area else "ml"
        self._bridge.run("preview.drop_small", **{unit: self.least.value()})

    def _keep_largest(self) -> None:
        self._bridge.run("preview.keep_largest", names=",".join(self._chosen_names()))

    def _keep_kept(self) -> None:
        self._bridge.run("preview.only_kept")


class MergeMenu(QMenu):
    """What becomes of segments of the same name; remembered."""

    chosen = Signal()

    def __init__(self, bridge: ActionBridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._group = QActionGroup(self)
        for merge, _, sentence in self._rules():
            action = self.addAction(sentence)
            action.setCheckable(True)
            action.setData(merge.value)
            action.triggered.connect(lambda _checked=False, rule=merge.value: self._choose(rule))
            self._group.addAction(action)
        self.aboutToShow.connect(self._check)

    def short_name(self) -> str:
        """The rule in force, for the button."""
        return next(short for merge, short, _ in self._rules() if merge == self._rule())

    def long_name(self) -> str:
        """The rule in force as a sentence."""
        return next(sentence for merge, _, sentence in self._rules() if merge == self._rule())

    def _rules(self) -> list[tuple[Merge, str, str]]:
        return [
            (Merge.REPLACE, self.tr("Replace"), self.tr("Replace segments of the same name")),
            (Merge.ADD, self.tr("Add"), self.tr("Add to segments of the same name")),
            (Merge.EMPTY, self.tr("Fill"), self.tr("Only where no other segment is")),
            (Merge.NEW, self.tr("As new"), self.tr("As new segments beside those of the same name")),
        ]

    def _rule(self) -> str:
        return str(self._bridge.session.settings["preview.merge"])

    def _check(self) -> None:
        for action in self._group.actions():
            action.setChecked(action.data() == self._rule())

    def _choose(self, rule: str) -> None:
        self._bridge.run("preview.set_merge", rule=rule)
        self.chosen.emit()
