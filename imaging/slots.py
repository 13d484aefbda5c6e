"""Memory that the sandbox's child fills with pictures and the parent copies them out of: cheaper than a pipe.

The memory has no name and ends with the processes that hold it. Its size is sealed before the child gets it: else one
that was taken over could shorten it, and the parent would die of touching what is no longer there. Linux alone has such
memory (``memfd_create``); elsewhere everything goes through the pipe.

A picture lies in slot ``number % count`` until the parent says that it is done with it: one byte for each answer.
"""

from __future__ import annotations

import mmap
import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZE = 64 << 20  # of addresses; memory is taken only for slots that were written to
MOST = 16
IS_THERE = sys.platform == "linux"


def slot_count(slot_bytes: int) -> int:
    """How many pictures of this size the memory holds at a time; fewer than 2 are of no use."""
    return min(MOST, SIZE // max(1, slot_bytes)) if IS_THERE else 0


class ReadSlots:
    """The parent's end."""

    def __init__(self) -> None:
        self.handle = _new_memory()
        self._memory = mmap.mmap(self.handle, SIZE, prot=mmap.PROT_READ)

    def read_into(self, begin: int, target: memoryview) -> None:
        """Copy the bytes from ``begin`` on."""
        with memoryview(self._memory) as memory:
            target[:] = memory[begin : begin + len(target)]

    def close(self) -> None:
        """Let the memory go."""
        self._memory.close()
        os.close(self.handle)


def _new_memory() -> int:
    if sys.platform != "linux":
        raise OSError("Only Linux has memory without a name.")
    import fcntl

    handle = os.memfd_create("limner-slots", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(handle, SIZE)
    fcntl.fcntl(handle, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return handle


class WriteSlots:
    """The child's end."""

    def __init__(self, handle: int, slot_bytes: int) -> None:
        self.count = slot_count(slot_bytes)
        self._slot_bytes = slot_bytes
        self._memory = mmap.mmap(handle, self.count * slot_bytes)
        self._freed = 0

    def slot(self, number: int) -> int:
        """Where the ``number``-th picture goes."""
        return number % self.count

    def memory(self, number: int) -> NDArray[Any]:
        """The bytes of that slot; writable."""
        return np.frombuffer(self._memory, np.uint8, self._slot_bytes, self.slot(number) * self._slot_bytes)

    def wait_for(self, number: int) -> None:
        """Wait until the slot of the ``number``-th picture is free.

        Raises:
            EOFError: the parent has gone.
        """
        self._wait(number - self.count + 1)

    def wait_for_all(self, number: int) -> None:
        """Wait until the parent is done with the first ``number`` pictures: it then has nothing more to say to them."""
        self._wait(number)

    def _wait(self, wanted: int) -> None:
        while self._freed < wanted:
            done = len(os.read(0, wanted - self._freed))
            if not done:
                raise EOFError
            self._freed += done
