"""The map of a model's doubt as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from session.doubt import DoubtMap
from session.jobs import Job, JobState

if TYPE_CHECKING:
    from session.session import Session


def export_doubt(session: Session, doubt: DoubtMap, path: Path) -> Job:
    """Write a map as NIfTI in the background: uint8, 0 for sure to 255 for undecided. What goes wrong is said."""
    geometry = session.open_document.segmentation.geometry

    def work(_job: Job) -> None:
        from imaging.formats.registry import write_arrays

        write_arrays(geometry, [doubt.values], path)

    def finish(job: Job) -> None:
        if isinstance(job.error, UserError):
            session.messages.error(job.error)
        elif job.error is not None:
            raise job.error
        elif job.state is JobState.DONE:
            session.messages.info(f"The map of doubt was written to {path.name}.")

    return session.jobs.start("Export the map of doubt", work, finish)
