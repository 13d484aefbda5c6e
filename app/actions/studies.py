"""The list of studies: shown, opened from, brought into, deleted from."""

from __future__ import annotations

from pathlib import Path

from app.listed_series import open_listed
from imaging.errors import UserError
from session.actions import Action
from session.job_end import failed
from session.jobs import Job
from session.session import Session
from session.study_opening import Imported, bring_in, delete_study, would_be_deleted


def show(session: Session) -> None:
    """Show the list of studies."""
    assert session.window is not None
    session.window.show_studies()


def show_archives(session: Session) -> None:
    """Show the archives."""
    assert session.window is not None
    session.window.show_archives()


def open_series(session: Session, folder: str, series: str) -> None:
    """Open one series of a folder, by its UID; the others of its study wait on the shelf."""
    open_listed(session, Path(folder), series)


def bring(session: Session, folder: str) -> None:
    """Copy the images of a CD or a folder into the workspace."""
    workspace = session.settings.workspace()

    def done(job: Job) -> None:
        if job.result is None:
            failed(session, job)
            return
        result: Imported = job.result
        said = f"{result.new + result.different} images brought in, {result.same} were here already"
        if result.is_cancelled:
            session.messages.info(f"{said}, then stopped.", "Bring the same disc in again: it goes on from there.")
            return
        session.messages.info(f"{said}, {result.others} other files left out.")
        session.messages.remark(result.remarks)
        if result.failed:
            error = UserError(f"{result.failed} files could not be brought in.", f"The last: {result.reason}")
            session.messages.error(error)

    session.jobs.start("Bring in images", lambda job: bring_in(Path(folder), workspace, job.report), done)


def delete(session: Session, study: str) -> None:
    """Delete the workspace's own images of a study, after saying which and how many; cases stay."""
    from widgets.study_window.columns import day, person

    workspace = session.settings.workspace()

    def ask(job: Job) -> None:
        assert session.window is not None
        if failed(session, job):
            return
        count, row = job.result
        whose = ", ".join(filter(None, (person(row.patient_name) or row.patient_id, day(row.date))))
        hint = "They are deleted from the workspace’s disk. Cases stay, and images in other folders."
        if session.window.confirm(f"Delete {count} images of {whose}?", hint):
            session.jobs.start("Delete images", lambda _job: delete_study(int(study), workspace), done)

    def done(job: Job) -> None:
        if not failed(session, job):
            session.messages.info(f"{job.result} images were deleted.")

    session.jobs.start("Count images", lambda _job: would_be_deleted(int(study), workspace), ask)


ACTIONS = (
    Action("studies.show", "Studies…", show, "All studies of your folders and of the workspace.", "Ctrl+B", "search",
           "File", needs_window=True),
    Action("archives.show", "Archives…", show_archives, "Ask other machines for studies, and fetch them.",
           "Ctrl+Shift+B", "import", "File", needs_window=True),
    Action("studies.open_series", "Open a series", open_series, "By its folder and UID.", "", "", "",
           needs_window=True),
    Action("studies.bring_in", "Bring in images", bring, "Copy a CD or a folder into the workspace.", "", "", "",
           needs_window=True),
    Action("studies.delete", "Delete a study's images", delete, "From the workspace; cases stay.", "", "", "",
           needs_window=True),
)  # fmt: skip
