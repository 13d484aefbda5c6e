"""Messages between the window and the worker: JSON objects, with shared memory handed over beside them.

No pickles: what the worker says cannot run code in the window's process.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from inference.worker.shared_block import SharedBlock

Message = dict[str, Any]
MOST_BYTES = 64 << 20
MOST_BLOCKS = 64

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection

    AnyConnection = PipeConnection

    def connection_of(handle: int) -> AnyConnection:
        """The connection behind an inherited pipe handle."""
        return PipeConnection(handle)

    def _names(blocks: Sequence[SharedBlock]) -> list[str]:
        return [block.handle for block in blocks]

    def _give(connection: AnyConnection, blocks: Sequence[SharedBlock]) -> None:
        """The names went with the message."""

    def _take(connection: AnyConnection, sizes: list[int], names: list[str]) -> list[SharedBlock]:
        return [SharedBlock(size, name) for size, name in zip(sizes, names, strict=True)]

else:
    import socket

    AnyConnection = Connection

    def connection_of(handle: int) -> AnyConnection:
        """The connection behind an inherited socket; programs that are started from here do not inherit it."""
        os.set_inheritable(handle, False)
        return Connection(handle)

    def _names(blocks: Sequence[SharedBlock]) -> list[str]:
        return []

    def _give(connection: AnyConnection, blocks: Sequence[SharedBlock]) -> None:
        with socket.socket(fileno=os.dup(connection.fileno())) as stream:
            stream.setblocking(True)
            socket.send_fds(stream, [b"+"], [block.handle for block in blocks])

    def _take(connection: AnyConnection, sizes: list[int], names: list[str]) -> list[SharedBlock]:
        with socket.socket(fileno=os.dup(connection.fileno())) as stream:
            stream.setblocking(True)
            data, handles, _, _ = socket.recv_fds(stream, 1, len(sizes))
        if not data:
            raise EOFError
        if len(handles) != len(sizes):
            raise OSError("shared memory was lost on the way")
        return [SharedBlock(size, handle) for size, handle in zip(sizes, handles, strict=True)]


class Channel:
    """One end of the pipe. Any thread may send; one thread receives."""

    def __init__(self, connection: AnyConnection) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, message: Message, blocks: Sequence[SharedBlock] = ()) -> None:
        """Send a message with shared blocks, which the sender must keep until the other side answers.

        Raises:
            OSError: the other side is gone.
        """
        sizes = [block.size for block in blocks]
        names = _names(blocks)
        text = json.dumps(message | {"sizes": sizes, "names": names}).encode()
        with self._sending:
            self._connection.send_bytes(text)
            if blocks:
                _give(self._connection, blocks)

    def receive(self) -> tuple[Message, list[SharedBlock]]:
        """Wait for the next message and its blocks, which belong to the caller.

        Raises:
            EOFError, OSError: the other side is gone.
            ValueError: what it says makes no sense.
        """
        message = json.loads(self._connection.recv_bytes(MOST_BYTES))
        sizes, names = message.pop("sizes"), message.pop("names")
        if len(sizes) > MOST_BLOCKS:
            raise ValueError("too many blocks")
        return message, _take(self._connection, sizes, names) if sizes else []

    def has_message(self, timeout_s: float) -> bool:
        """Wait until something can be received, the other side's end included."""
        return self._connection.poll(timeout_s)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
