"""The choice of how far back dates go, the same wherever studies are looked for."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtWidgets import QComboBox, QWidget

DAYS = {"": 0, "day": 1, "week": 7, "month": 31, "year": 366}


class DateSpan(QComboBox):
    """Any date, today, the last week, month or year."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Date of the study"))
        self.setToolTip(self.tr("Date of the study"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for key, name in (
            ("", self.tr("Any date")),
            ("day", self.tr("Today")),
            ("week", self.tr("Last 7 days")),
            ("month", self.tr("Last month")),
            ("year", self.tr("Last year")),
        ):
            self.addItem(name, key)

    def since(self) -> str:
        """The first date that is wanted as DICOM writes it (YYYYMMDD), empty for any."""
        days = DAYS[self.currentData()]
        return (date.today() - timedelta(days=days - 1)).strftime("%Y%m%d") if days else ""
