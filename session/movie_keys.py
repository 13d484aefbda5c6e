"""Views that a person has kept for a movie; they last as long as the image is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psygnal

from imaging.errors import UserError
from session.look.look import Look
from session.presentation import VolumeCamera

if TYPE_CHECKING:
    from session.session import Session

MOST_KEYS = 500


@dataclass(frozen=True)
class KeyView:
    """From where the volume is seen, and how it looks."""

    camera: VolumeCamera
    look: Look


class MovieKeys:
    """The views in the order in which a movie passes them."""

    changed = psygnal.Signal()

    def __init__(self) -> None:
        self.views: tuple[KeyView, ...] = ()

    def add(self, view: KeyView) -> None:
        """Put a view at the end.

        Raises:
            UserError: there are too many.
        """
        if len(self.views) >= MOST_KEYS:
            raise UserError(f"A movie has at most {MOST_KEYS} key frames.")
        self._set((*self.views, view))

    def remove(self, place: int) -> None:
        """Take the view at a place out, counted from 0; IndexError when there is none."""
        if not 0 <= place < len(self.views):
            raise IndexError(place)
        self._set((*self.views[:place], *self.views[place + 1 :]))

    def forget(self) -> None:
        """Another image: its views are others."""
        self._set(())

    def _set(self, views: tuple[KeyView, ...]) -> None:
        if views != self.views:
            self.views = views
            self.changed.emit()


def current_view(session: Session) -> KeyView | None:
    """What the 3D view shows now; None when it has drawn nothing yet."""
    camera = session.volume_camera
    return KeyView(camera, session.looks.current) if camera is not None and session.document is not None else None
