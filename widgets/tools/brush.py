"""Brush and eraser: what the disc or ball sweeps from one event to the next becomes part of the segment, or leaves it.

Each event is painted when it comes, from the last position to the new one, so the result does not depend on how often
the screen is painted. The whole gesture is one entry of the history.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from imaging.edit import PaintEdit, PaintRule
from imaging.edits.paint import swept_ball
from imaging.errors import UserError
from imaging.segment import Segment
from session.document import Document
from session.selection import BrushShape, SelectionState, Tool
from session.session import Session
from session.stroke import Stroke
from widgets.painting import painting_rule, segment_to_paint
from widgets.slice_pointer import ChangedBoxes, Pointer

LEAST_PRESSURE_SHARE = 0.2  # of the radius, at a pen's lightest touch
RANGE_PERCENTILES = (2, 98)  # of the values under the brush, when the range is picked from the image


class BrushTool:
    """Paints while the button is down; erases with Shift, with the pen's other end, or as the eraser.

    Ctrl and click takes the intensity range from what lies under the brush instead of painting.

    Args:
        session: what is open.
        initiator: the name under which the view that paints knows its own changes.
    """

    def __init__(self, session: Session, initiator: str) -> None:
        self._session = session
        self._initiator = initiator
        self._stroke: Stroke | None = None
        self._segment: Segment | None = None
        self._rule = PaintRule()
        self._last: Pointer | None = None

    def press(self, pointer: Pointer) -> ChangedBoxes:
        """Begin a stroke and paint where it begins."""
        document = self._session.document
        if document is None:
            return {}
        try:
            if pointer.is_alternative:
                self._pick_range(document, pointer)
                return {}
            self._begin(document, pointer)
        except UserError as error:
            self._session.messages.error(error)
            return {}
        return self.move(pointer)

    def move(self, pointer: Pointer) -> ChangedBoxes:
        """Paint from the last position to this one."""
        if self._stroke is None or self._segment is None:
            return {}
        last = self._last
        if last is None or last.grid != pointer.grid:  # the slice changed under the brush: a new line begins there
            last = pointer
        self._last = pointer
        chosen = self._session.selection.state
        axis = flat_axis(chosen.brush_shape, pointer)
        radius = chosen.radius_mm * _pressure_share(pointer.pressure)
        geometry = self._session.open_document.segmentation.geometry
        box, mask = swept_ball(geometry, last.position_mm, pointer.position_mm, radius, axis)
        if box.is_empty:
            return {}
        erases = pointer.is_erasing or chosen.tool is Tool.ERASER
        try:
            return self._stroke.apply(PaintEdit(self._segment.number, box, mask, erases, self._rule))
        except UserError as error:
            self.cancel()
            self._session.messages.error(error)
            return {}

    def release(self, pointer: Pointer) -> ChangedBoxes:
        """Paint the last piece and end the stroke: one entry of the history."""
        changed = self.move(pointer) if self._last is None or pointer.at != self._last.at else {}
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            stroke.finish()
        return changed

    def cancel(self) -> None:
        """Take the stroke back."""
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            stroke.cancel()

    def forget(self) -> None:
        """The document went away and finished the stroke itself."""
        self._stroke = None

    def _begin(self, document: Document, pointer: Pointer) -> None:
        chosen = self._session.selection.state
        self._last = None
        self._segment = segment_to_paint(self._session)
        self._rule = painting_rule(self._session)
        erases = pointer.is_erasing or chosen.tool is Tool.ERASER
        self._stroke = document.stroke(
            title=f"{'Erase' if erases else 'Paint'} {self._segment.name}",
            tool="eraser" if erases else "brush",
            parameters=_parameters(chosen, pointer, self._rule),
            initiator=self._initiator,
        )

    def _pick_range(self, document: Document, pointer: Pointer) -> None:
        """Take the intensity range from the voxels under the brush."""
        if document.image is None:
            raise UserError("An intensity range needs an image of grey values.")
        chosen = self._session.selection.state
        axis = flat_axis(chosen.brush_shape, pointer)
        geometry = document.volume.geometry
        box, mask = swept_ball(geometry, pointer.position_mm, pointer.position_mm, chosen.radius_mm, axis)
        if box.is_empty or not mask.any():
            return
        values = document.image[box.slices][mask].astype(float)
        values = values[np.isfinite(values)]
        if values.size == 0:
            return
        low, high = np.percentile(values, RANGE_PERCENTILES)
        self._session.selection.update(uses_range=True, intensity_range=(round(float(low), 3), round(float(high), 3)))


def flat_axis(shape: BrushShape, pointer: Pointer) -> int | None:
    """The array axis across a disc; None for a ball. A resliced plane holds no whole slice, so it takes a ball."""
    if shape is BrushShape.BALL or pointer.grid.cut is None:
        return None
    return pointer.grid.cut.axis


def _pressure_share(pressure: float) -> float:
    return LEAST_PRESSURE_SHARE + (1 - LEAST_PRESSURE_SHARE) * min(max(pressure, 0.0), 1.0)


def _parameters(chosen: SelectionState, pointer: Pointer, rule: PaintRule) -> dict[str, Any]:
    shape = BrushShape.BALL if flat_axis(chosen.brush_shape, pointer) is None else BrushShape.DISC
    return {
        "radius_mm": chosen.radius_mm,
        "shape": shape.value,
        "plane": pointer.grid.plane.value,
        "slice": pointer.grid.number,
        "overwrite": rule.overwrite.value,
        "area": chosen.area.value,
        "intensity_range": None if rule.intensity_range is None else list(rule.intensity_range),
    }
