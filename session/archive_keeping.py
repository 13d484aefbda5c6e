"""Setting other machines up, and forgetting them. Their secrets go to the system's key store, which may ask for a
password of its own and take any time: a job waits for it, nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from imaging.errors import UserError
from session.archives import destinations_file
from session.jobs import Job
from session.session import Session
from sync.destination import Destination, Login, read_destinations, write_destinations


@dataclass(frozen=True)
class Kept:
    """What became of it; ``error`` says why it was not, or not completely."""

    is_done: bool
    error: UserError | None = None


Done = Callable[[Kept], None]


def keep_destination(session: Session, made: Destination, secret: str, done: Done) -> Job | None:
    """Keep a machine, in place of one of the same name, and its secret; without the secret it is not kept either.

    Args:
        secret: password or token; empty to leave what is kept.
        done: called on the document's thread.

    Returns:
        The job that waits for the key store; None where nothing has to wait and ``done`` was called already.
    """

    def write() -> None:
        path = destinations_file(session.settings)
        write_destinations(path, [*(one for one in read_destinations(path) if one.name != made.name), made])

    if made.login is Login.NONE or not secret:
        done(_written(write))
        return None
    return _after_the_secret(session, made.name, secret, write, done)


def forget_destination(session: Session, gone: Destination, done: Done) -> Job | None:
    """Forget a machine and its secret; arguments and answer as of ``keep_destination``."""

    def write() -> None:
        path = destinations_file(session.settings)
        write_destinations(path, [one for one in read_destinations(path) if one.name != gone.name])

    if gone.login is Login.NONE:
        done(_written(write))
        return None
    return _after_the_secret(session, gone.name, "", write, done)


def _after_the_secret(session: Session, name: str, secret: str, write: Callable[[], None], done: Done) -> Job:
    """Keep or remove a secret on a thread, then write the list on the document's."""

    def work(job: Job) -> None:
        from sync.secrets import keep_secret  # keyring is slow to import, and seldom needed

        job.report(None, "Waiting for the system's key store")
        keep_secret(name, secret)

    def finish(job: Job) -> None:
        if job.error is not None and not isinstance(job.error, UserError):
            raise job.error
        if job.is_cancelled or (job.error is not None and secret):
            done(Kept(is_done=False, error=job.error))
        else:  # a machine is forgotten even where its secret cannot be removed
            done(_written(write, job.error))

    return session.jobs.start(f"Keep the password of {name}" if secret else f"Forget {name}", work, finish)


def _written(write: Callable[[], None], error: UserError | None = None) -> Kept:
    try:
        write()
    except UserError as unwritten:
        return Kept(is_done=False, error=unwritten)
    return Kept(is_done=True, error=error)
