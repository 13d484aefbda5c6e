"""What was removed from a study: element by element, without any value; it may be shown to anybody and kept."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QHeaderView, QVBoxLayout, QWidget

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from session.messages import Messages
from sync.deidentification.run import Outcome
from widgets import theme
from widgets.buttons import text_button
from widgets.labels import label
from widgets.runs.rows import Column, RowsModel, RowsTable
from widgets.sentences import translated

SIZE_PX = (720, 640)
Row = tuple[str, str, int]


class DeidentificationReport(QDialog):
    """The table of elements, what was refused and why, notes; saved as JSON or CSV."""

    def __init__(self, outcome: Outcome, messages: Messages, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outcome, self._messages = outcome, messages
        self.setWindowTitle(self.tr("What was removed"))
        self.resize(*(theme.current().px(n) for n in SIZE_PX))
        self.table: RowsTable[Row] = RowsTable(RowsModel(_columns()), self.tr("Elements"), (0, False))
        self.table.rows_model.set_rows([(path, _action(action), n) for path, action, n in outcome.report.rows()])
        self.table.fit_columns()
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.summary = label(self._summary(), wraps=True)
        self.details = label("\n".join(self._details()), "small", wraps=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(self.windowTitle(), "strong"))
        column.addWidget(self.summary)
        column.addWidget(self.details)
        column.addWidget(self.table, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label(self.tr("The report names elements, never values."), "small"), 1)
        row.addWidget(text_button(self.tr("Save the report…"), self._save))
        row.addWidget(text_button(self.tr("Close"), self.accept, "primary"))
        column.addLayout(row)

    def write(self, path: Path) -> None:
        """Write the report, as CSV where the name ends so, else as JSON.

        Raises:
            UserError: the file cannot be written.
        """
        is_csv = path.suffix.lower() == ".csv"
        text = _csv(self._outcome) if is_csv else json.dumps(self._outcome.to_json(), indent=2) + "\n"
        with replacing(path) as file:
            file.write(text.encode())

    def _save(self) -> None:
        filters = "JSON (*.json);;CSV (*.csv)"
        name, chosen = QFileDialog.getSaveFileName(self, self.tr("Save the report"), "de-identification.json", filters)
        if not name:
            return
        path = Path(name)
        if not path.suffix:
            path = path.with_suffix(".csv" if "csv" in chosen else ".json")
        try:
            self.write(path)
        except UserError as error:
            self._messages.error(error)

    def _summary(self) -> str:
        done = self._outcome
        parts = [self.tr("{0} objects were written without identifiers.").format(len(done.written))]
        if done.refused:
            parts.append(self.tr("{0} were refused and not written.").format(len(done.refused)))
        if done.others:
            parts.append(self.tr("{0} files are no DICOM.").format(done.others))
        if done.is_cancelled:
            parts.append(self.tr("It was stopped before the end."))
        return " ".join(parts)

    def _details(self) -> list[str]:
        reasons = Counter(reason for _, reason in self._outcome.refused)
        lines = [self.tr("{0} refused: {1}").format(n, translated(reason)) for reason, n in reasons.most_common()]
        methods = self.tr("By DICOM PS3.15, table E.1-1: {0}.").format("; ".join(self._outcome.report.methods))
        return [methods, *lines, *map(translated, self._outcome.report.notes)]


def _columns() -> list[Column[Row]]:
    return [
        Column(_tr("Element"), lambda row: row[0], lambda row: row[0].casefold(), is_number=False),
        Column(_tr("What was done"), lambda row: row[1], lambda row: row[1], is_number=False),
        Column(_tr("How often"), lambda row: str(row[2]), lambda row: row[2]),
    ]


def _action(action: str) -> str:
    """In the person's language."""
    words = {
        "removed": _tr("removed"),
        "emptied": _tr("emptied"),
        "replaced": _tr("replaced"),
        "renumbered": _tr("renumbered"),
        "cleaned": _tr("cleaned"),
        "shifted": _tr("shifted"),
    }
    return words.get(action, action)


def _csv(outcome: Outcome) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(("element", "action", "count"))
    writer.writerows(outcome.report.rows())
    record = outcome.to_json()
    writer.writerows((reason, "refused", count) for reason, count in record["refused"].items())
    writer.writerows((method, "applied", "") for method in record["methods"])
    writer.writerows((note, "note", "") for note in record["notes"])
    return lines.getvalue()


def _tr(text: str) -> str:
    return QCoreApplication.translate("DeidentificationReport", text)
