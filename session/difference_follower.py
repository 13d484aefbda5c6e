"""Brings the difference of the chosen pair into the open document, where the slices find it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from imaging.blocks import Labels
from imaging.comparison.label_comparison import ComparedSegment
from session.change import DocumentChange
from session.comparison import ComparingState, Comparison, ShownDifference
from session.document import Document

if TYPE_CHECKING:
    from session.session import Session


class DifferenceFollower:
    """Follows what is compared. A large difference takes a moment, so it is worked out on a thread.

    Args:
        session: whose comparison, and whose document.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._wanted: ComparedSegment | None = None
        session.comparing.changed.connect(self._changed)
        session.document_replaced.connect(self._replaced)

    def _replaced(self, document: Document | None) -> None:
        self._session.comparing.end()
        if document is not None:
            document.changed.connect(self._document_changed)

    def _document_changed(self, change: DocumentChange) -> None:
        """After the first stroke the segments are drawn again: nobody paints what he does not see."""
        comparing = self._session.comparing
        is_news = comparing.state.comparison is not None and not comparing.state.is_outdated
        if is_news and (change.has_voxels or change.is_structural):
            comparing.update(is_outdated=True, shows_difference=False)

    def _changed(self, before: ComparingState, after: ComparingState) -> None:
        document = self._session.document
        if document is None:
            return
        wanted = after.pair if after.shows_difference and not after.is_split else None
        if wanted is self._wanted:
            return
        self._wanted = wanted
        if wanted is None or after.comparison is None:
            document.set_difference(None)
            return
        arguments = (document, after.comparison, wanted)
        threading.Thread(target=self._work_out, args=arguments, name="difference", daemon=True).start()

    def _work_out(self, document: Document, comparison: Comparison, pair: ComparedSegment) -> None:
        from imaging.comparison.difference import difference_labels

        labels = difference_labels(comparison.a, pair.a, comparison.b, pair.b)
        self._session.post(lambda: self._show(document, labels, pair))

    def _show(self, document: Document, labels: Labels, pair: ComparedSegment) -> None:
        if pair is self._wanted and document is self._session.document:
            document.set_difference(ShownDifference(labels, pair))
