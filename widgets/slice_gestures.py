"""What mouse, pen, wheel and keys mean in a slice view.

Left is the tool, middle (or Space) pans, right is window and level; the wheel changes slices, with Ctrl the zoom, with
Shift the brush's radius.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QCursor, QKeyEvent, QMouseEvent, QPointingDevice, QTabletEvent, QWheelEvent

from imaging.measurement import MeasurementKind
from render.screen_map import zoomed
from session.selection import MEASURING_TOOLS, SelectionState, Tool
from widgets.click_cursor import click_cursor
from widgets.painting import RADIUS_MM
from widgets.slice_annotations import SLIDER_PX, slider_number
from widgets.slice_pointer import Pointer
from widgets.slice_pointer import Tool as Gesture
from widgets.tools.brush import BrushTool
from widgets.tools.click import ClickTool
from widgets.tools.crosshair import CrosshairTool
from widgets.tools.fill import FillTool
from widgets.tools.measure import MeasureTool
from widgets.tools.pan_zoom import PanZoomTool
from widgets.tools.pick import PickTool
from widgets.tools.window_level import WindowLevelTool

if TYPE_CHECKING:
    from widgets.slice_view import SliceView

NOTCH = 120  # of a wheel, in eighths of a degree
TOUCHPAD_PX_PER_NOTCH = 24
ZOOM_PER_NOTCH = 1.2
RADIUS_PER_NOTCH = 1.15
PAGE_SLICES = 10
STEPS_OF_KEY = {
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_PageUp: PAGE_SLICES,
    Qt.Key.Key_PageDown: -PAGE_SLICES,
}
CURSORS = {
    Tool.PAN_ZOOM: Qt.CursorShape.OpenHandCursor,
    Tool.PICK: Qt.CursorShape.PointingHandCursor,
    Tool.WINDOW_LEVEL: Qt.CursorShape.ArrowCursor,
}
LOOKING_TOOLS = (Tool.CROSSHAIR, Tool.WINDOW_LEVEL, Tool.PAN_ZOOM, *MEASURING_TOOLS)
COMPRESSIONS = (
    Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents,
    Qt.ApplicationAttribute.AA_CompressTabletEvents,
)


class Wheel(Enum):
    """What the wheel changes."""

    SLICE = auto()
    ZOOM = auto()
    RADIUS = auto()


class SliceGestures(QObject):
    """Turns the events of one view into calls of tools and changes of the presentation."""

    def __init__(self, view: SliceView) -> None:
        super().__init__(view)
        self._view = view
        self._session = view.session
        self._brush = BrushTool(view.session, view.initiator)
        self._pan, self._window = PanZoomTool(view.session), WindowLevelTool(view.session)
        self._tools: dict[Tool, Gesture] = {
            Tool.CROSSHAIR: CrosshairTool(view.session),
            Tool.WINDOW_LEVEL: WindowLevelTool(view.session),
            Tool.PAN_ZOOM: self._pan,
            Tool.BRUSH: self._brush,
            Tool.ERASER: self._brush,
            Tool.FILL: FillTool(view.session),
            Tool.PICK: PickTool(view.session),
            Tool.CLICK: ClickTool(view.session),
        }
        for tool in MEASURING_TOOLS:
            self._tools[tool] = MeasureTool(view.session, MeasurementKind(tool.value), view.initiator)
        self._active: Gesture | None = None
        self._button = Qt.MouseButton.NoButton
        self._last: Pointer | None = None
        self._slides = False
        self._is_space_held = False
        self._is_shift_held = False
        self._is_pen_eraser = False
        self._turned = dict.fromkeys(Wheel, 0.0)
        self._usual = {a: QCoreApplication.testAttribute(a) for a in COMPRESSIONS}

    @property
    def is_navigating(self) -> bool:
        """True while the mouse moves the picture, so that no brush is shown."""
        return self._is_space_held or self._slides or self._active in (self._pan, self._window)

    @property
    def is_erasing(self) -> bool:
        """True when painting would take voxels away."""
        erases = self._session.selection.state.tool is Tool.ERASER
        return erases or self._is_shift_held or self._is_pen_eraser

    def forget(self) -> None:
        """The document is another one: whatever was going on is over, and nothing is taken back."""
        self._brush.forget()
        for tool in self._tools.values():
            if isinstance(tool, MeasureTool):
                tool.forget()
        self._active, self._button, self._slides = None, Qt.MouseButton.NoButton, False

    def selection_changed(self, before: SelectionState, after: SelectionState) -> None:
        """A measurement that is half drawn goes with its tool."""
        if before.tool is not after.tool and (drawing := self._measuring(before.tool)) is not None:
            if drawing.is_drawing:
                drawing.cancel()
            self._view.measures.hover(None)
        self.update_cursor()

    def forget_keys(self) -> None:
        """Keys that were held are no longer heard."""
        self._is_space_held = self._is_shift_held = False
        self.update_cursor()

    # Mouse

    def press(self, event: QMouseEvent) -> None:
        """The slider, or the tool that belongs to the button."""
        if self._view.state is None:
            return
        self._session.selection.update(active_view=self._view.plane.value)
        at = event.position()
        if event.button() == Qt.MouseButton.LeftButton and at.x() >= self._view.width() - SLIDER_PX:
            self._slides = True
            self._slide(at)
        elif self._active is None:
            self._start(event.button(), self._pointer(at, event.modifiers()))

    def move(self, event: QMouseEvent) -> None:
        """The gesture goes on; where its end was not told (another window took it), it ended at the last position."""
        if self._active is not None and not event.buttons() & self._button:
            self.finish_here()
        self._moved(event.position(), event.modifiers(), 1.0)

    def release(self, event: QMouseEvent) -> None:
        """The gesture ends with the button that began it."""
        if self._slides and event.button() == Qt.MouseButton.LeftButton:
            self._slides = False
        elif event.button() == self._button:
            self._finish(self._pointer(event.position(), event.modifiers()))

    def double_click(self, event: QMouseEvent) -> None:
        """With tools that only look, maximise; with tools that paint it is one more click."""
        looks = self._session.selection.state.tool in (Tool.CROSSHAIR, Tool.PAN_ZOOM, Tool.WINDOW_LEVEL)
        at_slider = event.position().x() >= self._view.width() - SLIDER_PX
        if event.button() == Qt.MouseButton.LeftButton and looks and not at_slider:
            self._session.selection.update(active_view=self._view.plane.value)
            self._view.maximise_requested.emit()
        else:
            self.press(event)

    def tablet(self, event: QTabletEvent) -> None:
        """The pen's events; accepting them keeps Qt from sending mouse events as well."""
        event.accept()
        if self._view.state is None:
            return
        self._is_pen_eraser = event.pointerType() == QPointingDevice.PointerType.Eraser
        pressure = event.pressure() if self._session.settings["brush.pen_pressure"] else 1.0
        if event.type() == QEvent.Type.TabletPress and self._active is None:
            self._session.selection.update(active_view=self._view.plane.value)
            self._start(event.button(), self._pointer(event.position(), event.modifiers(), pressure))
        elif event.type() == QEvent.Type.TabletMove:
            self._moved(event.position(), event.modifiers(), pressure)
        elif event.type() == QEvent.Type.TabletRelease and event.button() == self._button:
            self._finish(self._pointer(event.position(), event.modifiers(), pressure))
            self._is_pen_eraser = False

    def _start(self, button: Qt.MouseButton, pointer: Pointer) -> None:
        tool = self._tool_of(button)
        if tool is None:
            return
        self._choose_part(button, pointer)
        self._active, self._button = tool, button
        self._keep_every_move(tool is self._brush)
        self._view.update_labels(tool.press(pointer))
        self.update_cursor()
        self._view.update_ring()

    def _choose_part(self, button: Qt.MouseButton, pointer: Pointer) -> None:
        """A click with a tool that changes nothing chooses the part of a waiting result that lies under it."""
        tool = self._session.selection.state.tool
        is_click = button == Qt.MouseButton.LeftButton and not (self._is_space_held or pointer.is_alternative)
        if is_click and tool in (Tool.CROSSHAIR, Tool.PICK) and not self._view.is_for_looking:
            self._session.reviewing.choose_at(pointer.position_mm, also_enclosing=tool is Tool.PICK)

    def _moved(self, at: QPointF, modifiers: Qt.KeyboardModifier, pressure: float) -> None:
        if self._view.state is None:
            return
        if self._slides:
            self._slide(at)
        elif self._active is not None:
            self._view.update_labels(self._active.move(self._pointer(at, modifiers, pressure)))
        elif (measuring := self._measuring(self._session.selection.state.tool)) is not None:
            self._hover(measuring, self._pointer(at, modifiers, pressure))
        self._is_shift_held = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        self._view.point_at(at)

    def _measuring(self, tool: Tool) -> MeasureTool | None:
        found = self._tools[tool]
        return found if isinstance(found, MeasureTool) else None

    def _hover(self, tool: MeasureTool, pointer: Pointer) -> None:
        """Between clicks a measurement is drawn on; else the pointer shows what it would take hold of."""
        tool.hover(pointer)
        self._view.measures.hover(None if tool.is_drawing else tool.under(pointer))
        self.update_cursor()

    def _finish(self, pointer: Pointer) -> None:
        tool, self._active, self._button = self._active, None, Qt.MouseButton.NoButton
        self._keep_every_move(False)
        if tool is not None:
            self._view.update_labels(tool.release(pointer))
        self.update_cursor()
        self._view.update_ring()

    def finish_here(self) -> None:
        """End the gesture that is going on where it was last; nothing is lost."""
        if self._active is not None and self._last is not None and self._view.state is not None:
            self._finish(self._last)

    def cancel(self) -> bool:
        """Take back the gesture that is going on; False when there is none."""
        tool, self._active, self._button = self._active, None, Qt.MouseButton.NoButton
        self._keep_every_move(False)
        if tool is not None:
            tool.cancel()
            self._view.forget_picture()
        self.update_cursor()
        return tool is not None or self._leave_measurement()

    def _leave_measurement(self) -> bool:
        """Stop drawing a measurement, else choose none; False when there is neither."""
        chosen = self._session.selection.state
        drawing = self._measuring(chosen.tool)
        if drawing is not None and drawing.is_drawing:
            drawing.cancel()
            return True
        self._session.selection.update(measurement_number=None)
        return chosen.measurement_number is not None

    def _tool_of(self, button: Qt.MouseButton) -> Gesture | None:
        if button == Qt.MouseButton.MiddleButton or (self._is_space_held and button == Qt.MouseButton.LeftButton):
            return self._pan
        if button == Qt.MouseButton.RightButton:
            return self._window
        if button != Qt.MouseButton.LeftButton:
            return None
        tool = self._session.selection.state.tool
        if self._view.is_for_looking and tool not in LOOKING_TOOLS:
            tool = Tool.CROSSHAIR
        return self._tools[tool]

    def _pointer(self, at: QPointF, modifiers: Qt.KeyboardModifier, pressure: float = 1.0) -> Pointer:
        state, place = self._view.state, self._view.place
        assert state is not None
        x, y, z = place.to_world(state.grid, at.x(), at.y()).tolist()
        self._last = Pointer(
            (x, y, z),
            (at.x(), at.y()),
            (float(self._view.width()), float(self._view.height())),
            state.grid,
            place.scale,
            pressure,
            bool(modifiers & Qt.KeyboardModifier.ShiftModifier) or self._is_pen_eraser,
            bool(modifiers & Qt.KeyboardModifier.ControlModifier),
        )
        return self._last

    def _slide(self, at: QPointF) -> None:
        state = self._view.state
        if state is not None:
            size = float(self._view.width()), float(self._view.height())
            self._view.go_to_slice(slider_number(state, size, at.y()))

    def _keep_every_move(self, keep: bool) -> None:
        """While somebody paints, every position of the mouse counts; otherwise the platform's choice holds."""
        for attribute, usual in self._usual.items():
            QCoreApplication.setAttribute(attribute, usual and not keep)

    # Wheel

    def wheel(self, event: QWheelEvent) -> None:
        """Whole notches count; what a touchpad sends piecemeal adds up to them."""
        event.accept()
        if self._view.state is None:
            return
        self._session.selection.update(active_view=self._view.plane.value)
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self._zoom(event.position(), self._notches(event))
            return
        kind = Wheel.RADIUS if modifiers & Qt.KeyboardModifier.ShiftModifier else Wheel.SLICE
        self._turned[kind] += self._notches(event)
        whole = int(self._turned[kind])
        self._turned[kind] -= whole
        if whole and kind is Wheel.RADIUS:
            self._scale_radius(whole)
        elif whole:
            self._view.step(whole)
            self._view.point_at(event.position())

    def _notches(self, event: QWheelEvent) -> float:
        """Turns of the wheel, forward positive. Alt and Shift turn it sideways on some platforms."""
        pixels, angle = event.pixelDelta(), event.angleDelta()
        if not pixels.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase:
            return (pixels.y() or pixels.x()) / TOUCHPAD_PX_PER_NOTCH
        return (angle.y() or angle.x()) / NOTCH

    def _zoom(self, at: QPointF, notches: float) -> None:
        state = self._view.state
        assert state is not None
        size = float(self._view.width()), float(self._view.height())
        zoom, pan = zoomed(state.grid, state.camera, size, ZOOM_PER_NOTCH**notches, (at.x(), at.y()))
        self._session.presentation.update_camera(self._view.plane, zoom=zoom, pan_mm=pan)
        self._view.point_at(at)

    def _scale_radius(self, notches: int) -> None:
        radius = self._session.selection.state.radius_mm * RADIUS_PER_NOTCH**notches
        self._session.selection.update(radius_mm=round(min(max(radius, RADIUS_MM[0]), RADIUS_MM[1]), 2))

    # Keys

    def key_press(self, event: QKeyEvent) -> bool:
        """True when the key meant something here."""
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if plain and (steps := STEPS_OF_KEY.get(Qt.Key(event.key()), 0)):
            self._view.step(steps)
            return True
        if event.key() == Qt.Key.Key_Escape:
            return self.cancel()
        if plain and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._session.clicking.can_undo:
            self._session.clicking.undo()
            return True
        return self._hold(event, True)

    def key_release(self, event: QKeyEvent) -> bool:
        """True when the key meant something here."""
        return self._hold(event, False)

    def _hold(self, event: QKeyEvent, is_held: bool) -> bool:
        if event.isAutoRepeat():
            return event.key() == Qt.Key.Key_Space
        if event.key() == Qt.Key.Key_Space:
            self._is_space_held = is_held
        elif event.key() == Qt.Key.Key_Shift:
            self._is_shift_held = is_held
        else:
            return False
        self.update_cursor()
        self._view.update_ring()
        return event.key() == Qt.Key.Key_Space

    def update_cursor(self) -> None:
        """The cursor's shape says what the left button does."""
        if self._active is self._pan:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._is_space_held:
            shape = Qt.CursorShape.OpenHandCursor
        elif (held := self._view.measures.hovered) is not None:
            shape = Qt.CursorShape.SizeAllCursor if held.handle is None else Qt.CursorShape.PointingHandCursor
        elif self._session.selection.state.tool is Tool.CLICK and self._active is not self._window:
            is_inside = not (self._is_shift_held or self._is_pen_eraser)
            self._view.setCursor(click_cursor(is_inside, self._view.devicePixelRatioF()))
            return
        else:
            shape = CURSORS.get(self._session.selection.state.tool, Qt.CursorShape.CrossCursor)
        if self._view.cursor().shape() != shape:
            self._view.setCursor(QCursor(shape))
