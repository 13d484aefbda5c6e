"""The window's side of one job: send it, follow it, take what comes back, or stop it."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from inference.answers import ResultInvalid
from inference.early_result import ShowEarly
from inference.model import Labels
from inference.worker.array_types import array_types
from inference.worker.channel import Message
from inference.worker.early_results import KIND as EARLY
from inference.worker.early_results import EarlyReceiver
from inference.worker.networks import KIND as NETWORK
from inference.worker.networks import NetworkReceiver
from inference.worker.process import WorkerGone, WorkerProcess
from inference.worker.shared_block import SharedBlock

LOOK_EVERY_S = 0.05  # how long a cancel may go unseen
CANCEL_GRACE_S = 0.5  # a worker that does not stop by itself in this time is ended
STOP_SEND_S = 0.2  # one that does not even read is ended sooner
MODEL_SHARE = (0.03, 0.96)  # of the progress; before it the voxels travel, after it the result
SAID_PER_SECOND = 25.0  # more of what a worker says of its progress is dropped
SAID_AT_ONCE = 50.0
MOST_LOGGED = 500  # sentences for the log in one job
MOST_TEXT = 2000  # characters of a sentence
_ON_THE_WAY = ("progress", "log", EARLY, NETWORK)
_LAST = ("done", "refused", "out of memory", "cancelled", "failed", "devices", "plan", "open")

logger = logging.getLogger("limner.worker")


def usual_grace_s() -> float:
    """How long a worker may go on that was asked to stop: somebody waits for that."""
    return CANCEL_GRACE_S


class InferenceCancelled(Exception):
    """The caller's ``cancelled()`` became true, and the worker no longer works on it."""


class Watch:
    """The caller's callbacks, and whoever else must look while a job runs.

    Args:
        report: called with the finished share and what is being done; may raise to stop the job.
        cancelled: asked whether to stop.
        early: called with what is found before the job is over.
        grace_s: how long a worker that was asked to stop may go on before it is ended.
    """

    def __init__(
        self,
        report: Callable[[float, str], None] | None,
        cancelled: Callable[[], bool] | None,
        early: ShowEarly | None = None,
        grace_s: Callable[[], float] = usual_grace_s,
    ) -> None:
        self._report = report
        self._cancelled = cancelled
        self.grace_s = grace_s
        self.early = None if early is None else EarlyReceiver(early)
        self.networks: NetworkReceiver | None = None  # keeps what the worker converted
        self._said = ""
        self._said_at = -math.inf
        self._may_say = SAID_AT_ONCE
        self._logged = 0

    def look(self) -> None:
        """Raise InferenceCancelled when the caller wants to stop."""
        if self._cancelled is not None and self._cancelled():
            raise InferenceCancelled

    def say(self, fraction: float, message: str) -> None:
        """Report, and look."""
        self.look()
        if self._report is not None:
            self._report(fraction, message)

    def say_models(self, fraction: Any, message: Any) -> None:
        """Report what the model says of its own share of the work, not more often than anybody can read.

        Raises:
            WorkerGone: it says nothing that makes sense.
        """
        if not isinstance(fraction, int | float) or not math.isfinite(fraction) or not isinstance(message, str):
            raise WorkerGone("its progress does not make sense")
        if self._is_new(_sentence(message)):
            low, high = MODEL_SHARE
            self.say(low + (high - low) * min(max(float(fraction), 0.0), 1.0), self._said)

    def _is_new(self, message: str) -> bool:
        now = time.monotonic()
        passed = now - self._said_at
        self._may_say = min(self._may_say + passed * SAID_PER_SECOND, SAID_AT_ONCE)
        if self._may_say < 1 or (message == self._said and passed < 1 / SAID_PER_SECOND):
            return False
        self._said, self._said_at = message, now
        self._may_say -= 1
        return True

    def log(self, level: Any, text: Any) -> None:
        """Keep what a library in the worker notes, within bounds."""
        if not isinstance(level, int) or not isinstance(text, str):
            raise WorkerGone("its log does not make sense")
        self._logged += 1
        if self._logged <= MOST_LOGGED:
            logger.log(min(max(level, logging.DEBUG), logging.ERROR), "%s", _sentence(text))


def ask(
    process: WorkerProcess,
    request: Message,
    blocks: Sequence[SharedBlock],
    watch: Watch,
    guard: Callable[[bool], None] | None = None,
    shape: tuple[int, ...] = (),
) -> tuple[Message, list[Labels]]:
    """Send a request and wait for its last answer.

    Args:
        guard: called at least every 0.05 s with whether the worker just said something; raises to end the job.
        shape: what all arrays of the answer must have.

    Returns:
        The answer and the arrays that came with it, as copies that the worker cannot change any more.

    Raises:
        WorkerGone: it ended, or what it says makes no sense.
        ResultInvalid: the arrays are not what they should be; the worker is well.
        InferenceCancelled: and whatever else ``watch`` or ``guard`` raise; the worker still works then.
    """
    process.send(request, blocks)
    while True:
        watch.look()
        received = process.receive(LOOK_EVERY_S)
        if guard is not None:
            guard(received is not None)
        if received is None:
            continue
        message, shared = received
        if message["kind"] not in _ON_THE_WAY:
            if message["kind"] not in _LAST or message.get("job") != request.get("job"):
                raise WorkerGone("it does not make sense")
            return message, _taken(process, message, shared, shape)
        try:
            _note(message, shared, watch, request.get("job"), shape)
        finally:
            _close(shared)


def stop(process: WorkerProcess, job: int, grace_s: Callable[[], float] = usual_grace_s) -> bool:
    """Ask the worker to stop a job.

    Args:
        grace_s: how long it may take, asked again and again.

    Returns:
        True when it did and waits for the next one; False when it must be ended.
    """
    began = time.monotonic()
    try:
        process.send({"kind": "cancel", "job": job}, timeout_s=STOP_SEND_S)
        while time.monotonic() < began + grace_s():
            received = process.receive(LOOK_EVERY_S)
            if received is not None and received[0]["kind"] in _ON_THE_WAY:
                _close(received[1])
            elif received is not None:
                _let_go(process, received[1])
                return True
    except WorkerGone:
        logger.info("the worker ended while it was asked to stop")
    return False


def _note(message: Message, shared: Sequence[SharedBlock], watch: Watch, job: object, shape: tuple[int, ...]) -> None:
    """What a worker says while it works."""
    if message["kind"] == "progress":
        watch.say_models(message.get("fraction"), message.get("message"))
    elif message["kind"] == "log":
        watch.log(message.get("level"), message.get("text"))
    elif message["kind"] == EARLY and watch.early is not None and message.get("job") == job:
        watch.early.take(message, shared, shape)
    elif message["kind"] == NETWORK and watch.networks is not None and message.get("job") == job:
        watch.networks.take(message, shared)
    else:
        raise WorkerGone("it does not make sense")


def _sentence(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:MOST_TEXT])


def _taken(process: WorkerProcess, answer: Message, shared: list[SharedBlock], shape: tuple[int, ...]) -> list[Labels]:
    """Copies of what the worker shared; then it may let go."""
    try:
        types = array_types(answer, shape)
        if len(types) != len(shared):
            raise ResultInvalid("a layer is missing")
        return [block.copied(shape, dtype) for block, dtype in zip(shared, types, strict=True)]
    except ValueError as error:
        raise ResultInvalid(f"its voxels are not there: {error}") from error
    finally:
        _let_go(process, shared)


def _close(shared: Sequence[SharedBlock]) -> None:
    for block in shared:
        block.close()


def _let_go(process: WorkerProcess, shared: Sequence[SharedBlock]) -> None:
    _close(shared)
    if shared:
        process.send({"kind": "taken"}, timeout_s=STOP_SEND_S)
