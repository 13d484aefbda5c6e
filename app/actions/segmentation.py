"""What a model proposes: accepting all or some of it, or rejecting it."""

from __future__ import annotations

from imaging.case.entry import Entry
from imaging.edit import Overwrite
from imaging.errors import UserError
from session.acceptance import AcceptanceRule, Merge, accept, kept_out
from session.actions import Action
from session.preview import ProposedSegment
from session.session import Session


def accept_all(session: Session) -> None:
    """Make everything that is proposed part of the case."""
    document = session.open_document
    if document.preview is not None and not (document.preview.segments or document.preview.boxes):
        raise UserError("Nothing is left of this result to accept.", "“Reject the result” ends its review.")
    _accept(session, None)


def accept_some(session: Session, names: str) -> None:
    """Accept the named structures, separated by commas; the others wait on."""
    document = session.open_document
    wanted = {n.strip().casefold() for n in names.split(",")}
    proposed = document.preview.segments if document.preview else []
    chosen = [s for s in proposed if s.name.casefold() in wanted]
    if not chosen:
        raise UserError("None of these structures is proposed.")
    _accept(session, chosen)


def reject(session: Session) -> None:
    """Drop what is proposed; the case stays as it is."""
    preview, maps = session.open_document.preview, session.open_document.model_maps
    session.open_document.set_preview(None)
    is_its_own = preview is not None and maps is not None and maps.are_of(preview)
    if is_its_own and not session.doubting.state.is_kept:  # else a part of the result was accepted before
        session.doubting.end()


def has_preview(session: Session) -> bool:
    """True when a result waits."""
    return session.document is not None and session.document.preview is not None


def _accept(session: Session, chosen: list[ProposedSegment] | None) -> None:
    """Accept, hide what encloses the others (it would cover them all), and select something to work on."""
    document = session.open_document
    session.reviewing.must_be_settled()
    before = {s.number for s in document.segmentation.segments}
    rule = AcceptanceRule(
        Merge(session.settings["preview.merge"]),
        spares_locked=session.selection.state.overwrite is not Overwrite.NONE,
        facts=session.reviewing.facts(),
    )
    proposed = (document.preview.segments if document.preview else []) if chosen is None else chosen
    locked = kept_out(document.segmentation, proposed, rule.merge)

    def show(entry: Entry | None) -> None:
        for segment in document.segmentation.segments:
            if segment.encloses and segment.number not in before:
                session.presentation.set_visible(segment.number, False)
        if entry is not None:
            session.doubting.keep()
        if locked:
            session.messages.info(f"Left as it is, because it is locked: {', '.join(locked)}.")
        inside = [s for s in document.segmentation.segments if not s.encloses]
        if session.selection.state.segment_number is None and inside:
            session.selection.update(segment_number=inside[0].number)

    accept(document, chosen, done=show, rule=rule)


ACTIONS = (
    Action("preview.accept_all", "Accept the result", accept_all, "Everything that is proposed.", "Ctrl+Return",
           "check", "Segment", has_preview, needs_window=True),
    Action("preview.accept", "Accept structures", accept_some, "Some of what is proposed.", "", "", "", has_preview,
           needs_window=True),
    Action("preview.reject", "Reject the result", reject, "The case stays as it is.", "Ctrl+Backspace", "x", "Segment",
           has_preview, needs_window=True),
)  # fmt: skip
