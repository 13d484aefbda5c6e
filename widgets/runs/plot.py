"""Draws the plot of runs, on the screen or into a picture, in the theme's colours or in those for paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from inference.record.run_record import RunRecord
from widgets import theme
from widgets.runs.plot_data import MOST_RUNS, Bar, Panel, panels_of, ticks
from widgets.theme import Theme

AXIS_PX = 56
TITLE_PX = 20
FOOT_PX = 44
LINE_PX = 20  # of a panel without numbers
GAP_PX = 12
WIDEST_BAR_PX = 26
LEAST_LABEL_PX = 74
LEGEND_DASH = 12
HEADROOM = 1.06
AT_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
AT_LEFT = Qt.AlignmentFlag.AlignVCenter


class RunPlot:
    """The plot of some runs.

    Args:
        records: oldest first; only the newest ``MOST_RUNS`` are drawn.
        colors: a theme.
        ground: the colour behind it.
    """

    def __init__(self, records: Sequence[RunRecord], colors: Theme, ground: QColor) -> None:
        self.records = list(records)[-MOST_RUNS:]
        self.left_out = len(records) - len(self.records)
        self.panels = panels_of(self.records)
        self._colors = colors
        self._ground = ground

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Fill a rectangle."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(rect, self._ground)
        painter.setFont(self._colors.font(theme.SMALL_PX))
        if not self.records:
            painter.setPen(self._colors.color("dim"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, _text("No run to show."))
            return
        px = self._colors.px
        inner = rect.adjusted(px(AXIS_PX), px(4), -px(8), -px(FOOT_PX))
        empty = sum(bool(panel.why_empty) for panel in self.panels)
        filled = len(self.panels) - empty
        rest = inner.height() - empty * (px(LINE_PX) + px(GAP_PX)) - (filled - 1) * px(GAP_PX)
        y = inner.top()
        for panel in self.panels:
            height = float(px(LINE_PX)) if panel.why_empty else rest / filled
            area = QRectF(inner.left(), y, inner.width(), height)
            if panel.why_empty:
                self._title(painter, area, panel, panel.why_empty)
            else:
                self._panel(painter, area, panel)
            y += height + px(GAP_PX)
        self._times(painter, QRectF(inner.left(), inner.bottom() + px(2), inner.width(), px(18)))
        self._legend(painter, QRectF(rect.left() + px(8), rect.bottom() - px(20), rect.width() - px(16), px(18)))

    def run_at(self, rect: QRectF, x: float) -> RunRecord | None:
        """The run under a point of the rectangle that was painted."""
        px = self._colors.px
        inner = rect.adjusted(px(AXIS_PX), 0, -px(8), 0)
        if not self.records or not inner.left() <= x < inner.right():
            return None
        return self.records[int((x - inner.left()) / inner.width() * len(self.records))]

    def _panel(self, painter: QPainter, area: QRectF, panel: Panel) -> None:
        px = self._colors.px
        self._title(painter, area, panel)
        graph = area.adjusted(0, px(TITLE_PX), 0, 0)
        top = (panel.top or 1.0) * HEADROOM
        marks = ticks(top, 3 if graph.height() < px(60) else 4)
        scale = graph.height() / top
        for mark in marks:
            y = graph.bottom() - mark * scale
            painter.setPen(QPen(self._colors.color("line"), 1))
            painter.drawLine(QPointF(graph.left(), y), QPointF(graph.right(), y))
            painter.setPen(self._colors.color("dim"))
            place = QRectF(graph.left() - px(AXIS_PX), y - px(8), px(AXIS_PX) - px(6), px(16))
            painter.drawText(place, AT_RIGHT, f"{mark:,.6g}")
        slot = graph.width() / len(panel.bars)
        width = min(slot * 0.72, px(WIDEST_BAR_PX) * panel.columns) / panel.columns
        for n, run in enumerate(panel.bars):
            left = graph.left() + (n + 0.5) * slot - width * panel.columns / 2
            for bar in run:
                column = bar.series if panel.columns > 1 else 0
                self._bar(painter, QRectF(left + column * width, graph.bottom(), width, scale), bar)

    def _bar(self, painter: QPainter, place: QRectF, bar: Bar) -> None:
        """One bar; ``place`` holds its left, its foot, its width, and the pixels for 1."""
        scale, thickness = place.height(), 1.5
        color = self._bar_color(bar)
        inset = min(1.0, place.width() / 8)

        def box(value: float) -> QRectF:
            high = value * scale
            return QRectF(place.left() + inset, place.top() - high, place.width() - 2 * inset, high)

        soft = QColor(color)
        soft.setAlphaF(0.3)
        is_strong = not bar.is_estimated and (bar.inner is None or bar.inner >= bar.value)
        painter.setPen(QPen(color, 1.2) if bar.is_estimated else Qt.PenStyle.NoPen)
        if not bar.is_estimated:
            painter.setBrush(color if is_strong else soft)
        else:
            painter.setBrush(self._ground)  # hollow, and no line of the grid shines through
        painter.drawRect(box(bar.value))
        if bar.inner is not None and not is_strong and not bar.is_estimated:
            painter.setBrush(color)
            painter.drawRect(box(bar.inner))
        if bar.most is not None and bar.most > bar.value:
            y = place.top() - bar.most * scale
            painter.setPen(QPen(color, thickness))
            painter.drawLine(QPointF(place.left() + inset, y), QPointF(place.right() - inset, y))
            painter.setPen(QPen(color, 1, Qt.PenStyle.DotLine))
            middle = place.center().x()
            painter.drawLine(QPointF(middle, y), QPointF(middle, place.top() - bar.value * scale))

    def _bar_color(self, bar: Bar) -> QColor:
        if bar.is_unfinished:
            return self._colors.color("dim")
        return self._colors.color("accent" if bar.series == 0 else "warn")

    def _title(self, painter: QPainter, area: QRectF, panel: Panel, why: str = "") -> None:
        px = self._colors.px
        line = QRectF(area.left(), area.top(), area.width(), px(TITLE_PX) - px(4))
        painter.setFont(self._colors.font(theme.SMALL_PX, bold=True))
        painter.setPen(self._colors.color("text"))
        title = panel.title if why else f"{panel.title} ({panel.unit})"
        painter.drawText(line, AT_LEFT, title)
        wide = painter.fontMetrics().horizontalAdvance(title)
        painter.setFont(self._colors.font(theme.SMALL_PX))
        if why:
            painter.setPen(self._colors.color("dim"))
            rest = line.adjusted(wide + px(8), 0, 0, 0)
            words = _text("not available: {0}").format(why)
            cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(rest.width()))
            painter.drawText(rest, AT_LEFT, cut)

    def _times(self, painter: QPainter, line: QRectF) -> None:
        """When the runs were: as many as there is room for."""
        slot = line.width() / len(self.records)
        every = max(1, -int(-self._colors.px(LEAST_LABEL_PX) // slot))
        painter.setPen(self._colors.color("dim"))
        last_day = ""
        for n in range(0, len(self.records), every):
            when = datetime.fromisoformat(self.records[n].started_utc).astimezone()
            day = f"{when:%Y-%m-%d}"
            text = f"{when:%H:%M}" if day == last_day else day
            last_day = day
            middle = line.left() + (n + 0.5) * slot
            half = self._colors.px(LEAST_LABEL_PX) / 2
            left = min(max(middle - half, line.left()), line.right() - 2 * half)
            painter.drawText(QRectF(left, line.top(), 2 * half, line.height()), Qt.AlignmentFlag.AlignCenter, text)

    def _legend(self, painter: QPainter, line: QRectF) -> None:
        """Only what the plot really holds."""
        bars = [bar for panel in self.panels for run in panel.bars for bar in run]
        accent, warn, dim = (self._colors.color(token) for token in ("accent", "warn", "dim"))
        soft = QColor(accent)
        soft.setAlphaF(0.3)
        items = [(accent, True, _text("measured"))]
        if any(bar.is_estimated for bar in bars):
            items.append((accent, False, _text("estimated")))
        if any(bar.inner is not None and bar.inner < bar.value for bar in bars):
            items.append((soft, True, _text("share at rest")))
        if any(bar.series == 1 for bar in bars):
            items.append((warn, True, _text("GPU")))
        if any(bar.is_unfinished for bar in bars):
            items.append((dim, True, _text("without a result")))
        x = line.left()
        for color, is_full, text in items:
            x = self._legend_item(painter, line, x, color, text, is_full=is_full)
        if self.left_out:
            painter.setPen(dim)
            painter.drawText(line, AT_RIGHT, _text("{0} earlier runs are not drawn").format(self.left_out))

    def _legend_item(
        self, painter: QPainter, line: QRectF, x: float, color: QColor, text: str, *, is_full: bool
    ) -> float:
        side = self._colors.px(9)
        painter.setPen(Qt.PenStyle.NoPen if is_full else QPen(color, 1.2))
        painter.setBrush(color if is_full else Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(x + 0.5, line.center().y() - side / 2, side, side))
        painter.setPen(self._colors.color("dim"))
        wide = painter.fontMetrics().horizontalAdvance(text)
        painter.drawText(QRectF(x + side + 6, line.top(), wide + 2, line.height()), AT_LEFT, text)
        return x + side + 6 + wide + LEGEND_DASH + 6


def _text(text: str) -> str:
    return QCoreApplication.translate("RunPlot", text)
