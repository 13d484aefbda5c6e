"""The few calls to Linux's kernel that Python does not have. Only for Linux."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
CAPABILITY_VERSION_3 = 0x20080522
_SIGKILL = 9
_CAPSET = {"x86_64": 126, "aarch64": 91}


def system_call(number: int, *arguments: Any) -> int:
    """What the call returned.

    Raises:
        OSError: it failed.
    """
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    result: int = library.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def control_process(option: int, *arguments: int) -> None:
    """``prctl``.

    Raises:
        OSError: it failed.
    """
    library = ctypes.CDLL(None, use_errno=True)
    values = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    if library.prctl(ctypes.c_int(option), *values) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def end_with(parent: int) -> None:
    """Let the kernel end this process together with the thread that started it, whatever runs here then.

    Args:
        parent: the process that started this one; gone already, this one ends now.
    """
    control_process(PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def leave_the_network() -> bool:
    """Move into a network of its own, which has no connection at all; only before there are threads.

    Returns:
        False where the system does not let ordinary users do that.
    """
    own = os.stat("/proc/self")
    user, group = own.st_uid, own.st_gid
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(ctypes.c_int(CLONE_NEWUSER | CLONE_NEWNET)) != 0:
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


def drop_capabilities() -> None:
    """Give up every privilege, those over a namespace of its own included.

    Raises:
        OSError: the kernel refused.
    """
    head = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    system_call(_CAPSET[platform.machine()], ctypes.byref(head), ctypes.byref(nothing))
