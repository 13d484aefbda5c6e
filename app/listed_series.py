"""Opening a series of the list of studies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.opening import remember, show_series
from imaging.errors import UserError
from imaging.opening import Series
from session.job_end import failed
from session.jobs import Job
from session.reading import image_series
from session.session import Session, ShelfItem


def open_listed(session: Session, folder: Path, uid: str, then: Callable[[], None] = lambda: None) -> None:
    """Open one series of a folder, by its UID; the others of its study wait on the shelf.

    Args:
        folder: also the DICOMDIR of a disc; then only this series is looked at, as its directory leads to it.
        then: called when it is shown completely.
    """

    remarks: list[UserError] = []

    def look(job: Job) -> list[Series]:
        job.report(None, "Looking what is there")
        return image_series(folder, uid, remarks.append)

    def found(job: Job) -> None:
        if failed(session, job):
            return
        every: list[Series] = job.result
        wanted = next((one for one in every if one.id == uid), None)
        if wanted is None:
            session.messages.error(UserError("The series is not there any more.", "Look at the folder again (F5)."))
            return
        session.messages.remark(remarks)
        remember(session, folder)
        session.put_on_shelf([ShelfItem(folder, one) for one in every])
        show_series(session, folder, wanted, then=then)

    session.jobs.start("Open a series", look, found)
