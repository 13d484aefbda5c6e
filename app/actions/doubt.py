"""How sure a model was: its maps over the slices, and the way from one doubtful place to the next."""

from __future__ import annotations

from pathlib import Path

from app.going import go_to_place
from imaging.errors import UserError
from session.actions import Action
from session.doubt_export import export_map
from session.map_keeping import file_name
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
    """Show or hide the map."""
    session.presentation.update(shows_doubt=not session.presentation.state.shows_doubt)


def set_opacity(session: Session, opacity: float) -> None:
    """How strongly the map is drawn, 0.1 to 1."""
    session.presentation.update(doubt_opacity=min(max(opacity, LEAST_OPACITY), MOST_OPACITY), shows_doubt=True)


def show_map(session: Session, name: str) -> None:
    """Show another of the model's maps."""
    maps = session.open_document.model_maps
    known = () if maps is None else [found.name for found in maps.maps]
    if name not in known:
        raise UserError(f"There is no map “{name}”.", f"There are {', '.join(known)}." if known else "")
    session.presentation.update(shown_map=name, shows_doubt=True)


def next_map(session: Session) -> None:
    """Show the model's next map; after the last comes the first."""
    maps = session.open_document.model_maps
    assert maps is not None
    at = maps.maps.index(maps.shown(session.presentation.state.shown_map))
    show_map(session, maps.maps[(at + 1) % len(maps.maps)].name)


def export(session: Session, path: str = "") -> None:
    """Write the map that is shown as NIfTI: uncertainty from 0 to 255, probabilities times 255."""
    maps = session.open_document.model_maps
    if maps is None:
        raise UserError("There is no map of how sure a model was.")
    chosen = maps.shown(session.presentation.state.shown_map)
    target: Path | None = Path(path) if path else None
    if target is None:
        if session.window is None:
            raise UserError("A file name is needed.", "Give it as path=...")
        target = session.window.ask_save_path("Export the map", file_name(chosen.name), FILTERS)
    if target is None:
        return
    if not target.name.lower().endswith((".nii", ".nii.gz")):
        target = target.with_name(target.name + ".nii.gz")
    export_map(session, chosen, target)


def end(session: Session) -> None:
    """Do without the maps from now on."""
    session.doubting.end()


def has_doubt(session: Session) -> bool:
    """True when the open case has such a map."""
    return session.document is not None and session.document.model_maps is not None


def has_several(session: Session) -> bool:
    """True when there is more than one to choose from."""
    return has_doubt(session) and len(session.open_document.model_maps.maps) > 1  # type: ignore[union-attr]


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
    Action("doubt.toggle", "Show the model's map", toggle, "How sure it was, over the slices.", "Shift+D", "eye", M,
           has_doubt, lambda session: session.presentation.state.shows_doubt, needs_window=True),
    Action("doubt.next_map", "Show the model's next map", next_map, "Uncertainty, or probabilities.", "Ctrl+Shift+D",
           "", M, has_several, needs_window=True),
    Action("doubt.show_map", "Show a map of the model", show_map, "By its name.", "", "", "", has_doubt,
           needs_window=True),
    Action("doubt.set_opacity", "Set how strongly the model's map is drawn", set_opacity,
           "A number from 0.1 to 1.", "", "", "", has_doubt, needs_window=True),
    Action("doubt.export", "Export the model's map", export, "The one that is shown, as NIfTI from 0 to 255.", "",
           "export", M, has_doubt),
    Action("doubt.end", "Remove the model's maps", end, "From the views and from the case.", "", "x", M, has_doubt,
           needs_window=True),
)  # fmt: skip
