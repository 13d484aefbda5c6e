"""The window's side of one job: send it, follow it, take what comes back, or stop it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

import numpy as np

from inference.model import Labels
from inference.worker.channel import Message
from inference.worker.process import WorkerGone, WorkerProcess
from inference.worker.shared_block import SharedBlock

LOOK_EVERY_S = 0.05  # how long a cancel may go unseen
CANCEL_GRACE_S = 0.5  # a worker that does not stop by itself in this time is ended
MODEL_SHARE = (0.03, 0.96)  # of the progress; before it the voxels travel, after it the result
_ON_THE_WAY = ("progress", "log")

logger = logging.getLogger("limner.worker")


class InferenceCancelled(Exception):
    """The caller's ``cancelled()`` became true, and the worker no longer works on it."""


class Watch:
    """The caller's two callbacks.

    Args:
        report: called with the finished share and what is being done; may raise to stop the job.
        cancelled: asked whether to stop.
    """

    def __init__(self, report: Callable[[float, str], None] | None, cancelled: Callable[[], bool] | None) -> None:
        self._report = report
        self._cancelled = cancelled

    def look(self) -> None:
        """Raise InferenceCancelled when the caller wants to stop."""
        if self._cancelled is not None and self._cancelled():
            raise InferenceCancelled

    def say(self, fraction: float, message: str) -> None:
        """Report, and look."""
        self.look()
        if self._report is not None:
            self._report(fraction, message)

    def say_models(self, fraction: float, message: str) -> None:
        """Report what the model says of its own share of the work."""
        low, high = MODEL_SHARE
        self.say(low + (high - low) * min(max(fraction, 0.0), 1.0), message)


def ask(
    process: WorkerProcess, request: Message, blocks: Sequence[SharedBlock], watch: Watch
) -> tuple[Message, list[Labels]]:
    """Send a request and wait for its last answer.

    Returns:
        The answer and the arrays that came with it, as copies that the worker cannot change any more.

    Raises:
        WorkerGone: it ended.
        InferenceCancelled: and whatever else ``watch`` raises; the worker still works then.
    """
    process.send(request, blocks)
    while True:
        watch.look()
        received = process.receive(LOOK_EVERY_S)
        if received is None:
            continue
        message, shared = received
        if message["kind"] == "progress":
            watch.say_models(message["fraction"], message["message"])
        elif message["kind"] == "log":
            logger.log(message["level"], "%s", message["text"])
        else:
            return message, _taken(process, message, shared)


def stop(process: WorkerProcess, job: int) -> bool:
    """Ask the worker to stop a job.

    Returns:
        True when it did and waits for the next one; False when it must be ended.
    """
    deadline = time.monotonic() + CANCEL_GRACE_S
    try:
        process.send({"kind": "cancel", "job": job})
        while time.monotonic() < deadline:
            received = process.receive(LOOK_EVERY_S)
            if received is not None and received[0]["kind"] not in _ON_THE_WAY:
                _taken(process, {"layers": []}, received[1])
                return True
    except WorkerGone:
        logger.info("the worker ended while it was asked to stop")
    return False


def _taken(process: WorkerProcess, answer: Message, shared: list[SharedBlock]) -> list[Labels]:
    """Copies of what the worker shared; then it may let go."""
    try:
        layers = [*answer.get("layers", []), *answer.get("maps", [])]
        return [
            np.array(block.view(tuple(layer["shape"]), np.dtype(layer["dtype"])))
            for block, layer in zip(shared, layers, strict=False)
        ]
    except (ValueError, TypeError) as error:
        raise WorkerGone("its result does not make sense") from error
    finally:
        for block in shared:
            block.close()
        if shared:
            process.send({"kind": "taken"})
