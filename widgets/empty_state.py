"""What the middle of the window shows while nothing is open: a place to drop things, and what to go on with."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from session.session import name_of
from widgets import icons, theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import text_button
from widgets.labels import heading, label, set_state

RECENT = 5
WIDTH_PX = 520


class EmptyState(QWidget):
    """Drop target, buttons, and the recent cases."""

    open_requested = Signal(Path)

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.target = self._make_target()
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        column = QVBoxLayout()
        column.setSpacing(16)
        column.addWidget(self.target)
        column.addLayout(self._recent)
        middle = QWidget()
        middle.setLayout(column)
        middle.setFixedWidth(theme.current().px(WIDTH_PX))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(middle)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.addStretch(2)
        whole.addLayout(row)
        whole.addStretch(3)
        bridge.session.settings.changed.connect(self._setting_changed)
        theme.switch.changed.connect(self._show_sign)
        self._show_recent()

    def show_drag(self, is_over: bool) -> None:
        """Light the target up while something is dragged over the window."""
        set_state(self.target, "hot", "true" if is_over else "false")

    def _make_target(self) -> QFrame:
        target = QFrame()
        target.setObjectName("drop_target")
        target.setAccessibleName(self.tr("Drop files, a folder or a zip here"))
        self._sign = QLabel()
        self._sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._show_sign()
        column = QVBoxLayout(target)
        column.setContentsMargins(32, 40, 32, 36)
        column.setSpacing(8)
        column.addWidget(self._sign)
        for text, role in (
            (self.tr("Open files, a folder or a zip"), "title"),
            (self.tr("Drop them anywhere in this window. DICOM, NIfTI, NRRD, MetaImage, and Limner cases."), "dim"),
        ):
            line = label(text, role, wraps=True)
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(line)
        column.addSpacing(12)
        column.addLayout(self._buttons())
        return target

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for action_id, text, role in (
            ("file.open", self.tr("Open files"), "primary"),
            ("file.open_folder", self.tr("Open a folder"), ""),
            ("file.open_demo", self.tr("Open the demo study"), ""),
        ):
            if self._bridge.has(action_id):
                button = text_button(text, partial(self._bridge.run, action_id), role)
                button.setToolTip(self._bridge.qaction(action_id).toolTip())
                row.addWidget(button)
        row.addStretch(1)
        return row

    def _show_sign(self) -> None:
        side = theme.current().px(40)
        self._sign.setPixmap(icons.pixmap("open", side, max(self.devicePixelRatioF(), 2.0), "accent"))

    def _setting_changed(self, key: str, _value: object) -> None:
        if key == "recent":
            self._show_recent()

    def _show_recent(self) -> None:
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        paths = [Path(text) for text in self._bridge.session.settings["recent"][:RECENT]]
        if paths:
            self._recent.addWidget(heading(self.tr("Recent")))
        for path in paths:
            self._recent.addWidget(self._recent_button(path))

    def _recent_button(self, path: Path) -> QWidget:
        button = text_button(name_of(path).replace("&", "&&"), lambda: self.open_requested.emit(path), "model")
        button.setToolTip(str(path))
        return button
