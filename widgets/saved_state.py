"""The case's name and whether everything is on disk."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from imaging.errors import UserError
from session.change import DocumentChange
from session.document import Document
from session.session import Session
from widgets import theme
from widgets.counted import counted
from widgets.labels import ElidedLabel, set_state

GRACE_MS = 250  # a stroke is on disk within this time; only later "saving" is worth a word


class SavedState(QWidget):
    """Two lines at the left of the top bar."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.name = ElidedLabel("Limner", "strong")
        self.state = ElidedLabel("", "small")
        self._dot = Dot()
        second = QHBoxLayout()
        second.setSpacing(6)
        second.addWidget(self._dot)
        second.addWidget(self.state, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 8, 6)
        column.setSpacing(1)
        column.addWidget(self.name)
        column.addLayout(second)
        self._has_failed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._show_late)
        session.document_replaced.connect(self._follow)
        self._follow(session.document)

    def _follow(self, document: Document | None) -> None:
        self._has_failed = False
        self.name.setText(document.title if document is not None else "Limner")
        if document is not None:
            document.changed.connect(self._document_changed)
        self._show(is_late=True)

    def _document_changed(self, change: DocumentChange) -> None:
        if change.has_history:
            self._show(is_late=False)
            if not self._timer.isActive():
                self._timer.start(GRACE_MS)

    def _show_late(self) -> None:
        self._show(is_late=True)
        document = self._session.document
        if document is not None and (document.case.journal.pending_count or document.case.journal.failure):
            self._timer.start(GRACE_MS)

    def _show(self, *, is_late: bool) -> None:
        self._tell_failure()
        text, token, hint = self._words(is_late)
        self.state.setText(text)
        self.state.setToolTip(hint)
        set_state(self.state, "severity", {"error": "error", "warn": "warning"}.get(token, ""))
        self._dot.show_token(token)
        self.setAccessibleName(text)

    def _tell_failure(self) -> None:
        """A failure, and its end, are said once as messages too: nobody watches the top bar while painting."""
        document = self._session.document
        failure = document.case.journal.failure if document is not None else None
        if failure is not None and not self._has_failed:
            hint = self.tr("Everything is kept in memory and tried again every two seconds. Do not close the window.")
            text = self.tr("NOT saved: {0}").format(failure.message)
            self._session.messages.error(UserError(text, f"{failure.hint} {hint}".strip()))
        elif failure is None and self._has_failed:
            self._session.messages.info(self.tr("Everything is saved again."))
        self._has_failed = failure is not None

    def _words(self, is_late: bool) -> tuple[str, str, str]:
        """Text, colour token, and the tooltip."""
        document = self._session.document
        if document is None:
            return self.tr("Nothing is open"), "dim", ""
        journal = document.case.journal
        entries = counted(len(document.entries), "entry")
        if journal.failure is not None:
            hint = f"{journal.failure.message}\n{journal.failure.hint}".strip()
            return self.tr("NOT saved · {0} waiting").format(counted(journal.pending_count, "entry")), "error", hint
        if document.case.is_read_only:
            return self.tr("Read-only · {0}").format(entries), "warn", ""
        if not document.entries:
            return self.tr("Nothing to save yet"), "dim", ""
        if is_late and journal.pending_count:
            return self.tr("Saving… · {0}").format(entries), "warn", ""
        return self.tr("Every stroke saved · {0}").format(entries), "ok", str(document.case.path)


class Dot(QWidget):
    """A small round light."""

    def __init__(self) -> None:
        super().__init__()
        self._token = "dim"
        self.setFixedWidth(7)

    def show_token(self, token: str) -> None:
        """Light up in a colour of the theme."""
        self._token = token
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The light."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.current().color(self._token))
        painter.setBrush(theme.current().color(self._token))
        painter.drawEllipse(QRectF(0.5, self.height() / 2 - 2.5, 5.5, 5.5))
