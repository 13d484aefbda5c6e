"""Undo, redo, and going to any point of the history."""

from __future__ import annotations

from session.actions import Action
from session.session import Session, has_document


def undo(session: Session) -> None:
    """Take the last change back; with the click tool the last click, while there is one."""
    if session.clicking.can_undo:
        session.clicking.undo()
    else:
        session.open_document.undo()


def redo(session: Session) -> None:
    """Bring the last undone change back; with the click tool the last click that was taken back."""
    if session.clicking.can_redo:
        session.clicking.redo()
    else:
        session.open_document.redo()


def go_to(session: Session, sequence: int) -> None:
    """Undo or redo until this entry is the last one in force; 0 is the beginning."""
    session.open_document.go_to(sequence)


def can_undo(session: Session) -> bool:
    """True when there is something to undo."""
    return session.document is not None and (session.document.can_undo or session.clicking.can_undo)


def can_redo(session: Session) -> bool:
    """True when there is something to redo."""
    return session.document is not None and (session.document.can_redo or session.clicking.can_redo)


ACTIONS = (
    Action("edit.undo", "Undo", undo, "Take the last change back.", "Ctrl+Z", "undo", "Edit", can_undo),
    Action("edit.redo", "Redo", redo, "Bring the undone change back.", "Ctrl+Shift+Z, Ctrl+Y", "redo", "Edit",
           can_redo),
    Action(
        "history.go_to", "Go to a point of the history", go_to, "Undo or redo to any entry.", icon="history",
        enabled=has_document,
    ),
)  # fmt: skip
