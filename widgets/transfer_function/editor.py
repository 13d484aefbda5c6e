"""The editor of a transfer function."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QKeyCombination, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from session.look.transfer_function import OpacityPoint, TransferFunction
from widgets.buttons import IconButton, menu_button
from widgets.dialogs.color import ColorDialog
from widgets.labels import label
from widgets.look_3d.part import check_box
from widgets.number_field import NumberField
from widgets.transfer_function.curve_canvas import CurveCanvas
from widgets.transfer_function.curves import Curves
from widgets.transfer_function.gradient_section import GradientSection
from widgets.transfer_function.histogram_shape import HistogramLike
from widgets.transfer_function.point_binding import bind
from widgets.transfer_function.point_fields import PointFields, to_bytes

THICKNESS_MM = (0.01, 100.0)
REDO_KEY = QKeyCombination(Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_Z)
FROM_HISTOGRAM, FROM_SEGMENT = "histogram", "segment"


class TransferFunctionEditor(QWidget):
    """Curve, colours, typed numbers. It holds one function; who owns it keeps the history.

    Set ``can_undo`` and so on through ``set_history``; the function is given by ``set_function`` and told by
    ``changed`` at every move of the mouse.
    """

    changed = Signal(object, bool)  # TransferFunction; True when the gesture is over
    automatic_requested = Signal(str)  # "histogram" or "segment"
    undo_requested = Signal()
    redo_requested = Signal()
    reset_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._function = TransferFunction()
        self.canvas = CurveCanvas(self.tr("Opacity and colours over values"))
        self.fields = PointFields(self.tr("opacity and colours"), self.tr("Opacity"))
        self.thickness = NumberField(self.tr("Thickness that the opacities are meant for"), *THICKNESS_MM, "mm", 2)
        self.gradient = GradientSection()
        self._make_tools()
        self._lay_out()
        bind(self.canvas, self.fields)
        self.canvas.changed.connect(self._curves_edited)
        self.canvas.color_wanted.connect(self._choose_color)
        self.fields.color_asked.connect(lambda: self._choose_color(self.canvas.selected.index))
        self.gradient.changed.connect(self._gradient_edited)
        self.thickness.valueChanged.connect(lambda mm: self._tell(replace(self._function, unit_mm=mm), is_final=True))
        for field in (self.fields.value, self.fields.opacity, self.thickness, *self._gradient_fields()):
            field.installEventFilter(self)
        self.set_history(can_undo=False, can_redo=False)
        self._show()

    @property
    def function(self) -> TransferFunction:
        """As it is now, in the middle of a drag too."""
        return self._function

    def set_function(self, function: TransferFunction) -> None:
        """Show another function; a drag under way ends unless it is the drag's own. Emits nothing."""
        if function != self._function:
            self._function = function
            self._show()

    def set_histogram(self, histogram: HistogramLike | None) -> None:
        """The image's values, drawn behind the curve; None while they are not known."""
        self.canvas.set_histogram(histogram)

    def set_unit(self, text: str) -> None:
        """The unit of the values: HU, SUV; empty for plain numbers."""
        self.canvas.set_unit(text)
        self.fields.set_unit(text)
        self.gradient.set_unit(text)

    def set_gradient_range(self, largest: float) -> None:
        """The image's largest gradient magnitude, per millimetre; ValueError unless it is positive."""
        self.gradient.set_range(largest)

    def set_history(self, *, can_undo: bool, can_redo: bool) -> None:
        """Whether the owner has steps to undo and redo."""
        self.undo_button.setEnabled(can_undo)
        self.redo_button.setEnabled(can_redo)

    def set_segment_name(self, name: str) -> None:
        """The active segment, for the menu; empty when there is none."""
        shown = self.tr("Show the segment “{0}”").format(name) if name else self.tr("Show the active segment")
        self.from_segment.setText(shown.replace("&", "&&"))
        self.from_segment.setEnabled(bool(name))

    def event(self, event: QEvent) -> bool:
        """Undo and redo here are the look's, not the case's."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _history_key(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Z and Ctrl+Shift+Z that no field used; they never go on to the window."""
        if not self._step_history(event):
            super().keyPressEvent(event)

    def eventFilter(self, field: QObject, event: QEvent) -> bool:
        """In a field Ctrl+Z first takes back what was typed and not yet entered, then steps of the look."""
        is_press = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if not is_press or not isinstance(field, NumberField) or not isinstance(event, QKeyEvent):
            return False
        entered = f"{field.textFromValue(field.value())}{field.suffix()}"
        if _history_key(event) and field.text() != entered:
            field.lineEdit().setText(entered)
            return True
        return self._step_history(event)

    def _make_tools(self) -> None:
        menu = QMenu(self)
        menu.addAction(self.tr("From the histogram"), lambda: self.automatic_requested.emit(FROM_HISTOGRAM))
        self.from_segment = menu.addAction("", lambda: self.automatic_requested.emit(FROM_SEGMENT))
        self.set_segment_name("")
        self.automatic = menu_button(self.tr("Automatic"), menu, name=self.tr("Automatic function"))
        hint = self.tr("Counts of the histogram as logarithms; without, the highest peaks are cut off")
        self.logarithmic = check_box(self.tr("Log"), hint)
        self.logarithmic.setAccessibleName(self.tr("Logarithmic histogram"))
        self.logarithmic.setChecked(True)
        self.logarithmic.toggled.connect(self.canvas.set_logarithmic)
        self.undo_button = IconButton("undo", self.tr("Undo a change of the look (Ctrl+Z)"), self.undo_requested.emit)
        self.redo_button = IconButton(
            "redo", self.tr("Redo a change of the look (Ctrl+Shift+Z)"), self.redo_requested.emit
        )
        self.reset_button = IconButton("reset", self.tr("Back to the preset's function"), self.reset_requested.emit)

    def _lay_out(self) -> None:
        top, below = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(2)
        top.addWidget(self.automatic)
        top.addSpacing(10)
        top.addWidget(self.logarithmic)
        top.addStretch(1)
        for button in (self.undo_button, self.redo_button, self.reset_button):
            top.addWidget(button)
        below.setSpacing(8)
        below.addWidget(label(self.tr("Thickness for the opacities"), "dim"), 1)
        below.addWidget(self.thickness)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.fields)
        column.addLayout(below)
        column.addWidget(self.gradient)

    def _gradient_fields(self) -> tuple[NumberField, NumberField]:
        return self.gradient.fields.value, self.gradient.fields.opacity

    def _show(self) -> None:
        function = self._function
        self.canvas.set_curves(Curves(function.opacities, function.colors))
        self.gradient.set_points(function.gradient_opacities)
        with QSignalBlocker(self.thickness):
            self.thickness.setValue(function.unit_mm)
        self._show_point()

    def _show_point(self) -> None:
        axis = self.canvas.axis
        self.fields.show_point(self.canvas.curves, self.canvas.selected, axis.decimals, axis.fine_step)

    def _curves_edited(self, curves: Curves, is_final: bool) -> None:
        self._tell(replace(self._function, opacities=curves.opacities, colors=curves.colors), is_final=is_final)

    def _gradient_edited(self, points: tuple[OpacityPoint, ...], is_final: bool) -> None:
        self._tell(replace(self._function, gradient_opacities=points), is_final=is_final)

    def _tell(self, function: TransferFunction, *, is_final: bool) -> None:
        self._function = function
        self.changed.emit(function, is_final)

    def _choose_color(self, index: int) -> None:
        color = self.canvas.curves.colors[index].color
        dialog = ColorDialog(self.tr("the point"), to_bytes(color), self)
        dialog.exec()
        if dialog.chosen is not None and index < len(self.canvas.curves.colors):
            red, green, blue = dialog.chosen
            self.canvas.recolor(index, (red / 255, green / 255, blue / 255))
        dialog.deleteLater()

    def _step_history(self, event: QKeyEvent) -> bool:
        key = _history_key(event)
        if key == "undo" and self.undo_button.isEnabled():
            self.undo_requested.emit()
        elif key == "redo" and self.redo_button.isEnabled():
            self.redo_requested.emit()
        return bool(key)


def _history_key(event: QKeyEvent) -> str:
    if event.matches(QKeySequence.StandardKey.Undo):
        return "undo"
    return "redo" if event.matches(QKeySequence.StandardKey.Redo) or event.keyCombination() == REDO_KEY else ""
