"""The worker's end: waits for jobs, runs one at a time, and ends with the window that started it."""

from __future__ import annotations

import logging
import os
import queue
import threading
import traceback
from typing import Any

from imaging.errors import UserError
from inference.model import RunCancelled
from inference.worker.channel import Channel, Message
from inference.worker.confinement import Confinement
from inference.worker.footprint import forget_peak, give_memory_back, peak_rss_mb
from inference.worker.shared_block import SharedBlock

MOST_DETAILS = 100_000  # characters

logger = logging.getLogger("limner.worker")


def serve(handle: int, confinement: Confinement | None = None) -> None:
    """Answer requests until the window is gone.

    Args:
        handle: the inherited socket or pipe.
        confinement: what this process gave up, when it runs a foreign model.
    """
    os.dup2(2, 1)  # what libraries print goes to the log
    channel = Channel(handle)
    logging.basicConfig(level=logging.INFO, handlers=[_LogForwarder(channel)])
    requests = Requests(channel)
    channel.send({"kind": "ready", "confinement": None if confinement is None else confinement.to_json()})
    while True:
        message, blocks = requests.next()
        try:
            _answer(message, blocks, channel, requests)
        finally:
            for block in blocks:
                block.close()
        del message, blocks
        give_memory_back()


class Requests:
    """Listens on a thread of its own, so that a cancel arrives and the window's end is noticed during a job."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._waiting: queue.Queue[tuple[Message, list[SharedBlock]]] = queue.Queue()
        self._cancelled_job = -1
        threading.Thread(target=self._listen, name="requests", daemon=True).start()

    def next(self) -> tuple[Message, list[SharedBlock]]:
        """Wait for the next request."""
        return self._waiting.get()

    def is_cancelled(self, job: int) -> bool:
        """True once the window asked to stop this job."""
        return self._cancelled_job >= job

    def _listen(self) -> None:
        while True:
            try:
                received = self._channel.receive()
            except (EOFError, OSError, ValueError):
                os._exit(0)  # the window is gone, and nothing here is worth keeping
            if received is None:
                continue
            message, blocks = received
            if message["kind"] == "cancel":
                self._cancelled_job = message["job"]
            else:
                self._waiting.put((message, blocks))


def _answer(message: Message, blocks: list[SharedBlock], channel: Channel, requests: Requests) -> None:
    """One request, one last answer, whatever the model does."""
    results: list[SharedBlock] = []
    forget_peak()
    try:
        answer = _carried_out(message, blocks, channel, requests, results)
        answer["peak_rss_mb"] = round(peak_rss_mb(), 1)
    except RunCancelled:
        answer = {"kind": "cancelled"}
    except UserError as error:
        answer = {"kind": "refused", "message": error.message, "hint": error.hint}
    except MemoryError:
        answer = {"kind": "out of memory"}
    except Exception as error:  # noqa: BLE001  (a model's bug: the window shows it, and this process goes on)
        answer = _failure(error)
    _send(channel, answer | {"job": message.get("job")}, results)
    if results:
        requests.next()  # the window has its copies
    for block in results:
        block.close()


def _send(channel: Channel, answer: Message, results: list[SharedBlock]) -> None:
    try:
        channel.send(answer, results)
    except (TypeError, ValueError) as error:  # it holds something that JSON has not: a model's bug, too
        results.clear()
        channel.send(_failure(error) | {"job": answer["job"]})


def _failure(error: Exception) -> Message:
    if "out of memory" in str(error).lower() or "can't allocate memory" in str(
        error
    ):  # torch's, which are no MemoryError
        return {"kind": "out of memory"}
    return {"kind": "failed", "error": type(error).__name__, "details": traceback.format_exc()[-MOST_DETAILS:]}


def _carried_out(
    message: Message, blocks: list[SharedBlock], channel: Channel, requests: Requests, results: list[SharedBlock]
) -> Message:
    if message["kind"] == "devices":
        from inference.worker.devices import devices

        return {"kind": "devices", "devices": devices()}
    from inference.worker.model_run import open_model, plan_model, run_model

    if message["kind"] == "open":
        return open_model(message, channel)
    if message["kind"] == "plan":
        return plan_model(message)
    return run_model(message, blocks, channel, lambda: requests.is_cancelled(message["job"]), results)


class _LogForwarder(logging.Handler):
    """Sends log records to the window."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        fields: dict[str, Any] = {"kind": "log", "level": record.levelno, "text": record.getMessage()}
        try:
            self._channel.send(fields)
        except OSError:
            os._exit(0)
