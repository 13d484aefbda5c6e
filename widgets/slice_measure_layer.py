"""The measurements of one slice view: kept laid out, and repainted only where they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from imaging.measurement import MeasurementKind
from render.slice_measurements import MeasurementHit, ShownMeasurement
from render.slice_scene import SliceState
from session.document import Document
from session.measured import value_lines
from widgets import theme
from widgets.slice_measures import DrawnMeasure, MeasureLook
from widgets.slice_text import ShadowText

if TYPE_CHECKING:
    from widgets.slice_view import SliceView

MOST_LIVE_VOXELS = 400_000  # of a region whose values follow while it is drawn: about 10 ms


class MeasureLayer:
    """Follows the view's state; ``refresh`` after each change of it."""

    def __init__(self, view: SliceView) -> None:
        self._view = view
        self._text = ShadowText()
        self._drawn: list[DrawnMeasure] = []
        self.hovered: MeasurementHit | None = None

    @property
    def drawn(self) -> tuple[MeasureLook, ...]:
        """What is on the screen, the topmost last."""
        return tuple(item.look for item in self._drawn)

    def hover(self, found: MeasurementHit | None) -> None:
        """The pointer is over one, or over none."""
        if found != self.hovered:
            self.hovered = found
            self.refresh()

    def refresh(self) -> None:
        """Lay out what is to be seen now, and have repainted what differs."""
        known = {item.look: item for item in self._drawn}
        looks = self._looks()
        self._drawn = [known.pop(look) if look in known else DrawnMeasure(look, self._text) for look in looks]
        for item in known.values():
            self._view.update(item.rect)
        for item in self._drawn:
            if item.is_new:
                item.is_new = False
                self._view.update(item.rect)

    def paint(self, painter: QPainter, rect: QRect) -> None:
        """What touches a rectangle of the view."""
        for item in self._drawn:
            if item.rect.intersects(rect):
                item.paint(painter)

    def _looks(self) -> list[MeasureLook]:
        state, document = self._view.state, self._view.session.document
        if state is None or document is None:
            return []
        return [self._look(shown, document, state) for shown in state.measurements]

    def _look(self, shown: ShownMeasurement, document: Document, state: SliceState) -> MeasureLook:
        measurement = shown.measurement
        values = None
        if measurement.kind is MeasurementKind.ELLIPSE and not shown.is_near:
            values = document.regions.of(state.volume, measurement, MOST_LIVE_VOXELS if shown.is_draft else None)
        chosen = self._view.session.selection.state.measurement_number
        hovered = self.hovered.measurement.number if self.hovered is not None else None
        lines = () if shown.is_near else tuple(value_lines(measurement, state.volume, values))
        if measurement.kind is MeasurementKind.BOX and measurement.number not in (chosen, hovered):
            lines = lines[:1]  # how sure the model is; sizes of many boxes would cover the image
        size = float(self._view.width()), float(self._view.height())
        return MeasureLook(
            shown, lines, measurement.number == chosen, measurement.number == hovered, state.grid, self._view.place,
            size, f"{theme.current().name} {theme.current().px(100)}",
        )  # fmt: skip
