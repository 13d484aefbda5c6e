"""The window of the archives: which one at the top, what is looked for, what it answered, and fetching."""

from __future__ import annotations

from functools import partial

import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from imaging.errors import UserError
from session import archives
from session.archive_keeping import Kept, forget_destination, keep_destination
from session.fetching import FetchWish, start_fetch
from session.jobs import Job
from sync.destination import Destination, read_destinations
from sync.query import Answers, Level, Query, several_kinds
from sync.query_dates import date_range
from widgets import theme
from widgets.action_bridge import ActionBridge, guarded
from widgets.archives_window.columns import Record, series_columns, study_columns
from widgets.archives_window.diagnosis import DiagnosisDialog
from widgets.archives_window.outbox_bar import OutboxBar
from widgets.buttons import text_button
from widgets.date_span import DateSpan
from widgets.dialogs.choice import ask_choice
from widgets.dialogs.destination import DestinationDialog
from widgets.labels import ElidedLabel, label
from widgets.runs.rows import RowsModel, RowsTable
from widgets.sentences import translated
from widgets.signal_links import SignalLinks

SIZE_PX = (1180, 720)
SPLIT_PX = (780, 360)
REST_MS = 150
DESCRIPTION, SERIES_DESCRIPTION = 4, 2


class ArchivesWindow(QDialog):
    """Beside the main window, which goes on working."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = bridge.session
        self._asked = 0
        self.setWindowTitle(self.tr("Archives"))
        screen = self.screen().availableGeometry()
        width, height = (theme.current().px(n) for n in SIZE_PX)
        self.resize(min(width, screen.width() - 40), min(height, screen.height() - 60))
        self.archive = QComboBox()
        self.archive.setAccessibleName(self.tr("Archive"))
        self.fields = {
            "PatientName": _line(self.tr("Patient's name"), self.tr("Family name, or a part with *")),
            "PatientID": _line(self.tr("Patient ID"), ""),
            "AccessionNumber": _line(self.tr("Accession number"), ""),
            "ModalitiesInStudy": _line(self.tr("Kind"), self.tr("CT, MR, PT…")),
            "StudyDate": _line(self.tr("Date"), self.tr("2026-05, from - to")),
        }
        self.span = DateSpan()
        self.studies: RowsTable[Record] = RowsTable(RowsModel(study_columns()), self.tr("Studies"), (2, True))
        self.series: RowsTable[Record] = RowsTable(RowsModel(series_columns()), self.tr("Series"), (0, False))
        for table, column in ((self.studies, DESCRIPTION), (self.series, SERIES_DESCRIPTION)):
            table.widen(column)
        self.series.setSelectionMode(RowsTable.SelectionMode.ExtendedSelection)
        self.said = ElidedLabel("", "dim")
        self._fetches: list[Job] = []
        self._search: Job | None = None
        self._rest = QTimer(self)  # whoever passes studies by arrow keys asks only where the choice comes to rest
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._ask_series)
        self.outbox = OutboxBar(bridge.session)
        self._make_buttons()
        self._lay_out()
        for field in self.fields.values():
            field.returnPressed.connect(self.search)
        self.fields["StudyDate"].textChanged.connect(lambda typed: self.span.setEnabled(not typed.strip()))
        enter = QShortcut(QKeySequence(Qt.Key.Key_Return), self.studies, self._fetch_study)
        enter.setContext(
            Qt.ShortcutContext.WidgetShortcut
        )  # in a field Enter searches; the constructor would ignore it
        self.studies.doubleClicked.connect(lambda _index: self._fetch_study())
        self.studies.selectionModel().selectionChanged.connect(lambda _now, _before: self._choose_study())
        self.series.selectionModel().selectionChanged.connect(lambda _now, _before: self._enable())
        self.archive.currentIndexChanged.connect(lambda _place: self._choose_archive())
        self._links = SignalLinks(self)
        self._links.add(bridge.session.jobs.changed, self._show_job)
        self.show_archives()

    def showEvent(self, event: QShowEvent) -> None:
        """Look what waits now."""
        super().showEvent(event)
        self.outbox.look(self.archive.currentData())

    def _choose_archive(self) -> None:
        """What another archive answered is not this one's."""
        self._asked += 1
        self.studies.rows_model.set_rows(())
        self.series.rows_model.set_rows(())
        self.said.setText("")
        nothing = self.tr("No archive is set up yet: “Set up…” adds one.")
        search = self.tr("Search by name, ID, number, kind or date.")
        self.studies.set_empty_text(search if self.archive.count() else nothing)
        self.outbox.look(self.archive.currentData())
        self._enable()

    def show_archives(self, choose: str = "") -> None:
        """Read again which archives are set up."""
        found = (
            guarded(self._session, lambda: read_destinations(archives.destinations_file(self._session.settings))) or []
        )
        wanted = choose or self.archive.currentText() or str(self._session.settings["archives.last"])
        self.archive.clear()
        for one in found:
            self.archive.addItem(one.name, one)
        self.archive.setCurrentIndex(max(0, self.archive.findText(wanted)))
        self._choose_archive()  # also where there was none before, and is none now

    def search(self) -> None:
        """Ask the archive."""
        there: Destination | None = self.archive.currentData()
        try:
            matches = self._matches()
        except UserError as error:
            self.said.setText(f"{translated(error.message)} {translated(error.hint)}")
            return
        if there is None:
            return
        if not matches:
            self.said.setText(self.tr("Say what to look for: a name, an ID, a number, or a time."))
            return
        self._session.settings.set("archives.last", there.name)
        self._asked += 1
        number = self._asked
        self.said.setText(self.tr("Asking {0}…").format(there.name))
        self._enable()

        def work(job: Job) -> Answers:
            return archives.find(there, Query(Level.STUDY, matches), lambda: job.is_cancelled)

        def done(job: Job) -> None:
            if number == self._asked and shiboken6.isValid(self):
                self._show_answers(job)

        if self._search is not None:
            self._search.cancel()
        self._search = self._session.jobs.start(f"Ask {there.name}", work, done)

    def _matches(self) -> dict[str, str]:
        found = {keyword: field.text().strip() for keyword, field in self.fields.items() if field.text().strip()}
        typed = found.get("PatientName", "")
        if typed:  # as lists show it, with a comma; whoever types a name means its beginning
            name = "^".join(part.strip() for part in typed.split(","))
            found["PatientName"] = name if any(sign in typed for sign in "*?^") else f"{name}*"
        if "ModalitiesInStudy" in found:
            found["ModalitiesInStudy"] = several_kinds(found["ModalitiesInStudy"])
        if "StudyDate" in found:
            found["StudyDate"] = date_range(found["StudyDate"])
        elif self.span.since():
            found["StudyDate"] = f"{self.span.since()}-"
        return found

    def _show_answers(self, job: Job) -> None:
        if isinstance(job.error, UserError):
            self.said.setText(f"{job.error.message} {job.error.hint}".strip())
            return
        if job.error is not None or not isinstance(job.result, Answers):
            self.said.setText(self.tr("The search was stopped."))
            return
        records = job.result.records
        self.studies.rows_model.set_rows(records)
        self.studies.fit_columns()
        self.series.rows_model.set_rows(())
        count = self.tr("1 study") if len(records) == 1 else self.tr("{0} studies").format(len(records))
        more = self.tr("{0}; there are more, narrow the search").format(count)
        self.said.setText(more if job.result.is_cut else count if records else "")
        self.studies.set_empty_text(self.tr("Nothing was found."))
        if records:
            self.studies.selectRow(0)
        self._enable()

    def _choose_study(self) -> None:
        self.series.rows_model.set_rows(())
        self._enable()
        self._rest.start()

    def _ask_series(self) -> None:
        there: Destination | None = self.archive.currentData()
        study = self.studies.current_row()
        if study is None or there is None:
            return
        uid = study.get("StudyInstanceUID", "")

        def work(job: Job) -> Answers:
            return archives.find(there, Query(Level.SERIES, {"StudyInstanceUID": uid}), lambda: job.is_cancelled)

        def done(job: Job) -> None:
            now = self.studies.current_row() if shiboken6.isValid(self) else None
            if now is None or now.get("StudyInstanceUID") != uid:
                return
            if isinstance(job.error, UserError):
                self.said.setText(job.error.message)
            elif isinstance(job.result, Answers):
                self.series.rows_model.set_rows(job.result.records)
                self.series.fit_columns()
                self._enable()

        self._session.jobs.start(f"Ask {there.name}", work, done)

    def _fetch_study(self) -> None:
        study = self.studies.current_row()
        if study is not None:
            self._fetch(study, [])

    def _fetch_series(self) -> None:
        study = self.studies.current_row()
        chosen = self.series.chosen_rows()
        if study is not None and chosen:
            self._fetch(study, [row.get("SeriesInstanceUID", "") for row in chosen])

    def _fetch(self, study: Record, series: list[str]) -> None:
        there: Destination = self.archive.currentData()
        wish = FetchWish(there, study.get("StudyInstanceUID", ""), tuple(series))
        job = start_fetch(self._session, wish)
        self._fetches.append(job)
        self._show_job(job)

    def _show_job(self, job: Job) -> None:
        """How far a fetch of this window is, and how it ended."""
        if job not in self._fetches:
            return
        if not job.is_over:
            done = f"{job.fraction:.0%}" if job.fraction is not None else ""
            self.said.setText(f"{translated(job.title)}… {done}".rstrip())
        else:
            self._fetches.remove(job)
            self.said.setText(self._ended(job))
        self.stop.setVisible(bool(self._fetches))

    def _ended(self, job: Job) -> str:
        if isinstance(job.error, UserError):
            return job.error.message
        if job.is_cancelled or job.error is not None:
            return self.tr("The fetch was stopped; what came until then stays.")
        return self.tr("It is here now, and listed under Studies.")

    def _stop(self) -> None:
        for job in self._fetches:
            job.cancel()

    def _set_up(self, known: Destination | None) -> None:
        path = archives.destinations_file(self._session.settings)
        every = guarded(self._session, lambda: read_destinations(path)) or []
        others = [one for one in every if known is None or one.name != known.name]
        dialog = DestinationDialog(known, [one.name for one in others], self)
        if not dialog.exec():
            return
        made = dialog.destination()
        self.said.setText(self.tr("Keeping {0}…").format(made.name))
        keep_destination(self._session, made, dialog.secrets(), partial(self._kept, made.name))

    def _kept(self, name: str, kept: Kept) -> None:
        """A machine was set up, or forgotten (then the name is empty)."""
        if kept.error is not None:
            self._session.messages.error(kept.error)
        if not shiboken6.isValid(self):
            return
        self.said.setText(kept.error.message if kept.error is not None else "")
        if kept.is_done:
            self.show_archives(name)

    def _remove(self) -> None:
        there: Destination | None = self.archive.currentData()
        if there is None:
            return
        question = self.tr("Forget the archive {0}?").format(there.name)
        hint = self.tr("Only its settings and its password here are removed.")
        if ask_choice(self, question, hint, [("yes", self.tr("Forget it"))]) == "yes":
            forget_destination(self._session, there, partial(self._kept, ""))

    def _diagnose(self) -> None:
        there: Destination | None = self.archive.currentData()
        if there is not None:
            DiagnosisDialog(self._session, there, self).show()

    def _enable(self) -> None:
        there: Destination | None = self.archive.currentData()
        self.ask.setEnabled(there is not None)
        self.test.setEnabled(there is not None)
        is_own = there is not None and not there.is_fixed
        self.change.setEnabled(is_own)
        self.remove.setEnabled(is_own)
        has_study = self.studies.current_row() is not None
        self.fetch.setEnabled(has_study)
        self.fetch_series.setEnabled(has_study and bool(self.series.chosen_rows()))

    def _make_buttons(self) -> None:
        self.add = text_button(self.tr("Set up…"), lambda: self._set_up(None))
        self.change = text_button(self.tr("Change…"), lambda: self._set_up(self.archive.currentData()))
        self.remove = text_button(self.tr("Forget"), self._remove)
        self.test = text_button(self.tr("Test the connection"), self._diagnose)
        self.test.setToolTip(self.tr("Tries name, connection, encryption, association and search, each by itself"))
        self.ask = text_button(self.tr("Search"), self.search, "primary")
        self.stop = text_button(self.tr("Stop"), self._stop)
        self.stop.setVisible(False)
        self.fetch_series = text_button(self.tr("Fetch chosen series"), self._fetch_series)
        self.fetch = text_button(self.tr("Fetch the study"), self._fetch_study, "primary")

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(label(self.tr("Archive")))
        top.addWidget(self.archive, 1)
        for button in (self.test, self.change, self.remove, self.add):
            top.addWidget(button)
        asked = QGridLayout()
        asked.setHorizontalSpacing(8)
        asked.setVerticalSpacing(4)
        for n, field in enumerate((*self.fields.values(), self.span)):
            title = self.tr("Or lately") if field is self.span else field.accessibleName()
            asked.addWidget(label(title, "small"), 0, n)
            asked.addWidget(field, 1, n)
        asked.addWidget(self.ask, 1, len(self.fields) + 1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.studies)
        split.addWidget(self.series)
        split.setSizes([theme.current().px(n) for n in SPLIT_PX])
        split.setChildrenCollapsible(False)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.said, 1)
        below.addWidget(self.stop)
        below.addWidget(self.fetch_series)
        below.addWidget(self.fetch)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(top)
        column.addLayout(asked)
        column.addWidget(split, 1)
        column.addLayout(below)
        column.addWidget(self.outbox)


def _line(name: str, placeholder: str) -> QLineEdit:
    made = QLineEdit()
    made.setAccessibleName(name)
    made.setPlaceholderText(placeholder)
    made.setClearButtonEnabled(True)
    return made
