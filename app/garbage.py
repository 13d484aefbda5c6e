"""Keeps Python's garbage collector from stopping the window.

A full collection looks at every object, those of all loaded libraries too: 44 to 103 ms were measured while somebody
worked. What was loaded at the start never goes away, so the collector is told to leave it out (``gc.freeze``): once
when the window is made, and once when the first document is shown and VTK has been loaded.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from session.document import Document
from session.session import Session
from widgets.signal_links import SignalLinks

SETTLED_MS = 5000


class StartFreezer(QObject):
    """Freezes what the start has loaded; only while the first document alone is open, so that no closed one is kept."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._first: Document | None = None
        self._links = SignalLinks(self)
        self._links.add(session.document_replaced, self._document_replaced)
        gc.freeze()

    def _document_replaced(self, document: Document | None) -> None:
        if document is not None and self._first is None:
            self._first = document
            QTimer.singleShot(SETTLED_MS, self, self._freeze)

    def _freeze(self) -> None:
        if self._first is self._session.document and self._session.prior.state.beside is None:
            gc.freeze()
        self._links.release()
        self._first = None
