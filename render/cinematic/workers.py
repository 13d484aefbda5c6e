"""How many threads work on a picture."""

from __future__ import annotations

import os
import sys
import threading

NICENESS = 10


def worker_count() -> int:
    """All cores of a small machine, all but one of a larger one: the window and the slices need one, too."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if cores <= 2 else cores - 1


def step_back() -> None:
    """Let everybody else's threads go before this one: slices and strokes must never wait for a 3D picture.

    Threads that this one starts, those of software OpenGL too, inherit it. Linux only: elsewhere a thread's place is
    not the process's business, and nothing happens.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
