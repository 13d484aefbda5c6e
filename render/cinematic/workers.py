"""How many threads work on a picture."""

from __future__ import annotations

import os


def worker_count() -> int:
    """All cores of a small machine, all but one of a larger one: the window and the slices need one, too."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if cores <= 2 else cores - 1
