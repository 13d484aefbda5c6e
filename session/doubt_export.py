"""A map of how sure a model was as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from session.jobs import Job, JobState
from session.model_maps import ModelMap

if TYPE_CHECKING:
    from session.session import Session


def export_map(session: Session, chosen: ModelMap, path: Path) -> Job:
    """Write a map as NIfTI in the background: uint8 as it is, see ``MapKind``. What goes wrong is said."""
    geometry = session.open_document.segmentation.geometry

    def work(_job: Job) -> None:
        from imaging.formats.registry import write_arrays

        write_arrays(geometry, [chosen.values], path)

    def finish(job: Job) -> None:
        if isinstance(job.error, UserError):
            session.messages.error(job.error)
        elif job.error is not None:
            raise job.error
        elif job.state is JobState.DONE:
            session.messages.info(f"The map was written to {path.name}.")

    return session.jobs.start("Export a map", work, finish)
