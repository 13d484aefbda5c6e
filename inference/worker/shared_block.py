"""Voxels that two processes share, in memory that has no name.

Memory without a name goes with the last process that holds it, however that process ends: nothing has to be cleaned
up after a crash, and no tracker has to watch it (``multiprocessing.shared_memory`` needs one, which warns and, in
another process than the owner, deletes). Linux: ``memfd_create``; other POSIX systems: ``shm_open``, unlinked at once;
both travel as a file descriptor. Windows: a section whose random name vanishes with its last handle.
"""

from __future__ import annotations

import errno
import mmap
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

SLAB_BYTES = 16 << 20  # copied at a time, so that a strided array never needs a contiguous twin
_NO_MEMORY = (errno.ENOMEM, errno.ENOSPC)

if sys.platform == "win32":
    Handle = str

    def _new_handle() -> str:
        return f"limner-{secrets.token_hex(16)}"

    def _reserve(handle: str, size: int) -> None:
        """The system takes the memory when the section is made, or refuses."""

    def _map(handle: str, size: int) -> mmap.mmap:
        return mmap.mmap(-1, size, tagname=handle)

    def _check(handle: str, size: int) -> None:
        """Mapping it will tell."""

    def _read_into(handle: str, target: memoryview, begin: int = 0) -> bool:
        return False

    def _let_go(handle: str) -> None:
        """The section goes with its last mapping."""

else:
    Handle = int

    def _unlinked_handle() -> int:
        import _posixshmem  # type: ignore[import-not-found]  # what multiprocessing.shared_memory stands on

        name = f"/limner-{secrets.token_hex(8)}"  # macOS allows 31 characters
        handle: int = _posixshmem.shm_open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode=0o600)
        _posixshmem.shm_unlink(name)
        return handle

    if sys.platform == "linux":

        def _new_handle() -> int:
            return os.memfd_create("limner", os.MFD_CLOEXEC)

        def _read_into(handle: int, target: memoryview, begin: int = 0) -> bool:
            """Read instead of looking through a mapping: a sender that shortens the memory meanwhile would end us."""
            done = 0
            while done < len(target):
                count = os.preadv(handle, [target[done : done + SLAB_BYTES]], begin + done)
                if count == 0:
                    raise ValueError("the memory was shortened")
                done += count
            return True

    else:
        _new_handle = _unlinked_handle

        def _read_into(handle: int, target: memoryview, begin: int = 0) -> bool:
            return False

    def _reserve(handle: int, size: int) -> None:
        """Take the memory now: where named memory is limited, writing beyond the limit would end this process."""
        os.ftruncate(handle, size)
        if sys.platform == "linux":
            os.posix_fallocate(handle, 0, size)

    def _check(handle: int, size: int) -> None:
        state = os.fstat(handle)
        is_memory = stat.S_ISREG(state.st_mode) or sys.platform != "linux"  # macOS gives its shared memory no type
        if not is_memory or state.st_size < size:
            raise ValueError(f"{size} bytes are more than there are")

    def _map(handle: int, size: int) -> mmap.mmap:
        return mmap.mmap(handle, size)

    def _let_go(handle: int) -> None:
        os.close(handle)


class SharedBlock:
    """Some bytes of shared memory. Close it; arrays made by ``view`` stay valid.

    Args:
        size: bytes.
        handle: a file descriptor that the block owns from now on, or a section's name on Windows.

    Raises:
        ValueError: there is less behind the handle; it is closed then.
    """

    def __init__(self, size: int, handle: Handle) -> None:
        self.size = size
        self.handle = handle
        self._is_open = True
        self._memory: mmap.mmap | None = None
        try:
            _check(handle, size)
            if sys.platform == "win32":
                self._memory = _map(handle, size)  # the section lives as long as a mapping of it
        except ValueError:
            self.close()
            raise

    @staticmethod
    def holding(array: NDArray[Any]) -> SharedBlock:
        """A block with a copy of an array of any strides, in C order.

        Raises:
            MemoryError: the machine has no room for it.
        """
        _must_fit(array.nbytes)
        handle = _new_handle()
        try:
            _reserve(handle, array.nbytes)
            block = SharedBlock(array.nbytes, handle)
            target = block.view(array.shape, array.dtype, is_writable=True)
        except OSError as error:
            _let_go(handle)
            if error.errno in _NO_MEMORY:
                raise MemoryError("no room for the voxels") from error
            raise
        step = max(1, SLAB_BYTES * len(array) // max(array.nbytes, 1))
        for k in range(0, len(array), step):
            target[k : k + step] = array[k : k + step]
        return block

    def view(self, shape: tuple[int, ...], dtype: np.dtype[Any], *, is_writable: bool = False) -> NDArray[Any]:
        """The block as an array without a copy; only for memory of somebody who is trusted.

        Raises:
            ValueError: the block has not the size that this takes.
        """
        self._must_hold(shape, dtype)
        if self._memory is None:
            self._memory = _map(self.handle, self.size)
        array = np.frombuffer(self._memory, dtype).reshape(shape)
        array.setflags(write=is_writable)
        return array

    def copied(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """A copy, which nobody else can change or take away.

        Raises:
            ValueError: the block has not the size that this takes, or its owner shortened it.
            MemoryError: the machine has no room for it.
        """
        self._must_hold(shape, dtype)
        _must_fit(self.size)
        target = np.empty(shape, dtype)
        if not _read_into(self.handle, target.reshape(-1).view(np.uint8).data):
            target[...] = self.view(shape, dtype)
        return target

    def pieces(self) -> Iterator[memoryview]:
        """Its bytes one after the other, each piece a copy that is valid until the next.

        Raises:
            ValueError: its owner shortened it.
        """
        piece = np.empty(min(SLAB_BYTES, self.size), np.uint8)
        for begin in range(0, self.size, SLAB_BYTES):
            part = piece[: min(SLAB_BYTES, self.size - begin)]
            if not _read_into(self.handle, part.data, begin):
                part[...] = self.view((self.size,), piece.dtype)[begin : begin + len(part)]
            yield part.data

    def close(self) -> None:
        """Let go of it; harmless when it is closed."""
        if self._is_open:
            self._is_open = False
            self._memory = None  # the mapping itself goes with the last array that looks at it
            _let_go(self.handle)

    def _must_hold(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        if not self._is_open:
            raise ValueError("the block is closed")
        if int(np.prod(shape, dtype=np.int64)) * dtype.itemsize != self.size:
            raise ValueError(f"{self.size} bytes are not {shape} of {dtype}")


def _must_fit(size: int) -> None:
    """Nameless memory has no limit of its own: asking for too much would end some process, not this call."""
    import psutil

    if size > psutil.virtual_memory().available:
        raise MemoryError("no room for the voxels")
