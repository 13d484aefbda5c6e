"""The child of `imaging.sandbox`: runs what it is asked to and answers; it starts with as little as it can.

Both ways go 4 bytes length of JSON, 8 bytes length of raw bytes, JSON, raw bytes. Pictures may lie in shared memory
instead (see `imaging.slots`); then the parent answers each reply with one byte when it is done with it.
"""

from __future__ import annotations

import importlib
import json
import os
import struct
import sys
import zlib
from typing import Any

from imaging.errors import UserError

HEAD = struct.Struct("<IQ")
ENDED = "The file cannot be decoded: the decoder stopped, ran out of its memory or took too long."
# What foreign bytes make decoders raise. Anything else ends the child, which is as harmless to the parent.
FOREIGN_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,  # and NotImplementedError, RecursionError, the errors of imagecodecs and SimpleITK
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def exactly(stream: Any, count: int) -> bytes:
    """That many bytes of an unbuffered pipe.

    Raises:
        UserError: the other end has gone.
    """
    parts = bytearray()
    while len(parts) < count:
        part = stream.read(count - len(parts))
        if not part:
            raise UserError(ENDED)
        parts += part
    return bytes(parts)


def write(stream: Any, data: bytes | memoryview) -> None:
    """All of it: an unbuffered pipe may take less at a time."""
    view, done = memoryview(data), 0
    while done < len(view):
        done += stream.write(view[done:])


def main() -> None:
    """Answer requests until the parent goes away."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints must not mix with the answers
    requests = os.fdopen(0, "rb", buffering=0)
    ahead, handle = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else -1
    if ahead:
        importlib.import_module(ahead)
    while head := requests.read(HEAD.size):
        request = json.loads(exactly(requests, HEAD.unpack(head)[0]))
        _limit_memory(int(request["memory"]))
        _limit_time(float(request["seconds"]))
        try:
            _run(request, answers, handle)
            _answer(answers, {"end": ""})
        except UserError as error:
            _answer(answers, {"end": error.message, "hint": error.hint})
        except MemoryError:
            said = "The file is damaged, or asks for more memory than a file may."
            _answer(answers, {"end": said, "hint": "Ask for the file again."})
        except FOREIGN_FAULTS:
            _answer(answers, {"end": "The file is damaged: it cannot be followed.", "hint": "Ask for the file again."})


def _run(request: dict[str, Any], answers: Any, handle: int) -> None:
    module, name = request["function"].split(":")
    if not module.startswith("imaging."):
        raise ValueError(module)
    function, arguments = getattr(importlib.import_module(module), name), [request["argument"]]
    slots = None
    if request["slot_bytes"]:
        from imaging.slots import WriteSlots, slot_count

        is_worth_it = handle >= 0 and slot_count(request["slot_bytes"]) > 1
        slots = WriteSlots(handle, request["slot_bytes"]) if is_worth_it else None
        arguments.append(slots)
    count = 0
    try:
        for fields, data in function(*arguments):
            _answer(answers, fields, data)
            count += 1
    finally:
        if slots is not None:
            slots.wait_for_all(count)  # else the next request would begin with what the parent says to these


def _answer(answers: Any, fields: dict[str, Any], data: Any = None) -> None:
    text = json.dumps(fields).encode()
    view = memoryview(b"") if data is None else memoryview(data).cast("B")
    write(answers, HEAD.pack(len(text), len(view)) + text)
    write(answers, view)


def _limit_memory(count: int) -> None:
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]  # of an earlier call
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime + seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
