"""How the worker confines itself on Linux: by the kernel, step by step, each for good. Standard library only."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from inference.worker.allowed_files import devices, has_gpu
from inference.worker.confinement import Confinement
from inference.worker.kernel import drop_capabilities, end_with, leave_the_network
from inference.worker.landlock import DEVICE, READ, READ_FILE, TRUNCATE, WRITE, WRITE_FILE, restrict_files
from inference.worker.python_guard import guard_in_python
from inference.worker.system_calls import refuse_system_calls

assert sys.platform == "linux"

MOST_THREADS = 1024
MEMORY_BESIDE_MB = 512  # of Python and its libraries, on top of what the model may take


def confine_by_kernel(scratch: Path, memory_mb: int, parent: int, allowed: list[Path]) -> Confinement:
    """What ``confine`` does on Linux; whatever the kernel lacks is left to Python.

    Args:
        allowed: what may be read, with all beneath it.
        scratch, memory_mb, parent: see ``Bounds``.
    """
    has_namespace = leave_the_network()
    is_limited = _limit(memory_mb, may_count_threads=has_namespace)
    rules = [(path, READ) for path in allowed] + [(path, DEVICE) for path in devices()]
    own = [(scratch, READ | WRITE), (Path("/proc/self/clear_refs"), READ_FILE | WRITE_FILE | TRUNCATE)]
    landlock = restrict_files([*rules, *own])
    with suppress(OSError, KeyError):  # an ordinary user has none, except over a namespace of their own
        drop_capabilities()
    end_with(parent)  # after the namespace and the capabilities: the kernel forgets it when these change
    has_filter = refuse_system_calls()
    network = "namespace" if has_namespace else "seccomp" if has_filter else "blocked in Python"
    files = "allow-list" if landlock else "blocked in Python"
    processes = "none" if has_filter else "blocked in Python"
    if "blocked in Python" in (network, files, processes):
        guard_in_python(
            network=not (has_namespace or has_filter),
            processes=not has_filter,
            files=not (landlock and has_filter),  # Landlock alone leaves modes and dates of files open
            allowed=[*allowed, *devices(), Path("/proc/self/clear_refs")],
            scratch=scratch,
        )
    return Confinement(network, files, "limited and watched" if is_limited else "watched", processes)


def _limit(memory_mb: int, *, may_count_threads: bool) -> bool:
    """Limits by the kernel; whether its memory is limited.

    ``RLIMIT_DATA`` counts what is really reserved for writing; ``RLIMIT_AS`` would count address space, of which torch
    and CUDA reserve far more than they use. Beside a GPU there is no limit, because drivers reserve host memory for
    what lies on the card; the window still watches what is used. Threads are limited in a namespace only: elsewhere
    the limit would count all of the user's processes.
    """
    import resource

    most = memory_mb << 20
    _set_limit(resource.RLIMIT_FSIZE, most)
    if may_count_threads:
        _set_limit(resource.RLIMIT_NPROC, MOST_THREADS)
    if has_gpu():
        return False
    _set_limit(resource.RLIMIT_DATA, most + (MEMORY_BESIDE_MB << 20))
    return True


def _set_limit(kind: int, value: int) -> None:
    """Lower a limit, never raise it."""
    import resource

    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))
