"""Messages between the window and the worker: JSON objects, with shared memory handed over beside them.

No pickles: what the worker says cannot run code in the window's process.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Sequence
from typing import Any

from inference.worker.shared_block import SharedBlock

Message = dict[str, Any]

if sys.platform == "win32":
    from inference.worker.pipe_link import PipeLink as Link
else:
    from inference.worker.socket_link import SocketLink as Link


class Channel:
    """One end of the way. Any thread may send; one thread receives.

    Args:
        handle: an inherited socket or pipe.
    """

    def __init__(self, handle: int) -> None:
        self._link = Link(handle)
        self._sending = threading.Lock()

    def send(self, message: Message, blocks: Sequence[SharedBlock] = (), timeout_s: float | None = None) -> None:
        """Send a message with shared blocks, which the sender must keep until the other side answers.

        Raises:
            OSError: the other side is gone, or did not read it in time (TimeoutError); nothing can be sent after that.
        """
        sizes = [block.size for block in blocks]
        text = json.dumps(message | {"sizes": sizes, "names": self._link.names(blocks)}).encode()
        with self._sending:
            self._link.send(text, blocks, timeout_s)

    def receive(self, timeout_s: float | None = None) -> tuple[Message, list[SharedBlock]] | None:
        """Wait for the next message and its blocks, which belong to the caller; None when none came in time.

        Raises:
            EOFError, OSError: the other side is gone.
            ValueError: what it says makes no sense.
        """
        text = self._link.receive(timeout_s)
        if text is None:
            return None
        message, sizes, names = _read(text)
        return message, self._link.take(sizes, names)

    def close(self) -> None:
        """Hang up."""
        self._link.close()


def _read(text: bytes) -> tuple[Message, list[int], list[str]]:
    try:
        message = json.loads(text)
    except RecursionError as error:
        raise ValueError("a message without end") from error
    is_message = isinstance(message, dict) and isinstance(message.get("kind"), str)
    if not is_message:
        raise ValueError("a message of no kind")
    sizes, names = message.pop("sizes", None), message.pop("names", None)
    if not _is_list_of(sizes, int) or not _is_list_of(names, str) or any(size < 0 for size in sizes):
        raise ValueError("a message without sizes")
    return message, sizes, names


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(type(item) is kind for item in value)
