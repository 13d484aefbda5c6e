"""Which programs run a stored model just now, so that nobody removes it under them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from inference.packages.record import NAME as RECORD

FOLDER = "in-use"


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Note for the ``with`` that this process runs the model; read-only stores and foreign folders are left alone.

    Args:
        folder: the model's folder in the store.
    """
    if not (folder / RECORD).is_file():
        yield
        return
    mark = folder / FOLDER / str(os.getpid())
    try:
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
    except OSError:  # a store that is only read: nobody can remove anything from it here either
        yield
        return
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def users_of(folder: Path) -> list[int]:
    """Numbers of the living processes that run the model; marks of dead ones are cleared away."""
    users = []
    for mark in sorted((folder / FOLDER).glob("*")):
        if mark.name.isdecimal() and psutil.pid_exists(int(mark.name)):
            users.append(int(mark.name))
        else:
            with suppress(OSError):  # another program cleared it, or may clear it
                mark.unlink()
    return users
