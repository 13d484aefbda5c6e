"""The files that a confined worker may read: Python, the program, the model and what the system's libraries look at."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ETC = (
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ld.so.preload", "localtime", "timezone", "locale.alias", "os-release",
    "nsswitch.conf", "passwd", "group", "alternatives", "OpenCL", "nvidia", "mime.types", "selinux/config",
)  # fmt: skip
_SYSTEM = (
    "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/gnu/store", "/sys",
    *(f"/etc/{name}" for name in _ETC),
)  # fmt: skip
_PROC = (
    "self", "cpuinfo", "meminfo", "stat", "version", "filesystems", "loadavg", "uptime", "devices", "modules",
    "driver", "sys/kernel", "sys/vm",
)  # fmt: skip
_DEVICES = ("null", "zero", "full", "random", "urandom")
_GPU_DEVICES = ("nvidia*", "dri", "kfd", "dxg", "accel")


def readable(package: Path, home: Path, networks: Path | None = None) -> list[Path]:
    """Files and folders that the worker needs to read, with all beneath them; some may not exist.

    Nothing that would open the whole home folder is among them, even when Python's search path names it.

    Args:
        package: the model's folder.
        home: the user's folder.
        networks: the folder of this model's kept networks. Those of other models stay closed: their workers, too, ran
            foreign code when they made them.
    """
    home = home.resolve()
    program = Path(__file__).parents[2]
    python = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, os.path.dirname(os.__file__)]
    frozen = [os.path.dirname(sys.executable)] if getattr(sys, "frozen", False) else []
    windows = [os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ]
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    proc = [f"/proc/{name}" for name in _PROC]
    named: list[str | Path] = [
        program,
        *python,
        *frozen,
        *filter(None, [*sys.path, *libraries]),
        *_SYSTEM,
        *proc,
        *windows,
    ]
    own = [package.resolve(), *([] if networks is None else [networks.resolve()])]
    return [*(path for path in _without_doubles(named) if not home.is_relative_to(path)), *own]


def devices() -> list[Path]:
    """Devices that computing needs, to be read and written: the GPUs and the harmless ones."""
    found = [path for pattern in _GPU_DEVICES for path in Path("/dev").glob(pattern)]
    return [*(Path("/dev") / name for name in _DEVICES), *found]


def has_gpu() -> bool:
    """True when there are devices of a GPU that computes."""
    return any(Path("/dev", name).exists() for name in ("nvidiactl", "kfd", "dxg"))


def _without_doubles(paths: list[str | Path]) -> list[Path]:
    return list(dict.fromkeys(Path(path).resolve() for path in paths))
