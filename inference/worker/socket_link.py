"""The way between window and worker on POSIX systems: a pair of sockets that also hands over file descriptors.

Neither end trusts the other to be quick or whole: a message that arrives in pieces, or never to its end, blocks nobody
longer than asked, and a reader that does not read makes the sender give up.
"""

from __future__ import annotations

import array
import os
import select
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Sequence

from inference.worker.shared_block import SharedBlock

assert sys.platform != "win32"

MOST_BYTES = 64 << 20
MOST_BLOCKS = 64
CHUNK_BYTES = 1 << 18
_HEAD = struct.Struct(">I")
_FLAGS = socket.MSG_DONTWAIT | getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class SocketLink:
    """One end. Any one thread sends while any other receives.

    Args:
        handle: an inherited socket; programs that are started from here do not inherit it.
    """

    def __init__(self, handle: int) -> None:
        os.set_inheritable(handle, False)
        self._socket = socket.socket(fileno=handle)
        self._arrived = bytearray()
        self._handles: deque[int] = deque()

    @staticmethod
    def names(blocks: Sequence[SharedBlock]) -> list[str]:
        """Nothing: memory goes over as file descriptors."""
        return []

    def send(self, text: bytes, blocks: Sequence[SharedBlock], timeout_s: float | None) -> None:
        """Send one message and the memory that goes with it.

        Raises:
            OSError: the other end is gone, or does not read (TimeoutError).
        """
        rest = memoryview(_HEAD.pack(len(text)) + text)
        handles = array.array("i", [int(block.handle) for block in blocks])
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while rest:
            beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)] if handles else []
            try:
                rest = rest[self._socket.sendmsg([rest[:CHUNK_BYTES]], beside, socket.MSG_DONTWAIT) :]
                handles = array.array("i")
            except BlockingIOError:
                if not self._wait(select.POLLOUT, deadline):
                    raise TimeoutError("the other end does not read") from None

    def receive(self, timeout_s: float | None) -> bytes | None:
        """The next message, None when it has not arrived whole in time.

        Raises:
            EOFError, OSError: the other end is gone.
            ValueError: what arrives makes no sense.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while (text := self._whole()) is None:
            if not self._wait(select.POLLIN, deadline):
                return None
            self._read()
        return text

    def take(self, sizes: Sequence[int], names: Sequence[str]) -> list[SharedBlock]:
        """The memory that came with the last message.

        Raises:
            ValueError: less came than was said, or it is none.
        """
        if len(sizes) > len(self._handles):
            raise ValueError("shared memory was lost on the way")
        return [SharedBlock(size, self._handles.popleft()) for size in sizes]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
        while self._handles:
            os.close(self._handles.popleft())

    def _wait(self, event: int, deadline: float | None) -> bool:
        poll = select.poll()
        poll.register(self._socket, event)
        return bool(poll.poll(None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000))

    def _whole(self) -> bytes | None:
        if len(self._arrived) < _HEAD.size:
            return None
        (length,) = _HEAD.unpack_from(self._arrived)
        if length > MOST_BYTES:
            raise ValueError("a message that is too long")
        end = _HEAD.size + length
        if len(self._arrived) < end:
            return None
        text = bytes(self._arrived[_HEAD.size : end])
        del self._arrived[:end]
        return text

    def _read(self) -> None:
        room = socket.CMSG_SPACE(MOST_BLOCKS * array.array("i").itemsize)
        try:
            data, beside, _, _ = self._socket.recvmsg(CHUNK_BYTES, room, _FLAGS)
        except BlockingIOError:
            return
        for level, kind, content in beside:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self._keep(array.array("i", content[: len(content) - len(content) % 4]))
        if not data:
            raise EOFError
        self._arrived += data

    def _keep(self, handles: Sequence[int]) -> None:
        for handle in handles:
            os.set_inheritable(handle, False)
            self._handles.append(handle)
        if len(self._handles) > MOST_BLOCKS:
            raise ValueError("too many blocks")
