"""Keeps how the case is shown: a moment after it changed, so that a crash loses no more than that moment."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from session.presentation import PresentationState
from session.session import Session
from widgets.signal_links import SignalLinks

DELAY_MS = 1500


class PresentationKeeper(QObject):
    """Saves the session's presentation when it has been still for a moment."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(session.save_presentation)
        self._links = SignalLinks(self)
        self._links.add(session.presentation.changed, self._changed)

    def _changed(self, _before: PresentationState, _after: PresentationState) -> None:
        self._timer.start()
