"""Click: tell the chosen model what lies inside a structure, with Shift what lies outside of it."""

from __future__ import annotations

from imaging.errors import UserError
from session.session import Session
from widgets.slice_pointer import ChangedBoxes, Pointer


class ClickTool:
    """A press places a click, a drag moves it, the release sets it down."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def press(self, pointer: Pointer) -> ChangedBoxes:
        """Show where the click is; outside of the image there is none."""
        if self._session.document is None:
            return {}
        try:
            self._session.clicking.place(pointer.position_mm, is_inside=not pointer.is_erasing)
        except UserError as error:
            self._session.messages.error(error)
        return {}

    def move(self, pointer: Pointer) -> ChangedBoxes:
        """The click goes with the pointer; what it says was said by the press."""
        draft = self._session.clicking.state.draft
        if draft is not None and self._session.document is not None:
            self._session.clicking.place(pointer.position_mm, is_inside=draft.is_inside)
        return {}

    def release(self, pointer: Pointer) -> ChangedBoxes:
        """The click stays, and the model may run."""
        self._session.clicking.set_down()
        return {}

    def cancel(self) -> None:
        """The click is none."""
        self._session.clicking.drop()
