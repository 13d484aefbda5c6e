"""Every command of the program, declared once."""

from __future__ import annotations

from app.actions import application, edit, file, segment, segmentation, tools, view
from session.session import Session


def declare_all(session: Session) -> None:
    """Add all actions to the session's registry."""
    for part in (file, edit, tools, segment, segmentation, view, application):
        session.actions.add(*part.ACTIONS)
