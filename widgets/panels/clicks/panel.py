"""The chosen model that takes clicks: structures, clicks, and running; below the segments."""

from __future__ import annotations

from PySide6.QtCore import QStringListModel, Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from session.clicking import QUICK_S, ClickingState
from widgets.action_bridge import ActionBridge
from widgets.buttons import ActionButton, IconButton, text_button
from widgets.labels import ElidedLabel, heading, label
from widgets.panels.clicks.tree import ClickTree
from widgets.sentences import translated
from widgets.signal_links import SignalLinks


class ClicksPanel(QWidget):
    """Hidden while no such model is chosen."""

    def __init__(self, bridge: ActionBridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._session = bridge.session
        self.title = ElidedLabel("", "dim")
        self.field = QLineEdit()
        self.field.setAccessibleName(self.tr("Name of a structure"))
        self.field.returnPressed.connect(self._add)
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        # the field gets the chosen name only after this
        completer.activated.connect(lambda _name: QTimer.singleShot(0, self, self._add))
        self.field.setCompleter(completer)
        found = QListView()
        completer.setPopup(found)
        found.setObjectName("completions")
        found.setAccessibleName(self.tr("Structures of the model"))
        found.setItemDelegate(QStyledItemDelegate(found))  # the style sheet knows nothing of Qt's own one
        self.tree = ClickTree(bridge.session)
        self.at_once = QCheckBox(self.tr("Run at each click"))
        self.at_once.setToolTip(
            self.tr("By itself where a run takes less than {0:.0f} s; a new click stops the run before").format(QUICK_S)
        )
        self.at_once.clicked.connect(lambda on: self._session.clicking.set_runs_at_once(bool(on)))
        self.only_around = QCheckBox(self.tr("Only around the clicks"))
        self.only_around.setToolTip(self.tr("Faster: structures with clicks are looked for near them alone"))
        self.only_around.clicked.connect(lambda on: self._session.clicking.set_only_around(bool(on)))
        for box in (self.at_once, self.only_around):
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.run = text_button(self.tr("Run"), lambda: bridge.run("clicks.run"), "primary")
        self.stop = text_button(self.tr("Stop"), lambda: bridge.run("clicks.stop"))
        self.remove = IconButton("x", self.tr("Leave out the chosen line"), self.tree.remove_current)
        self.hint = label("", "small", wraps=True)
        self._lay_out()
        self._links = SignalLinks(self)
        self._links.add(self._session.clicking.changed, self._changed)
        self._show(self._session.clicking.state, is_filled=False)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(heading(self.tr("Clicks")))
        top.addWidget(self.title, 1)
        top.addWidget(ActionButton(self._bridge.qaction("clicks.leave"), "small", 16))
        bottom = QHBoxLayout()
        bottom.setSpacing(4)
        bottom.addWidget(self.run)
        bottom.addWidget(self.stop)
        bottom.addStretch(1)
        bottom.addWidget(self.remove)
        for action_id in ("clicks.remove_last", "clicks.clear"):
            bottom.addWidget(ActionButton(self._bridge.qaction(action_id), "small", 16))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(top)
        for part in (self.field, self.tree, self.at_once, self.only_around, self.hint):
            column.addWidget(part)
        column.addLayout(bottom)

    def _add(self) -> None:
        name = self.field.text().strip()
        if name:
            self.field.clear()
            self._bridge.run("clicks.add_structure", name=name)

    def _changed(self, before: ClickingState, after: ClickingState) -> None:
        self._show(after, is_filled=before.given is after.given and before.active == after.active)

    def _show(self, state: ClickingState, *, is_filled: bool) -> None:
        model = state.model
        self.setVisible(model is not None)
        if model is None:
            self.tree.show_state(state)
            return
        self.title.setText(model.title)
        if not is_filled:
            self.tree.show_state(state)
        self.field.setVisible(model.may_choose or model.may_add)
        self.field.setPlaceholderText(
            self.tr("Structure to find, or a new name") if model.may_choose else self.tr("Name of a structure")
        )
        if self._names.stringList() != list(model.names):
            self._names.setStringList(list(model.names))
        self.only_around.setVisible(model.may_choose)
        self.only_around.setChecked(state.given.only_around)
        self.at_once.setChecked(state.is_live)
        self.run.setVisible(state.job is None)
        self.run.setEnabled(not state.missing)
        self.stop.setVisible(state.job is not None)
        self.remove.setVisible(model.may_choose or model.may_add or bool(state.given.clicks))
        self.hint.setText(self._words(state))

    def _words(self, state: ClickingState) -> str:
        """What is missing, or how long a run takes."""
        model = state.model
        assert model is not None
        if state.missing:
            return translated(state.missing)
        if state.job is not None:
            return self.tr("Running … a new click starts it anew") if state.is_live else self.tr("Running …")
        if not state.given.clicks and not model.may_choose:
            return self.tr("Without clicks the model segments by itself.")
        if state.expected_s is None:
            return self.tr("Left click inside, Shift + click outside.")
        seconds = max(state.expected_s, 0.1)
        return (
            self.tr("A run takes about {0:.1f} s.").format(seconds)
            if seconds < 10
            else self.tr("A run takes about {0:.0f} s.").format(seconds)
        )
