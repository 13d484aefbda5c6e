"""How far a running comparison is, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from session.jobs import Job
from widgets.buttons import IconButton
from widgets.labels import ElidedLabel

POLL_MS = 150


class ComparisonProgress(QWidget):
    """Shown while a comparison runs."""

    def __init__(self) -> None:
        super().__init__()
        self._job: Job | None = None
        self._text = ElidedLabel("", "dim")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the comparison"))
        self.stop = IconButton("x", self.tr("Stop comparing"), self._stop)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        row.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.bar)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)

    def follow(self, job: Job | None) -> None:
        """Show this job, or nothing."""
        if job is self._job and self.isHidden() == (job is None):
            return
        self._job = job
        self.setVisible(job is not None)
        if job is None:
            self._timer.stop()
        else:
            self._poll()
            self._timer.start(POLL_MS)

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _poll(self) -> None:
        """The working thread writes these fields without a word."""
        if self._job is None:
            return
        self._text.setText(self.tr("Comparing {0}").format(self._job.message).strip())
        self.bar.setRange(0, 0 if self._job.fraction is None else 1000)
        self.bar.setValue(round(1000 * (self._job.fraction or 0)))
