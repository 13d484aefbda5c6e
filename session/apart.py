"""One long change of the document on a thread of its own, finished on the document's thread exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

Post = Callable[[Callable[[], None]], None]
Finish = Callable[[Any, BaseException | None], None]


class Apart:
    """Runs ``work`` on a thread and then ``finish(result, error)`` on the document's thread.

    Args:
        work: touches nothing that the document's thread changes meanwhile.
        finish: takes the result, and the exception or None.
        post: calls a function on the document's thread.
    """

    def __init__(
        self, work: Callable[[], Any], finish: Callable[[Any, BaseException | None], None], post: Post
    ) -> None:
        self._work = work
        self._finish = finish
        self._post = post
        self._result: Any = None
        self._error: BaseException | None = None
        self._is_done = False
        self._thread = threading.Thread(target=self._run, name="change", daemon=True)
        self._thread.start()

    def complete(self) -> None:
        """Wait for the work and finish it; on the document's thread, harmless when it was finished before."""
        self._thread.join()
        if not self._is_done:
            self._is_done = True
            self._finish(self._result, self._error)

    def _run(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001  (raised again by finish, on the thread where it is reported)
            self._error = error
        self._post(self.complete)
