"""Fill: the region around the clicked voxel, up to the segment's own border or the end of the intensity range."""

from __future__ import annotations

from functools import partial
from typing import Any

from imaging.edit import PaintEdit
from imaging.edits.fill import fill_region
from imaging.errors import UserError
from render.slice_reading import voxel_at
from session.document import Document
from session.jobs import Job, JobState
from session.session import Session
from widgets.painting import painting_rule, segment_to_paint
from widgets.slice_pointer import ChangedBoxes, Pointer


class FillTool:
    """One click is one entry of the history."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def press(self, pointer: Pointer) -> ChangedBoxes:
        """Fill around the voxel under the mouse."""
        try:
            self._fill(pointer)
        except UserError as error:
            self._session.messages.error(error)
        return {}

    def move(self, pointer: Pointer) -> ChangedBoxes:
        """Dragging does nothing more."""
        return {}

    def release(self, pointer: Pointer) -> ChangedBoxes:
        """Nothing is left to do."""
        return {}

    def cancel(self) -> None:
        """It was over with the press; undo takes it back."""

    def _fill(self, pointer: Pointer) -> None:
        document, chosen = self._session.document, self._session.selection.state
        kji = None if document is None else voxel_at(document.volume, pointer.position_mm)
        if document is None or kji is None:
            return
        segment = segment_to_paint(self._session)
        rule = painting_rule(self._session)
        axis = None if chosen.fills_volume else _slice_axis(pointer)

        def find() -> PaintEdit | None:
            values = rule.intensity_range
            return fill_region(document.segmentation, segment.number, kji, axis, document.image, values, rule)

        title = f"Fill {segment.name}"
        parameters = {"voxel_kji": list(kji), "slice_axis": axis, "intensity_range": rule.intensity_range}
        if axis is None:  # a whole volume takes too long for the window to wait
            done = partial(self._found, document, title, parameters)
            self._session.jobs.start(title, lambda job: find(), done)
        else:
            self._apply(document, find(), title, parameters)

    def _found(self, document: Document, title: str, parameters: dict[str, Any], job: Job) -> None:
        """The volume was flooded; what it gave is applied unless another case was opened meanwhile."""
        if job.state is JobState.FAILED and job.error is not None:
            raise job.error
        if job.state is JobState.DONE and self._session.document is document:
            try:
                self._apply(document, job.result, title, parameters)
            except UserError as error:
                self._session.messages.error(error)

    def _apply(self, document: Document, edit: PaintEdit | None, title: str, parameters: dict[str, Any]) -> None:
        if edit is None:
            self._session.messages.info("Nothing to fill here.", "Click inside an outline, or change the range.")
        else:
            document.apply(edit, title=title, tool="fill", parameters=parameters)


def _slice_axis(pointer: Pointer) -> int:
    """The array axis across the shown slice.

    Raises:
        UserError: the plane is resliced and holds no whole slice.
    """
    if pointer.grid.cut is None:
        raise UserError("This plane lies between slices.", "Fill in a view that is not tilted, or fill in 3D.")
    return pointer.grid.cut.axis
