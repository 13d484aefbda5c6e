"""Whose turn it is: one run at a time, those that somebody waits for before those of the night."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum


class QueueClass(StrEnum):
    """Who waits for a run."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


class Turns:
    """A lock with two queues: whoever waits interactively gets it before all that wait in a batch."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._waiting: dict[QueueClass, deque[object]] = {queue_class: deque() for queue_class in QueueClass}

    @contextmanager
    def turn(self, queue_class: QueueClass, look_every_s: float, look: Callable[[], None]) -> Iterator[None]:
        """Wait for the turn and hold it.

        Args:
            look: called while waiting, about every ``look_every_s``; what it raises ends the wait and is passed on.
        """
        ticket = object()
        with self._changed:
            self._waiting[queue_class].append(ticket)
        try:
            while not self._taken_by(ticket, look_every_s):
                look()
        except BaseException:
            with self._changed:
                self._waiting[queue_class].remove(ticket)
                self._changed.notify_all()
            raise
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()

    def _taken_by(self, ticket: object, timeout_s: float) -> bool:
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_next(ticket), timeout_s):
                return False
            self._is_taken = True
            next(queue for queue in self._waiting.values() if queue).popleft()
            return True

    def _is_next(self, ticket: object) -> bool:
        first = next((queue[0] for queue in self._waiting.values() if queue), None)
        return first is ticket and not self._is_taken
