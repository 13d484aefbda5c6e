"""The bar for what a model shows while it still runs: that it is not the result yet, how far the run is, and stop."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from session.change import DocumentChange
from session.document import Document
from session.jobs import Job
from session.preview import EarlyPreview
from session.session import Session
from widgets.buttons import text_button
from widgets.labels import label
from widgets.sentences import translated
from widgets.signal_links import SignalLinks

ROOM_PX = 140  # the chip, the button, the margins and the space between them


class EarlyBar(QFrame):
    """Shown while ``document.early`` is drawn: not while another result waits for acceptance."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("early_bar")
        self.setAccessibleName(self.tr("What the running model has found so far"))
        self._session = session
        self._early: EarlyPreview | None = None
        self._sentence = ""
        self.text = label()
        self.stop = text_button(self.tr("Stop"), self._stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(label(self.tr("AI"), "chip"), 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.text)
        row.addWidget(self.stop)
        self._links = SignalLinks(self)
        self._links.add(session.document_replaced, self._follow)
        self._links.add(session.jobs.changed, self._job_changed)
        self._of_document = SignalLinks(self)
        self._follow(session.document)

    def fit(self, available: int) -> None:
        """Cut the text where it is too wide; its tooltip has all of it."""
        metrics = self.text.fontMetrics()
        text = metrics.elidedText(self._sentence, Qt.TextElideMode.ElideRight, max(available - ROOM_PX, ROOM_PX))
        if text != self.text.text():
            self.text.setText(text)

    def _follow(self, document: Document | None) -> None:
        self._of_document.release()
        if document is not None:
            self._of_document.add(document.changed, self._document_changed)
        self._show()

    def _document_changed(self, change: DocumentChange) -> None:
        if change.has_early or change.has_preview:
            self._show()

    def _job_changed(self, job: Job) -> None:
        if self._early is not None and job is self._early.job:
            self._say()

    def _show(self) -> None:
        document = self._session.document
        self._early = None if document is None or document.preview is not None else document.early
        if self._early is not None:
            self._say()
        self.setVisible(self._early is not None)

    def _say(self) -> None:
        early = self._early
        assert early is not None
        state = self.tr("coarse, still running") if early.is_coarse else self.tr("found so far, still running")
        done = "" if early.job.fraction is None else f" · {early.job.fraction:.0%}"
        self._sentence = f"{early.title} · {state}{done}"
        self.text.setText(self._sentence)
        self.text.setToolTip("\n".join((self._sentence, translated(early.job.message))))
        self.updateGeometry()

    def _stop(self) -> None:
        if self._early is not None:
            self._early.job.cancel()
