"""A case's masks and what belongs to them as a DICOM object in a file, read back by another reader before it counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.object_formats import add_picture_formats
from app.object_opening import import_of_study, open_object
from imaging.errors import UserError
from imaging.objects.written import WrittenObject
from session.actions import Action
from session.case_content import frozen_content
from session.exporting import frozen_labels
from session.job_end import failed
from session.jobs import Job
from session.object_export import OBJECT_SUFFIX, source_of_case, write_proven
from session.session import Session, has_document

FILTERS = "DICOM (*.dcm)"
KINDS = {
    "seg": "Segmentation",
    "rtstruct": "RT structure set",
    "seg-labelmap": "Label map segmentation (for newer programs)",
    "seg-fractional": "Fractional segmentation",
    "sr": "Structured report with volumes and measurements",
    "gsps": "Presentation state",
    "sc": "Picture of the segments",
    "pm": "Map of the model",
    "pdf": "PDF report",
}


def export(session: Session, path: str = "", kind: str = "") -> None:
    """Write a DICOM object; without a kind or a path, ask."""
    add_picture_formats()
    if not kind and session.window is not None:
        kind = session.window.ask_choice("Export as DICOM", "What shall it be?", list(KINDS.items())) or ""
        if not kind:
            return
    if kind not in KINDS:
        raise UserError(f"There is no kind of object “{kind}”.", f"One of {', '.join(KINDS)}.")
    target = Path(path) if path else _asked(session, kind)
    if target is None:
        return
    document = session.open_document
    frozen, content = frozen_labels(document), frozen_content(document, session.presentation.state)
    image = document.case.images[0]

    def work(job: Job) -> WrittenObject:
        job.report(None, "Writing")
        labels = frozen()
        made = replace(source_of_case(image, labels), case=content(labels.layers))
        return write_proven(made, target, kind, lambda: job.report(None, "Reading it back with another reader"))

    def finished(job: Job) -> None:
        if failed(session, job):
            return
        written: WrittenObject = job.result
        filled = f" {len(written.filled_in)} elements that the images lack were filled in." if written.filled_in else ""
        session.messages.info(f"{KINDS[kind]} was written to {target.name}.{filled}")
        for text in written.notes:
            session.messages.info(text)

    session.jobs.start(f"Export {target.name}", work, finished)


def _asked(session: Session, kind: str) -> Path | None:
    if session.window is None:
        raise UserError("A file name is needed.", "Give it as path=...")
    chosen = session.window.ask_save_path("Export as DICOM", f"{kind}{OBJECT_SUFFIX}", FILTERS)
    return chosen.with_suffix(OBJECT_SUFFIX) if chosen is not None else None


ACTIONS = (
    Action("file.export_object", "Export as DICOM…", export, "Segmentation, structure set, report or picture.", "",
           "export", "File", has_document),
    Action("file.import_of_study", "Import from this study…", import_of_study,
           "Segmentations, reports and states that lie beside the images or are in the list of studies.",
           "Ctrl+Shift+I", "import", "File", has_document, needs_window=True),
    Action("studies.open_object", "Open an object of a study", open_object, "On the images that it is about.", "", "",
           "", needs_window=True),
)  # fmt: skip
