"""Trying a connection: every step with its outcome as it comes, what to do about the one that fails, and a copy."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from imaging.errors import UserError
from session.jobs import Job
from session.session import Session
from sync.destination import Destination
from sync.diagnose import Step, diagnose, failed_step, report_text, step_names
from widgets import theme
from widgets.buttons import text_button
from widgets.icons import pixmap
from widgets.labels import label, set_state
from widgets.sentences import translated

WIDTH_PX = 600
ICON_PX = 18


class DiagnosisDialog(QDialog):
    """It begins by itself; ``steps`` are those that are over."""

    def __init__(self, session: Session, there: Destination, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._there = session, there
        self.steps: list[Step] = []
        self.setWindowTitle(self.tr("Test of the connection"))
        self.setFixedWidth(theme.current().px(WIDTH_PX))
        self.verdict = label("", "strong", wraps=True)
        self.hint = label("", wraps=True)
        self.rows = [_Row(name) for name in step_names(there)]
        self.again = text_button(self.tr("Try again"), self.start)
        self.copy = text_button(self.tr("Copy for the help desk"), self._copy)
        self.copy.setToolTip(self.tr("The steps as text, without names and addresses of machines"))
        self.close_ = text_button(self.tr("Close"), self.close, "primary")
        self._lay_out()
        self.start()

    def start(self) -> None:
        """Try from the beginning."""
        self.steps = []
        self.verdict.setText(self.tr("Trying the connection to {0}…").format(self._there.name))
        self.hint.hide()
        for row in self.rows:
            row.wait()
        self.again.setEnabled(False)
        self.copy.setEnabled(False)

        def told(step: Step) -> None:
            self._session.post(lambda: self._show(step))

        self._session.jobs.start(f"Try {self._there.name}", lambda _job: diagnose(self._there, told), self._end)

    def _show(self, step: Step) -> None:
        if shiboken6.isValid(self):
            self.rows[len(self.steps)].show_step(step)
            self.steps.append(step)
            self.adjustSize()

    def _end(self, job: Job) -> None:
        if job.error is not None and not isinstance(job.error, UserError):
            raise job.error
        if not shiboken6.isValid(self):
            return
        failure = failed_step(self.steps)
        name = self._there.name
        if failure is not None:
            self.verdict.setText(self.tr("{0} cannot be used: {1} fails").format(name, step_title(failure.name)))
        elif any(step.is_ok is None for step in self.steps):
            self.verdict.setText(self.tr("{0} answers; not everything was tried").format(name))
        else:
            self.verdict.setText(self.tr("{0} works").format(name))
        said = next((step.hint for step in self.steps if step.hint), "")
        self.hint.setText(translated(said))
        self.hint.setVisible(bool(said))
        self.again.setEnabled(True)
        self.copy.setEnabled(True)
        self.adjustSize()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(report_text(self.steps, self._there))
        self.copy.setText(self.tr("Copied"))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        column.addWidget(self.verdict)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(2, 1)
        for place, row in enumerate(self.rows):
            for number, part in enumerate((row.sign, row.title, row.said, row.took)):
                grid.addWidget(part, place, number)
        column.addLayout(grid)
        column.addWidget(self.hint)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.copy)
        below.addStretch(1)
        below.addWidget(self.again)
        below.addWidget(self.close_)
        column.addLayout(below)


class _Row:
    """Sign, name, sentence and time of one step."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sign: QLabel = label()
        self.title = label(step_title(name))
        self.said = label("", "dim", wraps=True)
        self.took = label("", "dim")
        for part in (self.sign, self.title, self.said):
            part.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.took.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)

    def wait(self) -> None:
        """It was not tried yet."""
        self._set_sign("", "dim", _tr("not tried yet"))
        self.said.setText("")
        self.took.setText("")

    def show_step(self, step: Step) -> None:
        """What became of it."""
        if step.is_ok is None:
            self._set_sign("", "dim", _tr("not tried"))
        elif step.is_ok:
            self._set_sign("check", "ok", _tr("works"))
        else:
            self._set_sign("x", "error", _tr("fails"))
        set_state(self.said, "role", "" if step.is_ok is False else "dim")
        self.said.setText(translated(step.message))
        self.took.setText(f"{1000 * step.seconds:.0f} ms" if step.is_ok is not None else "")

    def _set_sign(self, icon: str, token: str, name: str) -> None:
        side = theme.current().px(ICON_PX)
        self.sign.setFixedWidth(side)
        if icon:
            self.sign.setPixmap(pixmap(icon, side, QGuiApplication.primaryScreen().devicePixelRatio(), token))
        else:
            self.sign.setText(" –")
        self.sign.setAccessibleName(f"{self.title.text()}: {name}")
        self.sign.setToolTip(name)


def step_title(name: str) -> str:
    """What a step is called."""
    titles = {
        "name": _tr("Name"),
        "connection": _tr("Connection"),
        "encryption": _tr("Encryption"),
        "association": _tr("Association"),
        "search": _tr("Search"),
    }
    return titles.get(name, name)


def _tr(text: str) -> str:
    return QCoreApplication.translate("DiagnosisDialog", text)
