"""Measurements: naming, colouring, hiding, finding, removing, and taking their values elsewhere."""

from __future__ import annotations

from pathlib import Path

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from imaging.measurement import Measurement
from imaging.measurements import RemoveMeasurements, UpdateMeasurement
from imaging.volume import Volume
from session.actions import Action
from session.document import Document
from session.measurement_table import csv_text, lines_text, table
from session.session import Session


def remove(session: Session, number: int = 0) -> None:
    """Remove a measurement; without a number, the selected one."""
    document, measurement = _measurement(session, number)
    edit = RemoveMeasurements((measurement.number,))
    document.apply(edit, title=f"Remove {measurement.name}", tool="measure.remove")
    session.selection.update(measurement_number=None)


def remove_all(session: Session) -> None:
    """Remove all measurements of the case, as one step of the history."""
    document = session.open_document
    numbers = tuple(m.number for m in document.measurements.all)
    if numbers:
        document.apply(RemoveMeasurements(numbers), title="Remove all measurements", tool="measure.remove_all")
        session.selection.update(measurement_number=None)


def rename(session: Session, number: int = 0, name: str = "") -> None:
    """Give a measurement another name; without a name, ask in the panel."""
    document, measurement = _measurement(session, number)
    if name:
        edit = UpdateMeasurement(measurement.number, {"name": name})
        document.apply(edit, title=f"Rename {measurement.name} to {name}", tool="measure.rename")
    elif session.window is not None:
        session.window.rename_measurement(measurement.number)
    else:
        raise UserError("A new name is needed.", "Give it as name=...")


def recolor(session: Session, number: int = 0) -> None:
    """Ask for another colour of a measurement."""
    document, measurement = _measurement(session, number)
    chosen = session.window.choose_measurement_color(measurement.number) if session.window is not None else None
    if chosen is not None:
        edit = UpdateMeasurement(measurement.number, {"color": chosen})
        document.apply(edit, title=f"Recolour {measurement.name}", tool="measure.recolor")


def toggle_visible(session: Session, number: int = 0) -> None:
    """Show or hide a measurement."""
    _, measurement = _measurement(session, number)
    hidden = session.presentation.state.hidden_measurements
    session.presentation.update(hidden_measurements=hidden ^ {measurement.number})


def toggle_all_visible(session: Session) -> None:
    """Hide all measurements; show all when some are hidden."""
    every = frozenset(m.number for m in session.open_document.measurements.all)
    some_hidden = every & session.presentation.state.hidden_measurements
    session.presentation.update(hidden_measurements=frozenset() if some_hidden else every)


def go_to(session: Session, number: int = 0) -> None:
    """Move the crosshair to a measurement, so that the slice views show it, and select it."""
    _, measurement = _measurement(session, number)
    session.selection.update(measurement_number=measurement.number)
    session.presentation.update(crosshair_mm=measurement.center_mm)


def copy(session: Session) -> None:
    """All values as lines of text, for a report."""
    document = session.open_document
    text = lines_text(document, _volume(session))
    if session.window is None:
        raise UserError("There is no clipboard on the command line.", "measure.export_csv writes a file.")
    session.window.copy_text(text)
    session.messages.info("The measurements are on the clipboard.")


def export_csv(session: Session, path: str = "") -> None:
    """All values as a table that spreadsheets read, with the points in millimetres."""
    document = session.open_document
    target: Path | None = Path(path) if path else None
    if target is None:
        if session.window is None:
            raise UserError("A file name is needed.", "Give it as path=...")
        target = session.window.ask_save_path("Export measurements", "measurements.csv", "CSV (*.csv)")
    if target is None:
        return
    target = target if target.suffix else target.with_suffix(".csv")
    with replacing(target) as file:
        file.write(csv_text(table(document, _volume(session))).encode("utf-8-sig"))  # else Excel garbles ² and names
    session.messages.info(f"The measurements were written to {target.name}.")


def has_measurements(session: Session) -> bool:
    """For ``Action.enabled``: something was measured."""
    return session.document is not None and bool(session.document.measurements.all)


def has_measurement(session: Session) -> bool:
    """For ``Action.enabled``: a measurement is selected."""
    number = session.selection.state.measurement_number
    return session.document is not None and session.document.measurements.get(number) is not None


def _volume(session: Session) -> Volume:
    document = session.open_document
    return document.volumes[min(session.presentation.state.time_point, len(document.volumes) - 1)]


def _measurement(session: Session, number: int) -> tuple[Document, Measurement]:
    document = session.open_document
    found = document.measurements.get(number or session.selection.state.measurement_number)
    if found is None:
        raise UserError("There is no such measurement." if number else "No measurement is selected.")
    return document, found


MENU = "Tools/Measurements"
ACTIONS = (
    Action("measure.remove", "Remove the measurement", remove, "Undo brings it back.", "Del", "trash", MENU,
           has_measurement),
    Action("measure.rename", "Rename the measurement", rename, "Give it another name.", "", "rename", MENU,
           has_measurements),
    Action("measure.recolor", "Recolour the measurement", recolor, "Give it another colour.", "", "color", MENU,
           has_measurements, needs_window=True),
    Action("measure.toggle_visible", "Show or hide the measurement", toggle_visible, "In all views.", "", "eye", MENU,
           has_measurements),
    Action("measure.go_to", "Go to the measurement", go_to, "Move the crosshair to it.", "", "crosshair", MENU,
           has_measurements),
    Action("measure.toggle_all_visible", "Show or hide all measurements", toggle_all_visible, "In all views.", "",
           "eye", MENU, has_measurements),
    Action("measure.copy", "Copy the measurements", copy, "All values as text.", "", "copy", MENU, has_measurements,
           needs_window=True),
    Action("measure.export_csv", "Export the measurements", export_csv, "All values as a table (CSV).", "", "export",
           MENU, has_measurements),
    Action("measure.remove_all", "Remove all measurements", remove_all, "Undo brings them back.", "", "", MENU,
           has_measurements),
)  # fmt: skip
