"""Measuring: draw a length, an angle or an ellipse by clicks or drags, take one by its handles, move it."""

from __future__ import annotations

from dataclasses import dataclass
from math import dist, hypot

import numpy as np

from imaging.errors import UserError
from imaging.measurement import Measurement, MeasurementKind, Point, as_point, storable
from imaging.measurements import AddMeasurement, UpdateMeasurement
from render.slice_measurements import (
    ON_SLICE,
    MeasurementHit,
    ellipse_between,
    handles_mm,
    heights_of,
    hit,
    shown_measurements,
    with_handle,
)
from session.document import Document
from session.session import Session
from widgets.slice_pointer import ChangedBoxes, Pointer

CLICK_PX = 4.0  # a press that moves no further is a click
LEAST_PX = 3.0  # two points of one measurement are at least so far apart
# how many points are set by hand
PLACED = {MeasurementKind.LENGTH: 2, MeasurementKind.ANGLE: 3, MeasurementKind.ELLIPSE: 2}
COLORS = ((255, 213, 77), (94, 226, 214), (255, 143, 112), (180, 160, 255), (140, 226, 120))


@dataclass(frozen=True)
class _Hold:
    """A measurement that is being dragged."""

    before: Measurement
    handle: int | None
    start: Pointer


class MeasureTool:
    """One kind of measurement. Drawing goes on between clicks: ``hover`` moves its last point.

    Args:
        session: what is open.
        kind: what is drawn where nothing is under the pointer.
        initiator: who asks for the changes.
    """

    def __init__(self, session: Session, kind: MeasurementKind, initiator: str) -> None:
        self._session = session
        self._kind = kind
        self._initiator = initiator
        self._placed: list[Pointer] = []
        self._pressed: Pointer | None = None
        self._hold: _Hold | None = None

    @property
    def is_drawing(self) -> bool:
        """True between the first and the last point of a new measurement."""
        return bool(self._placed)

    def press(self, pointer: Pointer) -> ChangedBoxes:
        """Set a point, or take hold of what is there."""
        document = self._session.document
        if document is None:
            return {}
        try:
            document.must_be_writable()
        except UserError as error:
            self.cancel()
            self._session.messages.error(error)
            return {}
        self._pressed = pointer
        found = None if self.is_drawing else self.under(pointer)
        if found is not None:
            self._session.selection.update(measurement_number=found.measurement.number)
            self._hold = _Hold(found.measurement, found.handle, pointer)
        else:
            self._place(document, pointer)
        return {}

    def move(self, pointer: Pointer) -> ChangedBoxes:
        """Drag."""
        document, hold = self._session.document, self._hold
        if document is None:
            return {}
        if hold is None:
            self.hover(pointer)
        elif document.draft is not None or dist(pointer.at, hold.start.at) >= CLICK_PX:
            document.set_draft(_dragged(hold, pointer))
        return {}

    def hover(self, pointer: Pointer) -> None:
        """The last point follows the pointer."""
        document = self._session.document
        if document is not None and self.is_drawing:
            document.set_draft(self._drawn(document, [*self._placed, pointer]))

    def release(self, pointer: Pointer) -> ChangedBoxes:
        """A drag sets its end; a click leaves the next point to the next click."""
        document, hold, pressed = self._session.document, self._hold, self._pressed
        self._hold = self._pressed = None
        if document is None:
            return {}
        if hold is not None:
            self._finish_hold(document, hold)
        elif self.is_drawing and pressed is not None and dist(pressed.at, pointer.at) > CLICK_PX:
            self._place(document, pointer)
        return {}

    def cancel(self) -> None:
        """Leave everything as it was."""
        self._placed, self._hold, self._pressed = [], None, None
        if self._session.document is not None:
            self._session.document.set_draft(None)

    def forget(self) -> None:
        """The document is another one."""
        self._placed, self._hold, self._pressed = [], None, None

    def under(self, pointer: Pointer) -> MeasurementHit | None:
        """The measurement under the pointer."""
        document = self._session.document
        if document is None:
            return None
        hidden = self._session.presentation.state.hidden_measurements
        shown = shown_measurements(document.measurements.all, None, hidden, pointer.grid)
        return hit(shown, pointer.position_mm, pointer.grid, pointer.pixels_per_mm)

    def _place(self, document: Document, pointer: Pointer) -> None:
        if self._placed and not _is_apart(self._kind, self._placed[-1], pointer):
            return
        self._placed.append(pointer)
        if len(self._placed) < PLACED[self._kind]:
            document.set_draft(self._drawn(document, [*self._placed, pointer]))
            return
        made = self._drawn(document, self._placed)
        self.cancel()
        self._record(document, made, pointer)

    def _record(self, document: Document, made: Measurement, pointer: Pointer) -> None:
        grid = pointer.grid
        try:
            document.apply(
                AddMeasurement(made),
                title=f"Measure {made.name}",
                tool=f"measure.{made.kind.value}",
                parameters={"plane": grid.plane.value, "slice": grid.number},
                initiator=self._initiator,
            )
        except UserError as error:
            self._session.messages.error(error)
            return
        self._session.selection.update(measurement_number=made.number)

    def _finish_hold(self, document: Document, hold: _Hold) -> None:
        after = document.draft
        document.set_draft(None)
        if after is None or document.measurements.get(hold.before.number) != hold.before:
            return  # a click only, or undo took it away meanwhile
        edit = UpdateMeasurement(after.number, {"points_mm": after.points_mm, "normal": after.normal})
        try:
            document.apply(edit, title=f"Move {after.name}", tool="measure.move", initiator=self._initiator)
        except UserError as error:
            self._session.messages.error(error)

    def _drawn(self, document: Document, pointers: list[Pointer]) -> Measurement:
        """The new measurement with these points; those that are not yet set stand where the last one is."""
        grid = pointers[0].grid
        points: list[Point] = [p.position_mm for p in pointers]
        if self._kind is MeasurementKind.ELLIPSE:
            points = list(ellipse_between(points[0], _onto(pointers[-1], pointers[0]), grid))
        elif self._kind is MeasurementKind.ANGLE:
            points = (points + points[-1:] * 2)[:3]
        number = document.measurements.next_number
        name = new_name(document, self._kind)
        color = COLORS[(number - 1) % len(COLORS)]
        return Measurement(number, self._kind, storable(points), grid.normal, name, color)


def new_name(document: Document, kind: MeasurementKind) -> str:
    """A name that no measurement of the case has: ``Length 3``."""
    word = {MeasurementKind.LENGTH: "Length", MeasurementKind.ANGLE: "Angle", MeasurementKind.ELLIPSE: "Region"}[kind]
    taken = {m.name for m in document.measurements.all}
    count = 1 + sum(1 for m in document.measurements.all if m.kind is kind)
    while f"{word} {count}" in taken:
        count += 1
    return f"{word} {count}"


def _dragged(hold: _Hold, pointer: Pointer) -> Measurement:
    """The measurement with a handle, or the whole of it, where the pointer is."""
    before = hold.before
    if hold.handle is None:
        offset = np.asarray(pointer.position_mm) - hold.start.position_mm
        moved = before.moved(as_point(offset))
        return moved.changed(points_mm=storable(moved.points_mm))
    grip = np.asarray(handles_mm(before)[hold.handle]) - hold.start.position_mm  # it was not hit in its middle
    after = with_handle(before, hold.handle, as_point(np.asarray(pointer.position_mm) + grip))
    after = after.changed(points_mm=storable(after.points_mm))
    heights = heights_of(after.points_mm, pointer.grid)
    is_flat_here = float(np.abs(heights).max()) <= ON_SLICE
    return after.changed(normal=pointer.grid.normal) if is_flat_here else after


def _onto(pointer: Pointer, first: Pointer) -> Point:
    """A point moved across the slices onto the plane of the first one: an ellipse lies in one slice."""
    normal = np.asarray(first.grid.normal)
    point = np.asarray(pointer.position_mm)
    return as_point(point - ((point - first.position_mm) @ normal) * normal)


def _is_apart(kind: MeasurementKind, one: Pointer, other: Pointer) -> bool:
    """True when two points are far enough from each other on the screen; of an ellipse along both of its sides."""
    if one.grid != other.grid and kind is not MeasurementKind.ELLIPSE:
        return True
    offset = np.asarray(_onto(other, one)) - one.position_mm
    sides = [abs(float(offset @ step)) / float(np.linalg.norm(step)) for step in (one.grid.right_mm, one.grid.down_mm)]
    reach = min(sides) if kind is MeasurementKind.ELLIPSE else hypot(*sides)
    return reach * one.pixels_per_mm >= LEAST_PX
