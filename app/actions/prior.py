"""Another study beside the open one: shown, linked, turned, closed."""

from __future__ import annotations

from pathlib import Path

from imaging.errors import UserError
from session.actions import Action
from session.presentation import Plane
from session.prior import LinkKind
from session.prior_opening import most_alike, show_beside
from session.session import Session, has_document


def show(session: Session, folder: str, series: str) -> None:
    """Show a series beside the open one, linked, for looking only."""
    _must_be_open(session)
    show_beside(session, Path(folder), series)


def show_study(session: Session, study: str) -> None:
    """Of a listed study show the series that is most like the open one."""
    _must_be_open(session)
    row = most_alike(session, int(study))
    show_beside(session, row.folder, row.uid)


def link(session: Session) -> None:
    """Link the places under both crosshairs, or let each study scroll by itself again."""
    prior = session.prior
    beside = prior.state.beside
    if beside is None:
        return
    if prior.state.link is LinkKind.NONE:
        prior.link_here(session.presentation.state.crosshair_mm, beside.presentation.state.crosshair_mm)
    else:
        prior.unlink()


def plane(session: Session, plane: str) -> None:
    """Show another plane of both: axial, coronal or sagittal."""
    if plane not in set(Plane):
        raise UserError(f"There is no plane “{plane}”.", f"Planes: {', '.join(Plane)}.")
    session.prior.update(plane=Plane(plane))


def end(session: Session) -> None:
    """Show the open study alone again, in its layout."""
    session.prior.end()


def own_window(session: Session) -> None:
    """Show the study beside in a window of its own, for another monitor, or beside the open one again."""
    if session.window is not None:
        session.window.toggle_own_window("prior")


def is_beside(session: Session) -> bool:
    """True while another study is shown beside the open one."""
    return session.prior.state.beside is not None


def _must_be_open(session: Session) -> None:
    if session.document is None or not session.document.volumes:
        raise UserError("No study is open.", "Open the current study first, then show the other one beside it.")


ACTIONS = (
    Action("prior.show", "Show beside", show, "A series beside the open one, by its folder and UID.", "", "", "",
           has_document, needs_window=True),
    Action("prior.show_study", "Show a study beside", show_study, "The series that is most like the open one.", "", "",
           "", has_document, needs_window=True),
    Action("prior.link", "Link the study beside here, or unlink it", link,
           "The places under both crosshairs are the same.", "Ctrl+Shift+L", "", "View/Study beside", is_beside,
           needs_window=True),
    Action("prior.plane", "Plane of the study beside", plane, "Axial, coronal or sagittal, in both studies.", "", "",
           "", is_beside, needs_window=True),
    Action("prior.own_window", "Study beside in its own window", own_window, "For another monitor; and back.", "",
           "maximise", "View/Study beside", is_beside, needs_window=True),
    Action("prior.end", "Close the study beside", end, "The open study has all the room again.", "", "x",
           "View/Study beside", is_beside, needs_window=True),
)  # fmt: skip
