"""The list of studies: shown, opened from, brought into, deleted from."""

from __future__ import annotations

from pathlib import Path

from app.opening import remember, show_series
from imaging.errors import UserError
from imaging.opening import Series
from session.actions import Action
from session.job_end import failed
from session.jobs import Job
from session.reading import image_series
from session.session import Session, ShelfItem
from session.study_opening import bring_in, delete_study


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

    def look(job: Job) -> list[Series]:
        job.report(None, "Looking what is there")
        return image_series(Path(folder))

    def found(job: Job) -> None:
        if failed(session, job):
            return
        every: list[Series] = job.result
        wanted = next((one for one in every if one.id == series), None)
        if wanted is None:
            session.messages.error(UserError("The series is not there any more.", "Look at the folder again (F5)."))
            return
        place = Path(folder)
        remember(session, place)
        session.put_on_shelf([ShelfItem(place, one) for one in every])
        show_series(session, place, wanted)

    session.jobs.start("Open a series", look, found)


def bring(session: Session, folder: str) -> None:
    """Copy the images of a CD or a folder into the workspace."""
    workspace = session.settings.workspace()

    def done(job: Job) -> None:
        if failed(session, job):
            return
        result = job.result
        text = "{0} images brought in, {1} were here already, {2} other files left out."
        session.messages.info(text.format(result.new + result.different, result.same, result.others))
        if result.failed:
            error = UserError(f"{result.failed} files could not be brought in.", f"The last: {result.reason}")
            session.messages.error(error)

    session.jobs.start("Bring in images", lambda job: bring_in(Path(folder), workspace, job.report), done)


def delete(session: Session, study: str) -> None:
    """Delete the workspace's own images of a study, after asking; cases stay."""
    assert session.window is not None
    question = "Delete the images of this study that the workspace holds?"
    hint = "They are deleted from the disk. Cases stay, and images in other folders."
    if not session.window.confirm(question, hint):
        return
    workspace = session.settings.workspace()

    def done(job: Job) -> None:
        if not failed(session, job):
            session.messages.info(f"{job.result} images were deleted.")

    session.jobs.start("Delete images", lambda _job: delete_study(int(study), workspace), done)


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
