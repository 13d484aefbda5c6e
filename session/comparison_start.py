"""Starts comparisons as jobs, and brings what was chosen of them into the slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imaging.comparison.label_comparison import compare_pairing
from imaging.comparison.pairing import Pairing, pair_segments
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile
from imaging.mask_matching import match
from imaging.segment import Segment
from session.comparing import read_side
from session.comparison import THIS_CASE, Comparison
from session.exporting import frozen_labels, labels_of_preview
from session.jobs import Job
from session.session import Session


@dataclass(frozen=True, eq=False)
class _Sides:
    """What is to be compared, still to be read: called on the job's thread."""

    title_a: str
    title_b: str
    read: Callable[[], tuple[LabelFile, LabelFile, bool]]  # A, B, and whether B was fitted to another grid
    pairing: Callable[[LabelFile, LabelFile], Pairing]


def compare_with_file(
    session: Session, path: Path, *, resample: bool = False, refused: Callable[[UserError], bool] = lambda _: False
) -> Job:
    """Compare the case's segments with a mask file or another case.

    Args:
        session: with a document.
        path: the file; its masks are B.
        resample: lay them on the image's grid by nearest neighbours where the grids differ.
        refused: called with what went wrong; True when it was dealt with.
    """
    frozen = frozen_labels(session.open_document)

    def read() -> tuple[LabelFile, LabelFile, bool]:
        labels = frozen()
        found = read_side(path, labels.geometry, consent=resample).labels
        fitted = match(found, labels.geometry, resample)
        return labels, fitted, not found.geometry.same_space(labels.geometry)

    return _start(session, _Sides(THIS_CASE, path.name, read, _by_name), refused)


def compare_with_preview(session: Session) -> Job:
    """Compare the case's segments with those of the same name in the result that waits for acceptance."""
    document = session.open_document
    preview = document.preview
    if preview is None:
        raise UserError("No result waits for acceptance.")

    frozen = frozen_labels(document)

    def read() -> tuple[LabelFile, LabelFile, bool]:
        return frozen(), labels_of_preview(preview, document.segmentation.geometry), False

    return _start(session, _Sides(THIS_CASE, preview.title, read, _by_name))


def compare_segments(session: Session, a: int, b: int) -> Job:
    """Compare two segments of the case.

    Raises:
        UserError: they are the same one, or one of them is not there.
    """
    document = session.open_document
    if a == b:
        raise UserError("A segment agrees with itself.", "Choose two different ones.")
    if not document.segmentation.has_segment(a) or not document.segmentation.has_segment(b):
        raise UserError("There is no such segment.")
    of_a, of_b = document.segmentation.segment(a), document.segmentation.segment(b)
    frozen = frozen_labels(document)

    def read() -> tuple[LabelFile, LabelFile, bool]:
        labels = frozen()
        return _only(labels, of_a), _only(labels, of_b), False

    def the_two(one: LabelFile, other: LabelFile) -> Pairing:
        return Pairing([(one.segments[0], other.segments[0])], [], [])

    return _start(session, _Sides(of_a.name, of_b.name, read, the_two))


def _start(session: Session, sides: _Sides, refused: Callable[[UserError], bool] = lambda _: False) -> Job:
    document = session.open_document

    def work(job: Job) -> Comparison:
        job.report(None, "")
        a, b, was_refitted = sides.read()
        result = compare_pairing(a, b, sides.pairing(a, b), report=job.report)
        return Comparison(sides.title_a, sides.title_b, a, b, result, was_refitted)

    def finished(job: Job) -> None:
        if session.comparing.state.job is job:
            session.comparing.update(job=None)
        if isinstance(job.error, UserError):
            if not refused(job.error):
                session.messages.error(job.error)
        elif job.error is not None:
            raise job.error
        elif not job.is_cancelled and session.document is document:
            session.comparing.show(job.result)

    with_b = f"with {sides.title_b}"
    title = f"Compare {with_b}" if sides.title_a == THIS_CASE else f"Compare {sides.title_a} {with_b}"
    job = session.jobs.start(title, work, finished)
    session.comparing.begin(job)
    return job


def _by_name(a: LabelFile, b: LabelFile) -> Pairing:
    return pair_segments(a.segments, b.segments)


def _only(labels: LabelFile, wanted: Segment) -> LabelFile:
    chosen = [s for s in labels.segments if (s.layer, s.label_value) == (wanted.layer, wanted.label_value)]
    return LabelFile(labels.geometry, labels.layers, chosen)
