"""How far a run is, how long the rest takes, and how long its stages took."""

from __future__ import annotations

import time

SHARES = {"prepare": 0.08, "network": 0.94, "back": 1.0}  # of the progress, at the end of each stage


class Stage:
    """Writes down how long something took."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds = seconds
        self._name = name
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = round(time.monotonic() - self._began, 3)


class Pace:
    """How far the windows are, and how long the rest takes, from how long those so far took."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._windows = (0, 1)  # done, and in all
        self._first = (0.0, 0.0)  # of a first pass, counted in windows of the run

    @property
    def share(self) -> float:
        """The finished share of the whole run."""
        (done, count), (first_done, first_count) = self._windows, self._first
        share = (done + first_done) / (count + first_count)
        return SHARES["prepare"] + (SHARES["network"] - SHARES["prepare"]) * share

    def first_pass(self, done: float, count: float) -> None:
        """Note how far a first pass is."""
        self._first = (done, count)

    def text(self, done: int, count: int, apart_s: float = 0.0) -> str:
        """Note how far the windows are, and say it; ``apart_s`` of the time went into something else."""
        self._windows = (done, count)
        if not done or done == count:
            return f"Computing, {count} windows" if count > 1 else "Computing"
        left = (time.monotonic() - self._began - apart_s) / done * (count - done)
        rest = f"{left:.0f} s" if left < 90 else f"{left / 60:.0f} min"
        return f"Computing, window {done} of {count}, about {rest} left"
