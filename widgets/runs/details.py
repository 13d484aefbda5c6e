"""One run with everything that was written down about it."""

from __future__ import annotations

from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem

from inference.record.run_record import RunRecord
from inference.record.words import long_rows


class RunDetails(QTreeWidget):
    """Name, value, and what to know about it, line by line."""

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setAccessibleName(self.tr("One run"))

    def set_record(self, record: RunRecord | None) -> None:
        """Show another run, or none."""
        self.clear()
        for texts in long_rows(record) if record is not None else ():
            item = QTreeWidgetItem(list(texts))
            for column, text in enumerate(texts):
                item.setToolTip(column, text)
            self.addTopLevelItem(item)
        for column in (0, 1):
            self.resizeColumnToContents(column)
