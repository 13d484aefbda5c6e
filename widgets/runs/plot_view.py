"""The plot of runs in the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from inference.record.run_record import RunRecord
from inference.record.words import short_lines
from widgets import theme
from widgets.entry_time import exact
from widgets.runs.plot import RunPlot


class RunPlotView(QWidget):
    """Follows the theme; a click chooses a run, the mouse at rest tells what it is."""

    chosen = Signal(str)  # the run's id

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._records: list[RunRecord] = []
        self._plot = self._made()
        self.setAccessibleName(self.tr("Plot of the runs"))
        self.setMinimumHeight(theme.current().px(300))
        theme.switch.changed.connect(self._restyle)

    def set_records(self, records: Sequence[RunRecord]) -> None:
        """Show other runs, the oldest first."""
        self._records = list(records)
        self._restyle()

    def sizeHint(self) -> QSize:
        """Room for five panels."""
        return QSize(theme.current().px(900), theme.current().px(420))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the plot."""
        painter = QPainter(self)
        self._plot.paint(painter, self.rect().toRectF())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a run."""
        record = self._plot.run_at(self.rect().toRectF(), event.position().x())
        if record is not None:
            self.chosen.emit(record.id)

    def event(self, event: QEvent) -> bool:
        """Tell what a run is."""
        if isinstance(event, QHelpEvent):
            record = self._plot.run_at(self.rect().toRectF(), event.pos().x())
            if record is not None:
                head = f"{record.model_name} · {exact(record.started_utc)}"
                QToolTip.showText(event.globalPos(), "\n".join([head, *short_lines(record)]), self)
            return True
        return super().event(event)

    def _restyle(self) -> None:
        self._plot = self._made()
        self.update()

    def _made(self) -> RunPlot:
        return RunPlot(self._records, theme.current(), theme.current().color("panel"))
