"""Reviewing what a model found: which part is chosen, what was rejected, and how much of it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import psygnal

from imaging.blocks import Labels
from imaging.errors import UserError
from imaging.extent import Extent
from session.change import DocumentChange
from session.document import Document
from session.preview import Preview, ProposedSegment
from session.review_desk import ChosenPart, Key, ReviewDesk

if TYPE_CHECKING:
    from session.session import Session

NOTHING = Extent(0.0)


@dataclass(frozen=True)
class ReviewState:
    """Where the review of the waiting result is.

    Attributes:
        chosen: the part that keys act on.
        steps: how many can be undone.
        rejected_count, rejected_size: parts that are not part of the result any more.
        kept_count: parts that somebody marked as right.
        is_busy: something is being worked out.
    """

    chosen: ChosenPart | None = None
    steps: int = 0
    rejected_count: int = 0
    rejected_size: Extent = NOTHING
    kept_count: int = 0
    is_busy: bool = False


class Reviewing:
    """Follows the open document's preview. Work on voxels goes on on a thread, step after step.

    Args:
        session: whose document.
    """

    changed = psygnal.Signal(ReviewState, ReviewState)  # before, after

    def __init__(self, session: Session) -> None:
        self.state = ReviewState()
        self._session = session
        self._thread: ThreadPoolExecutor | None = None
        self._desk: ReviewDesk | None = None
        self._shown: Preview | None = None
        self._waiting = 0
        session.document_replaced.connect(self._replaced)

    def facts(self) -> dict[str, Any]:
        """What the journal should say of the review."""
        if not self.state.rejected_count:
            return {}
        size = self.state.rejected_size
        unit = "mm2" if size.is_area else "ml"
        return {"rejected_parts": self.state.rejected_count, f"rejected_{unit}": round(size.amount, 3)}

    def choose_at(self, lps_mm: tuple[float, float, float], *, also_enclosing: bool = False) -> None:
        """Choose the connected part of the preview at a position; where nothing is proposed, none.

        Args:
            lps_mm: the position.
            also_enclosing: structures around others (the body) count, too; they are large, and seldom meant.
        """
        document, desk = self._session.document, self._desk
        if document is None or document.preview is None or desk is None:
            return
        i, j, k = (int(n) for n in np.floor(document.segmentation.geometry.to_index(lps_mm) + 0.5))
        found = _proposed_at(document.preview, k, j, i, also_enclosing=also_enclosing)
        if found is not None or self.state.chosen is not None:
            key = None if found is None else (found.layer, found.label_value)
            self._later(lambda: desk.choose(key, k, j, i), changes_voxels=False)

    def reject_chosen(self) -> None:
        """Take the chosen part out of the result."""
        self._do(lambda desk: desk.reject_chosen())

    def keep_chosen(self) -> None:
        """Mark the chosen part as right."""
        self._do(lambda desk: desk.keep_chosen())

    def drop_small(self, least: float) -> None:
        """Reject all parts below a size, but for the largest of each structure; see ``ReviewDesk.drop_small``."""
        self._do(lambda desk: desk.drop_small(least))

    def keep_largest(self, segments: list[ProposedSegment]) -> None:
        """Reject all but the largest part of some structures."""
        keys: list[Key] = [(s.layer, s.label_value) for s in segments]
        self._do(lambda desk: desk.keep_largest(keys))

    def only_kept(self) -> None:
        """Reject all parts that were not marked as right."""
        self._do(lambda desk: desk.only_kept())

    def reject_boxes(self, rows: list[int]) -> None:
        """Take boxes out of the result, given by their index."""
        document = self._session.document
        if document is None or document.preview is None:
            return
        boxes = tuple(box for row, box in enumerate(document.preview.boxes) if row not in rows)
        self._shown = replace(document.preview, boxes=boxes)
        document.set_preview(self._shown)

    def undo(self) -> None:
        """Take the last step of the review back."""
        self._do(lambda desk: desk.undo())

    def must_be_settled(self) -> None:
        """Raise UserError while a step is being worked out: what is accepted must be what is shown."""
        if self.state.is_busy:
            raise UserError("The last step of the review is still being worked out.", "One moment.")

    # Following the document

    def _replaced(self, document: Document | None) -> None:
        self._follow(None)
        if document is not None:
            document.changed.connect(self._document_changed)

    def _document_changed(self, change: DocumentChange) -> None:
        document = self._session.document
        if change.has_preview and document is not None and document.preview is not self._shown:
            self._follow(document.preview)

    def _follow(self, preview: Preview | None) -> None:
        """A new result, the rest of the last one, or none."""
        desk, document = self._desk, self._session.document
        self._shown = preview
        if preview is not None and desk is not None and preview.layers is desk.layers:
            waiting = list(preview.segments)
            self._later(lambda: desk.narrow(waiting), changes_voxels=False)
            return
        has_marks = document is not None and document.marks is not None
        self._desk, self._waiting = None, 0
        if preview is not None and document is not None:
            self._desk = ReviewDesk(preview, document.segmentation.geometry)
        self._set(ReviewState())
        if has_marks and document is not None:
            document.set_marks(None)

    # Work

    def _do(self, step: Callable[[ReviewDesk], None]) -> None:
        document, desk = self._session.document, self._desk
        if document is None or desk is None:
            return
        if document.is_busy:
            raise UserError("The last change is still being worked out.", "One moment.")
        self._later(lambda: step(desk), changes_voxels=True)

    def _later(self, work: Callable[[], None], *, changes_voxels: bool) -> None:
        """Do something at the desk on its thread, then show how the desk looks."""
        desk = self._desk
        assert desk is not None
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "review")

        def run() -> None:
            try:
                work()
                found = _Found(desk)
            except Exception as error:  # noqa: BLE001  (raised again on the document's thread, where it is reported)
                self._session.post(lambda failure=error: self._fail(desk, failure))  # type: ignore[misc]
                return
            self._session.post(lambda: self._finish(desk, found, changes_voxels=changes_voxels))

        self._waiting += 1
        self._set(replace(self.state, is_busy=True))
        self._thread.submit(run)

    def _fail(self, desk: ReviewDesk, error: Exception) -> None:
        if desk is self._desk:
            self._waiting -= 1
            self._set(replace(self.state, is_busy=self._waiting > 0))
        raise error

    def _finish(self, desk: ReviewDesk, found: _Found, *, changes_voxels: bool) -> None:
        document = self._session.document
        if desk is not self._desk or document is None or document.preview is None:
            return  # another result by now
        self._waiting -= 1
        if changes_voxels:
            self._shown = replace(document.preview, segments=found.segments)
            document.set_preview(self._shown)
        document.set_marks(found.marks)
        self._set(replace(found.state, is_busy=self._waiting > 0))

    def _set(self, state: ReviewState) -> None:
        before, self.state = self.state, state
        if before != state:
            self.changed.emit(before, state)


class _Found:
    """What the desk looks like after a step; made on its thread."""

    def __init__(self, desk: ReviewDesk) -> None:
        count, size = desk.rejected()
        self.state = ReviewState(desk.chosen(), len(desk.steps), count, size, desk.kept_count())
        self.segments = desk.segments()
        self.marks: Labels | None = desk.marks


def _proposed_at(preview: Preview, k: int, j: int, i: int, *, also_enclosing: bool) -> ProposedSegment | None:
    """The innermost structure that is proposed at a voxel."""
    for segment in sorted(preview.segments, key=lambda s: s.layer):  # inner structures stand on earlier layers
        layer = preview.layers[segment.layer]
        inside = all(0 <= n < size for n, size in zip((k, j, i), layer.shape, strict=True))
        if inside and layer[k, j, i] == segment.label_value and (also_enclosing or not segment.encloses):
            return segment
    return None
