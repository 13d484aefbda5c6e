"""To other machines: the open case's masks, images of the list, and images without what tells who the patient is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from session.actions import Action
from session.archives import destinations_file
from session.job_end import failed
from session.jobs import Job
from session.session import Session, has_document
from sync.destination import read_destinations

if TYPE_CHECKING:
    from session.deidentifying import StudyFound, Wishes
    from session.images_to_send import ImagesToSend
    from sync.deidentification.run import Outcome


def send(session: Session) -> None:
    """Show the dialog that sends the open case's masks."""
    assert session.window is not None
    _require_archives(session)
    session.window.show_sending()


def send_images(session: Session, study: str, series: str = "") -> None:
    """Look at studies of the list (numbers with commas between them), or at some of their series, and offer to send."""
    from session.image_sending import make_folder_on_the_way
    from session.images_to_send import look_at_files, look_at_listed

    _require_archives(session)
    workspace, studies, only = session.settings.workspace(), _numbers(study), _numbers(series)

    def looked(job: Job) -> None:
        if not failed(session, job):
            assert session.window is not None
            session.window.show_image_sending(job.result, without_identifiers)

    def without_identifiers(then: Callable[[ImagesToSend, Path], None]) -> None:
        out = make_folder_on_the_way(workspace)

        def written(outcome: Outcome) -> None:
            session.jobs.start("Look at what was written", lambda _job: look_at_files(outcome.written), shown)

        def shown(job: Job) -> None:
            if not failed(session, job):
                then(job.result, out)

        _remove_identifiers(session, studies, only, out, written)

    session.jobs.start(
        "Look at images to send", lambda job: look_at_listed(workspace, studies, only, job.report), looked
    )


def deidentify(session: Session, study: str) -> None:
    """Ask how a study's identifiers are to be removed, do it as a job, and show the report."""
    _remove_identifiers(session, _numbers(study), [], None, lambda _outcome: None)


def _remove_identifiers(
    session: Session, studies: list[int], only: list[int], out: Path | None, then: Callable[[Outcome], None]
) -> None:
    """Ask, do it, show the report, go on; ``out``: where to, asked for where None."""
    from app.brain_points import brain_points
    from session.deidentifying import look_through, remove_identifiers

    workspace = session.settings.workspace()

    def looked(job: Job) -> None:
        if not failed(session, job):
            assert session.window is not None
            session.window.ask_deidentify(job.result, lambda wishes: start(job.result, wishes), out)

    def start(found: StudyFound, wishes: Wishes) -> None:
        session.jobs.start(
            "Remove identifiers",
            lambda job: remove_identifiers(found, wishes, workspace, brain_points, job),
            finished,
        )

    def finished(job: Job) -> None:
        if job.result is None:  # stopped before the first object, or failed
            failed(session, job)
            return
        assert session.window is not None
        session.window.show_deidentification(job.result)
        then(job.result)

    session.jobs.start("Look at a study", lambda job: look_through(workspace, studies, job, only), looked)


def _require_archives(session: Session) -> None:
    if not read_destinations(destinations_file(session.settings)):
        raise UserError("No archive is set up yet.", "Set one up in the window of the archives.")


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part]
    except ValueError:
        raise UserError(f"“{text}” is no list of numbers.", "Write them with commas between them.") from None


ACTIONS = (
    Action("file.send", "Send…", send, "The masks of this case to an archive, proven before.", "Ctrl+Shift+E", "export",
           "File", has_document, needs_window=True),
    Action("studies.send", "Send images", send_images, "Studies of the list, or some of their series, to an archive.",
           "", "", "", needs_window=True),
    Action("studies.deidentify", "De-identify a study", deidentify,
           "Write it without what tells who the patient is.", "", "", "", needs_window=True),
)  # fmt: skip
