"""Frames that only the sandbox may decode: asked for in one stream, which survives frames that kill the decoder."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any, Final

from imaging.dicom.instance import Frame, Instance
from imaging.errors import UserError
from imaging.sandbox import MEMORY_LIMIT, OutOfTime, Reply, Sandbox

Buffer = Callable[[int], memoryview]

_MODULE: Final = "imaging.dicom.decode"
MAX_CRASHES: Final = 4  # of one series; a codec that dies more often is not going to read it
_START_S: Final = 2.0  # of processor time, for the decoder's libraries
_FRAME_S: Final = 0.05
_PIXELS_PER_S: Final = 3e6  # the slowest measured, JPEG 2000 on one core, does 10 million


_spare: Sandbox | None = None
_spare_lock = threading.Lock()


def warm_up() -> None:
    """Start a decoder that the next call of `decoded_frames` takes: loading its libraries takes longer than a slice."""
    global _spare
    with _spare_lock:
        if _spare is None:
            _spare = Sandbox(ahead=_MODULE)
            with suppress(OSError):  # whoever decodes meets it again, and tells
                _spare.start()


def _decoder(memory_bytes: int) -> Sandbox:
    """The one that waits, or a new one."""
    global _spare
    with _spare_lock:
        sandbox, _spare = _spare, None
    if sandbox is None or not sandbox.is_running:
        _let_go(sandbox)
        sandbox = Sandbox(ahead=_MODULE)
    sandbox.memory_bytes = memory_bytes
    return sandbox


def _let_go(sandbox: Sandbox | None) -> None:
    if sandbox is not None:
        sandbox.close()


@atexit.register
def _let_spare_go() -> None:
    _let_go(_spare)


def decoded_frames(frames: list[Frame], buffer: Buffer) -> Generator[UserError | None]:
    """Fill a buffer for each frame, in order; yields why there is nothing in it, or None.

    Args:
        buffer: gives the bytes that the n-th frame's stored values shall fill.

    Raises:
        UserError: the decoder crashed too often, or took too long.
    """
    first, crashes, threads = 0, 0, 0
    with _decoder(_memory(frames)) as sandbox:
        while first < len(frames):
            try:
                for answer in _stream(sandbox, frames, first, threads, buffer):
                    first += 1
                    yield answer
            except OutOfTime:
                raise
            except UserError as error:
                crashes += 1
                if crashes > MAX_CRASHES or len(frames) == 1:
                    raise
                if threads == 1:  # frames are decoded one by one now: it was this one
                    first += 1
                    yield error
                threads = 1


def _stream(
    sandbox: Sandbox, frames: list[Frame], first: int, threads: int, buffer: Buffer
) -> Iterator[UserError | None]:
    waiting = frames[first:]
    instances = {id(frame.instance): frame.instance for frame in waiting}
    numbers = {key: number for number, key in enumerate(instances)}
    argument = {
        "pictures": [picture_of(instance) for instance in instances.values()],
        "wanted": [(numbers[id(frame.instance)], frame.index) for frame in waiting],
        "threads": threads,
    }
    answered = first
    slot_bytes = max(frame.instance.frame_bytes for frame in waiting)
    for reply in sandbox.stream(f"{_MODULE}:frames", argument, _seconds(waiting), slot_bytes):
        answer = _received(reply, buffer(answered)) if answered < len(frames) else None
        answered += 1
        yield answer
    if answered != len(frames):
        raise UserError("The decoder did not answer for every slice.")


def _seconds(frames: list[Frame]) -> float:
    """How much processor time decoding may take: little, so that a bent frame is given up before anybody wonders."""
    sizes = (frame.instance.rows * frame.instance.columns for frame in frames)
    return _START_S + sum(_FRAME_S + pixels / _PIXELS_PER_S for pixels in sizes)


def _received(reply: Reply, target: memoryview) -> UserError | None:
    if reply.fields["error"]:
        return UserError(str(reply.fields["error"]))
    if reply.size != len(target):
        return UserError("The compressed image does not have the size that the header claims.")
    reply.read_into(target)
    return None


def _memory(frames: list[Frame]) -> int:
    """What the child may take: room for the frames that are decoded at the same time."""
    biggest = max((frame.instance.frame_bytes for frame in frames), default=0)
    return MEMORY_LIMIT + min(24 * biggest, 3 << 30)


def picture_of(instance: Instance) -> dict[str, Any]:
    """The instance's pixel description for the decoder's process (see `imaging.dicom.decode.Picture`)."""
    return {
        "source": instance.source.as_json(),
        "transfer_syntax": instance.header.transfer_syntax,
        "offset": instance.header.pixel_offset,
        "rows": instance.rows,
        "columns": instance.columns,
        "frame_count": instance.frame_count,
        "bits_allocated": instance.bits_allocated,
        "bits_stored": instance.bits_stored,
        "is_signed": instance.is_signed,
        "photometric": instance.photometric,
        "is_colour": instance.is_colour,
        "is_encapsulated": instance.header.is_encapsulated,
        "is_odd": instance.header.is_odd,
    }
