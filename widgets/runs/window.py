"""The window of the runs: a table, and below it the plot, the figures by case and model, or one run in full."""

from __future__ import annotations

import threading
from pathlib import Path

import shiboken6
from PySide6.QtCore import QItemSelection, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from inference.record.log import LoggedRuns
from inference.record.run_record import RECORD_KEY, RunRecord
from inference.record.summary import Summary, by_case, by_model, summarise
from inference.record.table import runs_csv
from inference.record.words import value_text
from session.jobs import Job
from session.run_listing import case_names
from session.run_recording import run_log
from session.session import Session
from widgets import theme
from widgets.action_bridge import guarded
from widgets.buttons import OneOf, text_button
from widgets.counted import counted
from widgets.labels import ElidedLabel, label
from widgets.runs.columns import run_columns, summary_columns
from widgets.runs.details import RunDetails
from widgets.runs.plot_file import write_plot
from widgets.runs.plot_view import RunPlotView
from widgets.runs.rows import RowsModel, RowsTable
from widgets.signal_links import SignalLinks

SIZE_PX = (1320, 860)
FILTER_PX = 210
TABLE_AND_REST_PX = (290, 470)


class RunsWindow(QDialog):
    """Beside the main window, which goes on working; it follows the log while runs end."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._logged = LoggedRuns()
        self._names: dict[str, str] = {}  # of images, by hash
        self._model_names: dict[str, str] = {}
        self._wanted = ""
        self._loads = 0
        self.setWindowTitle(self.tr("Runs of models"))
        self.resize(theme.current().px(SIZE_PX[0]), theme.current().px(SIZE_PX[1]))
        self.images = _choice(self.tr("Image"))
        self.models = _choice(self.tr("Model"))
        self.table = RowsTable(RowsModel(run_columns(self._names), lambda r: not r.is_done), self.tr("Runs"))
        self.plot = RunPlotView()
        self.cases = RowsTable(
            RowsModel(summary_columns(self.tr("Image"), self._names)), self.tr("By image"), (0, False)
        )
        self.by_model = RowsTable(
            RowsModel(summary_columns(self.tr("Model"), self._model_names)), self.tr("By model"), (0, False)
        )
        self.details = RunDetails()
        self.whole = ElidedLabel("", "dim")
        self.pages = OneOf(
            [
                ("plot", self.tr("Plot")),
                ("cases", self.tr("By image")),
                ("models", self.tr("By model")),
                ("details", self.tr("Selected run")),
            ],
            self.tr("What is shown below the table"),
        )
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self.show_page("plot")
        self.table.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Read the log: other programs write it, too."""
        super().showEvent(event)
        self.reload()

    def select(self, run_id: str) -> None:
        """Select a run and show it in full, now or when the log was read; empty for none."""
        self._wanted = run_id
        if run_id:
            self.table.clearSelection()
            self.show_page("details")
            self._select_wanted()

    def show_page(self, key: str) -> None:
        """Show ``plot``, ``cases``, ``models`` or ``details`` below the table."""
        self.pages.choose(key)
        self._stack.setCurrentIndex(["plot", "cases", "models", "details"].index(key))

    def reload(self) -> None:
        """Read the log, on a thread: it may be long."""
        self._loads += 1
        number, log, workspace = self._loads, run_log(self._session.settings), self._session.settings.workspace()

        def read() -> None:
            try:
                logged = log.read()
            except UserError as error:
                self._session.post(lambda error=error: self._session.messages.error(error))  # type: ignore[misc]
                return
            names = case_names(workspace, {record.input_hash for record in logged.records})
            self._session.post(lambda: self._loaded(number, logged, names) if shiboken6.isValid(self) else None)

        threading.Thread(target=read, name="runs", daemon=True).start()

    def shown(self) -> list[RunRecord]:
        """The runs that the filters let through, the oldest first."""
        return self.table.rows_model.rows

    def _loaded(self, number: int, logged: LoggedRuns, names: dict[str, str]) -> None:
        if number != self._loads:
            return  # a newer one is on its way
        self._logged = logged
        self._names.clear()
        self._names.update(names)
        self._model_names.update({r.model_id: r.model_name for r in logged.records})
        self._name_open_image()
        every = self.tr("All images"), self.tr("All models")
        _fill(self.images, every[0], {r.input_hash: self._names[r.input_hash] for r in logged.records})
        _fill(self.models, every[1], self._model_names)
        self._filter()

    def _name_open_image(self) -> None:
        """The open case may lie outside the workspace; the window knows its name all the same."""
        document = self._session.document
        for image in document.case.images if document is not None else ():
            if document is not None and image.pixel_hash in self._names:
                self._names[image.pixel_hash] = self.tr("{0} (open)").format(document.case.path.stem)

    def _filter(self) -> None:
        image, model = self.images.currentData(), self.models.currentData()
        chosen = self.table.current_row()
        records = [
            r
            for r in self._logged.records
            if (image is None or r.input_hash == image) and (model is None or r.model_id == model)
        ]
        self.table.rows_model.set_rows(records)
        self.plot.set_records(records)
        self.cases.rows_model.set_rows(by_case(records))
        self.by_model.rows_model.set_rows(by_model(records))
        for table in (self.table, self.cases, self.by_model):
            table.fit_columns()
        self.whole.setText(self._summary(summarise(records)))
        if chosen is not None and not self._wanted:
            self.table.select_where(lambda r: r.id == chosen.id)
        self._select_wanted()
        self._show_details()

    def _summary(self, whole: Summary) -> str:
        """The workspace, or what the filters leave of it, in one line."""
        if not whole.runs:
            return self.tr("No run.") if self._logged.records else self.tr("No model was run in this workspace yet.")
        parts = [counted(whole.runs, "run"), self.tr("{0} finished").format(whole.done)]
        if whole.seconds.mean is not None:
            time = value_text(whole.seconds.mean, whole.seconds.source, "s", 1)
            parts.append(self.tr("{0} on average").format(time))
        if whole.spent_j.total is not None:
            energy = value_text(whole.spent_j.total, whole.spent_j.source, "J")
            parts.append(self.tr("{0} in all").format(energy))
        if self._logged.unreadable:
            parts.append(self.tr("{0} cannot be read").format(self._logged.unreadable))
        return " · ".join(parts)

    def _select_wanted(self) -> None:
        if self._wanted and any(r.id == self._wanted for r in self.shown()):
            wanted, self._wanted = self._wanted, ""
            self.table.select_where(lambda r: r.id == wanted)
        elif self._wanted:
            self._show_details()

    def _selected(self, now: QItemSelection) -> None:
        if now.indexes():
            self._wanted = ""  # whoever chooses another one has seen it
        self._show_details()

    def _from_case(self) -> RunRecord | None:
        """The wanted run as the open case keeps it: it was made elsewhere, and this workspace's log lacks it."""
        document = self._session.document
        for entry in document.entries if document is not None and self._wanted else ():
            kept = entry.parameters.get(RECORD_KEY)
            if isinstance(kept, dict) and kept.get("id") == self._wanted:
                return RunRecord.from_json(kept)
        return None

    def _show_details(self) -> None:
        self.details.set_record(self._from_case() or self.table.current_row())

    def _export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Export runs"), "runs.csv", "CSV (*.csv)")
        if name:
            guarded(self._session, lambda: self._write_csv(Path(name)))

    def _write_csv(self, path: Path) -> None:
        with replacing(path if path.suffix else path.with_suffix(".csv")) as file:
            file.write(runs_csv(self.shown()).encode("utf-8-sig"))  # else Excel garbles names

    def _save_plot(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save the plot"), "runs.png", "PNG (*.png)")
        if name:
            path = Path(name) if Path(name).suffix else Path(name).with_suffix(".png")
            guarded(self._session, lambda: write_plot(self.shown(), path))

    def _job_changed(self, job: Job) -> None:
        if job.is_over and self.isVisible():
            self.reload()

    def _connect(self) -> None:
        self.images.activated.connect(lambda _row: self._filter())
        self.models.activated.connect(lambda _row: self._filter())
        self.pages.chosen.connect(self.show_page)
        self.plot.chosen.connect(lambda run: self.table.select_where(lambda r: r.id == run))
        self.table.selectionModel().selectionChanged.connect(lambda now, _before: self._selected(now))
        self.table.doubleClicked.connect(lambda _index: self.show_page("details"))
        self._links = SignalLinks(self)
        self._links.add(self._session.jobs.changed, self._job_changed)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(label(self.tr("Runs of models"), "title"))
        top.addSpacing(16)
        top.addWidget(self.images)
        top.addWidget(self.models)
        top.addStretch(1)
        top.addWidget(text_button(self.tr("Save the plot"), self._save_plot))
        top.addWidget(text_button(self.tr("Export as CSV"), self._export))
        for page in (self.plot, self.cases, self.by_model, self.details):
            self._stack.addWidget(page)
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.addWidget(self.pages)
        row.addSpacing(16)
        row.addWidget(self.whole, 1)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(lower)
        split.setChildrenCollapsible(False)
        split.setSizes([theme.current().px(height) for height in TABLE_AND_REST_PX])
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.setSpacing(12)
        whole.addLayout(top)
        whole.addWidget(split, 1)


def _choice(name: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setFixedWidth(theme.current().px(FILTER_PX))
    return made


def _fill(combo: QComboBox, every: str, options: dict[str, str]) -> None:
    """Offer these values, and all; what was chosen stays chosen."""
    chosen = combo.currentData()
    combo.clear()
    combo.addItem(every, None)
    for value, text in sorted(options.items(), key=lambda option: option[1]):
        combo.addItem(text, value)
    combo.setCurrentIndex(max(combo.findData(chosen), 0) if chosen is not None else 0)
