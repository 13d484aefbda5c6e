"""Reviewing a result before it is accepted: its connected parts, segments of the same name, scores and boxes."""

from __future__ import annotations

from app.going import go_to_place
from imaging.errors import UserError
from session.acceptance import Merge, accept
from session.actions import Action
from session.found_boxes import measurements_of
from session.measured import percent
from session.preview import Preview, ProposedSegment
from session.session import Session


def choose_part(session: Session) -> None:
    """Choose the connected part of the result at the crosshair."""
    session.reviewing.choose_at(session.presentation.state.crosshair_mm, also_enclosing=True)


def keep_part(session: Session) -> None:
    """Mark the chosen part as right."""
    session.reviewing.keep_chosen()


def reject_part(session: Session) -> None:
    """Take the chosen part out of the result."""
    session.reviewing.reject_chosen()


def drop_small(session: Session, ml: float = 0.0, mm2: float = 0.0) -> None:
    """Drop all parts below a size; without one, below that of the last time.

    Raises:
        UserError: a negative size, or one in the unit that this image does not have.
    """
    has_thickness = session.open_document.segmentation.geometry.has_thickness
    if ml < 0 or mm2 < 0:
        raise UserError("A size is not negative.")
    if ml and not has_thickness:
        raise UserError("This slice is of unknown thickness, so its parts have no volume.", "Give mm2 instead.")
    if mm2 and has_thickness:
        raise UserError("The parts have volumes.", "Give ml instead.")
    kept = "preview.least_ml" if has_thickness else "preview.least_mm2"
    if ml or mm2:
        session.settings.set(kept, ml or mm2)
    session.reviewing.drop_small(float(session.settings[kept]))


def keep_largest(session: Session, names: str = "") -> None:
    """Drop all but the largest part of the named structures, separated by commas; of all without names."""
    wanted = {name.strip().casefold() for name in names.split(",") if name.strip()}
    proposed = _preview(session).segments
    session.reviewing.keep_largest([s for s in proposed if not wanted or s.name.casefold() in wanted])


def only_kept(session: Session) -> None:
    """Drop all parts that were not marked as right."""
    session.reviewing.only_kept()


def undo(session: Session) -> None:
    """Take the last step of the review back."""
    session.reviewing.undo()


def set_merge(session: Session, rule: str) -> None:
    """What becomes of segments of the same name: replace, add, empty or new."""
    if rule not in list(Merge):
        raise UserError(f"There is no rule “{rule}”.", f"One of {', '.join(Merge)}.")
    session.settings.set("preview.merge", rule)


def show_findings(session: Session) -> None:
    """A table of the scores and boxes that the waiting result has."""
    assert session.window is not None
    session.window.show_findings()


def copy_scores(session: Session) -> None:
    """The scores of the waiting result as text, a line for each."""
    assert session.window is not None
    session.window.copy_text(scores_text(_preview(session)))
    session.messages.info("The scores were copied.")


def go_to_box(session: Session, row: int) -> None:
    """Move the crosshair to a box of the waiting result, counted from 1."""
    boxes = _preview(session).boxes
    (found,) = measurements_of([boxes[n] for n in _rows(str(row), len(boxes))], 0)
    go_to_place(session, found.center_mm)


def accept_boxes(session: Session, rows: str) -> None:
    """Accept boxes by their row, counted from 1 and separated by commas, as annotations; the others wait on."""
    preview = _preview(session)
    chosen = [preview.boxes[row] for row in _rows(rows, len(preview.boxes))]
    session.reviewing.must_be_settled()
    nothing: list[ProposedSegment] = []
    accept(session.open_document, nothing, boxes=chosen)


def reject_boxes(session: Session, rows: str) -> None:
    """Drop boxes by their row, counted from 1 and separated by commas."""
    session.reviewing.reject_boxes(_rows(rows, len(_preview(session).boxes)))


def scores_text(preview: Preview) -> str:
    """The scores, the highest first: ``pneumonia: 87 %``."""
    return "\n".join(f"{s.name}: {percent(s.value)}" for s in sorted(preview.scores, key=lambda s: -s.value))


def has_part(session: Session) -> bool:
    """True when a part of the waiting result is chosen."""
    return _has_preview(session) and session.reviewing.state.chosen is not None


def _has_preview(session: Session) -> bool:
    return session.document is not None and session.document.preview is not None


def _has_structures(session: Session) -> bool:
    return session.document is not None and bool(session.document.preview and session.document.preview.segments)


def _has_steps(session: Session) -> bool:
    return _has_preview(session) and session.reviewing.state.steps > 0


def _has_kept(session: Session) -> bool:
    return _has_preview(session) and session.reviewing.state.kept_count > 0


def _has_findings(session: Session) -> bool:
    return session.document is not None and bool(
        session.document.preview and (session.document.preview.scores or session.document.preview.boxes)
    )


def _has_scores(session: Session) -> bool:
    return session.document is not None and bool(session.document.preview and session.document.preview.scores)


def _has_boxes(session: Session) -> bool:
    return session.document is not None and bool(session.document.preview and session.document.preview.boxes)


def _preview(session: Session) -> Preview:
    preview = session.open_document.preview
    if preview is None:
        raise UserError("No result waits for acceptance.")
    return preview


def _rows(text: str, count: int) -> list[int]:
    try:
        found = sorted({int(part) - 1 for part in text.split(",")})
    except ValueError:
        raise UserError("Rows are numbers, separated by commas.") from None
    if not found or found[0] < 0 or found[-1] >= count:
        raise UserError(f"The result has {count} boxes.")
    return found


M = "Segment/Result"
ACTIONS = (
    Action("preview.choose_part", "Choose the part at the crosshair", choose_part,
           "A connected part of the result, to keep or to reject it.", "", "pick", M, _has_structures,
           needs_window=True),
    Action("preview.keep_part", "Keep the part", keep_part, "Mark the chosen part as right.", "Y", "check", M, has_part,
           needs_window=True),
    Action("preview.reject_part", "Reject the part", reject_part, "It is not part of the result any more.",
           "N, Backspace", "x", M, has_part, needs_window=True),
    Action("preview.undo", "Undo the step of the review", undo, "Parts come back.", "Z", "undo", M, _has_steps,
           needs_window=True),
    Action("preview.drop_small", "Drop small parts", drop_small,
           "Below a size; the largest part of each structure stays.", "", "", M, _has_structures, needs_window=True),
    Action("preview.keep_largest", "Keep only the largest parts", keep_largest,
           "One part of each structure.", "", "", M, _has_structures, needs_window=True),
    Action("preview.only_kept", "Keep only the parts marked as right", only_kept, "All others are dropped.", "", "", M,
           _has_kept, needs_window=True),
    Action("preview.set_merge", "Choose what becomes of segments of the same name", set_merge,
           "Replace, add, only where empty, or new segments.", "", "", "", _has_preview, needs_window=True),
    Action("preview.show_findings", "Show scores and boxes", show_findings, "What the model found beside structures.",
           "", "info", M, _has_findings, needs_window=True),
    Action("preview.copy_scores", "Copy the scores", copy_scores, "As text.", "", "copy", M, _has_scores,
           needs_window=True),
    Action("preview.go_to_box", "Go to a box", go_to_box, "Of the waiting result.", "", "", "", _has_boxes,
           needs_window=True),
    Action("preview.accept_boxes", "Accept boxes", accept_boxes, "Some of those that are proposed.", "", "", "",
           _has_boxes, needs_window=True),
    Action("preview.reject_boxes", "Reject boxes", reject_boxes, "Some of those that are proposed.", "", "", "",
           _has_boxes, needs_window=True),
)  # fmt: skip
