"""The way between window and worker on Windows: a pipe that keeps messages whole; memory goes over by its name."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from inference.worker.shared_block import SharedBlock

MOST_BYTES = 64 << 20
MOST_BLOCKS = 64

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection

    class PipeLink:
        """One end. Any one thread sends while any other receives.

        Args:
            handle: an inherited pipe.
        """

        def __init__(self, handle: int) -> None:
            self._connection = PipeConnection(handle)

        @staticmethod
        def names(blocks: Sequence[SharedBlock]) -> list[str]:
            """What the other end finds the memory by."""
            return [block.handle for block in blocks]

        def send(self, text: bytes, blocks: Sequence[SharedBlock], timeout_s: float | None) -> None:
            """Send one message; the names of the memory went with it. Waits for a reader without limit.

            Raises:
                OSError: the other end is gone.
            """
            self._connection.send_bytes(text)

        def receive(self, timeout_s: float | None) -> bytes | None:
            """The next message, None when none came in time.

            Raises:
                EOFError, OSError: the other end is gone.
            """
            if timeout_s is not None and not self._connection.poll(timeout_s):
                return None
            return self._connection.recv_bytes(MOST_BYTES)

        def take(self, sizes: Sequence[int], names: Sequence[str]) -> list[SharedBlock]:
            """The memory of these names.

            Raises:
                ValueError: the lists do not fit together.
            """
            if len(sizes) != len(names) or len(sizes) > MOST_BLOCKS:
                raise ValueError("shared memory was lost on the way")
            return [SharedBlock(size, name) for size, name in zip(sizes, names, strict=True)]

        def close(self) -> None:
            """Hang up."""
            self._connection.close()
