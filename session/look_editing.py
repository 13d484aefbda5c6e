"""Changing the look of the 3D view: one undo step for each gesture."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psygnal

from session.look.look import Look
from session.presentation import Presentation

MOST_STEPS = 200
SAME_S = 1.0  # steps of one control that follow each other this fast (keys, wheel) are one step of the history


class LookEditing:
    """Puts looks into the presentation and remembers those that were before.

    The look has a history of its own: undoing a colour must not undo a brush stroke.

    Args:
        presentation: whose look is changed.
        default: gives the look of an image for which nobody has chosen one yet.
    """

    history_changed = psygnal.Signal()

    def __init__(self, presentation: Presentation, default: Callable[[], Look] = Look) -> None:
        self._presentation = presentation
        self._default = default
        self._undo: list[Look | None] = []
        self._redo: list[Look | None] = []
        self._open_tag: str | None = None  # of the gesture that goes on
        self._last_tag = ""
        self._last_time = 0.0

    @property
    def current(self) -> Look:
        """The chosen look; the image's default while nobody has chosen one."""
        chosen = self._presentation.state.look
        return chosen if chosen is not None else self._default()

    @property
    def can_undo(self) -> bool:
        """True when there was another look before."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """True when a look was undone."""
        return bool(self._redo)

    def change(self, look: Look, tag: str = "", *, is_final: bool = True, **fields: Any) -> None:
        """Show another look.

        Args:
            look: the new one.
            tag: what changes it, such as ``light.strength``; changes of one gesture have the same.
            is_final: the gesture ends here. Until then its changes are one step of the history.
            fields: of the presentation, to be changed with it; they are not undone.
        """
        before = self._presentation.state.look
        goes_on = self._open_tag == tag if self._open_tag is not None else is_final and self._follows(tag)
        if look != before and not (goes_on and self._undo):
            self._remember(before)
        self._open_tag = None if is_final else tag
        self._last_tag, self._last_time = tag, time.monotonic()
        self._presentation.update(look=look, **fields)

    def undo(self) -> None:
        """Back to the look before; nothing when there is none."""
        self._step(self._undo, self._redo)

    def redo(self) -> None:
        """Forward to the look that was undone; nothing when there is none."""
        self._step(self._redo, self._undo)

    def forget(self) -> None:
        """Begin anew, for another document."""
        self._undo.clear()
        self._redo.clear()
        self._open_tag, self._last_tag = None, ""
        self.history_changed.emit()

    def _follows(self, tag: str) -> bool:
        return bool(tag) and tag == self._last_tag and time.monotonic() - self._last_time < SAME_S

    def _remember(self, look: Look | None) -> None:
        self._undo.append(look)
        del self._undo[:-MOST_STEPS]
        self._redo.clear()
        self.history_changed.emit()

    def _step(self, source: list[Look | None], target: list[Look | None]) -> None:
        if not source:
            return
        target.append(self._presentation.state.look)
        look = source.pop()
        self._open_tag, self._last_tag = None, ""
        self._presentation.update(look=look)
        self.history_changed.emit()
