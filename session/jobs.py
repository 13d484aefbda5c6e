"""Long work: shown with progress, cancellable, and unable to touch the document."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import psygnal


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Cancelled(Exception):
    """Raised inside a job's work when the user asked it to stop."""


_numbers = itertools.count(1)


class Job:
    """One piece of work. Fields are written by the thread that works and read by anybody.

    Attributes:
        id: unique in this process.
        title: what the jobs panel shows.
        state, fraction (0-1 or None), message: how far it is.
        error: why it failed.
        result: what it gave when done.
        seconds: how long it ran.
    """

    def __init__(self, title: str, on_cancel: Callable[[], None] | None = None) -> None:
        self.id = next(_numbers)
        self.title = title
        self.state = JobState.WAITING
        self.fraction: float | None = None
        self.message = ""
        self.error: BaseException | None = None
        self.result: Any = None
        self.seconds = 0.0
        self.is_finished = False  # is_over, and ``done`` was called
        self._cancelled = threading.Event()
        self._on_cancel = on_cancel

    @property
    def is_over(self) -> bool:
        """True when nothing more will happen."""
        return self.state in (JobState.DONE, JobState.CANCELLED, JobState.FAILED)

    @property
    def is_cancelled(self) -> bool:
        """True once the user asked it to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask it to stop; harmless when it is over."""
        self._cancelled.set()
        if self._on_cancel is not None and not self.is_over:
            self._on_cancel()

    def report(self, fraction: float | None, message: str = "") -> None:
        """Say how far the work is; called from within it.

        Raises:
            Cancelled: the user asked it to stop.
        """
        if self.is_cancelled:
            raise Cancelled
        self.fraction = fraction
        self.message = message or self.message


class JobQueue:
    """Runs jobs on threads and tells the document's thread when something about them changed.

    Args:
        post: calls a function on the document's thread, from any thread; the default calls it at once.
    """

    changed = psygnal.Signal(Job)

    def __init__(self, post: Callable[[Callable[[], None]], None] | None = None) -> None:
        self._post = post or (lambda call: call())
        self._posts_at_once = post is None
        self.jobs: list[Job] = []

    def start(
        self,
        title: str,
        work: Callable[[Job], Any],
        done: Callable[[Job], None] | None = None,
        on_cancel: Callable[[], None] | None = None,
    ) -> Job:
        """Run ``work(job)`` on a thread of its own; then call ``done(job)`` on the document's thread.

        ``work`` reports by ``job.report`` and returns the result. A UserError or any other exception makes the job
        FAILED with ``job.error``; ``done`` is called in every case.
        """
        job = Job(title, on_cancel)
        self.jobs.append(job)
        threading.Thread(target=self._run, args=(job, work, done), name=f"job {job.id}", daemon=True).start()
        self.changed.emit(job)
        return job

    def wait(self, job: Job, timeout_s: float = 600) -> Job:
        """Block until a job is over, and ``done`` was called where that needs no event loop; for the command line.

        Raises:
            TimeoutError: it is not over in time.
        """
        deadline = time.monotonic() + timeout_s
        while not (job.is_finished if self._posts_at_once else job.is_over):
            if time.monotonic() > deadline:
                raise TimeoutError(job.title)
            time.sleep(0.01)
        return job

    def notify(self, job: Job) -> None:
        """Tell the observers that a job's fields changed; from any thread."""
        self._post(lambda: self.changed.emit(job))

    def _run(self, job: Job, work: Callable[[Job], Any], done: Callable[[Job], None] | None) -> None:
        began = time.monotonic()
        job.state = JobState.RUNNING
        state = JobState.DONE
        try:
            job.result = work(job)
        except Cancelled:
            state = JobState.CANCELLED
        except Exception as error:  # noqa: BLE001  (a UserError or our bug: whoever waits looks at job.error)
            state, job.error = JobState.FAILED, error
        job.seconds = time.monotonic() - began
        job.state = JobState.CANCELLED if job.is_cancelled else state

        def finish() -> None:
            try:
                if done is not None:
                    done(job)
                self.changed.emit(job)
            finally:
                job.is_finished = True

        self._post(finish)
