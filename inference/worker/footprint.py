"""How the worker behaves towards the rest of the machine, and what it takes of it."""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import os
import signal
import sys
from pathlib import Path

NICENESS = 10
OUT_OF_MEMORY_SCORE = 700  # of 1000: when memory runs out, the system ends the worker and not the window
_THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
_HARMLESS = (
    "PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "WINDIR", "SYSTEMDRIVE", "COMSPEC", "PATHEXT",
    "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "PYTHONHASHSEED", "PYTHONFAULTHANDLER", "PYTHONWARNINGS",
    "PYTHONHOME", "PYTHONUTF8",
)  # fmt: skip
_HARMLESS_BEGINNINGS = (
    "LC_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "ROCM_", "HSA_", "ONEAPI_", "ZE_", "PYTORCH_", "OMP_", "KMP_",
    "MKL_", "OPENBLAS_",
)  # fmt: skip
_HOMES = (
    "HOME", "TMPDIR", "TMP", "TEMP", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME", "MPLCONFIGDIR", "TORCH_HOME", "NUMBA_CACHE_DIR", "CUDA_CACHE_PATH",
)  # fmt: skip


def core_count() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def environment() -> dict[str, str]:
    """Variables for the worker: threads for the numerics, one core left to the window where there are more than two."""
    cores = core_count()
    threads = str(cores if cores <= 2 else cores - 1)
    return dict.fromkeys(_THREAD_SETTINGS, threads) | {"MALLOC_ARENA_MAX": "2"}


def clean_environment(scratch: Path) -> dict[str, str]:
    """What of this process's variables a foreign model may see: no secrets, and its own folder as its home."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _HARMLESS or name.upper().startswith(_HARMLESS_BEGINNINGS)
    }
    named = {"USER": "limner", "LOGNAME": "limner", "USERNAME": "limner", "PYTHONDONTWRITEBYTECODE": "1"}
    return kept | named | dict.fromkeys(_HOMES, str(scratch))


def be_modest() -> None:
    """Called in the worker: yield to the window, die first when memory runs out, write no core dump.

    A core dump would hold the patient's image; Ctrl+C in a terminal is the parent's to answer.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    if sys.platform == "win32":
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        import resource

        os.nice(NICENESS)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text(str(OUT_OF_MEMORY_SCORE))


def forget_peak() -> None:
    """Begin a new measurement of the peak, where the system can (Linux)."""
    marker = Path("/proc/self/clear_refs")
    if marker.exists():
        marker.write_text("5")


def peak_rss_mb() -> float:
    """Most resident memory since ``forget_peak`` (Linux) or since the process began, in MiB, shared voxels included."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        peak = int(line.split()[1]) * 1024
    elif sys.platform == "win32":
        import psutil

        peak = psutil.Process().memory_info().peak_wset
    else:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
    return peak / 2**20


def give_memory_back() -> None:
    """Return what a job left in the heap to the system."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
        if trim is not None:
            trim(0)
