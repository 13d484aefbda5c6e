"""The picture of a transfer function over a histogram: what it shows, and how it is laid out and painted."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from session.look.transfer_function import OpacityPoint
from widgets import theme
from widgets.transfer_function import painting
from widgets.transfer_function.axis import Axis, fitted, number
from widgets.transfer_function.curves import Curves, Handle, Kind
from widgets.transfer_function.frame import Frame, Zone
from widgets.transfer_function.histogram_shape import HistogramLike, filled_range, outline

BAR_PX, PIN_PX, SCALE_PX, EDGE_PX = 14, 16, 18, 10
LEAST_PX, USUAL_PX = 110, 190
WIDEST_ZOOM, DEEPEST_ZOOM = 4.0, 1e-4  # of what shows everything


class CanvasView(QWidget):
    """Shows curves; ``CurveCanvas`` adds what mouse and keys do to them.

    Args:
        name: for screen readers.
        floor: no smaller value makes sense (0 for magnitudes).
    """

    axis_changed = Signal()

    def __init__(self, name: str, floor: float = -math.inf) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.floor = floor
        self.unit = ""
        self.is_logarithmic = True
        self.has_bar = True
        self._histogram: HistogramLike | None = None
        self._full: tuple[float, float] | None = None
        self._curves = Curves((OpacityPoint(0.0, 0.0), OpacityPoint(1.0, 1.0)))
        self._axis = Axis(0.0, 1.0)
        self._is_fitted = True
        self._selected = Handle(Kind.OPACITY, 0)
        self._hovered: Handle | None = None
        self._zone = Zone.OUTSIDE
        self._is_told = False  # the readout is shown
        self._ground: tuple[tuple[object, ...], QPixmap] | None = None
        theme.switch.changed.connect(self._fit_text)
        self._fit_text()

    @property
    def curves(self) -> Curves:
        """What is shown."""
        return self._curves

    @property
    def axis(self) -> Axis:
        """From which to which value."""
        return self._axis

    @property
    def selected(self) -> Handle:
        """The point that fields and keys act on."""
        return self._selected

    def set_histogram(self, histogram: HistogramLike | None) -> None:
        """Show another histogram, or none, and all of it."""
        self._histogram = histogram
        self._full = filled_range(histogram) if histogram is not None else None
        self._ground = None
        self.fit()

    def set_range(self, low: float, high: float) -> None:
        """Show at least these values when everything is fitted."""
        self._full = (low, high)
        self.fit()

    def set_unit(self, unit: str) -> None:
        """The unit of the values: HU, SUV; empty for plain numbers."""
        self.unit = unit
        self.update()

    def set_logarithmic(self, on: bool) -> None:
        """Counts of the histogram as logarithms, so that small organs show beside air."""
        self.is_logarithmic = on
        self.update()

    def fit(self) -> None:
        """Show the whole histogram and all points."""
        self._axis, self._is_fitted = self._everything(), True
        self.axis_changed.emit()
        self.update()

    def zoom(self, at: float, factor: float) -> None:
        """Show ``factor`` times as much around a value."""
        whole = self._everything().span
        span = min(max(self._axis.span * factor, whole * DEEPEST_ZOOM), whole * WIDEST_ZOOM)
        self._show_axis(self._axis.zoomed(at, span / self._axis.span))

    def frame(self) -> Frame:
        """Where everything stands now."""
        colors = theme.current()
        metrics = QFontMetricsF(colors.font(theme.SMALL_PX), self)
        left = max(metrics.horizontalAdvance(text) for text in ("100%", self.unit)) + colors.px(7)
        bar, pins = (colors.px(BAR_PX), colors.px(PIN_PX)) if self.has_bar else (0, 0)
        scale, edge = colors.px(SCALE_PX), colors.px(EDGE_PX)
        left, width = float(math.ceil(left)), max(10.0, self.width() - math.ceil(left) - edge)
        height = max(10.0, float(self.height() - edge - bar - pins - scale - colors.px(4)))
        plot = QRectF(left, edge, width, height)
        below = QRectF(left, plot.bottom() + colors.px(4), width, bar)
        under = QRectF(left, below.bottom(), width, pins)
        return Frame(plot, below, under, QRectF(left, under.bottom(), self.width() - left, scale), self._axis)

    def readout(self, handle: Handle) -> str:
        """A point in words: value and opacity."""
        value = f"{number(self._curves.value(handle), self._axis.decimals)} {self.unit}".rstrip()
        if handle.kind is Kind.COLOR:
            return value
        return f"{value} · {self._curves.opacities[handle.index].opacity * 100:.1f} %"

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(theme.current().px(280), theme.current().px(USUAL_PX if self.has_bar else LEAST_PX))

    def minimumSizeHint(self) -> QSize:
        """Enough to aim."""
        return QSize(theme.current().px(160), theme.current().px(LEAST_PX))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The kept ground, then what changes while a point is dragged."""
        frame = self.frame()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._kept_ground(frame))
        if self._curves.colors:
            painting.draw_bar(painter, frame, self._curves)
        is_hot = self._zone is Zone.LINE
        painting.draw_curve(painter, frame, self._curves, is_hot=is_hot)
        painting.draw_points(painter, frame, self._curves, self._selected, self._hovered, has_focus=self.hasFocus())
        told = self._selected if self._is_told else self._hovered
        if told is not None:
            painting.draw_readout(painter, frame, self.readout(told), frame.place(self._curves, told).x())

    def _kept_ground(self, frame: Frame) -> QPixmap:
        """Field, grid, histogram and numbers: they change with the axis, the size and the theme only."""
        ratio = self.devicePixelRatioF()
        key = (self.size(), ratio, self._axis, self.unit, self.is_logarithmic, theme.current(), id(self._histogram))
        if self._ground is None or self._ground[0] != key:
            made = QPixmap(self.size() * ratio)
            made.setDevicePixelRatio(ratio)
            made.fill(Qt.GlobalColor.transparent)
            painter = QPainter(made)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painting.draw_ground(painter, frame, self._mountains(frame))
            painting.draw_numbers(painter, frame, self.unit)
            painter.end()
            self._ground = (key, made)
        return self._ground[1]

    def _mountains(self, frame: Frame) -> QPolygonF | None:
        if self._histogram is None:
            return None
        return outline(self._histogram, self._axis, frame.plot, is_logarithmic=self.is_logarithmic)

    def _everything(self) -> Axis:
        low, high = self._curves.range
        if self._full is not None:
            low, high = min(low, self._full[0]), max(high, self._full[1])
        return fitted(low, high)

    def _show_axis(self, axis: Axis) -> None:
        self._axis, self._is_fitted = axis, False
        self.axis_changed.emit()
        self.update()

    def _fit_text(self) -> None:
        self._ground = None
        self.updateGeometry()
        self.update()
