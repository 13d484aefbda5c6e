"""A worker's own folder: made for it, and removed whatever was done to it."""

from __future__ import annotations

import itertools
import logging
import os
import stat
import tempfile
import time
from pathlib import Path

LEFT_AFTER_S = 86_400.0
_PREFIX = "limner-model-"

logger = logging.getLogger("limner.worker")


def new_scratch() -> Path:
    """An empty folder that only this user can enter; what killed programs left behind is removed on the way."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if _is_left(left):
            remove_scratch(left)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")).resolve()


def _is_left(folder: Path) -> bool:
    """True when its program is gone, and so long that no other computer or container can be meant."""
    import psutil

    number = folder.name.removeprefix(_PREFIX).split("-")[0]
    try:
        is_old = time.time() - folder.stat().st_mtime > LEFT_AFTER_S
    except OSError:
        return False
    return is_old and number.isdigit() and not psutil.pid_exists(int(number))


def remove_scratch(folder: Path) -> None:
    """Remove a folder of foreign contents; nothing that it links to is touched.

    Folders in it are lifted to its top before they are emptied, so that nesting, however deep, needs no depth here.
    What cannot be removed is noted in the log.
    """
    numbers = itertools.count()
    try:
        while entries := list(os.scandir(folder)):
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    _empty(Path(entry.path), folder, numbers)
                else:
                    os.unlink(entry.path)
        folder.rmdir()
    except FileNotFoundError:
        return
    except OSError as error:
        logger.warning("a model's temporary folder could not be removed: %s", type(error).__name__)


def _empty(inner: Path, top: Path, numbers: itertools.count[int]) -> None:
    """Remove the files of one folder, lift its folders to the top, and remove it."""
    os.chmod(inner, stat.S_IRWXU)
    for entry in list(os.scandir(inner)):
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.path, stat.S_IRWXU)
            os.rename(entry.path, _free_name(top, numbers))
        else:
            os.unlink(entry.path)
    inner.rmdir()


def _free_name(top: Path, numbers: itertools.count[int]) -> Path:
    return next(path for number in numbers if not os.path.lexists(path := top / f"lifted-{number}"))
