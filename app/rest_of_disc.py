"""The other series of a disc, looked at when the first one is shown: a drive reads one thing at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from imaging.errors import UserError
from imaging.opening import Series
from session.job_end import failed
from session.jobs import Job
from session.reading import image_series
from session.session import Session, ShelfItem


def look_at_rest(session: Session, directory: Path, before: Sequence[Job]) -> Job:
    """Put all series of a disc on the shelf.

    Args:
        directory: the DICOMDIR.
        before: jobs that read the disc and come first.
    """
    remarks: list[UserError] = []

    def look(job: Job) -> list[Series]:
        while not all(one.is_over for one in before):
            job.report(None, "Waiting for the first images")
            time.sleep(0.05)
        job.report(None, "Looking what is there")
        return image_series(directory, remarked=remarks.append)

    def found(job: Job) -> None:
        if not failed(session, job):
            session.messages.remark(remarks)
            session.put_on_shelf([ShelfItem(directory, series) for series in job.result])

    return session.jobs.start("Look at the other series of the disc", look, found)
