"""A child process with limits, for bytes that nobody vouches for.

Codecs are C and C++ that foreign files can crash, fill or hang. They run in a child with a limit on its memory and its
processor time; whatever happens to the child costs one message. The parent reads back only JSON and raw bytes, never
pickles, so that a child that was taken over cannot take over the parent.

Protocol, both ways: 4 bytes length of JSON, 4 bytes 0 or 8 bytes length of raw bytes, JSON, raw bytes.
"""

from __future__ import annotations

import importlib
import json
import os
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from imaging.errors import UserError

MEMORY_LIMIT = 1500 << 20
_HEAD = struct.Struct("<IQ")
_MAX_JSON = 64 << 20
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


@dataclass
class Reply:
    """One answer of the child: fields and, perhaps, raw bytes that are still to be read."""

    fields: dict[str, Any]
    size: int
    _stream: BinaryIO

    def read_into(self, target: memoryview) -> None:
        """Move the raw bytes into ``target``, which must have exactly their size."""
        if len(target) != self.size:
            raise UserError("The file's pixels do not have the size that its header claims.")
        done = 0
        while done < self.size:
            got = self._stream.readinto(target[done:])  # type: ignore[attr-defined]
            if not got:
                raise UserError(_ENDED)
            done += got
        self.size = 0

    def skip(self) -> None:
        """Pass over bytes that nobody read."""
        while self.size:
            got = len(self._stream.read(min(self.size, 1 << 20)))
            if not got:
                raise UserError(_ENDED)
            self.size -= got


_ENDED = "The file cannot be decoded: the decoder stopped, ran out of its memory or took too long."


class Sandbox:
    """A child process that runs generator functions of ``imaging`` by name; it starts at the first call."""

    def __init__(self, memory_bytes: int = MEMORY_LIMIT) -> None:
        self._memory_bytes = memory_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the child if it does not run; it warms up while the caller does something else."""
        if self._child is None:
            root = str(Path(__file__).parents[1])
            paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
            quiet = {"PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "imaging.sandbox", str(self._memory_bytes)],  # -P: nothing from the cwd
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # decoders print what they find, which may name a patient
                bufsize=0,
                env={**os.environ, **quiet},
            )
            _widen(self._child.stdout)

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()

    def call(self, function: str, argument: dict[str, Any], seconds: float = 10) -> dict[str, Any]:
        """The fields of the last answer of ``function``; see `stream`."""
        fields: dict[str, Any] = {}
        for reply in self.stream(function, argument, seconds):
            fields = reply.fields
        return fields

    def stream(self, function: str, argument: dict[str, Any], seconds: float = 10) -> Iterator[Reply]:
        """Run a generator function in the child and pass on what it yields.

        Args:
            function: ``module:name``; the function takes ``argument`` and yields ``(fields, bytes or None)``.
            argument: JSON.
            seconds: of processor time for this call; the wall clock gets three times as much and 15 s more.

        Raises:
            UserError: the file was refused, or the child crashed, ran out of memory or of time.
        """
        with self._lock:
            self.start()
            assert self._child is not None
            watch = threading.Timer(15 + 3 * seconds, self._child.kill)
            watch.daemon = True
            watch.start()
            is_finished = False
            try:
                self._send({"function": function, "argument": argument, "seconds": seconds})
                yield from self._replies()
                is_finished = True
            except _Refused:
                is_finished = True
                raise
            finally:
                watch.cancel()
                if not is_finished:
                    self.close()

    def _send(self, request: dict[str, Any]) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        text = json.dumps(request).encode()
        try:
            _write(self._child.stdin, _HEAD.pack(len(text), 0) + text)
        except OSError as error:
            raise UserError(_ENDED) from error

    def _replies(self) -> Iterator[Reply]:
        assert self._child is not None
        stream = self._child.stdout
        assert stream is not None
        while True:
            head = _exactly(stream, _HEAD.size)
            length, size = _HEAD.unpack(head)
            if length > _MAX_JSON:
                raise UserError(_ENDED)
            try:
                fields = json.loads(_exactly(stream, length))
            except ValueError as error:
                raise UserError(_ENDED) from error
            if "end" in fields:
                if fields["end"]:
                    raise _Refused(str(fields["end"]), str(fields.get("hint", "")))
                return
            reply = Reply(fields, size, stream)  # type: ignore[arg-type]
            yield reply
            reply.skip()


def _widen(pipe: Any) -> None:
    """Let a pipe hold whole slices, so that child and parent wait less for each other (Linux only)."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # beyond the user's quota of pipe memory: it works, only slower
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, 1 << 20)


class _Refused(UserError):
    """The child is well and refused the file."""


def _exactly(stream: Any, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = stream.read(count - len(parts))
        if not part:
            raise UserError(_ENDED)
        parts += part
    return bytes(parts)


def _write(stream: Any, data: bytes | memoryview) -> None:
    """All of it: an unbuffered pipe may take less at a time."""
    view, done = memoryview(data), 0
    while done < len(view):
        done += stream.write(view[done:])


# ------------------------------------------------------------------------------------------------ in the child


def main() -> None:
    """Answer requests until the parent goes away."""
    _limit_memory(int(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints must not mix with the answers
    requests = os.fdopen(0, "rb", buffering=0)
    while head := requests.read(_HEAD.size):
        request = json.loads(_exactly(requests, _HEAD.unpack(head)[0]))
        _limit_time(float(request["seconds"]))
        try:
            _run(request, answers)
            _answer(answers, {"end": ""})
        except UserError as error:
            _answer(answers, {"end": error.message, "hint": error.hint})
        except FOREIGN_FAULTS as error:
            _answer(answers, {"end": f"The file is damaged: it cannot be followed ({type(error).__name__})."})


def _run(request: dict[str, Any], answers: Any) -> None:
    module, name = request["function"].split(":")
    if not module.startswith("imaging."):
        raise ValueError(module)
    for fields, data in getattr(importlib.import_module(module), name)(request["argument"]):
        _answer(answers, fields, data)


def _answer(answers: Any, fields: dict[str, Any], data: Any = None) -> None:
    text = json.dumps(fields).encode()
    view = memoryview(b"") if data is None else memoryview(data).cast("B")
    _write(answers, _HEAD.pack(len(text), len(view)) + text)
    _write(answers, view)


def _limit_memory(count: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (count, count))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime + seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
