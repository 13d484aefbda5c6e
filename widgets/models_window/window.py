"""The window of the models: the store at the left, one model at the right, adding at the top."""

from __future__ import annotations

import threading
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLineEdit, QSplitter, QVBoxLayout, QWidget

from session.jobs import Job
from session.model_listing import ListedModel, listed_models
from widgets import theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import text_button
from widgets.labels import label
from widgets.models_window.columns import model_columns
from widgets.models_window.details import ModelDetails
from widgets.panels.jobs import JobRow
from widgets.runs.rows import RowsModel, RowsTable
from widgets.signal_links import SignalLinks

SIZE_PX = (1180, 700)
SPLIT_PX = (640, 480)
JOB_INSET_PX = 12  # what the panel of the jobs leaves at both sides
FILES = "*.zip *.ts *.pt *.onnx"
WORK = ("Add ", "Fetch weights of ", "Test ", "Trust ", "Remove ")  # how the titles of this window's jobs begin


class ModelsWindow(QDialog):
    """Beside the main window, which goes on working; it follows the store."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._session = bridge.session
        self._wanted = ""
        self._reads = 0
        self.job_row: JobRow | None = None
        self.setWindowTitle(self.tr("Models"))
        self.setAcceptDrops(True)
        screen = self.screen().availableGeometry()
        width, height = (theme.current().px(n) for n in SIZE_PX)
        self.resize(min(width, screen.width() - 40), min(height, screen.height() - 60))
        self.table = RowsTable(
            RowsModel(model_columns(), lambda model: bool(model.info.problem)), self.tr("Models"), (0, False)
        )
        self.details = ModelDetails(bridge)
        self.address = QLineEdit()
        self.address.setPlaceholderText(self.tr("Address (https://…) or path of a model"))
        self.address.setAccessibleName(self.tr("Address or path of a model"))
        self.address.returnPressed.connect(self._add_address)
        self.add = text_button(self.tr("Add"), self._add_address)
        self.folder = text_button(self.tr("Add a folder…"), self._add_folder)
        self.file = text_button(self.tr("Add a file…"), self._add_file)
        self.file.setToolTip(self.tr("A zip, a TorchScript (.ts, .pt) or ONNX file"))
        self._lay_out()
        self.table.selectionModel().selectionChanged.connect(lambda _now, _before: self._show_details())
        self._links = SignalLinks(self)
        self._links.add(self._session.models_changed, self.reload)
        self._links.add(self._session.jobs.changed, self._job_changed)
        self.table.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Read the store: other programs write it, too."""
        super().showEvent(event)
        self.reload()

    def select(self, model_id: str) -> None:
        """Select a model, now or when the store was read; empty for none."""
        self._wanted = model_id
        self._select_wanted()

    def reload(self) -> None:
        """Read the store, on a thread: it may be on a slow disk."""
        self._reads += 1
        number = self._reads

        def read() -> None:
            listed = listed_models()
            self._session.post(lambda: self._read(number, listed) if shiboken6.isValid(self) else None)

        threading.Thread(target=read, name="models", daemon=True).start()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Models may be dropped here."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        event.acceptProposedAction()
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self._bridge.run("models.add", source=url.toLocalFile())

    def _read(self, number: int, listed: list[ListedModel]) -> None:
        if number != self._reads:
            return  # a newer answer is on its way
        chosen = self.table.current_row()
        self.table.rows_model.set_rows(listed)
        self.table.fit_columns()
        if not self._wanted:
            self._wanted = chosen.info.id if chosen is not None else ""
        self._select_wanted()
        if self.table.current_row() is None and listed:
            self.table.selectRow(0)
        self._show_details()

    def _select_wanted(self) -> None:
        if self._wanted and any(m.info.id == self._wanted for m in self.table.rows_model.rows):
            wanted, self._wanted = self._wanted, ""
            self.table.select_where(lambda model: model.info.id == wanted)

    def _show_details(self) -> None:
        self.details.set_model(self.table.current_row())

    def _add_address(self) -> None:
        source = self.address.text().strip()
        if source:
            self._bridge.run("models.add", source=source)
            self.address.clear()
        else:
            self.address.setFocus()

    def _add_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("The folder of a model"), self._begin())
        if name:
            self._bridge.run("models.add", source=name)

    def _add_file(self) -> None:
        filters = self.tr("Models ({0});;All files (*)").format(FILES)
        name, _ = QFileDialog.getOpenFileName(self, self.tr("A model"), self._begin(), filters)
        if name:
            self._bridge.run("models.add", source=name)

    def _begin(self) -> str:
        return str(Path.home())

    def _job_changed(self, job: Job) -> None:
        """Show how far the newest job of this window is, with a way to stop it."""
        if not job.title.startswith(WORK):
            return
        if self.job_row is None or (self.job_row.job is not job and self.job_row.job.id < job.id):
            if self.job_row is not None:
                self.job_row.hide()
                self.job_row.deleteLater()
            self.job_row = JobRow(job)
            self.job_row.setContentsMargins(-JOB_INSET_PX, 0, -JOB_INSET_PX, 0)
            self._column.addWidget(self.job_row)
        elif self.job_row.job is job:
            self.job_row.show_state()
        if job.is_over and self.isVisible():
            self.reload()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(label(self.tr("Models"), "title"))
        top.addSpacing(16)
        top.addWidget(self.folder)
        top.addWidget(self.file)
        top.addWidget(self.address, 1)
        top.addWidget(self.add)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.table)
        split.addWidget(self.details)
        split.setChildrenCollapsible(False)
        split.setSizes([theme.current().px(width) for width in SPLIT_PX])
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(24, 20, 24, 16)
        self._column.setSpacing(12)
        self._column.addLayout(top)
        self._column.addWidget(split, 1)
