"""Objects to be read: the text of a report is shown, a PDF is saved or opened in the system's viewer when asked."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from session.job_end import failed
from session.jobs import Job
from session.session import Session

OPEN, SAVE = "open", "save"
FILTERS = "PDF (*.pdf)"


def show_text(session: Session, path: Path) -> None:
    """Show a report that is a text for people."""

    def work(job: Job) -> str:
        from imaging.objects.report_text import report_text

        job.report(None, "Reading")
        return report_text(path)

    def finished(job: Job) -> None:
        if not failed(session, job) and session.window is not None:
            session.window.show_text(path.name, job.result)

    session.jobs.start("Read a report", work, finished)


def show_inside(session: Session, path: Path) -> None:
    """Ask what shall become of the document in an object, and do it."""
    assert session.window is not None
    question = f"“{path.name}” holds a PDF document. Open it only if you trust where it came from."
    choices = [(OPEN, "Open it in the system's viewer"), (SAVE, "Save it as a file…")]
    answer = session.window.ask_choice("PDF document", question, choices)
    if answer == OPEN:
        _write(session, path, None)
    elif answer == SAVE:
        target = session.window.ask_save_path("Save the document", f"{path.stem}.pdf", FILTERS)
        if target is not None:
            _write(session, path, target if target.suffix else target.with_suffix(".pdf"))


def _write(session: Session, path: Path, target: Path | None) -> None:
    """Write the document, without a target to where only this person can read it until the program ends."""

    def work(job: Job) -> Path:
        from imaging.objects.document_read import read_document

        job.report(None, "Reading")
        document = read_document(path)
        place = target or Path(tempfile.mkdtemp(dir=_private_folder())) / "document.pdf"
        with replacing(place) as file:
            file.write(document)
        return place

    def finished(job: Job) -> None:
        if failed(session, job):
            return
        if target is not None:
            session.messages.info(f"The document was saved as {target.name}.")
        elif session.window is not None and not session.window.open_outside(job.result):
            session.messages.error(UserError("No program here shows PDF files.", "Save the document instead."))

    session.jobs.start("Take out a document", work, finished)


@cache
def _private_folder() -> Path:
    """For documents that are looked at: nobody else may read it, and it goes when the program ends."""
    made = Path(tempfile.mkdtemp(prefix="limner-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made
