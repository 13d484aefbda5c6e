"""A child process with limits, for bytes that nobody vouches for.

Codecs are C and C++ that foreign files can crash, fill or hang. They run in a child with a limit on its memory and its
processor time; whatever happens to the child costs one message. The parent reads back only JSON and raw bytes, never
pickles, so that a child that was taken over cannot take over the parent.

The child's side, and how the two talk: `imaging.sandboxed`.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from imaging.errors import UserError
from imaging.sandboxed import ENDED, HEAD, exactly, write
from imaging.slots import ReadSlots, slot_count

MEMORY_LIMIT = 1500 << 20
KEPT = 64 << 20  # bytes that the child does not give back to the system before the next picture needs them (glibc)
ENDING_S = 1.0  # a child that closed its pipe is gone within milliseconds
_MAX_JSON = 64 << 20

logger = logging.getLogger("limner.sandbox")


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
                raise UserError(ENDED)
            done += got
        self.size = 0

    def skip(self) -> None:
        """Pass over bytes that nobody read."""
        while self.size:
            got = len(self._stream.read(min(self.size, 1 << 20)))
            if not got:
                raise UserError(ENDED)
            self.size -= got


@dataclass
class SlotReply(Reply):
    """An answer whose bytes lie in shared memory."""

    _slots: ReadSlots
    _begin: int

    def read_into(self, target: memoryview) -> None:
        """Copy the bytes into ``target``, which must have exactly their size."""
        if len(target) != self.size:
            raise UserError("The file's pixels do not have the size that its header claims.")
        self._slots.read_into(self._begin, target)

    def skip(self) -> None:
        """Nothing has to be passed over."""


class Sandbox:
    """A child process that runs generator functions of ``imaging`` by name; it starts at the first call.

    Args:
        memory_bytes: what the child may take.
        ahead: a module of ``imaging`` that it imports as soon as it starts.
    """

    def __init__(self, memory_bytes: int = MEMORY_LIMIT, ahead: str = "") -> None:
        self.memory_bytes = memory_bytes  # the child is told with the first call
        self._ahead = ahead
        self._child: subprocess.Popen[bytes] | None = None
        self._slots: ReadSlots | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_running(self) -> bool:
        """True while there is a child."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Start the child if it does not run; it warms up while the caller does something else."""
        if self._child is None:
            root = str(Path(__file__).parents[1])
            paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
            quiet = {"PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
            quiet |= {"MALLOC_MMAP_THRESHOLD_": str(KEPT), "MALLOC_TRIM_THRESHOLD_": str(KEPT)}
            self._slots = _slots()
            handles = (self._slots.handle,) if self._slots is not None else ()
            asked = [self._ahead, *map(str, handles)]
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "imaging.sandboxed", *asked],  # -P: nothing from the working directory
                pass_fds=handles,
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
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.close()
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

    def stream(
        self, function: str, argument: dict[str, Any], seconds: float = 10, slot_bytes: int = 0
    ) -> Iterator[Reply]:
        """Run a generator function in the child and pass on what it yields.

        Args:
            function: ``module:name``; the function takes ``argument`` and yields ``(fields, bytes or None)``.
            argument: JSON.
            slot_bytes: above 0, the function also takes shared memory for pictures of up to this size, or None where
                that is not to be had (see `imaging.slots`). A picture there stays until the next reply is asked for.
            seconds: of processor time for this call; the wall clock gets three times as much and 15 s more.

        Raises:
            OutOfTime: the child was ended because it took too long.
            UserError: the file was refused, or the child crashed or ran out of memory.
        """
        with self._lock:
            self.start()
            assert self._child is not None
            child, is_overdue = self._child, threading.Event()

            def end() -> None:
                is_overdue.set()
                child.kill()

            watch = threading.Timer(15 + 3 * seconds, end)
            watch.daemon = True
            watch.start()
            is_finished = False
            try:
                request = {"function": function, "argument": argument, "seconds": seconds, "slot_bytes": slot_bytes}
                self._send({**request, "memory": self.memory_bytes})
                yield from self._replies(slot_bytes if self._slots is not None and slot_count(slot_bytes) > 1 else 0)
                is_finished = True
            except _Refused:
                is_finished = True
                raise
            except UserError as error:
                if is_overdue.is_set() or _used_up_its_time(child):
                    raise OutOfTime(error.message, error.hint) from error
                raise
            finally:
                watch.cancel()
                if not is_finished:
                    self.close()

    def _send(self, request: dict[str, Any]) -> None:
        text = json.dumps(request).encode()
        self._say(HEAD.pack(len(text), 0) + text)

    def _say(self, data: bytes) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        try:
            write(self._child.stdin, data)
        except OSError as error:
            raise UserError(ENDED) from error

    def _replies(self, slot_bytes: int) -> Iterator[Reply]:
        assert self._child is not None
        stream = self._child.stdout
        assert stream is not None
        while True:
            head = exactly(stream, HEAD.size)
            length, size = HEAD.unpack(head)
            if length > _MAX_JSON:
                raise UserError(ENDED)
            try:
                fields = json.loads(exactly(stream, length))
            except ValueError as error:
                raise UserError(ENDED) from error
            if "end" in fields:
                if fields["end"]:
                    raise _Refused(str(fields["end"]), str(fields.get("hint", "")))
                return
            reply = Reply(fields, size, stream)  # type: ignore[arg-type]
            if slot_bytes and "slot" in fields:
                reply = self._in_slot(fields, size, slot_bytes)
            yield reply
            reply.skip()
            if slot_bytes:
                self._say(b"\0")

    def _in_slot(self, fields: dict[str, Any], size: int, slot_bytes: int) -> Reply:
        """The reply for a picture in shared memory; the child's word for where is not trusted."""
        assert self._child is not None
        assert self._slots is not None
        slot, length = fields["slot"], fields.get("bytes")
        if size or not isinstance(slot, int) or not isinstance(length, int):
            raise UserError(ENDED)
        if not (0 <= slot < slot_count(slot_bytes) and 0 <= length <= slot_bytes):
            raise UserError(ENDED)
        return SlotReply(fields, length, self._child.stdout, self._slots, slot * slot_bytes)  # type: ignore[arg-type]


def _slots() -> ReadSlots | None:
    """Shared memory where the system has it and gives it; the pipe does as well, only slower."""
    try:
        return ReadSlots() if slot_count(1) else None
    except OSError as error:
        logger.info("decoded pictures take the pipe: %s", error.strerror)
        return None


def _widen(pipe: Any) -> None:
    """Let a pipe hold whole slices, so that child and parent wait less for each other (Linux only)."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # beyond the user's quota of pipe memory: it works, only slower
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, 1 << 20)


class _Refused(UserError):
    """The child is well and refused the file."""


class OutOfTime(UserError):
    """The child was ended because it took too long: asking again would take as long again."""


def _used_up_its_time(child: subprocess.Popen[bytes]) -> bool:
    """Whether the system ended the child for its processor time; it has closed its pipe, or is told to end."""
    if sys.platform == "win32":
        return False  # there is no such limit
    try:
        return child.wait(ENDING_S) == -signal.SIGXCPU
    except subprocess.TimeoutExpired:
        return False
