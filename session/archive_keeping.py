"""Setting other machines up, and forgetting them. Their secrets go to the system's key store, which may ask for a
password of its own and take any time: a job waits for it, nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imaging.errors import UserError
from session.archives import destinations_file
from session.jobs import Job
from session.session import Session
from sync.destination import Destination, read_destinations, write_destinations
from sync.secrets import secret_names


@dataclass(frozen=True)
class Kept:
    """What became of it; ``error`` says why it was not, or not completely."""

    is_done: bool
    error: UserError | None = None


Done = Callable[[Kept], None]


def keep_destination(session: Session, made: Destination, secrets: Mapping[str, str], done: Done) -> Job | None:
    """Keep a machine, in place of one of the same name, and its secrets; without these it is not kept either.

    Args:
        secrets: password or token under the machine's name, the proxy's under ``sync.secrets.of_proxy``; an empty one
            leaves what is kept.
        done: called on the document's thread.

    Returns:
        The job that waits for the key store; None where nothing has to wait and ``done`` was called already.
    """

    def write() -> None:
        path = destinations_file(session.settings)
        write_destinations(path, [*(one for one in read_destinations(path) if one.name != made.name), made])

    given = {name: secret for name, secret in secrets.items() if secret}
    if not given:
        done(_written(write))
        return None
    return _after_the_secrets(session, f"Keep the password of {made.name}", given, write, done)


def forget_destination(session: Session, gone: Destination, done: Done) -> Job | None:
    """Forget a machine and its secrets; arguments and answer as of ``keep_destination``."""

    def write() -> None:
        path = destinations_file(session.settings)
        write_destinations(path, [one for one in read_destinations(path) if one.name != gone.name])

    kept = dict.fromkeys(secret_names(gone), "")
    if not kept:
        done(_written(write))
        return None
    return _after_the_secrets(session, f"Forget {gone.name}", kept, write, done)


def _after_the_secrets(
    session: Session, title: str, secrets: Mapping[str, str], write: Callable[[], None], done: Done
) -> Job:
    """Keep secrets, or remove them where they are empty, on a thread; then write the list on the document's."""

    def work(job: Job) -> None:
        from sync.secrets import keep_secret  # keyring is slow to import, and seldom needed

        job.report(None, "Waiting for the system's key store")
        for name, secret in secrets.items():
            keep_secret(name, secret)

    def finish(job: Job) -> None:
        if job.error is not None and not isinstance(job.error, UserError):
            raise job.error
        if job.is_cancelled or (job.error is not None and any(secrets.values())):
            done(Kept(is_done=False, error=job.error))
        else:  # a machine is forgotten even where its secret cannot be removed
            done(_written(write, job.error))

    return session.jobs.start(title, work, finish)


def _written(write: Callable[[], None], error: UserError | None = None) -> Kept:
    try:
        write()
    except UserError as unwritten:
        return Kept(is_done=False, error=unwritten)
    return Kept(is_done=True, error=error)
