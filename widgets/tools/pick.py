"""Pick: the visible segment under the mouse becomes the active one."""

from __future__ import annotations

from render.slice_reading import read
from session.session import Session
from widgets.slice_pointer import ChangedBoxes, Pointer


class PickTool:
    """One click; dragging picks what comes under the mouse."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def press(self, pointer: Pointer) -> ChangedBoxes:
        """Pick what lies there; where nothing lies, the active segment stays."""
        document = self._session.document
        if document is None:
            return {}
        shown = self._session.presentation.state
        found = read(document, document.volume, pointer.position_mm, shown.hidden_segments)
        if found is not None and found.segment is not None:
            self._session.selection.update(segment_number=found.segment.number)
        return {}

    def move(self, pointer: Pointer) -> ChangedBoxes:
        """Pick on."""
        return self.press(pointer)

    def release(self, pointer: Pointer) -> ChangedBoxes:
        """Nothing is left to do."""
        return {}

    def cancel(self) -> None:
        """Nothing to take back."""
