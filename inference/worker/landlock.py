"""Landlock: the kernel lets this process read and write only what is listed, for good.

Linux 5.13 and later, for any user. Interface: the kernel's ``Documentation/userspace-api/landlock.rst`` and
``include/uapi/linux/landlock.h``.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from inference.worker.kernel import PR_SET_NO_NEW_PRIVS, control_process, system_call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all architectures
_ASK_VERSION = 1
_RULE_PATH_BENEATH = 1
_ONLY_A_PLACE = 0x200000  # O_PATH

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FIRST_RIGHTS = (1 << 13) - 1  # version 1: the above, removing, and making everything there is
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15  # versions 2, 3, 5
_FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
_TCP = 0b11  # bind and connect, version 4
_SCOPES = 0b11  # abstract sockets and signals, version 6

READ = READ_FILE | READ_DIR
WRITE = _FIRST_RIGHTS & ~EXECUTE | REFER | TRUNCATE
DEVICE = READ_FILE | READ_DIR | WRITE_FILE | IOCTL_DEV


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("rights", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def landlock_version() -> int:
    """Of the running kernel; 0 where there is none."""
    try:
        return system_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    except OSError:
        return 0


def restrict_files(allowed: Iterable[tuple[Path, int]], *, may_connect: bool = False) -> int:
    """Take away from this thread, and all that it starts, every access to files that is not listed.

    Where the kernel can, also TCP, other processes' abstract sockets and signals to them; tracing others always.

    Args:
        allowed: files and folders with the rights for all beneath them; what does not exist is passed over.
        may_connect: leave it TCP.

    Returns:
        The version of Landlock that holds now; 0 where there is none, and nothing changed.

    Raises:
        OSError: the kernel refused.
    """
    version = landlock_version()
    if version == 0:
        return 0
    rights = _known_rights(version)
    ruleset = _Ruleset(rights, _TCP if version >= 4 and not may_connect else 0, _SCOPES if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    handle = system_call(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path, wanted in allowed:
            with suppress(
                FileNotFoundError, NotADirectoryError, PermissionError
            ):  # what cannot be opened needs no rule
                _allow(handle, path, wanted & rights)
        control_process(PR_SET_NO_NEW_PRIVS, 1)
        system_call(_RESTRICT_SELF, ctypes.c_int(handle), ctypes.c_uint32(0))
    finally:
        os.close(handle)
    return version


def _known_rights(version: int) -> int:
    newer = (REFER, version >= 2), (TRUNCATE, version >= 3), (IOCTL_DEV, version >= 5)
    return _FIRST_RIGHTS | sum(right for right, is_known in newer if is_known)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    place = os.open(path, _ONLY_A_PLACE)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _FILE_RIGHTS
        rule = _PathBeneath(rights, place)
        arguments = ctypes.c_int(_RULE_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0)
        system_call(_ADD_RULE, ctypes.c_int(ruleset), *arguments)
    finally:
        os.close(place)
