"""Pan and zoom: drag moves the picture, Ctrl and drag enlarges it."""

from __future__ import annotations

from math import exp

from render.screen_map import limited_pan, zoomed
from session.presentation import SliceCamera
from session.session import Session
from widgets.slice_pointer import ChangedBoxes, Pointer

PIXELS_PER_FOLD = 200.0


class PanZoomTool:
    """Both from where the drag began."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._start: Pointer | None = None
        self._camera = SliceCamera()

    def press(self, pointer: Pointer) -> ChangedBoxes:
        """Remember where it began."""
        self._start = pointer
        self._camera = self._session.presentation.state.slice_cameras[pointer.grid.plane]
        return {}

    def move(self, pointer: Pointer) -> ChangedBoxes:
        """Follow the mouse."""
        if self._start is None:
            return {}
        right, down = (now - then for now, then in zip(pointer.at, self._start.at, strict=True))
        if self._start.is_alternative:
            factor = exp(-down / PIXELS_PER_FOLD)
            zoom, pan = zoomed(pointer.grid, self._camera, pointer.view_size, factor, self._start.at)
        else:
            zoom, scale = self._camera.zoom, self._start.pixels_per_mm
            moved = self._camera.pan_mm[0] - right / scale, self._camera.pan_mm[1] - down / scale
            pan = limited_pan(pointer.grid, moved)
        self._session.presentation.update_camera(pointer.grid.plane, zoom=zoom, pan_mm=pan)
        return {}

    def release(self, pointer: Pointer) -> ChangedBoxes:
        """Leave it there."""
        self._start = None
        return {}

    def cancel(self) -> None:
        """Back to where it began."""
        if self._start is not None:
            plane = self._start.grid.plane
            self._session.presentation.update_camera(plane, zoom=self._camera.zoom, pan_mm=self._camera.pan_mm)
        self._start = None
