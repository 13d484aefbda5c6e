"""The queue of a batch: its order, when it starts, and what became of each image. It outlives the program.

One job carries its items out, one after the other; each run waits behind those that somebody waits for. The queue is
kept in the workspace after every change, and goes on where it was.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import psygnal

from imaging.errors import UserError
from inference.client import InferenceCancelled, InferenceClient, InferenceFailed
from session.batch.carrying_out import carry_out
from session.batch.item import BatchItem, ItemState, StudyImage
from session.batch.queue_file import QueueFile
from session.jobs import Cancelled, Job
from session.segment_to_file import Telling
from session.segmenting import inference_client
from session.session import Session

NAME = "batch.json"
LOOK_EVERY_S = 5.0  # by the clock on the wall: computers sleep
TELL_EVERY_S = 0.2

logger = logging.getLogger("limner.batch")


def batch_of(session: Session) -> BatchQueue:
    """The session's queue; read from the workspace the first time."""
    if session.batch is None:
        session.batch = BatchQueue(session)
    return session.batch


class BatchQueue:
    """Images that wait for a model.

    Methods are called on the document's thread.

    Args:
        session: whose jobs and settings.
        client: another worker than the process's own.
    """

    changed = psygnal.Signal()

    def __init__(self, session: Session, client: InferenceClient | None = None) -> None:
        self._session = session
        self._client = client
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._job: Job | None = None
        self._pauses = False
        self._starts_at: datetime | None = None
        self._told = 0.0
        self._file = QueueFile(session.settings.workspace() / NAME, lambda: self.items)
        self._items = self._numbered(self._file.read())

    @property
    def items(self) -> tuple[BatchItem, ...]:
        """In their order."""
        with self._lock:
            return tuple(self._items)

    @property
    def is_running(self) -> bool:
        """True while a job carries items out."""
        return self._job is not None and not self._job.is_over

    @property
    def is_pausing(self) -> bool:
        """True while the running item is the last before a pause."""
        return self.is_running and self._pauses

    @property
    def starts_at(self) -> datetime | None:
        """When it begins by itself, in local time."""
        return self._starts_at

    @property
    def waiting(self) -> int:
        """How many items can still be done."""
        return sum(item.state in (ItemState.WAITING, ItemState.RUNNING) for item in self.items)

    @property
    def undecided(self) -> int:
        """How many studies wait until somebody says which image is which."""
        return sum(item.state is ItemState.UNDECIDED for item in self.items)

    def add(self, items: Iterable[BatchItem]) -> None:
        """Put items at the end."""
        with self._lock:
            self._items += self._numbered(items)
        self._keep()
        self.changed.emit()

    def move(self, number: int, by: int) -> None:
        """Move an item up (negative) or down."""
        with self._lock:
            place = self._place(number)
            target = min(max(place + by, 0), len(self._items) - 1)
            self._items.insert(target, self._items.pop(place))
        self._keep()
        self.changed.emit()

    def remove(self, numbers: Iterable[int]) -> None:
        """Take items out of the queue; one that runs stays."""
        gone = set(numbers)
        with self._lock:
            self._items = [i for i in self._items if i.number not in gone or i.state is ItemState.RUNNING]
        self._keep()
        self.changed.emit()

    def retry(self, numbers: Iterable[int]) -> None:
        """Let items that failed wait again."""
        wanted = set(numbers)
        self._change(
            lambda i: (
                replace(i, state=ItemState.WAITING, message="")
                if i.number in wanted and i.state is ItemState.FAILED
                else i
            )
        )

    def decide(self, number: int, images: Sequence[StudyImage], chosen: Sequence[int]) -> int:
        """Say which image of a study is which channel.

        Studies of the same model that wait for this, too, and have images of the same titles get the same.

        Args:
            number: of an item that does not run.
            images: those of the study, and what was added to them.
            chosen: for each channel a place among them.

        Returns:
            How many others got the same.
        """
        said = replace(self.item(number), images=tuple(images), chosen=tuple(chosen))
        alike = {i.number: like for i in self.items if i.number != number and (like := _like(i, said)) is not None}
        decided = {number: said.chosen, **alike}

        def change(item: BatchItem) -> BatchItem:
            if item.number not in decided or item.state is ItemState.RUNNING:
                return item
            images = said.images if item.number == number else item.images
            return replace(
                item, images=images, chosen=decided[item.number], state=ItemState.WAITING, message="", seconds=0.0
            )

        self._change(change)
        return len(alike)

    def set_parameters(self, number: int, parameters: Mapping[str, Any]) -> None:
        """Run an item in another way; one that runs or is over stays as it is."""
        is_open = (ItemState.WAITING, ItemState.UNDECIDED, ItemState.FAILED)
        self._change(
            lambda i: replace(i, parameters=dict(parameters)) if i.number == number and i.state in is_open else i
        )

    def item(self, number: int) -> BatchItem:
        """The item of this number; StopIteration when it is gone."""
        return next(item for item in self.items if item.number == number)

    def clear_finished(self) -> None:
        """Take out what is over."""
        with self._lock:
            self._items = [item for item in self._items if not item.is_over]
        self._keep()
        self.changed.emit()

    def start(self) -> None:
        """Begin, or go on; does nothing while it runs, except to take back a pause.

        Raises:
            UserError: nothing waits.
        """
        self._starts_at = None
        self._pauses = False
        if not self.is_running:
            if not self.waiting:
                raise UserError("Nothing waits in the queue.", "Add images first.")
            self._job = self._session.jobs.start("Segment many", self._work, self._finished)
        self.changed.emit()

    def start_at(self, when: datetime) -> None:
        """Begin at a time of the clock on the wall; the program must run then.

        Raises:
            UserError: nothing waits.
        """
        if not self.waiting:
            raise UserError("Nothing waits in the queue.", "Add images first.")
        self._starts_at = when
        threading.Thread(target=self._watch_clock, args=(when,), name="batch clock", daemon=True).start()
        self.changed.emit()

    def pause(self) -> None:
        """Stop after the running item; also forget a planned start."""
        self._starts_at = None
        self._pauses = True
        self.changed.emit()

    def stop(self) -> None:
        """Stop at once; the running item waits again."""
        self._starts_at = None
        if self._job is not None:
            self._job.cancel()
        self.changed.emit()

    def _watch_clock(self, when: datetime) -> None:
        """Until the time has come, or another one was chosen."""
        while self._starts_at is when:
            if datetime.now() >= when:
                self._session.post(self._start_by_clock)
                return
            time.sleep(min(LOOK_EVERY_S, max((when - datetime.now()).total_seconds(), 0.01)))

    def _start_by_clock(self) -> None:
        if self._starts_at is not None and self.waiting:
            self.start()

    def _work(self, job: Job) -> None:
        while not self._pauses and (item := self._next()) is not None:
            self._carry_out(item, job)

    def _carry_out(self, item: BatchItem, job: Job) -> None:
        began = time.monotonic()
        self._set(item.number, state=ItemState.RUNNING, message="Reading the image")

        def report(fraction: float, message: str) -> None:
            self._tell(item, job, fraction, message)

        telling = Telling(report, self._warn, lambda: job.is_cancelled)
        client = self._client or inference_client()
        try:
            state = carry_out(item, client, self._session.settings, telling)
            self._set(item.number, state=state, message="", seconds=round(time.monotonic() - began, 1))
        except (InferenceCancelled, Cancelled) as stopped:
            self._set(item.number, state=ItemState.WAITING, message="")
            raise Cancelled from stopped
        except (UserError, InferenceFailed) as error:
            if isinstance(error, InferenceFailed):
                logger.error("%s %s", error.message, error.details)
            text = f"{error.message} {error.hint}".strip()
            self._set(item.number, state=ItemState.FAILED, message=text, seconds=round(time.monotonic() - began, 1))
        except BaseException:
            self._set(item.number, state=ItemState.FAILED, message="A bug; see the report.")
            raise

    def _tell(self, item: BatchItem, job: Job, fraction: float, message: str) -> None:
        """Called from within a run; Cancelled when the user asked it to stop."""
        items = self.items
        over = sum(one.is_over for one in items)
        job.report((over + fraction) / max(len(items), 1), f"{item.title}: {message}")
        is_told = time.monotonic() - self._told >= TELL_EVERY_S
        self._set(item.number, is_kept=False, is_told=is_told, message=message)
        if is_told:
            self._told = time.monotonic()
            self._session.jobs.notify(job)

    def _finished(self, job: Job) -> None:
        """On the document's thread."""
        messages = self._session.messages
        failed = sum(item.state is ItemState.FAILED for item in self.items)
        if job.error is not None and not isinstance(job.error, UserError):
            messages.error(UserError("The queue stopped at a bug.", "Please report this."))
            logger.error("the batch failed", exc_info=job.error)
        elif not self.waiting:
            if self.undecided:
                text = f"The queue is done but for {self.undecided} studies that wait to hear which image is which."
                messages.warning(text, "", "segment_many.show")
            elif failed:
                messages.warning(f"The queue is done; {failed} of {len(self.items)} failed.", "", "segment_many.show")
            else:
                messages.info("The queue is done.")
        self.changed.emit()

    def _next(self) -> BatchItem | None:
        return next((item for item in self.items if item.state is ItemState.WAITING), None)

    def _place(self, number: int) -> int:
        return next(n for n, item in enumerate(self._items) if item.number == number)

    def _set(self, number: int, *, is_kept: bool = True, is_told: bool = True, **fields: object) -> None:
        """Change an item; from any thread. What is not told is found by whoever looks again."""
        with self._lock:
            self._items = [replace(i, **fields) if i.number == number else i for i in self._items]  # type: ignore[arg-type]
        if is_kept:
            self._keep()
        if is_told:
            self._session.post(self.changed.emit)

    def _numbered(self, items: Iterable[BatchItem]) -> list[BatchItem]:
        return [replace(item, number=next(self._numbers)) for item in items]

    def _warn(self, error: UserError) -> None:
        self._session.post(lambda: self._session.messages.warning(error.message, error.hint))

    def settle(self, timeout_s: float = 5.0) -> bool:
        """Wait until the queue is on the disk; False when that takes too long."""
        return self._file.settle(timeout_s)

    def _change(self, change: Callable[[BatchItem], BatchItem]) -> None:
        """Change items on the document's thread, and tell."""
        with self._lock:
            self._items = [change(item) for item in self._items]
        self._keep()
        self.changed.emit()

    def _keep(self) -> None:
        self._file.keep()


def _like(item: BatchItem, said: BatchItem) -> tuple[int, ...] | None:
    """Places of the images that have the titles of those chosen in another study; None where that is no answer."""
    if item.state is not ItemState.UNDECIDED or (item.model, item.channels) != (said.model, said.channels):
        return None
    titles = [image.title for image in item.images]
    wanted = [said.images[place].title for place in said.chosen if place is not None]
    if any(titles.count(title) != 1 for title in wanted):
        return None
    return tuple(titles.index(title) for title in wanted)
