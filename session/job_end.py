"""What becomes of a job's error."""

from __future__ import annotations

from imaging.errors import UserError
from session.jobs import Job
from session.session import Session


def failed(session: Session, job: Job) -> bool:
    """Say why a job failed; True when it did, or was cancelled. For the ``done`` of ``session.jobs.start``.

    Raises:
        BaseException: the job's own error, when it is no mistake of the person's; it becomes a crash report.
    """
    if isinstance(job.error, UserError):
        session.messages.error(job.error)
    elif job.error is not None:
        raise job.error
    return job.error is not None or job.is_cancelled
