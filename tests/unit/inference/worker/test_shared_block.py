"""Memory that two processes share."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from inference.worker import shared_block
from inference.worker.shared_block import SharedBlock


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX handles")
@pytest.mark.parametrize("maker", ["_new_handle", "_unlinked_handle"])
def test_other_holder_sees_the_same_voxels(maker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_block, "_new_handle", getattr(shared_block, maker))
    array = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)[:, ::-1]
    block = SharedBlock.holding(array)
    other = SharedBlock(block.size, os.dup(block.handle))
    block.close()
    seen = other.view((4, 5, 6), np.dtype(np.int16))
    other.close()
    np.testing.assert_array_equal(seen, array)
    with pytest.raises(ValueError, match="read-only"):
        seen[0, 0, 0] = 1


def test_array_larger_than_one_slab_arrives_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_block, "SLAB_BYTES", 1000)
    array = np.random.default_rng(0).integers(0, 255, (7, 30, 40), np.uint8)
    block = SharedBlock.holding(array)
    np.testing.assert_array_equal(block.view(array.shape, array.dtype), array)
    block.close()


def test_view_of_another_size_is_refused() -> None:
    block = SharedBlock.holding(np.zeros((2, 3, 4), np.uint8))
    with pytest.raises(ValueError, match="24 bytes are not"):
        block.view((2, 3, 5), np.dtype(np.uint8))
    block.close()


@pytest.mark.skipif(sys.platform != "linux", reason="memfd")
def test_sender_that_lies_about_the_size_is_refused() -> None:
    handle = os.memfd_create("lie")
    os.ftruncate(handle, 10)
    with pytest.raises(ValueError, match="more than there are"):
        SharedBlock(1000, handle)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)


@pytest.mark.skipif(sys.platform != "linux", reason="memfd")
def test_more_than_the_machine_has_is_a_memory_error(monkeypatch: pytest.MonkeyPatch) -> None:
    handles = set(os.listdir("/proc/self/fd"))
    huge = np.lib.stride_tricks.as_strided(np.zeros(1, np.uint8), (1 << 20, 1 << 20, 1 << 10), (0, 0, 0))
    with pytest.raises(MemoryError):
        SharedBlock.holding(huge)
    assert set(os.listdir("/proc/self/fd")) <= handles
