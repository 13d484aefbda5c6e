"""What a view tells a tool about mouse and pen, and what a tool must answer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from imaging.geometry import Box
from render.slice_geometry import SliceGrid, Vector

ChangedBoxes = dict[int, Box]  # label layer -> region that changed


@dataclass(frozen=True)
class Pointer:
    """One event of the mouse or the pen.

    Attributes:
        position_mm: LPS position on the shown plane.
        at: logical pixels in the view.
        view_size: the view's width and height in logical pixels.
        grid: the plane.
        pixels_per_mm: the view's scale.
        pressure: the pen's, 0-1; 1 for the mouse.
        is_erasing: Shift is held, or the pen's other end is used.
        is_alternative: Ctrl is held.
    """

    position_mm: Vector
    at: tuple[float, float]
    view_size: tuple[float, float]
    grid: SliceGrid
    pixels_per_mm: float
    pressure: float = 1.0
    is_erasing: bool = False
    is_alternative: bool = False


class Tool(Protocol):
    """One gesture from press to release. Each call answers which labels it changed."""

    def press(self, pointer: Pointer) -> ChangedBoxes:
        """The button went down."""

    def move(self, pointer: Pointer) -> ChangedBoxes:
        """The pointer moved with the button down."""

    def release(self, pointer: Pointer) -> ChangedBoxes:
        """The button came up: the gesture is over."""

    def cancel(self) -> None:
        """Take back what the gesture did, where it can be taken back."""
