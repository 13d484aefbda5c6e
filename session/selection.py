"""What is active: the segment, the tool, the tool's settings, the view under the hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import psygnal

from imaging.edit import Overwrite


class Tool(StrEnum):
    """What the left mouse button does in a slice view."""

    CROSSHAIR = "crosshair"
    WINDOW_LEVEL = "window-level"
    PAN_ZOOM = "pan-zoom"
    BRUSH = "brush"
    ERASER = "eraser"
    FILL = "fill"
    PICK = "pick"
    LENGTH = "length"
    ANGLE = "angle"
    ELLIPSE = "ellipse"
    CLICK = "click"


MEASURING_TOOLS = (Tool.LENGTH, Tool.ANGLE, Tool.ELLIPSE)


class BrushShape(StrEnum):
    """A disc paints the shown slice, a ball the neighbours too."""

    BALL = "ball"
    DISC = "disc"


class Area(StrEnum):
    """Where painting has an effect, beside the intensity range."""

    EVERYWHERE = "everywhere"
    INSIDE_SEGMENT = "inside-segment"
    OUTSIDE_OTHERS = "outside-others"


@dataclass(frozen=True)
class SelectionState:
    """The active things.

    Attributes:
        tool: what the left button does.
        segment_number: the segment that is painted, None when there is none.
        previous_segment_number: for swapping the last two.
        radius_mm: of brush and eraser.
        brush_shape: ball or disc.
        overwrite: what painting does to other segments.
        area: where painting has an effect; ``inside_segment`` names the segment for INSIDE_SEGMENT.
        uses_range, intensity_range: paint only where the image lies in the range.
        fills_volume: the fill tool floods the whole volume rather than the shown slice.
        active_view: a Plane's value or ``3d``.
        measurement_number: the measurement that is chosen, None for none.
    """

    tool: Tool = Tool.CROSSHAIR
    segment_number: int | None = None
    previous_segment_number: int | None = None
    radius_mm: float = 8.0
    brush_shape: BrushShape = BrushShape.DISC
    overwrite: Overwrite = Overwrite.ALL
    area: Area = Area.EVERYWHERE
    inside_segment: int | None = None
    uses_range: bool = False
    intensity_range: tuple[float, float] = (-20.0, 130.0)
    fills_volume: bool = False
    active_view: str = "axial"
    measurement_number: int | None = None


class Selection:
    """The present selection; ``update`` says once what it was and what it is."""

    changed = psygnal.Signal(SelectionState, SelectionState)  # before, after

    def __init__(self, state: SelectionState | None = None) -> None:
        self.state = state or SelectionState()

    def update(self, **fields: Any) -> None:
        """Set fields; nothing happens when they already have these values."""
        if "segment_number" in fields and fields["segment_number"] != self.state.segment_number:
            fields.setdefault("previous_segment_number", self.state.segment_number)
        before, after = self.state, replace(self.state, **fields)
        if before != after:
            self.state = after
            self.changed.emit(before, after)
