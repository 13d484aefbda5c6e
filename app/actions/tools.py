"""Choosing the tool and its settings."""

from __future__ import annotations

from collections.abc import Callable

from session.actions import Action
from session.selection import BrushShape, Tool
from session.session import Session, has_document

RADIUS_STEP = 1.15
RADIUS_MM = (0.2, 200.0)


def _choose(tool: Tool) -> Callable[[Session], None]:
    def choose(session: Session) -> None:
        session.selection.update(tool=tool)

    return choose


def _is_chosen(tool: Tool) -> Callable[[Session], bool]:
    return lambda session: session.selection.state.tool is tool


def larger(session: Session) -> None:
    """Make the brush larger by 15 percent."""
    _scale_radius(session, RADIUS_STEP)


def smaller(session: Session) -> None:
    """Make the brush smaller by 15 percent."""
    _scale_radius(session, 1 / RADIUS_STEP)


def _scale_radius(session: Session, factor: float) -> None:
    radius = session.selection.state.radius_mm * factor
    session.selection.update(radius_mm=round(min(max(radius, RADIUS_MM[0]), RADIUS_MM[1]), 2))


def toggle_shape(session: Session) -> None:
    """Switch between the flat disc and the ball."""
    is_ball = session.selection.state.brush_shape is BrushShape.BALL
    session.selection.update(brush_shape=BrushShape.DISC if is_ball else BrushShape.BALL)


def _has_clicked_model(session: Session) -> bool:
    return session.document is not None and session.clicking.state.model is not None


def _tool(tool: Tool, title: str, doc: str, keys: str, icon: str) -> Action:
    name = tool.value.replace("-", "_")
    return Action(f"tool.{name}", title, _choose(tool), doc, keys, icon, "Tools", has_document, _is_chosen(tool), True)


ACTIONS = (
    _tool(Tool.CROSSHAIR, "Crosshair", "Move the crosshair of all views.", "H", "crosshair"),
    _tool(Tool.WINDOW_LEVEL, "Window and level", "Drag to change contrast and brightness.", "L", "window-level"),
    _tool(Tool.PAN_ZOOM, "Pan and zoom", "Drag to move the image.", "M", "pan"),
    _tool(Tool.BRUSH, "Brush", "Paint the selected segment.", "B", "brush"),
    _tool(Tool.ERASER, "Eraser", "Erase the selected segment.", "E", "eraser"),
    _tool(Tool.FILL, "Fill", "Fill the region that an outline encloses.", "G", "fill"),
    _tool(Tool.PICK, "Pick segment", "Select the segment under the cursor.", "P", "pick"),
    _tool(Tool.LENGTH, "Measure a length", "Click or drag from one end to the other.", "U", "ruler"),
    _tool(Tool.ANGLE, "Measure an angle", "Click one end, the vertex, the other end.", "A", "angle"),
    _tool(Tool.ELLIPSE, "Measure a region", "Drag an ellipse: its mean, spread and area.", "Shift+A", "ellipse"),
    Action("tool.click", "Click", _choose(Tool.CLICK), "Click inside a structure, with Shift outside, for a model.",
           "C", "click", "Tools", _has_clicked_model, _is_chosen(Tool.CLICK), True),
    Action("brush.larger", "Larger brush", larger, "Radius + 15 %.", "]", "larger", menu="Tools", needs_window=True),
    Action("brush.smaller", "Smaller brush", smaller, "Radius − 15 %.", "[", "smaller", menu="Tools",
           needs_window=True),
    Action(
        "brush.toggle_shape", "Disc or ball", toggle_shape, "Paint one slice or in 3D.", "D", "ball", menu="Tools",
        needs_window=True,
    ),
)  # fmt: skip
