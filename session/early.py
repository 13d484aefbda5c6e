"""What a running model has found so far: drawn over the slices, never accepted, gone when the run ends."""

from __future__ import annotations

from imaging.segment import Color
from inference.early_result import EarlyResult
from session.document import Document
from session.jobs import Job
from session.preview import EarlyPreview, proposals
from session.session import Session


class EarlyShowing:
    """Shows the early results of one run on the document that it was started for.

    Args:
        session: whose event loop the document belongs to.
        document: what is segmented.
        title: what makes the results.

    Attributes:
        colors: by label value, in which structures were seen.
        has_shown: whether there was anything.
    """

    def __init__(self, session: Session, document: Document, title: str) -> None:
        self.colors: dict[int, Color] = {}
        self.has_shown = False
        self._session = session
        self._document = document
        self._title = title
        self._shown: EarlyPreview | None = None

    def show(self, job: Job, early: EarlyResult) -> None:
        """Take what was found so far; called on the job's thread.

        Raises:
            ValueError: it lies on another grid than the image.
        """
        if any(layer.shape != self._document.segmentation.geometry.shape for layer in early.layers):
            raise ValueError("the early result lies on another grid than the image")
        segments = proposals(early.labels, self.colors)
        self.colors |= {segment.label_value: segment.color for segment in segments}
        preview = EarlyPreview(job, self._title, list(early.layers), segments, early.is_coarse)
        self._session.post(lambda: self._set(preview))

    def take_away(self) -> None:
        """The run is over or about to be; called on the document's thread."""
        if self._shown is not None and self._document.early is self._shown:
            self._document.set_early(None)
        self._shown = None  # the job list keeps what it knows of this

    def _set(self, preview: EarlyPreview) -> None:
        job = preview.job
        if job.is_cancelled or job.is_over or self._session.document is not self._document:
            return
        self._shown, self.has_shown = preview, True
        self._document.set_early(preview)
