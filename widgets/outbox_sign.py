"""How many objects wait in the outbox, in the status line; hidden while none does."""

from __future__ import annotations

from collections import Counter

import shiboken6
from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtWidgets import QHBoxLayout, QWidget

from session.jobs import Job
from session.outbox_state import ask_outbox
from session.session import Session
from sync.outbox import ItemState
from widgets.buttons import text_button

GAP_PX = 16


class OutboxSign(QWidget):
    """Looks when the program starts, when a job ends and when another window was used: sending is done there."""

    clicked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.said = text_button("", self.clicked.emit, "quiet")
        self.said.setToolTip(
            self.tr("Objects that have not arrived at another machine yet. Show the archives, which send them.")
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addSpacing(GAP_PX)
        row.addWidget(self.said)
        self.hide()
        session.jobs.changed.connect(self._job_changed)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.focusWindowChanged.connect(self._window_changed)
        self.look()

    def look(self) -> None:
        """Count anew, without anybody waiting for it."""
        ask_outbox(self._session, "", self._show)

    def _job_changed(self, job: Job) -> None:
        if job.is_over:
            self.look()

    def _window_changed(self, window: QWindow | None) -> None:
        if window is not None:
            self.look()

    def _show(self, counts: Counter[ItemState]) -> None:
        if not shiboken6.isValid(self):
            return
        refused = counts[ItemState.REFUSED]
        left = counts[ItemState.WAITING] + counts[ItemState.STORED] + refused
        text = self.tr("Outbox {0}").format(left)
        self.said.setText(self.tr("{0}, {1} refused").format(text, refused) if refused else text)
        self.setVisible(left > 0)
