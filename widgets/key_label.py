"""The keys of an action beside its control; they follow the shortcut editor."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from widgets.action_bridge import ActionBridge, key_text


class KeyLabel(QLabel):
    """Hidden while the action has no keys.

    Args:
        role: the style sheet's, ``key`` for a drawn key or ``small``.
    """

    def __init__(self, bridge: ActionBridge, action_id: str, role: str) -> None:
        super().__init__()
        self._bridge = bridge
        self._action_id = action_id
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        bridge.session.settings.changed.connect(self._setting_changed)
        self._show_keys()

    def _setting_changed(self, key: str, _value: object) -> None:
        if key == "shortcuts":
            self._show_keys()

    def _show_keys(self) -> None:
        keys = self._bridge.keys(self._action_id) if self._bridge.has(self._action_id) else ""
        self.setText(key_text(keys))
        if not keys:
            self.hide()
        elif self.parent() is not None:  # shown without one, it would be a window
            self.show()
