"""How single segments look in 3D."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.actions.look import has_volume, preset_look, tell, viewing
from imaging.errors import UserError
from session.actions import Action
from session.jobs import Job, JobState
from session.look import choosing
from session.look.choosing import Named
from session.look.look import Look
from session.look.segment_look import Visibility
from session.look.transfer_function import TransferFunction
from session.presentation import VolumeMode
from session.session import Session, has_segment

Change = Callable[[Look, list[Named], int], Look]
Test = Callable[[Look, list[Named], int], bool]


def named_segments(session: Session) -> list[Named]:
    """The segments of the open document as looks know them."""
    return [Named(s.number, s.encloses) for s in session.open_document.segmentation.segments]


def set_visibility(session: Session, visibility: str, number: int = 0) -> None:
    """Show a segment, make it a ghost, or hide it: shown, ghost or hidden."""
    try:
        chosen = Visibility(visibility)
    except ValueError:
        raise UserError(f"“{visibility}” is no way to show a segment.", f"One of {', '.join(Visibility)}.") from None
    segment = _chosen(session, number)
    look = choosing.with_segment_fields(session.looks.current, segment, visibility=chosen)
    session.looks.change(look, **_seen(session, {segment.number} if chosen is not Visibility.HIDDEN else set()))


def isolate(session: Session, number: int = 0) -> None:
    """Show a segment alone, everything else hidden; the second time, show everything again."""
    _beside(session, number, choosing.isolated, choosing.is_isolated)


def solo(session: Session, number: int = 0) -> None:
    """Show a segment, and everything else as a ghost; the second time, show everything again."""
    _beside(session, number, choosing.soloed, choosing.is_soloed)


def ghost_others(session: Session, number: int = 0) -> None:
    """Make the other shown segments ghosts; what is hidden stays hidden."""
    _beside(session, number, choosing.with_ghosts_beside)


def reset(session: Session) -> None:
    """Show all segments as the preset has them."""
    look = session.looks.current
    session.looks.change(choosing.without_segment_choices(look, preset_look(session)))


def show_values(session: Session, number: int = 0) -> None:
    """Show what has the values of a segment: the image's function becomes one about its mean."""
    _from_values(session, number, lambda look, _segment, found: replace(look, transfer=found))


def own_values(session: Session, number: int = 0) -> None:
    """Give a segment a function of its own, about the mean of its values."""
    _from_values(
        session, number, lambda look, segment, found: choosing.with_segment_fields(look, segment, transfer=found)
    )


def _from_values(session: Session, number: int, use: Callable[[Look, Named, TransferFunction], Look]) -> None:
    """Look at the segment's values on a thread, then change the look."""
    from session.look.automatic import segment_statistics, show_organ

    named, document = _chosen(session, number), session.open_document
    segment, volume = document.segmentation.segment(named.number), document.volume

    def work(_job: Job) -> TransferFunction:
        return show_organ(segment_statistics(volume, document.segmentation.mask(named.number)), segment.color)

    def done(job: Job) -> None:
        if job.error is not None:
            tell(session, job.error)
        elif session.document is document and job.state is JobState.DONE:
            session.looks.change(use(session.looks.current, named, job.result), **_as_volume(session))

    session.jobs.start(f"Values of {segment.name}", work, done)


def cut_away(session: Session, number: int = 0) -> None:
    """Open the way to a segment: take away what lies before it, seen from where the 3D view stands; or close it."""
    segment, look = _chosen(session, number), session.looks.current
    opened = look.cut.cutaway
    if opened is not None and opened.segments == (segment.number,):
        session.looks.change(choosing.with_part(look, "cut", cutaway=None))
    else:
        session.looks.change(choosing.with_cutaway(look, segment.number, viewing(session)), **_as_volume(session))


def _beside(session: Session, number: int, change: Change, is_so: Test | None = None) -> None:
    segment, look, every = _chosen(session, number), session.looks.current, named_segments(session)
    if is_so is not None and is_so(look, every, segment.number):
        session.looks.change(choosing.all_shown(look, preset_look(session)))
    else:
        session.looks.change(change(look, every, segment.number), **_seen(session, {segment.number}))


def _seen(session: Session, numbers: set[int]) -> dict[str, Any]:
    """Segments that are to be seen must not be hidden in all views, and the 3D view must show the image."""
    hidden = session.presentation.state.hidden_segments - numbers
    return {"hidden_segments": hidden, **_as_volume(session)}


def _as_volume(session: Session) -> dict[str, Any]:
    is_surfaces = session.presentation.state.volume_mode is VolumeMode.SURFACES
    return {"volume_mode": VolumeMode.CINEMATIC} if is_surfaces else {}


def _chosen(session: Session, number: int) -> Named:
    segmentation = session.open_document.segmentation
    wanted = number or session.selection.state.segment_number
    if wanted is None or not segmentation.has_segment(wanted):
        raise UserError("There is no such segment." if number else "No segment is selected.")
    return Named(wanted, segmentation.segment(wanted).encloses)


def can_change(session: Session) -> bool:
    """For ``Action.enabled``: a segment is selected, and the image can be drawn as a volume."""
    return has_volume(session) and has_segment(session)


def _is_beside(test: Test) -> Callable[[Session], bool]:
    def is_so(session: Session) -> bool:
        look, number = session.presentation.state.look, session.selection.state.segment_number
        return (
            look is not None
            and number is not None
            and has_segment(session)
            and test(look, named_segments(session), number)
        )

    return is_so


def _has_choices(session: Session) -> bool:
    look = session.presentation.state.look
    return has_volume(session) and look is not None and choosing.has_segment_choices(look)


def _is_cut_away(session: Session) -> bool:
    look, number = session.presentation.state.look, session.selection.state.segment_number
    return look is not None and look.cut.cutaway is not None and look.cut.cutaway.segments == (number,)


_S = "Segment/In 3D"

ACTIONS = (
    Action("look.set_segment_visibility", "Show the segment in 3D as", set_visibility, "Shown, ghost or hidden.", "",
           "", "", can_change, needs_window=True),
    Action("look.isolate_segment", "Isolate in 3D", isolate, "Everything else is hidden.", "Shift+I", "isolate", _S,
           can_change, _is_beside(choosing.is_isolated), needs_window=True),
    Action("look.solo_segment", "Solo in 3D", solo, "Everything else becomes a ghost.", "Shift+O", "ghost", _S,
           can_change, _is_beside(choosing.is_soloed), needs_window=True),
    Action("look.ghost_others", "Ghost the others in 3D", ghost_others, "What is hidden stays hidden.", "", "", _S,
           can_change, needs_window=True),
    Action("look.reset_segments", "Reset all segments in 3D", reset, "As the preset has them.", "", "reset", _S,
           _has_choices, needs_window=True),
    Action("look.show_segment_values", "Show what has the segment's values", show_values,
           "A transfer function about the mean of its values.", "", "", _S, can_change, needs_window=True),
    Action("look.segment_values", "Own transfer function from the values", own_values,
           "For this segment alone, about the mean of its values.", "", "", _S, can_change, needs_window=True),
    Action("look.cut_away", "Cut away to the segment", cut_away,
           "Takes away what lies before it, seen from where the 3D view stands.", "", "cut-away", _S, can_change,
           _is_cut_away, needs_window=True),
)  # fmt: skip
