"""Questions to a program's own Python, in a child: nothing of the program is ever imported here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ASK_TIMEOUT_S = 60.0  # a cold disk, a virus scanner
MOST_BYTES = 4 << 20
_HARMLESS = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "WINDIR", "TEMP", "TMP", "HOME", "USERPROFILE")


def interpreter_of(command: Path) -> Path | None:
    """The Python that a console script belongs to: of its first lines, else the one beside it."""
    try:
        with command.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return None
    for line in head.decode(errors="replace").splitlines()[:3]:
        # pip writes ``#!/path/python``, or for long paths ``#!/bin/sh`` and then ``'''exec' "/path/python" "$0" "$@"``
        named = line.removeprefix("#!").removeprefix("'''exec'").strip().strip('"').split('" "')[0].split(" ")[0]
        path = Path(named.strip('"'))
        if "python" in path.name and path.is_absolute() and path.is_file():
            return path
    beside = (command.with_name(name) for name in ("python3", "python", "python.exe"))
    return next((path for path in beside if path.is_file()), None)


def ask(interpreter: Path, question: str) -> Any:
    """What a small program prints as JSON in its last line, run by another Python.

    Args:
        interpreter: that Python.
        question: the program.

    Raises:
        ValueError: it ends with an error, prints something else or too much, or does not answer in time.
        OSError: it cannot be started.
    """
    kept = {name: value for name, value in os.environ.items() if name.upper() in _HARMLESS}
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0
    try:
        answer = subprocess.run(
            [str(interpreter), "-c", question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASK_TIMEOUT_S,
            env=kept | {"PYTHONDONTWRITEBYTECODE": "1"},
            cwd=interpreter.parent,  # which is the first place where it looks for modules
            creationflags=flags,
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError("it does not answer in time") from error
    if answer.returncode != 0:
        lines = answer.stderr.decode(errors="replace").strip().splitlines()
        raise ValueError(lines[-1][:300] if lines else f"it ended with code {answer.returncode}")
    if len(answer.stdout) > MOST_BYTES:
        raise ValueError("it says too much")
    try:
        return json.loads(answer.stdout.splitlines()[-1])  # libraries may print news before it
    except (ValueError, IndexError, RecursionError) as error:
        raise ValueError("it does not answer as it should") from error
