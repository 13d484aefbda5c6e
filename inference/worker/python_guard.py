"""Python's own guard, for systems whose kernel does not help: refuses what Python code asks for by an audit hook.

This is a fence against accidents and simple malice, not a wall: native code (ctypes, a compiled extension) walks round
it. `Confinement` says so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_NETWORK = (
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
    "socket.gethostbyaddr", "socket.getnameinfo",
)  # fmt: skip
_PROCESSES = (
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile",
    "os.startfile/2", "pty.spawn", "_winapi.CreateProcess", "_winapi.OpenProcess", "_winapi.TerminateProcess",
    "os.kill", "os.killpg", "winreg.SetValue", "winreg.CreateKey", "winreg.DeleteKey", "winreg.DeleteValue",
)  # fmt: skip
_CHANGES = {  # how many of the first arguments are paths
    "os.remove": 1, "os.rmdir": 1, "os.mkdir": 1, "os.rename": 2, "os.link": 2, "os.symlink": 2, "os.truncate": 1,
    "os.chmod": 1, "os.chown": 1, "os.utime": 1, "os.setxattr": 1, "os.removexattr": 1, "sqlite3.connect": 1,
}  # fmt: skip
_LOOKS = ("os.listdir", "os.scandir", "glob.glob")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_EVERYWHERE = (os.devnull,)

Judge = Callable[[str, tuple[Any, ...]], None]


def guard_in_python(
    *, network: bool, processes: bool, files: bool, allowed: Iterable[Path] = (), scratch: Path | None = None
) -> None:
    """Refuse from now on, for good, what is set: the network, other processes, files.

    Args:
        allowed: what may be read, with all beneath it.
        scratch: the only folder that may be written.
    """
    judges: list[Judge] = []
    if network:
        judges.append(_judge_network)
    if processes:
        judges.append(_judge_processes)
    if files and scratch is not None:
        judges.append(_FileJudge(allowed, scratch))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        for judge in judges:
            judge(event, arguments)

    sys.addaudithook(hook)


def _judge_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _NETWORK or (event == "socket.__new__" and arguments[1] not in (-1, 1)):  # 1: AF_UNIX, -1: of a handle
        raise PermissionError("the network is not for foreign models")


def _judge_processes(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _PROCESSES:
        raise PermissionError("other programs are not for foreign models")


class _FileJudge:
    def __init__(self, allowed: Iterable[Path], scratch: Path) -> None:
        self._scratch = _folder(scratch)
        self._allowed = (*(_folder(path) for path in allowed), self._scratch)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            is_writing = any(c in (mode or "") for c in "wax+") or bool((flags or 0) & _WRITING)
            self._must_be_in((self._scratch,) if is_writing else self._allowed, path)
        elif event in _CHANGES:
            for path in arguments[: _CHANGES[event]]:
                self._must_be_in((self._scratch,), path)
        elif event in _LOOKS:
            self._must_be_in(self._allowed, arguments[0])

    def _must_be_in(self, folders: tuple[str, ...], path: Any) -> None:
        if isinstance(path, int) or path is None or path in _EVERYWHERE:
            return
        place = os.path.normcase(os.path.realpath(os.fsdecode(path)))
        if not any((place + os.sep).startswith(folder) for folder in folders):
            raise PermissionError("this file is not for foreign models")


def _folder(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path)).rstrip(os.sep) + os.sep
