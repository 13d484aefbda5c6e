"""The options of brush, eraser and fill, below the segments."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from imaging.edit import Overwrite
from imaging.errors import UserError
from session.change import DocumentChange
from session.document import Document
from session.selection import Area, BrushShape, SelectionState, Tool
from widgets.action_bridge import ActionBridge
from widgets.buttons import OneOf, text_button
from widgets.labels import heading, label
from widgets.number_field import NumberField
from widgets.panels.tool_options.picked_range import picked_range
from widgets.quiet_combo import QuietCombo
from widgets.value_slider import ValueSlider

RADIUS_MM = (0.2, 200.0)
VALUE_LIMIT = 1e6
EDITING = (Tool.BRUSH, Tool.ERASER, Tool.FILL)


class ToolOptions(QWidget):
    """Hidden while the active tool has no options."""

    def __init__(self, bridge: ActionBridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = bridge.session
        self._title = heading("")
        self.shape = OneOf([(BrushShape.BALL, self.tr("Ball")), (BrushShape.DISC, self.tr("Disc"))], self.tr("Shape"))
        self.shape.chosen.connect(lambda key: self._session.selection.update(brush_shape=BrushShape(key)))
        self.radius = ValueSlider(self.tr("Radius"), *RADIUS_MM, "mm", is_logarithmic=True)
        self.radius.value_changed.connect(lambda value: self._session.selection.update(radius_mm=value))
        self.fills_volume = QCheckBox(self.tr("Whole volume, not only this slice"))
        self.fills_volume.toggled.connect(lambda on: self._session.selection.update(fills_volume=on))
        self.overwrite = QuietCombo(
            self.tr("Paint over"),
            [
                (Overwrite.ALL, self.tr("unlocked segments")),
                (Overwrite.VISIBLE, self.tr("visible segments")),
                (Overwrite.NONE, self.tr("nothing (overlap)")),
            ],
        )
        self.area = QuietCombo(
            self.tr("Where"),
            [
                (Area.EVERYWHERE, self.tr("everywhere")),
                (Area.INSIDE_SEGMENT, self.tr("inside a segment")),
                (Area.OUTSIDE_OTHERS, self.tr("outside all others")),
            ],
        )
        self.inside = QuietCombo(self.tr("Inside"))
        self.uses_range = QCheckBox(self.tr("Only in range"))
        self.low = NumberField(self.tr("Lowest value"), -VALUE_LIMIT, VALUE_LIMIT)
        self.high = NumberField(self.tr("Highest value"), -VALUE_LIMIT, VALUE_LIMIT)
        self.from_image = text_button(self.tr("From the image"), self._pick_range)
        self.from_image.setToolTip(self.tr("Takes the values around the crosshair, within the brush's radius"))
        for box in (self.fills_volume, self.uses_range):
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._rows: dict[str, QWidget] = {}
        self._lay_out()
        self._connect()
        self._session.selection.changed.connect(self._selection_changed)
        self._session.document_replaced.connect(self._follow)
        self._follow(self._session.document)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addWidget(self._title)
        column.addWidget(self.shape)
        column.addWidget(self.radius)
        column.addWidget(self.fills_volume)
        for key, name, field in (
            ("overwrite", self.tr("Paint over"), self.overwrite),
            ("area", self.tr("Where"), self.area),
            ("inside", self.tr("Inside"), self.inside),
        ):
            self._rows[key] = _row(name, field)
            column.addWidget(self._rows[key])
        span = QWidget()
        row = QHBoxLayout(span)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for part in (self.low, label("…", "dim"), self.high, self.from_image):
            row.addWidget(part)
        self._rows["range"] = span
        column.addWidget(self.uses_range)
        column.addWidget(span)

    def _connect(self) -> None:
        update = self._session.selection.update
        self.overwrite.activated.connect(lambda _row: update(overwrite=Overwrite(self.overwrite.currentData())))
        self.area.activated.connect(lambda _row: self._area_chosen())
        self.inside.activated.connect(lambda _row: update(inside_segment=self.inside.currentData()))
        self.uses_range.toggled.connect(lambda on: update(uses_range=on))
        self.low.valueChanged.connect(lambda _value: self._range_typed())
        self.high.valueChanged.connect(lambda _value: self._range_typed())

    def _area_chosen(self) -> None:
        area = Area(self.area.currentData())
        inside = self._inside_or_another() if area is Area.INSIDE_SEGMENT else None
        self._session.selection.update(area=area, inside_segment=inside)

    def _inside_or_another(self) -> int | None:
        """The chosen segment; without a choice the first that is not the painted one itself."""
        if self.inside.currentData() is not None:
            return int(self.inside.currentData())
        numbers = [int(self.inside.itemData(n)) for n in range(self.inside.count())]
        return next((n for n in numbers if n != self._session.selection.state.segment_number), None)

    def _range_typed(self) -> None:
        low, high = sorted((self.low.value(), self.high.value()))
        self._session.selection.update(intensity_range=(low, high))

    def _pick_range(self) -> None:
        session = self._session
        if session.document is None or not session.document.volumes:
            return
        found = picked_range(
            session.document.volume, session.presentation.state.crosshair_mm, session.selection.state.radius_mm
        )
        if found is None:
            problem = UserError(
                self.tr("There are no values at the crosshair."), self.tr("Put the crosshair on the tissue first.")
            )
            session.messages.error(problem)
        else:
            session.selection.update(intensity_range=found, uses_range=True)

    def _follow(self, document: Document | None) -> None:
        if document is not None:
            document.changed.connect(self._document_changed)
        self._fill_inside()
        self._show()

    def _document_changed(self, change: DocumentChange) -> None:
        if change.is_structural or change.segment_numbers:
            self._fill_inside()

    def _fill_inside(self) -> None:
        self.inside.clear()
        if self._session.document is not None:
            for segment in self._session.document.segmentation.segments:
                self.inside.addItem(segment.name, segment.number)
        self.inside.choose(self._session.selection.state.inside_segment)

    def _selection_changed(self, _before: SelectionState, _after: SelectionState) -> None:
        self._show()

    def _show(self) -> None:
        state = self._session.selection.state
        names = {Tool.BRUSH: self.tr("Brush"), Tool.ERASER: self.tr("Eraser"), Tool.FILL: self.tr("Fill")}
        _set_heading(self._title, names.get(state.tool, ""))
        paints = state.tool in (Tool.BRUSH, Tool.ERASER)
        self.shape.setVisible(paints)
        self.shape.choose(state.brush_shape)
        self.radius.setVisible(paints)
        self.radius.set_value(state.radius_mm)
        self.fills_volume.setVisible(state.tool is Tool.FILL)
        _check(self.fills_volume, state.fills_volume)
        self._rows["overwrite"].setVisible(state.tool is not Tool.ERASER)
        self._rows["inside"].setVisible(state.area is Area.INSIDE_SEGMENT)
        self.overwrite.choose(state.overwrite)
        self.area.choose(state.area)
        self.inside.choose(state.inside_segment)
        _check(self.uses_range, state.uses_range)
        self._rows["range"].setVisible(state.uses_range)
        for field, value in zip((self.low, self.high), state.intensity_range, strict=True):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        self.setVisible(state.tool in EDITING and self._session.document is not None)


def _set_heading(title: QLabel, text: str) -> None:
    title.setText(text.upper())
    title.setAccessibleName(text)


def _check(box: QCheckBox, on: bool) -> None:
    box.blockSignals(True)
    box.setChecked(on)
    box.blockSignals(False)


def _row(name: str, field: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(label(name, "dim"))
    row.addStretch(1)
    row.addWidget(field)
    return made
