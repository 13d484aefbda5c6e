"""The runs of models in this workspace: shown, and as a table for spreadsheets."""

from __future__ import annotations

from pathlib import Path

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from inference.record.table import runs_csv
from session.actions import Action
from session.run_recording import run_log
from session.session import Session


def show(session: Session, run: str = "") -> None:
    """Show all runs, and one of them with everything that is known about it."""
    if session.window is not None:
        session.window.show_runs(run)


def export_csv(session: Session, path: str = "") -> None:
    """All runs as a table that spreadsheets read; without a path, ask."""
    records = run_log(session.settings).read().records
    if not records:
        raise UserError("No model was run in this workspace yet.")
    target: Path | None = Path(path) if path else None
    if target is None:
        if session.window is None:
            raise UserError("A file name is needed.", "Give it as path=...")
        target = session.window.ask_save_path("Export runs", "runs.csv", "CSV (*.csv)")
    if target is None:
        return
    target = target if target.suffix else target.with_suffix(".csv")
    with replacing(target) as file:
        file.write(runs_csv(records).encode("utf-8-sig"))  # else Excel garbles names
    session.messages.info(f"{len(records)} runs were written to {target.name}.")


ACTIONS = (
    Action("runs.show", "Runs of models", show, "What each run took: time, memory, power and energy.", "", "runs",
           "Segment", needs_window=True),
    Action("runs.export_csv", "Export the runs", export_csv, "All runs of this workspace as a table (CSV).", "", "",
           "Segment"),
)  # fmt: skip
