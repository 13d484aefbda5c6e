"""Where the brush is: a circle in the view under the mouse, and where a ball reaches into the other views' planes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, sqrt
from weakref import WeakKeyDictionary

import numpy as np
import psygnal
from PySide6.QtCore import QRect

from render.screen_map import ScreenMap
from render.slice_geometry import Vector
from render.slice_scene import SliceState
from session.selection import BrushShape, SelectionState, Tool
from session.session import Session

PAINTING_TOOLS = (Tool.BRUSH, Tool.ERASER)
LEAST_RADIUS_PX = 2.0
ROOM_PX = 4


@dataclass(frozen=True)
class BrushCircle:
    """A circle to draw, in logical pixels of a view.

    Attributes:
        x, y, radius: where and how large.
        is_ball: the brush is a ball.
        is_erasing: it would take voxels away.
        is_elsewhere: the mouse is in another view; this is where its ball cuts this plane.
    """

    x: float
    y: float
    radius: float
    is_ball: bool
    is_erasing: bool
    is_elsewhere: bool = False

    @property
    def rect(self) -> QRect:
        """Everything that it covers."""
        reach = self.radius + ROOM_PX
        left, top = floor(self.x - reach), floor(self.y - reach)
        return QRect(left, top, ceil(self.x + reach) - left, ceil(self.y + reach) - top)


class BrushCursor:
    """The ball's place, shared by the views of one session."""

    moved = psygnal.Signal()

    def __init__(self) -> None:
        self.position_mm: Vector | None = None

    def place(self, position_mm: Vector | None) -> None:
        """The ball is here, or there is none."""
        if position_mm != self.position_mm:
            self.position_mm = position_mm
            self.moved.emit()


_cursors: WeakKeyDictionary[Session, BrushCursor] = WeakKeyDictionary()


def brush_cursor(session: Session) -> BrushCursor:
    """The one that all views of a session share."""
    return _cursors.setdefault(session, BrushCursor())


def is_ball(chosen: SelectionState, state: SliceState) -> bool:
    """True when the brush paints a ball here: chosen so, or because the plane holds no whole slice."""
    return chosen.tool in PAINTING_TOOLS and (chosen.brush_shape is BrushShape.BALL or state.grid.cut is None)


def own_circle(
    chosen: SelectionState, state: SliceState, place: ScreenMap, at: tuple[float, float], is_erasing: bool
) -> BrushCircle | None:
    """The brush in its true size at the mouse; None for tools that do not paint."""
    if chosen.tool not in PAINTING_TOOLS:
        return None
    radius = max(chosen.radius_mm * place.scale, LEAST_RADIUS_PX)
    return BrushCircle(*at, radius, is_ball(chosen, state), is_erasing)


def cut_circle(
    chosen: SelectionState, state: SliceState, place: ScreenMap, position_mm: Vector, is_erasing: bool
) -> BrushCircle | None:
    """Where a ball at some position cuts the plane; None where it does not reach it."""
    depth = float((np.asarray(position_mm) - state.grid.origin_mm) @ np.array(state.grid.normal))
    if abs(depth) >= chosen.radius_mm:
        return None
    x, y = place.to_screen(*state.grid.to_pixel(position_mm))
    radius = max(sqrt(chosen.radius_mm**2 - depth**2) * place.scale, LEAST_RADIUS_PX)
    return BrushCircle(x, y, radius, True, is_erasing, is_elsewhere=True)
