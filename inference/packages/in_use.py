"""Which programs run a stored model just now, so that nobody removes it under them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from inference.packages.record import NAME as RECORD

FOLDER = ".in-use"  # in the store and not in the model: nothing of a model changes while it is run


@contextmanager
def in_use(folder: Path | None) -> Iterator[None]:
    """Note for the ``with`` that this process runs the model; read-only stores and foreign folders are left alone.

    Args:
        folder: the model's folder in the store; None for built-in models.
    """
    if folder is None or not (folder / RECORD).is_file():
        yield
        return
    mark = _marks(folder) / str(os.getpid())
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
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
    for mark in sorted(_marks(folder).glob("*")):
        if mark.name.isdecimal() and psutil.pid_exists(int(mark.name)):
            users.append(int(mark.name))
        else:
            with suppress(OSError):  # another program cleared it, or may clear it
                mark.unlink()
    return users


def _marks(folder: Path) -> Path:
    return folder.parent / FOLDER / folder.name
