"""Arrangements: how studies of one kind are shown when they are opened."""

from __future__ import annotations

from session.actions import Action
from session.presentation import first_windowing
from session.session import Session, has_document


def keep(session: Session) -> None:
    """Show studies of the same modality and body part like this one from now on."""
    _keep(session, whole_modality=False)


def keep_modality(session: Session) -> None:
    """Show studies of the same modality, of any body part, like this one from now on."""
    _keep(session, whole_modality=True)


def _keep(session: Session, *, whole_modality: bool) -> None:
    made = session.hanging.keep(whole_modality=whole_modality)
    hint = "Layout, window, slabs and 3D. A case keeps its own."
    session.messages.info(f"{made.kind.name} will be opened in this arrangement.", hint)


def apply(session: Session) -> None:
    """Show the open study as such studies are kept."""
    found = session.hanging.match
    if found is not None:
        session.hanging.apply(found, session.open_document.volume)


def usual(session: Session) -> None:
    """Show the open study as without an arrangement; what is kept stays."""
    session.hanging.leave(first_windowing(session.open_document.volume))


def forget(session: Session) -> None:
    """Keep no arrangement for such studies any more; what is shown stays as it is."""
    found = session.hanging.forget()
    if found is not None:
        session.messages.info(f"The arrangement for {found.kind.name} is forgotten.")


def has_match(session: Session) -> bool:
    """True when an arrangement is kept for studies such as the open one."""
    return session.hanging.match is not None


_MENU = "View/Arrangement"

ACTIONS = (
    Action("hanging.keep", "Use this arrangement for such studies", keep,
           "Layout, window and 3D for the same modality and body part.", "", "layout-four", _MENU, has_document,
           needs_window=True),
    Action("hanging.keep_modality", "Use this arrangement for the whole modality", keep_modality,
           "Layout, window and 3D for the same modality, whatever the body part.", "", "layout-four", _MENU,
           has_document, needs_window=True),
    Action("hanging.apply", "Arrange as kept for such studies", apply, "Layout, window and 3D.", "", "layout-four",
           _MENU, has_match, needs_window=True),
    Action("hanging.usual", "Back to the usual arrangement", usual, "What is kept for such studies stays.", "",
           "reset", _MENU, has_document, needs_window=True),
    Action("hanging.forget", "Forget the arrangement for such studies", forget,
           "They are opened in the usual arrangement again.", "", "trash", _MENU, has_match, needs_window=True),
)  # fmt: skip
