"""The way between window and worker: whole messages or none, whatever the other end does."""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterator

import numpy as np
import pytest

if sys.platform == "win32":
    pytest.skip("POSIX sockets", allow_module_level=True)

from inference.worker.channel import Channel
from inference.worker.shared_block import SharedBlock


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    channel = Channel(ours.detach())
    yield channel, theirs
    channel.close()
    theirs.close()


def test_message_in_pieces_arrives_whole(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends
    text = b'{"kind": "x", "sizes": [], "names": []}'
    framed = struct.pack(">I", len(text)) + text
    for at in range(len(framed)):
        assert channel.receive(0) is None
        other.send(framed[at : at + 1])
    assert channel.receive(0) == ({"kind": "x"}, [])


def test_two_messages_at_once_are_two(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends
    text = b'{"kind": "x", "sizes": [], "names": []}'
    other.send((struct.pack(">I", len(text)) + text) * 2)
    assert [channel.receive(0), channel.receive(0), channel.receive(0)] == [
        ({"kind": "x"}, []),
        ({"kind": "x"}, []),
        None,
    ]


def test_blocks_and_large_messages_arrive(ends: tuple[Channel, socket.socket]) -> None:
    ours, theirs = socket.socketpair()
    one, two = Channel(ours.detach()), Channel(theirs.detach())
    blocks = [SharedBlock.holding(np.full((2, 3, 4), n, np.uint8)) for n in range(5)]
    one.send({"kind": "a"}, blocks[:2])
    one.send({"kind": "b", "text": "x" * 50_000}, blocks[2:])
    first, second = two.receive(1), two.receive(1)
    assert first is not None
    assert second is not None
    assert len(second[0]["text"]) == 50_000
    values = [int(block.copied((2, 3, 4), np.dtype(np.uint8))[0, 0, 0]) for block in first[1] + second[1]]
    assert values == [0, 1, 2, 3, 4]
    for closed in (*blocks, *first[1], *second[1], one, two):
        closed.close()


def test_sender_gives_up_on_an_end_that_does_not_read(ends: tuple[Channel, socket.socket]) -> None:
    channel, _ = ends
    with pytest.raises(TimeoutError):
        channel.send({"kind": "x", "text": "x" * (4 << 20)}, timeout_s=0.1)


def test_handles_that_nobody_asked_for_are_closed(ends: tuple[Channel, socket.socket]) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    ours, theirs = socket.socketpair()
    channel = Channel(ours.detach())
    for _ in range(3):
        socket.send_fds(theirs, [b"x"], [2] * 60)
    with pytest.raises(ValueError, match="too many blocks"):
        channel.receive(1)
    channel.close()
    theirs.close()
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a mapping is read")
def test_block_that_is_shortened_is_an_error_and_no_crash() -> None:
    block = SharedBlock.holding(np.ones(1 << 20, np.uint8))
    os.ftruncate(block.handle, 4096)
    with pytest.raises(ValueError, match="shortened"):
        block.copied((1 << 20,), np.dtype(np.uint8))
    block.close()
