"""What mouse, wheel and keys mean in the 3D view.

Left turns, middle moves, the wheel zooms. A right drag zooms surfaces; of a ray-cast or cinematic volume it shifts and
widens the transfer function, as it does window and level in slices (with Ctrl it zooms there, too). Handles of cuts are
dragged with the left button. A click with Ctrl, or with the crosshair tool, puts the crosshair on
the surface under the mouse. Arrow keys turn; Home, End, Page Up and Page Down look from the front, the back, above and
below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from render.volume_camera import DEG_PER_VIEW, StandardView, panned, turned, zoomed
from session.look.cut import Cut
from session.look.transfer_function import TransferFunction
from session.presentation import VolumeCamera
from session.selection import Tool
from widgets.volume_cut_handles import Handle

if TYPE_CHECKING:
    from widgets.volume_view import VolumeView

NOTCH = 120  # of a wheel, in eighths of a degree
ZOOM_PER_NOTCH = 1.15
ZOOM_PER_VIEW = 8.0  # a right drag across the whole height
CLICK_PX = 4  # a press that moved less is a click

VIEW_OF_KEY = {
    Qt.Key.Key_Home: StandardView.ANTERIOR,
    Qt.Key.Key_End: StandardView.POSTERIOR,
    Qt.Key.Key_PageUp: StandardView.SUPERIOR,
    Qt.Key.Key_PageDown: StandardView.INFERIOR,
}
TURN_DEG = 15.0
TURN_OF_KEY = {  # right, down
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class VolumeGestures:
    """Turns the events of one 3D view into cameras."""

    def __init__(self, view: VolumeView) -> None:
        self._view = view
        self._button: Qt.MouseButton | None = None
        self._pressed_at = QPointF()
        self._last = QPointF()
        self._has_moved = False
        self._grip: tuple[Cut, Handle] | None = None  # the cuts and the handle when its drag began
        self._function: TransferFunction | None = None  # the function when its drag began

    @property
    def is_held(self) -> bool:
        """True while a button is down on the view."""
        return self._button is not None

    def press(self, event: QMouseEvent) -> None:
        """A gesture begins; further buttons during it mean nothing."""
        if self._button is not None:
            return
        self._button = event.button()
        self._pressed_at = self._last = event.position()
        self._has_moved = False
        self._grip = self._function = None
        look = self._view.session.looks.current
        if event.button() is Qt.MouseButton.LeftButton:
            handle = self._view.drags.handle_under(event.position())
            self._grip = (look.cut, handle) if handle is not None else None
        elif event.button() is Qt.MouseButton.RightButton and self._view.shows_volume and not _with_control(event):
            self._function = look.transfer

    def move(self, event: QMouseEvent) -> None:
        """The camera follows the hand."""
        if self._button is None or not event.buttons() & self._button:
            self._button = None  # the release went elsewhere
            return
        if not self._has_moved and (event.position() - self._pressed_at).manhattanLength() < CLICK_PX:
            return
        self._has_moved = True
        if self._drag_look(event.position(), is_final=False):
            return
        step, self._last = event.position() - self._last, event.position()
        camera = self._dragged(self._view.camera, self._button, step)
        if camera is not None:
            self._view.move_camera(camera)

    def release(self, event: QMouseEvent) -> None:
        """The gesture ends; without a move it was a click."""
        if event.button() is not self._button:
            return
        self._button = None
        if self._has_moved:
            self._drag_look(event.position(), is_final=True)
            self._view.settle()
        elif event.button() is Qt.MouseButton.LeftButton and self._picks(event):
            self._view.put_crosshair(event.position())

    def double_click(self, event: QMouseEvent) -> None:
        """The view wants all the room, or to give it back."""
        self._button = None
        if event.button() is Qt.MouseButton.LeftButton:
            self._view.maximise_requested.emit()

    def wheel(self, event: QWheelEvent) -> None:
        """Come nearer or go away."""
        notches = event.angleDelta().y() / NOTCH
        if notches:
            self._view.move_camera(zoomed(self._view.camera, ZOOM_PER_NOTCH**notches))

    def key_press(self, event: QKeyEvent) -> bool:
        """Standard views and turning in steps; False when the key is for somebody else."""
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        key = Qt.Key(event.key())
        if key in VIEW_OF_KEY:
            self._view.look_from(VIEW_OF_KEY[key])
            return True
        if key not in TURN_OF_KEY:
            return False
        right, down = TURN_OF_KEY[key]
        step = TURN_DEG / DEG_PER_VIEW
        self._view.move_camera(turned(self._view.camera, right * step, down * step, 1.0))
        return True

    def _drag_look(self, position: QPointF, *, is_final: bool) -> bool:
        """Move the handle or the function under the hand; False when the drag is the camera's."""
        by = position - self._pressed_at
        if self._grip is not None:
            self._view.drags.move_handle(*self._grip, by, is_final=is_final)
        elif self._function is not None:
            self._view.drags.shift_transfer(self._function, by, is_final=is_final)
        else:
            return False
        return True

    def _dragged(self, camera: VolumeCamera, button: Qt.MouseButton, step: QPointF) -> VolumeCamera | None:
        height = max(self._view.height(), 1)
        if button is Qt.MouseButton.LeftButton:
            return turned(camera, step.x(), step.y(), height)
        if button is Qt.MouseButton.MiddleButton:
            return panned(camera, step.x(), step.y(), height)
        if button is Qt.MouseButton.RightButton:
            return zoomed(camera, ZOOM_PER_VIEW ** (-step.y() / height))
        return None

    def _picks(self, event: QMouseEvent) -> bool:
        return _with_control(event) or self._view.session.selection.state.tool is Tool.CROSSHAIR


def _with_control(event: QMouseEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
