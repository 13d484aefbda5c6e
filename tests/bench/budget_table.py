"""The table that every measuring script prints: what was measured, against what, and whether the promise is kept.

A script is ``bench_NAME.py`` in this folder; it measures, then ends with ``raise SystemExit(print_table(...))``.
``python3 dev.py bench`` runs all of them and lists the lines that end in MISSED.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True)
class Measured:
    """One line of the table.

    Attributes:
        what: what was measured, with its size.
        value: the number measured.
        unit: its unit; ``x`` for a ratio to ``against``.
        promise: the most it may be; None where nothing was promised.
        against: what a ratio is a ratio to.
    """

    what: str
    value: float
    unit: str
    promise: float | None = None
    against: str = ""

    @property
    def is_missed(self) -> bool:
        """True when there is a promise and it is broken."""
        return self.promise is not None and self.value > self.promise


def print_table(title: str, rows: list[Measured], out: TextIO | None = None) -> int:
    """Print the rows, on stdout when ``out`` is None.

    Returns:
        0 as the script's exit status: a missed budget is shown, not hidden in a failure.
    """
    print(title, file=out)
    width = max(len(row.what) for row in rows)
    for row in rows:
        promise = "" if row.promise is None else f"  promised <= {row.promise:g} {row.unit}"
        against = f"  ({row.against})" if row.against else ""
        verdict = "" if row.promise is None else "  MISSED" if row.is_missed else "  kept"
        print(f"  {row.what:{width}} {row.value:10.3g} {row.unit}{promise}{against}{verdict}", file=out, flush=True)
    return 0


def seconds(action: Callable[[], object], repeats: int = 5) -> float:
    """Median time of an action, after one run that warms caches up."""
    action()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def peak_mb() -> float:
    """Largest resident memory of this process so far, in MB (ru_maxrss would begin with the parent's size)."""
    return int(Path("/proc/self/status").read_text(encoding="utf-8").split("VmHWM:")[1].split()[0]) / 1000
