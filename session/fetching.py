"""Fetching from an archive as a job of the window: with progress, to be stopped, and what came is listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError
from session import archives
from session.job_end import failed
from session.jobs import Job
from session.session import Session
from sync.destination import Destination
from sync.incoming import Fetched
from sync.query import Level, Query


@dataclass(frozen=True)
class FetchWish:
    """What to fetch. It holds identifiers: never log it. ``series``: empty for the whole study."""

    destination: Destination
    study_uid: str
    series: tuple[str, ...] = ()

    def queries(self) -> list[Query]:
        """The requests, one for each series."""
        study = {"StudyInstanceUID": self.study_uid}
        return [Query(Level.SERIES, {**study, "SeriesInstanceUID": uid}) for uid in self.series] or [
            Query(Level.STUDY, study)
        ]


def start_fetch(session: Session, wish: FetchWish, done: Callable[[Fetched], None] | None = None) -> Job:
    """Fetch; the end is told in the message bar. What was fetched before a stop or a failure stays."""
    workspace: Path = session.settings.workspace()

    def work(job: Job) -> Fetched:
        total = Fetched()

        def tell(count: int, expected: int) -> None:
            job.fraction = (count / expected) if expected else None
            job.message = f"{count} images"
            session.jobs.notify(job)

        for query in wish.queries():
            archives.fetch_into(workspace, wish.destination, query, tell, lambda: job.is_cancelled, total)
            if total.is_cancelled:
                break
        return total

    def finish(job: Job) -> None:
        if failed(session, job):
            if job.error is None and job.result is not None:
                said = f"{job.result.count} images are here, then it was stopped."
                session.messages.info(said, "Fetch again to get the rest.")
            return
        found: Fetched = job.result
        text = f"{found.new + found.different} images fetched, {found.same} were here already."
        session.messages.info(text)
        if found.failed:
            hint = found.reason or "Fetch again: what is here already is not fetched twice."
            session.messages.error(UserError(f"{found.failed} images could not be fetched.", hint))
        if done is not None:
            done(found)

    return session.jobs.start(f"Fetch from {wish.destination.name}", work, finish)
