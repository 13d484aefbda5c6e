"""Foreign files judged in processes of their own, forked from one that has everything loaded.

Starting Python and its libraries takes a second, reading a bent file a hundredth of one. So the process that judges
loads all readers once, is left without threads, and forks for a few files at a time; the program's own decoder process
is forked in the same way (``fork_sandboxes``), with the limits that it has in the program. What a file did to its
process (a signal, an exception that is no ``UserError``, time, memory) is seen from outside, and seen again with that
file alone.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
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
    """Let all readers loose on a file, in a process that is forked for it; see `judge_all`."""
    return judge_all([(path, readers)], limits)[0]


def judge_all(files: list[tuple[Path, dict[str, Reader]]], limits: Limits = Limits()) -> list[Verdict]:
    """Judge several files, one after another in one process; it starts anew for each that gave rise to a complaint.

    Whatever happens in company happens alone, or is reported as happening in company only. Memory is what the process
    took until then, so it can only be overestimated.

    Raises:
        RuntimeError: this process has threads, so that a fork of it could hang by itself.
    """
    if len(os.listdir("/proc/self/task")) != 1:
        raise RuntimeError(f"the judging process has threads: {threading.enumerate()}")
    first = _judged(files, limits)
    if len(files) == 1:
        return first
    for number, verdict in enumerate(first):
        if verdict.faults or set(verdict.outcomes) != set(files[number][1]):
            alone = _judged([files[number]], limits)[0]
            if verdict.faults and not alone.faults:
                alone.faults = [f"{fault} (only behind other files)" for fault in verdict.faults]
            first[number] = alone
    return first


def _judged(files: list[tuple[Path, dict[str, Reader]]], limits: Limits) -> list[Verdict]:
    """Verdicts of one process; those of files that it did not come to are empty."""
    ears, mouth = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ears)
        _read_all(files, limits, mouth)  # never returns
    os.close(mouth)
    verdicts = [Verdict() for _ in files]
    asked, number = "", 0
    with os.fdopen(ears, "rb", buffering=0) as told:
        for said in _lines(told.fileno(), limits.hangs_after):
            if said is None:
                verdicts[number].faults.append(f"{asked}: hangs, more than {limits.hangs_after:g} s on the clock")
                break
            number, asked = said["file"], said["reader"]
            if "outcome" in said:
                _note(verdicts[number], said, limits)
                asked = ""
    _kill_group(pid)
    status, usage = os.wait4(pid, 0)[1:]
    last = verdicts[number]
    last.mb = max(last.mb, usage.ru_maxrss / 1024)
    if not last.faults and os.WIFSIGNALED(status):
        last.faults.append(f"{asked}: killed by {signal.Signals(os.WTERMSIG(status)).name}")
    elif not last.faults and (os.WEXITSTATUS(status) or asked):
        last.faults.append(f"{asked}: the process left with status {os.WEXITSTATUS(status)}")
    for verdict in verdicts:
        if verdict.mb > limits.mb:
            verdict.faults.append(f"memory: more than {limits.mb:g} MB")
    return verdicts


def _lines(ears: int, most_s: float) -> Iterator[dict[str, Any] | None]:
    """What the reading process tells, None when it is silent for too long."""
    begun = b""
    while select.select([ears], [], [], most_s)[0]:
        data = os.read(ears, 1 << 16)
        if not data:
            return
        *whole, begun = (begun + data).split(b"\n")
        yield from map(json.loads, whole)
    yield None


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


def _kill_group(pid: int) -> None:
    """The reading process, should it still run, and its decoders."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it made no group or left nothing behind


# ------------------------------------------------------------------------------------------------ in the child


def _read_all(files: list[tuple[Path, dict[str, Reader]]], limits: Limits, mouth: int) -> None:
    """Ask each reader about each file, tell what came of it, and leave."""
    os.setpgid(0, 0)
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    room = (_address_space_mb() + limits.room_mb) * (1 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (int(room), int(room)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    in_threads: list[str] = []
    threading.excepthook = lambda failed: in_threads.append(_place(failed.exc_value))
    sys.unraisablehook = lambda failed: in_threads.append(_place(failed.exc_value))
    for number, (path, readers) in enumerate(files):
        for name, reader in readers.items():
            _tell(mouth, {"file": number, "reader": name})
            began = _processor_s()
            outcome = _asked(reader, path)
            if in_threads:
                outcome = f"in a thread or a finalizer: {in_threads.pop()}"
            took = {"seconds": _processor_s() - began, "mb": _peak_mb(before_mb)}
            _tell(mouth, {"file": number, "reader": name, "outcome": outcome, **took})
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
    """Processor time of this process and its children, those that are still there included."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    there = sum(
        time.clock_gettime(~child.pid << 3 | 2) for child in _there
    )  # the clock of another process, see CPUCLOCK
    return sum(use.ru_utime + use.ru_stime for use in both) + there


def _peak_mb(before_mb: float) -> float:
    """Most memory of this process and its largest child together; the pages that both began with count once."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return own + max(0.0, max([children, *(child.peak_mb() for child in _there)]) - before_mb)


def _address_space_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize() / (1 << 20)


# ------------------------------------------------------------------------------------------------ decoders


class _ForkedChild:
    """In the place of the ``Popen`` that a `Sandbox` keeps: its child, forked instead of started."""

    def __init__(self, memory_bytes: int) -> None:
        self.memory_bytes = memory_bytes
        from imaging.slots import ReadSlots  # not above: with numpy comes a thread, and this process shall have one

        self.slots = ReadSlots()
        self.exit_code = 0
        requests, asks = os.pipe()
        answers, says = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _serve(requests, says, self.slots.handle)  # never returns
        os.close(requests)
        os.close(says)
        self.stdin = os.fdopen(asks, "wb", buffering=0)
        self.stdout = os.fdopen(answers, "rb", buffering=0)
        _there.append(self)

    def kill(self) -> None:
        """End it."""
        if self in _there:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Until it is gone; its exit code as ``Popen`` gives it."""
        until = None if timeout is None else time.monotonic() + timeout
        while self in _there:
            pid, status = os.waitpid(self.pid, 0 if until is None else os.WNOHANG)
            if pid:
                _there.remove(self)
                self.exit_code = os.waitstatus_to_exitcode(status)
            elif until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("decoder", timeout or 0)
            else:
                time.sleep(0.001)
        return self.exit_code

    def peak_mb(self) -> float:
        """Most resident memory so far."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024 if "VmHWM:" in status else 0.0


_there: list[_ForkedChild] = []  # children of this process that it has not seen the end of
_idle: list[_ForkedChild] = []  # of these, those whose sandbox was left in good order


_FRESH_MB = 60.0  # address space of a Python that has not loaded a decoder yet


def _serve(requests: int, says: int, slots: int) -> None:
    """What ``python -m imaging.sandboxed`` does, without the start."""
    from imaging import sandboxed

    os.dup2(requests, 0)
    os.dup2(says, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.closerange(3, slots)
    os.closerange(slots + 1, 512)
    warnings.resetwarnings()
    already = int((_address_space_mb() - _FRESH_MB) * (1 << 20))  # libraries that the real child loads later
    limit = sandboxed._limit_memory
    sandboxed._limit_memory = lambda count: limit(count + already)
    sys.argv = ["sandboxed", "", str(slots)]
    try:
        sandboxed.main()
    except BaseException:  # noqa: BLE001 - the real one ends with a traceback that nobody sees
        os._exit(1)
    os._exit(0)


def fork_sandboxes() -> Callable[[bool], None]:
    """From now on decoder processes are forked, and serve again once they answered well: less than the program does.

    Returns:
        Called with False it makes the program start them itself again, with True no more.
    """
    from imaging.dicom import scan
    from imaging.sandbox import Sandbox

    def start(self: Any) -> None:
        if self._child is None:
            fitting = next((child for child in _idle if child.memory_bytes == self.memory_bytes), None)
            if fitting is not None:
                _idle.remove(fitting)
            self._child = fitting or _ForkedChild(self.memory_bytes)
            self._slots = self._child.slots

    def leave(self: Any, *_: object) -> None:
        self._slots = None
        child, self._child = self._child, None  # one that did not finish was closed before, see Sandbox.stream
        if child is not None:
            _idle.append(child)

    own = Sandbox.start, Sandbox.__exit__, scan.warm_up

    def choose(is_forked: bool) -> None:
        chosen = (start, leave, lambda: None) if is_forked else own
        Sandbox.start, Sandbox.__exit__, scan.warm_up = chosen  # type: ignore[method-assign]

    choose(True)
    return choose
