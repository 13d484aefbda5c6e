"""Ends a run that takes too much memory, too long, or does nothing at all."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from imaging.errors import UserError

LOOK_EVERY_S = 0.04
LOOK_AT_WORK_EVERY_S = 1.0
IDLE_LIMIT_S = 180.0
IDLE_SHARE = 0.005  # of one core; less is no work, only waiting for something
MOST_THREADS = 2048
LEAST_DISK_MB = 512
_UNTOUCHED = "The image and the case are untouched."
_ENDED = (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError)


class LimitReached(UserError):
    """A run was ended because it went beyond what it was given."""


@dataclass(frozen=True)
class Limits:
    """What a run may take.

    Attributes:
        name: of the model, for people.
        memory_mb: resident memory of its worker, the image included; 0: no limit.
        time_s: from the request to the answer; None: no limit.
        idle_s: without a word and without work; None: no limit.
    """

    name: str
    memory_mb: float = 0.0
    time_s: float | None = None
    idle_s: float | None = IDLE_LIMIT_S


class Watchdog:
    """Called while a run is on; raises LimitReached when it has to end.

    Args:
        pid: the worker.
        scratch: its own folder, whose disk it must not fill; None when it has none.
    """

    def __init__(self, pid: int, limits: Limits, scratch: Path | None = None) -> None:
        self._pid = pid
        self._limits = limits
        self._scratch = scratch
        self._reserve_mb = memory_reserve_mb()
        self._began = self._worked_at = time.monotonic()
        self._looked = self._looked_at_work = 0.0
        self._work_s = 0.0

    def __call__(self, is_heard: bool) -> None:
        """Look, if it is time to.

        Args:
            is_heard: whether the worker just said something.
        """
        now = time.monotonic()
        if is_heard:
            self._worked_at = now
        if now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        self._check_time(now)
        try:
            if self._limits.memory_mb:
                self._check_memory()
            if now - self._looked_at_work >= LOOK_AT_WORK_EVERY_S:
                self._looked_at_work = now
                self._check_disk()
                self._check_work(now)
        except _ENDED:
            return  # it ended, and whoever talks with it hears that

    def _check_time(self, now: float) -> None:
        limit = self._limits.time_s
        if limit is not None and now - self._began > limit:
            raise self._reached(f"ran longer than {_in_words(limit)}", "Allow it more time, or use a smaller image.")

    def _check_memory(self) -> None:
        used_mb, threads = used(self._pid)
        limit_mb = self._limits.memory_mb
        hint = "Close other programs, run it on a part of the image, or allow it more."
        if used_mb > limit_mb:
            raise self._reached(f"took more than its {limit_mb / 1024:.1f} GB of memory", hint)
        if psutil.virtual_memory().available < self._reserve_mb * 2**20:
            raise self._reached("left too little memory to other programs", hint)
        if threads > MOST_THREADS:
            raise self._reached("started too many threads", "This is a fault of the model.")

    def _check_disk(self) -> None:
        if self._scratch is not None and shutil.disk_usage(self._scratch).free < LEAST_DISK_MB * 2**20:
            raise self._reached("filled the disk", "Make room on the disk of the temporary files.")

    def _check_work(self, now: float) -> None:
        if self._limits.idle_s is None:
            return
        times = psutil.Process(self._pid).cpu_times()
        work_s = times.user + times.system
        if work_s - self._work_s > IDLE_SHARE * (now - self._worked_at):
            self._work_s, self._worked_at = work_s, now
        elif now - self._worked_at > self._limits.idle_s:
            reason = "It may be waiting for something that it cannot get here, such as the network."
            raise self._reached(f"did nothing for {_in_words(self._limits.idle_s)}", reason)

    def _reached(self, what: str, hint: str) -> LimitReached:
        return LimitReached(f"{self._limits.name} {what} and was ended. {_UNTOUCHED}", hint)


def memory_reserve_mb() -> float:
    """What the rest of the machine must keep while a foreign model runs, MiB."""
    return max(512.0, 0.05 * psutil.virtual_memory().total / 2**20)


def memory_budget_mb(pid: int) -> float:
    """What a foreign model's worker may hold now, MiB: what it has and what is free, without the reserve."""
    try:
        held_mb, _ = used(pid)
    except _ENDED:
        held_mb = 0.0
    return held_mb + psutil.virtual_memory().available / 2**20 - memory_reserve_mb()


def used(pid: int) -> tuple[float, int]:
    """Memory that a process holds, MiB, and its threads. Files that it only looks at do not count (Linux).

    Raises:
        FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess: it ended.
    """
    if sys.platform == "linux":
        status = Path(f"/proc/{pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        kb = sum(int(fields[name].split()[0]) for name in ("RssAnon", "RssShmem") if name in fields)
        return kb / 1024, int(fields.get("Threads", "0"))
    else:  # noqa: RET505  (so that mypy knows that it is another system's part)
        process = psutil.Process(pid)
        return process.memory_info().rss / 2**20, process.num_threads()


def _in_words(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
