"""Foreign files judged in processes of their own: a process for each, forked from one that has everything loaded.

Starting Python and its libraries takes a second, reading a bent file a hundredth of one. So the process that judges
loads all readers once, is left without threads, and forks for every file; the program's own decoder process is forked
in the same way (``fork_sandboxes``), with the limits that it has in the program. What a file did to its process (a
signal, an exception that is no ``UserError``, time, memory) is seen from outside.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Reader = Callable[[Path], str]  # opens a file; says how it went: "opened", or "refused" with a reason

_ROOT = str(Path(__file__).parents[2])
_HERE = str(Path(__file__).parent)


@dataclass(frozen=True)
class Limits:
    """What one reader may take for one file.

    Attributes:
        seconds: of processor time, the decoder's included.
        mb: resident memory of the reading process and of its decoder together.
        hangs_after: seconds on the clock for all readers of a file; then the process is killed.
        room_mb: address space beyond what is there already: a reader that wants more meets a ``MemoryError``.
    """

    seconds: float = 5.0
    mb: float = 1024.0
    hangs_after: float = 90.0
    room_mb: float = 6000.0


@dataclass
class Verdict:
    """What became of one file.

    Attributes:
        outcomes: reader -> "opened" or "refused".
        faults: what must not be: "reader: what happened, and where".
        seconds: reader -> processor time.
        mb: most memory of the reading process and its decoder.
    """

    outcomes: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    mb: float = 0.0


def judge(path: Path, readers: dict[str, Reader], limits: Limits = Limits()) -> Verdict:
    """Let all readers loose on a file, in a process that is forked for it.

    Raises:
        RuntimeError: this process has threads, so that a fork of it could hang by itself.
    """
    if len(os.listdir("/proc/self/task")) != 1:
        raise RuntimeError(f"the judging process has threads: {threading.enumerate()}")
    ears, mouth = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ears)
        _read(path, readers, limits, mouth)  # never returns
    os.close(mouth)
    verdict, asked = Verdict(), ""
    ended = _wait(pid, limits.hangs_after)
    _kill_group(pid)
    status, usage = os.wait4(pid, 0)[1:]
    with os.fdopen(ears) as lines:
        for line in lines:
            said = json.loads(line)
            asked = said["reader"]
            if "outcome" in said:
                _note(verdict, said, limits)
                asked = ""
    verdict.mb = max(verdict.mb, usage.ru_maxrss / 1024)
    if not ended:
        verdict.faults.append(f"{asked}: hangs, more than {limits.hangs_after:g} s on the clock")
    elif os.WIFSIGNALED(status):
        verdict.faults.append(f"{asked}: killed by {signal.Signals(os.WTERMSIG(status)).name}")
    elif os.WEXITSTATUS(status) or asked:
        verdict.faults.append(f"{asked}: the process left with status {os.WEXITSTATUS(status)}")
    if verdict.mb > limits.mb:
        verdict.faults.append(f"memory: more than {limits.mb:g} MB")
    return verdict


def _note(verdict: Verdict, said: dict[str, Any], limits: Limits) -> None:
    reader, outcome = said["reader"], said["outcome"]
    verdict.seconds[reader] = said["seconds"]
    verdict.mb = max(verdict.mb, said["mb"])
    if outcome in ("opened", "refused"):
        verdict.outcomes[reader] = outcome
    else:
        verdict.faults.append(f"{reader}: {outcome}")
    if said["seconds"] > limits.seconds:
        verdict.faults.append(f"{reader}: more than {limits.seconds:g} s of processor time")


def _wait(pid: int, seconds: float) -> bool:
    """True when the process ended in time; it is not reaped."""
    watch = os.pidfd_open(pid)
    try:
        return bool(select.select([watch], [], [], seconds)[0])
    finally:
        os.close(watch)


def _kill_group(pid: int) -> None:
    """The reading process, should it still run, and its decoders."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it made no group or left nothing behind


# ------------------------------------------------------------------------------------------------ in the child


def _read(path: Path, readers: dict[str, Reader], limits: Limits, mouth: int) -> None:
    """Ask each reader, tell what came of it, and leave."""
    os.setpgid(0, 0)
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    room = (_address_space_mb() + limits.room_mb) * (1 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (int(room), int(room)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    in_threads: list[str] = []
    threading.excepthook = lambda failed: in_threads.append(_place(failed.exc_value))
    sys.unraisablehook = lambda failed: in_threads.append(_place(failed.exc_value))
    for name, reader in readers.items():
        _tell(mouth, {"reader": name})
        began = _processor_s()
        outcome = _asked(reader, path)
        if in_threads:
            outcome = f"in a thread or a finalizer: {in_threads.pop()}"
        seconds = _processor_s() - began
        _tell(mouth, {"reader": name, "outcome": outcome, "seconds": seconds, "mb": _peak_mb(before_mb)})
    os._exit(0)


def _asked(reader: Reader, path: Path) -> str:
    """The reader's own word, or what it raised; a refusal must be something that a person can be told."""
    from imaging.errors import UserError

    try:
        return reader(path)
    except UserError as error:
        return refusal_of(error.message, error.hint)
    except BaseException as error:  # noqa: BLE001 - that nothing else comes is what is judged
        return _place(error)


def refusal_of(message: str, hint: str = "") -> str:
    """ "refused", or what is wrong with the sentence that says so."""
    try:
        f"{message}{hint}".encode()
    except UnicodeEncodeError:
        return f"refused with a reason that cannot be printed: {message!a}"
    if not message.strip() or len(message) > 400 or "\0" in message:
        return f"refused with a reason that nobody can read: {message[:100]!a}"
    return "refused"


def _place(error: BaseException | None) -> str:
    """The exception and the last of our own lines that it came through."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    ours = [f for f in frames if f.filename.startswith(_ROOT) and "/.venv/" not in f.filename]
    ours = [f for f in ours if not f.filename.startswith(_HERE)] or ours or list(frames)[-1:]
    where = f"{ours[-1].filename.removeprefix(_ROOT)[1:]}:{ours[-1].lineno}" if ours else "nowhere"
    last = f" ({frames[-1].name})" if frames and ours and frames[-1] is not ours[-1] else ""
    return f"{type(error).__name__} at {where}{last}: {str(error)[:120]!a}"


def _tell(mouth: int, said: dict[str, Any]) -> None:
    os.write(mouth, json.dumps(said).encode() + b"\n")


def _processor_s() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in both)


def _peak_mb(before_mb: float) -> float:
    """Most memory of this process and its largest child together; the pages that both began with count once."""
    own, children = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own + max(0.0, children - before_mb)


def _address_space_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize() / (1 << 20)


# ------------------------------------------------------------------------------------------------ decoders


class _ForkedChild:
    """In the place of the ``Popen`` that a `Sandbox` keeps: its child, forked instead of started."""

    def __init__(self, memory_bytes: int) -> None:
        requests, asks = os.pipe()
        answers, says = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _serve(requests, says, memory_bytes)  # never returns
        os.close(requests)
        os.close(says)
        self.stdin = os.fdopen(asks, "wb", buffering=0)
        self.stdout = os.fdopen(answers, "rb", buffering=0)
        self._is_there = True

    def kill(self) -> None:
        """End it."""
        if self._is_there:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Until it is gone."""
        if self._is_there:
            self._is_there = False
            os.waitpid(self.pid, 0)


_FRESH_MB = 60.0  # address space of a Python that has not loaded a decoder yet


def _serve(requests: int, says: int, memory_bytes: int) -> None:
    """What ``python -m imaging.sandbox`` does, without the start."""
    from imaging import sandbox

    os.dup2(requests, 0)
    os.dup2(says, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.closerange(3, 512)
    warnings.resetwarnings()
    already = int((_address_space_mb() - _FRESH_MB) * (1 << 20))  # libraries that the real child loads later
    sys.argv = ["sandbox", str(memory_bytes + already)]
    try:
        sandbox.main()
    except BaseException:  # noqa: BLE001 - the real one ends with a traceback that nobody sees
        os._exit(1)
    os._exit(0)


def fork_sandboxes() -> None:
    """From now on the program's decoder processes are forked from the one that asks for them."""
    from imaging.sandbox import Sandbox

    def start(self: Any) -> None:
        if self._child is None:
            self._child = _ForkedChild(self._memory_bytes)

    Sandbox.start = start  # type: ignore[method-assign]
