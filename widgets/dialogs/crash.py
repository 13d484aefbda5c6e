"""The crash dialog: what happened, that nothing is lost, and the report to copy."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from widgets import theme
from widgets.buttons import text_button
from widgets.labels import label


class CrashDialog(QDialog):
    """Shown for a bug of ours; the program goes on if it can."""

    def __init__(self, report: str, path: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Limner made a mistake"))
        self.resize(theme.current().px(680), theme.current().px(480))
        self.text = QPlainTextEdit(report)
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(self.tr("Report"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        column.addWidget(label(self.tr("Limner made a mistake"), "title"))
        said = self.tr(
            "This is a bug in the program. Every finished stroke is in the case file. You can go on; if something "
            "looks wrong, close the window and open the case again."
        )
        column.addWidget(label(said, wraps=True))
        where = self.tr("The report has no names of patients or files. It was kept as {0}.").format(path)
        column.addWidget(
            label(where if path else self.tr("The report could not be kept in a file."), "small", wraps=True)
        )
        column.addWidget(self.text, 1)
        row = QHBoxLayout()
        self.copy = text_button(self.tr("Copy the report"), self._copy)
        row.addWidget(self.copy)
        row.addStretch(1)
        row.addWidget(text_button(self.tr("Go on"), self.accept, "primary"))
        column.addLayout(row)

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.text.toPlainText())
        self.copy.setText(self.tr("Copied"))
