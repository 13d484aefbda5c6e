"""Long work: what runs, how far it is, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from imaging.errors import UserError
from session.jobs import Job, JobState
from session.session import Session
from widgets.buttons import IconButton
from widgets.labels import ElidedLabel, label, set_state

POLL_MS = 200
SHOWN = 20


class JobRow(QWidget):
    """One job."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job
        self.title = ElidedLabel(job.title)
        self.detail = label("", "small", wraps=True)  # the time that is left stands at its end
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of {0}").format(job.title))
        self.cancel = IconButton("x", self.tr("Cancel {0}").format(job.title), job.cancel)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.title, 1)
        top.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 8)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.detail)
        self.show_state()

    def show_state(self) -> None:
        """Bring the row up to date."""
        job = self.job
        self.cancel.setVisible(not job.is_over)
        self.bar.setVisible(not job.is_over)
        if job.fraction is None:
            self.bar.setRange(0, 0)
        else:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(job.fraction * 1000))
        self.detail.setText(self._detail())
        set_state(self.detail, "severity", "error" if job.state is JobState.FAILED else "")

    def _detail(self) -> str:
        job = self.job
        if job.state is JobState.FAILED:
            return job.error.message if isinstance(job.error, UserError) else self.tr("Failed: a bug, see the report")
        if job.state is JobState.CANCELLED:
            return self.tr("Cancelled after {0:.1f} s").format(job.seconds)
        if job.state is JobState.DONE:
            return self.tr("Done in {0:.1f} s").format(job.seconds)
        part = "" if job.fraction is None else f"{job.fraction:.0%}"
        return " · ".join(text for text in (part, job.message) if text) or self.tr("Waiting")


class JobsPanel(QWidget):
    """The page “Jobs” of the right panel: the newest first."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.rows: dict[int, JobRow] = {}
        self._empty = label(self.tr("Nothing runs, and nothing ran yet."), "dim")
        self._empty.setContentsMargins(12, 4, 12, 4)
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setAccessibleName(self.tr("Jobs"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 8)
        whole.addWidget(self._empty)
        whole.addWidget(area, 1)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)
        session.jobs.changed.connect(self._changed)
        for job in session.jobs.jobs:
            self._changed(job)

    def _changed(self, job: Job) -> None:
        if job.id not in self.rows:
            self.rows[job.id] = JobRow(job)
            self._column.insertWidget(0, self.rows[job.id])
            for old in sorted(self.rows)[:-SHOWN]:
                self.rows.pop(old).deleteLater()
        self._empty.setVisible(False)
        self.rows[job.id].show_state()
        if not job.is_over and not self._timer.isActive():
            self._timer.start(POLL_MS)

    def _poll(self) -> None:
        """Fractions are written by the working thread without a word."""
        for row in self.rows.values():
            if row.cancel.isVisibleTo(self) or not row.job.is_over:
                row.show_state()
        if all(row.job.is_over for row in self.rows.values()):
            self._timer.stop()
