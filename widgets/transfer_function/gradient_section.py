"""The second curve: how much opacity there is where values change fast or slowly."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from session.look.transfer_function import OpacityPoint
from widgets.buttons import text_button
from widgets.labels import label
from widgets.look_3d.section import SectionHeader
from widgets.transfer_function.curve_canvas import CurveCanvas
from widgets.transfer_function.curves import Curves
from widgets.transfer_function.point_binding import bind
from widgets.transfer_function.point_fields import PointFields

USUAL_MAX = 300.0  # per millimetre, until the image's own is known


class GradientSection(QWidget):
    """Closed at first; no points mean a factor of 1 everywhere."""

    changed = Signal(object, bool)  # tuple of OpacityPoint; True when the gesture is over

    def __init__(self) -> None:
        super().__init__()
        self.header = SectionHeader(self.tr("Gradient opacity"))
        self.header.setToolTip(self.tr("A factor on the opacity by how fast the values change: borders or inner parts"))
        self.canvas = CurveCanvas(self.tr("Gradient opacity curve"), 0.0, can_shift=False)
        self.canvas.has_bar = False
        self.fields = PointFields(self.tr("gradient opacity"), self.tr("Factor"), 0.0)
        bind(self.canvas, self.fields)
        self.state = label("", "small")
        self.clear_button = text_button(self.tr("Use none"), self._clear)
        self.clear_button.setAccessibleName(self.tr("Use no gradient opacity"))
        self._max = USUAL_MAX
        self._points: tuple[OpacityPoint, ...] = ()
        self.body = self._body()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addWidget(self.header)
        whole.addWidget(self.body)
        self.body.hide()
        self.header.toggled.connect(self.body.setVisible)
        self.canvas.changed.connect(self._edited)
        self.canvas.set_range(0.0, self._max)
        self.set_points(())

    def set_points(self, points: tuple[OpacityPoint, ...]) -> None:
        """Show other points. Emits nothing."""
        self._points = points
        self.canvas.set_curves(Curves(points or (OpacityPoint(0.0, 1.0), OpacityPoint(self._max, 1.0))))
        self.clear_button.setEnabled(bool(points))
        self.state.setText("" if points else self.tr("Not used: 100% everywhere"))

    def set_range(self, largest: float) -> None:
        """The largest gradient magnitude of the image, per millimetre; ValueError unless it is positive."""
        if not largest > 0:
            raise ValueError("the largest gradient must be positive")
        self._max = largest
        self.set_points(self._points)
        self.canvas.set_range(0.0, largest)

    def set_unit(self, unit: str) -> None:
        """The unit of the values; magnitudes are per millimetre."""
        self.canvas.set_unit(f"{unit}/mm" if unit else "1/mm")
        self.fields.set_unit(f"{unit}/mm" if unit else "/mm")

    def _body(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.fields)
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(self.clear_button)
        column.addLayout(row)
        return body

    def _edited(self, curves: Curves, is_final: bool) -> None:
        self._points = curves.opacities
        self.clear_button.setEnabled(True)
        self.state.setText("")
        self.changed.emit(self._points, is_final)

    def _clear(self) -> None:
        self.set_points(())
        self.changed.emit((), True)
