"""The 3D picture: its mode, presets, cuts, and the history of its look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from imaging.errors import UserError
from imaging.volume import Quantity
from session.actions import Action
from session.jobs import Job, JobState
from session.look import choosing
from session.look.cut import Point
from session.look.inside import Region
from session.look.look import Look
from session.presentation import VolumeMode
from session.session import Session, has_document

MODES = (VolumeMode.SURFACES, VolumeMode.RAYCAST, VolumeMode.CINEMATIC)
PRESET_FILES = "Presets (*.json *.vp.json *.xml)"
LIMNER_PRESET = "Limner preset (*.json)"


def has_volume(session: Session) -> bool:
    """For ``Action.enabled``: an image is open that can be drawn as a volume, and nothing is known to forbid it."""
    document = session.document
    has_values = document is not None and bool(document.volumes) and document.volume.quantity is not Quantity.COLOUR
    return has_values and not session.three_d.state.problem


def choose_mode(session: Session, mode: VolumeMode) -> None:
    """Draw the 3D view in another way; the first time, the image gets the look of its kind."""
    if mode is VolumeMode.SURFACES:
        session.presentation.update(volume_mode=mode)
    else:
        session.presentation.update(volume_mode=mode, look=session.looks.current)


def _mode(mode: VolumeMode) -> Callable[[Session], None]:
    return lambda session: choose_mode(session, mode)


def _has_mode(mode: VolumeMode) -> Callable[[Session], bool]:
    return lambda session: session.presentation.state.volume_mode is mode


def next_mode(session: Session) -> None:
    """Surfaces, ray casting, cinematic, and round again."""
    choose_mode(session, MODES[(MODES.index(session.presentation.state.volume_mode) + 1) % len(MODES)])


def choose_preset(session: Session, name: str) -> None:
    """Give the image a preset's look, by its name, id or file; cuts and single segments stay as they are."""
    from session.look.presets import look_for, preset_named  # read from files when they are first needed

    preset = preset_named(name, session.preset_store)
    look = look_for(preset, session.open_document.volume, session.looks.current)
    shown = session.presentation.state.volume_mode
    mode = VolumeMode.CINEMATIC if shown is VolumeMode.SURFACES else shown
    session.looks.change(look, volume_mode=mode)


def save_look(session: Session, name: str = "") -> None:
    """Keep the look as a preset; without a name, ask in the panel."""
    if name.strip():
        kept = session.preset_store.save(name, session.looks.current, session.open_document.volume)
        session.presets_changed.emit()
        choose_preset(session, kept.id)
    elif session.window is not None:
        session.window.name_look()
    else:
        raise UserError("A name is needed.", "Give it as name=...")


def import_presets(session: Session, path: str = "") -> None:
    """Take presets from a file of Limner or of 3D Slicer; without a path, ask."""
    chosen = Path(path) if path else None
    if chosen is None and session.window is not None:
        chosen = session.window.ask_open_path("Import presets", PRESET_FILES)
    if chosen is None:
        return
    taken = session.preset_store.import_file(chosen)
    session.presets_changed.emit()
    names = ", ".join(preset.name for preset in taken[:3])
    session.messages.info(f"Imported: {names}." if len(taken) <= 3 else f"Imported: {names} and {len(taken) - 3} more.")


def export_look(session: Session, path: str = "") -> None:
    """Write the look as a preset into a JSON file; without a path, ask."""
    from session.look.presets import preset_of

    chosen = Path(path) if path else None
    if chosen is None and session.window is not None:
        chosen = session.window.ask_save_path("Export the look", "look.json", LIMNER_PRESET)
    if chosen is not None:
        name = chosen.name.split(".")[0]
        session.preset_store.export(preset_of(session.looks.current, name, session.open_document.volume), chosen)


def automatic(session: Session) -> None:
    """A function from the image's histogram: air goes, brighter tissues are firmer."""
    from session.look.automatic import from_histogram

    volume = session.open_document.volume

    def done(job: Job) -> None:
        if job.error is not None:
            tell(session, job.error)
        elif session.document is not None and session.document.volume is volume and job.state is JobState.DONE:
            session.looks.change(replace(session.looks.current, transfer=job.result))

    session.jobs.start("Transfer function from the histogram", lambda _job: from_histogram(volume), done)


def reset_transfer(session: Session) -> None:
    """The transfer function of the preset that the look came from."""
    origin = preset_look(session)
    if origin is not None:
        session.looks.change(replace(session.looks.current, transfer=origin.transfer))


def preset_look(session: Session) -> Look | None:
    """The preset's own look for the open image; None when the look came from none, or it is gone."""
    from session.look.presets import look_for, shipped_presets

    name = session.looks.current.name
    preset = next((p for p in (*shipped_presets(), *session.preset_store.presets()) if p.id == name), None)
    return look_for(preset, session.open_document.volume) if preset is not None else None


def tell(session: Session, error: BaseException) -> None:
    """A user's mistake is a message; ours goes on to the crash report."""
    if not isinstance(error, UserError):
        raise error
    session.messages.error(error)


def undo(session: Session) -> None:
    """Go back to the look before."""
    session.looks.undo()


def redo(session: Session) -> None:
    """Bring the undone look back."""
    session.looks.redo()


def viewing(session: Session) -> Point:
    """The 3D view's direction of view (LPS), from the viewer into the picture."""
    camera = session.volume_camera
    if camera is None:
        return choosing.FROM_THE_FRONT
    x, y, z = (f - p for f, p in zip(camera.focal_point_mm, camera.position_mm, strict=True))
    return x, y, z


def add_clip_plane(session: Session) -> None:
    """Cut away what lies before the crosshair, seen from where the 3D view stands."""
    crosshair = session.presentation.state.crosshair_mm
    session.looks.change(choosing.with_plane(session.looks.current, crosshair, viewing(session)))


def clear_cuts(session: Session) -> None:
    """Remove planes, box and cutaway."""
    session.looks.change(choosing.without_cuts(session.looks.current))


def toggle_crop_box(session: Session) -> None:
    """Crop the image to a box, or show it whole."""
    look = session.looks.current
    session.looks.change(choosing.with_crop_box(look, is_on=look.cut.box.is_whole))


def toggle_caps(session: Session) -> None:
    """Put the slice's grey values on the cuts, or leave them open."""
    look = session.looks.current
    session.looks.change(choosing.with_part(look, "cut", shows_caps=not look.cut.shows_caps))


def toggle_inside_body(session: Session) -> None:
    """Hide table, blanket and the air around the body, or show everything again."""
    look = session.looks.current
    is_on = look.inside.region is not Region.EVERYTHING
    session.looks.change(choosing.with_region(look, Region.EVERYTHING if is_on else Region.BODY))


def _is_inside(session: Session) -> bool:
    look = session.presentation.state.look
    return look is not None and look.inside.region is not Region.EVERYTHING


def _has_cuts(session: Session) -> bool:
    look = session.presentation.state.look
    return session.document is not None and look is not None and not look.cut.is_empty


def _has_crop_box(session: Session) -> bool:
    look = session.presentation.state.look
    return look is not None and not look.cut.box.is_whole


def _has_caps(session: Session) -> bool:
    look = session.presentation.state.look
    return look is None or look.cut.shows_caps


def _can_undo(session: Session) -> bool:
    return session.document is not None and session.looks.can_undo


def _can_redo(session: Session) -> bool:
    return session.document is not None and session.looks.can_redo


_V, _L, _C = "View/3D", "View/Look in 3D", "View/Cuts in 3D"

ACTIONS = (
    Action("view.volume_surfaces", "Surfaces in 3D", _mode(VolumeMode.SURFACES), "The segments as surfaces.", "",
           "surfaces", _V, has_document, _has_mode(VolumeMode.SURFACES), needs_window=True),
    Action("view.volume_raycast", "Ray casting in 3D", _mode(VolumeMode.RAYCAST),
           "The image itself, fast, without shadows.", "", "raycast", _V, has_volume, _has_mode(VolumeMode.RAYCAST),
           needs_window=True),
    Action("view.volume_cinematic", "Cinematic in 3D", _mode(VolumeMode.CINEMATIC),
           "The image in light and shadow, refined while it rests. Not for diagnosis.", "", "cinematic", _V, has_volume,
           _has_mode(VolumeMode.CINEMATIC), needs_window=True),
    Action("view.volume_next", "Next 3D mode", next_mode, "Surfaces, ray casting, cinematic.", "Shift+V", "cube", _V,
           has_volume, needs_window=True),
    Action("look.preset", "Choose a preset", choose_preset, "By its name, or from a file.", "", "", "", has_volume,
           needs_window=True),
    Action("look.save", "Save the look", save_look, "As a preset for other images.", "", "keep", _L, has_volume,
           needs_window=True),
    Action("look.import", "Import presets", import_presets, "Of Limner or 3D Slicer.", "", "import", _L, has_volume,
           needs_window=True),
    Action("look.export", "Export the look", export_look, "As a file for other people.", "", "export", _L, has_volume,
           needs_window=True),
    Action("look.automatic", "Automatic transfer function", automatic, "From the image's histogram.", "", "", _L,
           has_volume, needs_window=True),
    Action("look.reset_transfer", "Transfer function of the preset", reset_transfer, "As it was chosen.", "", "reset",
           _L, has_volume, needs_window=True),
    Action("look.undo", "Undo the look", undo, "Back to the look before.", "Ctrl+Alt+Z", "undo", _L, _can_undo,
           needs_window=True),
    Action("look.redo", "Redo the look", redo, "Forward again.", "Ctrl+Alt+Shift+Z", "redo", _L, _can_redo,
           needs_window=True),
    Action("look.add_clip_plane", "Cut at the crosshair", add_clip_plane,
           "A plane that faces the viewer; what lies before it is cut away.", "Shift+C", "clip-plane", _C, has_volume,
           needs_window=True),
    Action("look.toggle_crop_box", "Crop box", toggle_crop_box, "Show only a box of the image.", "Shift+X", "crop-box",
           _C, has_volume, _has_crop_box, needs_window=True),
    Action("look.toggle_caps", "Grey values on cuts", toggle_caps, "Or open cuts.", "", "", _C, has_volume, _has_caps,
           needs_window=True),
    Action("look.toggle_inside_body", "Only inside the body", toggle_inside_body, "Without table and blanket.", "", "",
           _C, has_volume, _is_inside, needs_window=True),
    Action("look.clear_cuts", "Remove all cuts", clear_cuts, "Planes, box and cutaway.", "", "x", _C, _has_cuts,
           needs_window=True),
)  # fmt: skip
