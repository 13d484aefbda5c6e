"""Crosshair: the point under the mouse becomes the point that all views share; with Ctrl the plane is tilted."""

from __future__ import annotations

from session.session import Session
from widgets.slice_pointer import ChangedBoxes, Pointer

DEGREES_PER_PIXEL = 0.25
MOST_TILT_DEG = 75.0


class CrosshairTool:
    """Moves the crosshair; Ctrl and drag turn the plane about the crosshair's lines."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._start: Pointer | None = None
        self._tilt_deg = (0.0, 0.0)

    def press(self, pointer: Pointer) -> ChangedBoxes:
        """Jump there, or begin to tilt."""
        if pointer.is_alternative:
            self._start = pointer
            self._tilt_deg = self._session.presentation.state.slice_cameras[pointer.grid.plane].tilt_deg
            return {}
        return self.move(pointer)

    def move(self, pointer: Pointer) -> ChangedBoxes:
        """Follow the mouse."""
        if self._start is None:
            self._session.presentation.update(crosshair_mm=pointer.position_mm)
            return {}
        right, down = (now - then for now, then in zip(pointer.at, self._start.at, strict=True))
        tilt = (
            _limited(self._tilt_deg[0] - down * DEGREES_PER_PIXEL),
            _limited(self._tilt_deg[1] + right * DEGREES_PER_PIXEL),
        )
        self._session.presentation.update_camera(pointer.grid.plane, tilt_deg=tilt)
        return {}

    def release(self, pointer: Pointer) -> ChangedBoxes:
        """Leave it there."""
        self._start = None
        return {}

    def cancel(self) -> None:
        """A tilt goes back to where it began; the crosshair stays."""
        if self._start is not None:
            self._session.presentation.update_camera(self._start.grid.plane, tilt_deg=self._tilt_deg)
        self._start = None


def _limited(angle_deg: float) -> float:
    return min(max(round(angle_deg, 2), -MOST_TILT_DEG), MOST_TILT_DEG)
