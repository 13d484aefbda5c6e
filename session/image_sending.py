"""Originals to another machine: the gate asked, sent bit for bit through the outbox, asked for there, gone on with."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from session.delivery import Step, deliver
from session.images_to_send import ImagesToSend
from session.jobs import Job
from session.session import Session
from sync.destination import Destination, ObjectKind
from sync.dimse.send import OnProgress, Outgoing
from sync.outbox import FOLDER, ItemState, Outbox, OutboxItem
from sync.privacy import require_allowed

TELL_S = 0.1  # so often progress is told
_MADE, _DAY_S = "made-", 86_400


# Writes it anew without identifiers and tells what is to be sent then, and the folder it lies in, to be removed after.
WithoutIdentifiers = Callable[[Callable[[ImagesToSend, Path], None]], None]


@dataclass
class ImagesSending:
    """How far the objects of one sending are."""

    destination: Destination
    items: list[OutboxItem] = field(default_factory=list)

    @property
    def states(self) -> Counter[ItemState]:
        """How many are how far."""
        return Counter(item.state for item in self.items)

    @property
    def reasons(self) -> Counter[str]:
        """Why some came no further, and how many each."""
        return Counter(item.reason for item in self.items if item.reason)

    @property
    def is_complete(self) -> bool:
        """True when the other side finds all of it."""
        return bool(self.items) and set(self.states) == {ItemState.CONFIRMED}

    def of_series(self, uid: str) -> Counter[ItemState]:
        """How many objects of one series are how far."""
        return Counter(item.state for item in self.items if item.series_uid == uid)

    def updated(self, later: ImagesSending) -> ImagesSending:
        """The same sending after it went on."""
        newer = {item.id: item for item in later.items}
        return ImagesSending(self.destination, [newer.get(item.id, item) for item in self.items])

    def to_json(self) -> dict[str, Any]:
        """What goes to stdout; without identifiers."""
        states = {state.value: self.states[state] for state in ItemState}
        return {"destination": self.destination.name, **states, "reasons": dict(self.reasons)}


def send_images(
    files: Sequence[Outgoing],
    destination: Destination,
    workspace: Path,
    on_step: Step = lambda _text: None,
    on_progress: OnProgress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> ImagesSending:
    """Put files into the outbox, send them and ask for them there.

    What a cut or a stop left is in the outbox; sending the same again takes its place there.

    Raises:
        NotAllowed: the gate is shut; nothing was taken into the outbox.
        UserError: the outbox cannot take them.
    """
    require_allowed(destination, is_identified=any(one.is_identified for one in files))
    with Outbox(workspace) as outbox:
        mine = {one.sop_uid for one in files}
        older = [item for item in outbox.items(destination.name) if item.sop_uid in mine]
        on_step("Taking the images into the outbox")
        kinds = [(one, ObjectKind.ORIGINAL.value) for one in files]
        items = outbox.put(kinds, destination.name, by_link=True)
        outbox.forget(older)
        return ImagesSending(destination, deliver(outbox, destination, items, on_step, is_cancelled, on_progress))


def send_rest(
    workspace: Path,
    destination: Destination,
    only: Iterable[int] | None = None,
    on_step: Step = lambda _text: None,
    on_progress: OnProgress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> ImagesSending:
    """Go on with what waits in the outbox for a destination.

    Args:
        only: numbers of items; all where None.
    """
    with Outbox(workspace) as outbox:
        wanted = None if only is None else set(only)
        items = [item for item in outbox.open_items(destination.name) if wanted is None or item.id in wanted]
        return ImagesSending(destination, deliver(outbox, destination, items, on_step, is_cancelled, on_progress))


def make_folder_on_the_way(workspace: Path) -> Path:
    """A private folder for what is made only to be sent; those that a killed program left are removed after a day."""
    above = workspace / FOLDER
    above.mkdir(parents=True, exist_ok=True)
    for old in above.glob(f"{_MADE}*"):
        if time.time() - old.stat().st_mtime > _DAY_S:
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=above, prefix=_MADE))


def remove_folder(folder: Path) -> None:
    """Remove what ``make_folder_on_the_way`` made, without anybody waiting for it."""
    threading.Thread(target=shutil.rmtree, args=(folder, True), name="remove", daemon=True).start()


def start_image_sending(
    session: Session,
    destination: Destination,
    files: Sequence[Outgoing] | None,
    only: Sequence[int] | None,
    tell: Callable[[float | None, str], None],
    done: Callable[[ImagesSending | None, UserError | None], None],
) -> Job:
    """Send files as a job, or where None go on with what waits in the outbox (``only`` these items).

    Args:
        tell, done: called on the document's thread; ``tell`` with a fraction (None: nobody knows) and what is done.
    """
    workspace = session.settings.workspace()

    def work(job: Job) -> ImagesSending:
        told_at = [0.0]

        def say(fraction: float | None, text: str) -> None:
            job.fraction, job.message = fraction, text
            session.jobs.notify(job)
            session.post(lambda: tell(fraction, text))

        def progress(count: int, total: int) -> None:
            if count == total or time.monotonic() - told_at[0] > TELL_S:
                told_at[0] = time.monotonic()
                say(count / max(1, total), f"{count} of {total} objects")

        def step(text: str) -> None:
            say(None, text)

        def stopped() -> bool:
            return job.is_cancelled

        if files is None:
            return send_rest(workspace, destination, only, step, progress, stopped)
        return send_images(files, destination, workspace, step, progress, stopped)

    def finish(job: Job) -> None:
        if job.error is not None and not isinstance(job.error, UserError):
            raise job.error
        done(job.result, job.error)

    return session.jobs.start(f"Send to {destination.name}", work, finish)
