"""Window and level by dragging: right is wider, down is darker."""

from __future__ import annotations

from math import exp

from session.presentation import Windowing
from session.session import Session
from widgets.slice_pointer import ChangedBoxes, Pointer

PIXELS_PER_FOLD = 250.0  # a drag this long makes the window 2.7 times as wide
LEVEL_SHARE_PER_PIXEL = 1 / 300  # of the width at the start
LEAST_WIDTH, MOST_WIDTH = 1e-3, 1e7


class WindowLevelTool:
    """Both from where the drag began, so that going back gives the same picture again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._start: Pointer | None = None
        self._windowing = session.presentation.state.windowing

    def press(self, pointer: Pointer) -> ChangedBoxes:
        """Remember where it began."""
        self._start = pointer
        self._windowing = self._session.presentation.state.windowing
        return {}

    def move(self, pointer: Pointer) -> ChangedBoxes:
        """Follow the mouse."""
        if self._start is None:
            return {}
        right, down = (now - then for now, then in zip(pointer.at, self._start.at, strict=True))
        width = min(max(self._windowing.width * exp(right / PIXELS_PER_FOLD), LEAST_WIDTH), MOST_WIDTH)
        level = self._windowing.level + down * self._windowing.width * LEVEL_SHARE_PER_PIXEL
        decimals = 0 if width >= 50 else 3
        self._session.presentation.update(windowing=Windowing(round(level, decimals), round(width, decimals)))
        return {}

    def release(self, pointer: Pointer) -> ChangedBoxes:
        """Leave it there."""
        self._start = None
        return {}

    def cancel(self) -> None:
        """Back to where it began."""
        if self._start is not None:
            self._session.presentation.update(windowing=self._windowing)
        self._start = None
