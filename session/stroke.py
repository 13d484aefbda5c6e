"""A gesture at the open case, such as one stroke of the brush: part of the document, which alone makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imaging.case.entry import Entry
from imaging.edit import Edit
from imaging.geometry import Box
from imaging.transaction import Transaction
from session.change import DocumentChange

if TYPE_CHECKING:
    from session.document import Document


class Stroke:
    """A gesture in progress: each ``apply`` is seen at once, ``finish`` makes them one entry of the journal."""

    def __init__(self, document: Document, title: str, tool: str, parameters: dict[str, Any], initiator: str) -> None:
        self._document = document
        self._title = title
        self._tool = tool
        self._parameters = parameters
        self._initiator = initiator
        self._transaction: Transaction = document.segmentation.begin(document.image)

    def apply(self, edit: Edit) -> dict[int, Box]:
        """Carry out one edit of the gesture; returns the region that changed, per layer."""
        boxes = self._transaction.apply(edit)
        if boxes:
            self._document.notify(DocumentChange(boxes=dict(boxes), initiators={self._initiator}))
        return boxes

    def finish(self, parameters: dict[str, Any] | None = None) -> Entry | None:
        """End the gesture; None when it changed nothing in the end."""
        self._document._stroke = None
        change = self._transaction.finish()
        if change is None:
            return None
        merged = self._parameters | (parameters or {})
        return self._document._record(change, self._title, self._tool, merged, self._document.author, self._initiator)

    def cancel(self) -> None:
        """End the gesture and take everything back; no entry."""
        self._document._stroke = None
        change = self._transaction.rollback()
        if change is not None:
            self._document._announce(change, self._initiator)
