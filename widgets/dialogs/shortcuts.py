"""The shortcut editor: see, change, and reset the keys of every action."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QKeySequenceEdit,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from session.actions import Action
from widgets import theme
from widgets.action_bridge import ActionBridge, guarded, sequences, title
from widgets.buttons import text_button
from widgets.fuzzy import score
from widgets.labels import label, set_state


class ShortcutsDialog(QDialog):
    """A list of the actions; below it the field for the selected one's keys."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.setWindowTitle(self.tr("Shortcuts"))
        self.resize(theme.current().px(620), theme.current().px(640))
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search commands…"))
        self.search.setAccessibleName(self.tr("Search commands"))
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderLabels([self.tr("Command"), self.tr("Menu"), self.tr("Keys")])
        self.list.setRootIsDecorated(False)
        self.list.setAccessibleName(self.tr("Commands"))
        self.keys = QKeySequenceEdit()
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.keys.setAccessibleName(self.tr("New keys"))
        self.note = label("", "small", wraps=True)
        self.use = text_button(self.tr("Use these keys"), self._use, "primary")
        self.none = text_button(self.tr("No keys"), lambda: self._set_selected(""))
        self.reset = text_button(self.tr("Default"), self._reset)
        self.reset_all = text_button(self.tr("Reset all"), self._reset_all, "quiet")
        self._lay_out()
        self.search.textChanged.connect(lambda _text: self._filter())
        self.list.currentItemChanged.connect(lambda _now, _before: self._selected())
        self.keys.keySequenceChanged.connect(lambda _keys: self._judge())
        self._fill()

    def action(self) -> Action | None:
        """The selected action."""
        item = self.list.currentItem()
        return self._bridge.session.actions[item.data(0, Qt.ItemDataRole.UserRole)] if item is not None else None

    def select(self, action_id: str) -> None:
        """Select an action's row."""
        self.list.setCurrentItem(self._items[action_id])

    def conflict(self) -> Action | None:
        """Another action that has the keys in the field."""
        wanted = self.keys.keySequence()
        chosen = self.action()
        if wanted.isEmpty() or chosen is None:
            return None
        for other in self._bridge.session.actions:
            if other.id != chosen.id and wanted in sequences(self._bridge.keys(other.id)):
                return other
        return None

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        column.addWidget(label(self.tr("Shortcuts"), "title"))
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.keys, 1)
        for button in (self.use, self.none, self.reset):
            row.addWidget(button)
        column.addLayout(row)
        column.addWidget(self.note)
        foot = QHBoxLayout()
        foot.addWidget(self.reset_all)
        foot.addStretch(1)
        foot.addWidget(text_button(self.tr("Close"), self.accept))
        column.addLayout(foot)

    def _fill(self) -> None:
        self.list.clear()
        self._items: dict[str, QTreeWidgetItem] = {}
        for action in self._bridge.session.actions:
            item = QTreeWidgetItem([title(action), action.menu.replace("/", " › "), ""])
            item.setData(0, Qt.ItemDataRole.UserRole, action.id)
            self._items[action.id] = item
            self.list.addTopLevelItem(item)
        self._show_keys()
        for column in (0, 1):
            self.list.resizeColumnToContents(column)
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)

    def _show_keys(self) -> None:
        changed = self._bridge.session.settings["shortcuts"]
        for action_id, item in self._items.items():
            shown = QKeySequence.SequenceFormat.NativeText
            item.setText(2, ", ".join(s.toString(shown) for s in sequences(self._bridge.keys(action_id))))
            font = item.font(2)
            font.setBold(action_id in changed)
            item.setFont(2, font)

    def _filter(self) -> None:
        typed = self.search.text()
        for item in self._items.values():
            item.setHidden(score(typed, f"{item.text(0)} {item.text(2)}") is None)

    def _selected(self) -> None:
        action = self.action()
        keys = sequences(self._bridge.keys(action.id)) if action is not None else []
        self.keys.setKeySequence(keys[0] if keys else QKeySequence())
        self._judge()

    def _judge(self) -> None:
        """Say what the keys in the field would do."""
        action, other = self.action(), self.conflict()
        if other is not None:
            self.note.setText(
                self.tr("“{0}” has these keys; using them here takes them away there.").format(title(other))
            )
        else:
            self.note.setText(self.tr("Press the new keys in the field. Changed shortcuts are bold."))
        set_state(self.note, "severity", "warning" if other is not None else "")
        has_new = not self.keys.keySequence().isEmpty()
        self.use.setEnabled(action is not None and has_new)
        self.reset.setEnabled(action is not None and action.id in self._bridge.session.settings["shortcuts"])

    def _use(self) -> None:
        action, other = self.action(), self.conflict()
        if action is None:
            return
        portable = self.keys.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        changed = dict(self._bridge.session.settings["shortcuts"])
        if other is not None:
            kept = [s for s in sequences(self._bridge.keys(other.id)) if s != self.keys.keySequence()]
            changed[other.id] = ", ".join(s.toString(QKeySequence.SequenceFormat.PortableText) for s in kept)
        changed[action.id] = portable
        self._keep(changed)

    def _set_selected(self, keys: str) -> None:
        action = self.action()
        if action is not None:
            self._keep(self._bridge.session.settings["shortcuts"] | {action.id: keys})

    def _reset(self) -> None:
        action = self.action()
        if action is not None:
            changed = dict(self._bridge.session.settings["shortcuts"])
            changed.pop(action.id, None)
            self._keep(changed)

    def _reset_all(self) -> None:
        self._keep({})

    def _keep(self, changed: dict[str, str]) -> None:
        defaults = {a.id: a.shortcut for a in self._bridge.session.actions}
        meant = {k: v for k, v in changed.items() if k in defaults and v != defaults[k]}
        guarded(self._bridge.session, lambda: self._bridge.session.settings.set("shortcuts", meant))
        self._show_keys()
        self._selected()
