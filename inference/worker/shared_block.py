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
import sys
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

    else:
        _new_handle = _unlinked_handle

    def _reserve(handle: int, size: int) -> None:
        """Take the memory now: where named memory is limited, writing beyond the limit would end this process."""
        os.ftruncate(handle, size)
        if sys.platform == "linux":
            os.posix_fallocate(handle, 0, size)

    def _map(handle: int, size: int) -> mmap.mmap:
        return mmap.mmap(handle, size)

    def _let_go(handle: int) -> None:
        os.close(handle)


class SharedBlock:
    """Some bytes of shared memory. Close it; arrays made by ``view`` stay valid.

    Args:
        size: bytes.
        handle: a file descriptor that the block owns from now on, or a section's name on Windows.
    """

    def __init__(self, size: int, handle: Handle) -> None:
        self.size = size
        self.handle = handle
        self._memory: mmap.mmap | None = _map(handle, size)

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
        except OSError as error:
            _let_go(handle)
            if error.errno in _NO_MEMORY:
                raise MemoryError("no room for the voxels") from error
            raise
        target = block.view(array.shape, array.dtype, is_writable=True)
        step = max(1, SLAB_BYTES * len(array) // max(array.nbytes, 1))
        for k in range(0, len(array), step):
            target[k : k + step] = array[k : k + step]
        return block

    def view(self, shape: tuple[int, ...], dtype: np.dtype[Any], *, is_writable: bool = False) -> NDArray[Any]:
        """The block as an array without a copy.

        Raises:
            ValueError: the block has not the size that this takes.
        """
        if self._memory is None:
            raise ValueError("the block is closed")
        if int(np.prod(shape, dtype=np.int64)) * dtype.itemsize != self.size:
            raise ValueError(f"{self.size} bytes are not {shape} of {dtype}")
        array = np.frombuffer(self._memory, dtype).reshape(shape)
        array.setflags(write=is_writable)
        return array

    def close(self) -> None:
        """Let go of it; harmless when it is closed."""
        if self._memory is not None:
            self._memory = None  # the mapping itself goes with the last array that looks at it
            _let_go(self.handle)


def _must_fit(size: int) -> None:
    """Nameless memory has no limit of its own: asking for too much would end some process, not this call."""
    import psutil

    if size > psutil.virtual_memory().available:
        raise MemoryError("no room for the voxels")
