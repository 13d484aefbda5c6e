"""Messages over the views: what happened, what to do about it, one action, and away."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from session.messages import Message, Severity
from widgets.action_bridge import ActionBridge
from widgets.bottom_stack import BottomStack
from widgets.buttons import IconButton, text_button
from widgets.icons import pixmap
from widgets.labels import label
from widgets.sentences import translated
from widgets.theme import current

MAXIMUM = 3
INFO_MS = 6000
TEXT_PX = 560
ICONS = {Severity.INFO: ("info", "accent"), Severity.WARNING: ("warning", "warn"), Severity.ERROR: ("warning", "error")}


class MessageBar(QFrame):
    """One message."""

    dismissed = Signal()

    def __init__(self, message: Message, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = message
        self.setObjectName("message_bar")
        self.setProperty("severity", message.severity.value)
        self.setAccessibleName(translated(message.text))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(12)
        name, token = ICONS[message.severity]
        sign = label()
        sign.setPixmap(pixmap(name, current().px(18), self.devicePixelRatioF(), token))
        sign.setAccessibleName(message.severity.value)
        row.addWidget(sign)
        row.addLayout(self._texts(), 1)
        if message.action_id and bridge.has(message.action_id):
            row.addWidget(text_button(bridge.qaction(message.action_id).text(), lambda: self._act(bridge)))
        row.addWidget(IconButton("x", self.tr("Dismiss"), self.dismissed.emit))

    def _texts(self) -> QVBoxLayout:
        texts = QVBoxLayout()
        texts.setSpacing(2)
        for text, role in ((translated(self.message.text), ""), (translated(self.message.hint), "small")):
            if text:
                line = label(text, role)
                wide = line.fontMetrics().horizontalAdvance(text) > TEXT_PX
                line.setWordWrap(wide)
                if wide:
                    line.setMinimumWidth(TEXT_PX)
                texts.addWidget(line)
        return texts

    def _act(self, bridge: ActionBridge) -> None:
        self.dismissed.emit()
        bridge.run(self.message.action_id)


class MessageArea:
    """Shows a session's messages as bars; news go by themselves, errors stay until they are dismissed."""

    def __init__(self, bridge: ActionBridge, stack: BottomStack, ground: QWidget) -> None:
        self._bridge = bridge
        self._stack = stack
        self._ground = ground
        self.bars: list[MessageBar] = []
        bridge.session.messages.shown.connect(self.show)

    def show(self, message: Message) -> None:
        """Show one more; one that is there already is not repeated, and the oldest makes room."""
        for bar in [b for b in self.bars if b.message == message]:
            self._remove(bar)
        while len(self.bars) >= MAXIMUM:
            self._remove(self.bars[0])
        bar = MessageBar(message, self._bridge, self._ground)
        bar.dismissed.connect(lambda: self._remove(bar))
        self.bars.append(bar)
        self._stack.add(bar)
        bar.show()
        if message.severity is Severity.INFO:
            timer = QTimer(bar)
            timer.setSingleShot(True)
            timer.timeout.connect(lambda: self._remove(bar))
            timer.start(INFO_MS)

    def _remove(self, bar: MessageBar) -> None:
        if bar in self.bars:
            self.bars.remove(bar)
            self._stack.remove(bar)
