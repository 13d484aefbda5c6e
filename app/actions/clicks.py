"""Working with a model by clicks: the structure, taking clicks back, running."""

from __future__ import annotations

from imaging.errors import UserError
from session.actions import Action
from session.session import Session


def choose(session: Session, model: str) -> None:
    """Begin to work with a model that takes clicks."""
    if not session.clicking.choose(model):
        raise UserError("This model takes no clicks.")


def run(session: Session) -> None:
    """Run the chosen model on the clicks and structures that there are."""
    session.clicking.run()


def stop(session: Session) -> None:
    """Stop the run that is going on."""
    session.clicking.stop()


def remove_last(session: Session) -> None:
    """Take the last click back."""
    session.clicking.undo()


def clear(session: Session) -> None:
    """Forget all clicks."""
    session.clicking.clear()


def leave(session: Session) -> None:
    """End the work with the chosen model."""
    session.clicking.leave()


def add_structure(session: Session, name: str = "") -> None:
    """Choose a structure that clicks are about; one that the model does not know is new to it."""
    session.clicking.add(name)


def remove_structure(session: Session, name: str) -> None:
    """Leave a structure out."""
    session.clicking.remove(name)


def toggle_at_once(session: Session) -> None:
    """Switch between a run at each click and runs by hand."""
    session.clicking.set_runs_at_once(not session.clicking.state.is_live)


def has_model(session: Session) -> bool:
    """True while a model that takes clicks is chosen."""
    return session.document is not None and session.clicking.state.model is not None


def has_clicks(session: Session) -> bool:
    """True when there is a click."""
    return has_model(session) and bool(session.clicking.state.given.clicks)


def _can_run(session: Session) -> bool:
    return has_model(session) and not session.clicking.state.missing


def _is_running(session: Session) -> bool:
    return has_model(session) and session.clicking.state.job is not None


def _is_at_once(session: Session) -> bool:
    return session.clicking.state.is_live


M = "Segment/Clicks"
ACTIONS = (
    Action("clicks.choose", "Segment by clicks", choose, "Begin to work with a model that takes clicks.", "", "", "",
           needs_window=True),
    Action("clicks.run", "Run on the clicks", run, "The chosen model, on the clicks and structures that there are.",
           "Ctrl+R", "segment", M, _can_run, needs_window=True),
    Action("clicks.stop", "Stop the run", stop, "The one that works on the clicks.", "", "x", M, _is_running,
           needs_window=True),
    Action("clicks.remove_last", "Take the last click back", remove_last, "Delete in a view, too; redo brings it back.",
           "", "undo", M, has_clicks, needs_window=True),
    Action("clicks.clear", "Forget all clicks", clear, "And the structures that were chosen.", "", "trash", M,
           has_model, needs_window=True),
    Action("clicks.toggle_at_once", "Run at each click", toggle_at_once,
           "By itself where a run takes less than 5 seconds.", "", "", M, has_model, _is_at_once, needs_window=True),
    Action("clicks.add_structure", "Choose a structure for clicks", add_structure, "By its name.", "", "", "",
           has_model, needs_window=True),
    Action("clicks.remove_structure", "Leave a structure out", remove_structure, "With its clicks.", "", "", "",
           has_model, needs_window=True),
    Action("clicks.leave", "End the work with clicks", leave, "The clicks are forgotten, a result that waits stays.",
           "", "x", M, has_model, needs_window=True),
)  # fmt: skip
