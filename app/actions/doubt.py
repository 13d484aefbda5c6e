"""Where a model was unsure: the map over the slices, and the way from place to place."""

from __future__ import annotations

from pathlib import Path

from app.going import go_to_place
from imaging.errors import UserError
from session.actions import Action
from session.doubt_export import export_doubt
from session.session import Session

FILTERS = "NIfTI (*.nii.gz *.nii)"
LEAST_OPACITY, MOST_OPACITY = 0.1, 1.0


def next_place(session: Session) -> None:
    """Go to the next doubtful place, the worst first."""
    _step(session, 1)


def previous_place(session: Session) -> None:
    """Go back to the doubtful place before."""
    _step(session, -1)


def toggle(session: Session) -> None:
    """Show or hide the map of doubt."""
    session.presentation.update(shows_doubt=not session.presentation.state.shows_doubt)


def set_opacity(session: Session, opacity: float) -> None:
    """How strongly the map is drawn, 0.1 to 1."""
    session.presentation.update(doubt_opacity=min(max(opacity, LEAST_OPACITY), MOST_OPACITY), shows_doubt=True)


def export(session: Session, path: str = "") -> None:
    """Write the map of doubt as NIfTI, 0 for sure to 255 for undecided."""
    doubt = session.open_document.doubt
    if doubt is None:
        raise UserError("There is no map of doubt.")
    target: Path | None = Path(path) if path else None
    if target is None:
        if session.window is None:
            raise UserError("A file name is needed.", "Give it as path=...")
        target = session.window.ask_save_path("Export the map of doubt", "doubt.nii.gz", FILTERS)
    if target is None:
        return
    if not target.name.lower().endswith((".nii", ".nii.gz")):
        target = target.with_name(target.name + ".nii.gz")
    export_doubt(session, doubt, target)


def end(session: Session) -> None:
    """Do without the map from now on."""
    session.doubting.end()


def has_doubt(session: Session) -> bool:
    """True when the open case has such a map."""
    return session.document is not None and session.document.doubt is not None


def has_places(session: Session) -> bool:
    """True when there are doubtful places to go to."""
    return has_doubt(session) and bool(session.doubting.state.places)


def _step(session: Session, steps: int) -> None:
    place = session.doubting.step(steps)
    if place is not None:
        go_to_place(session, place.position_mm)


M = "Segment/Doubt"
ACTIONS = (
    Action("doubt.next", "Next doubtful place", next_place, "Where the model was unsure, the worst first.", "Tab",
           "next", M, has_places, needs_window=True),
    Action("doubt.previous", "Previous doubtful place", previous_place, "Back on the same way.", "Shift+Tab",
           "previous", M, has_places, needs_window=True),
    Action("doubt.toggle", "Show the map of doubt", toggle, "Over the slices.", "Shift+D", "eye", M, has_doubt,
           lambda session: session.presentation.state.shows_doubt, needs_window=True),
    Action("doubt.set_opacity", "Set how strongly doubt is drawn", set_opacity, "A number from 0.1 to 1.", "", "", "",
           has_doubt, needs_window=True),
    Action("doubt.export", "Export the map of doubt", export, "As NIfTI, 0 for sure to 255 for undecided.", "",
           "export", M, has_doubt),
    Action("doubt.end", "Remove the map of doubt", end, "From the views and from the case.", "", "x", M, has_doubt,
           needs_window=True),
)  # fmt: skip
