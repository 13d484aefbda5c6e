"""Networks in the form that another library computes them in, kept from run to run: converting takes seconds.

A confined worker made them and ran foreign code while it did, so they are read in one place only: in a confined worker
of the very same model, which could do nothing with them that the model could not do anyway. Here they are bytes that
nobody looks into; whether they are whole is checked where they are read (``inference.backends.network_file``).
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from inference.packages.code_listing import all_files
from inference.packages.contents import hash_of_file

FOLDER = ".networks"  # in the store and not in the model: nothing of a model changes while it is run
SUFFIX = ".network"
NAME = re.compile(r"[0-9a-f]{32}")
MOST_BYTES = 4 << 30  # of all models together; beyond that those of the models that ran longest ago go
MOST_OF_ONE = 2 << 30  # bytes of one network, and of all that one run keeps
LEAST_FREE = 2 << 30  # bytes that stay free on the disk
SMALL = 8 << 20  # bytes; larger files of a folder outside the store count by their size and time of change
DIGITS = 16

logger = logging.getLogger("limner.networks")


class KeptNetworks:
    """The kept networks of all models, a folder for each. What goes wrong with them costs a conversion, so it is noted.

    Args:
        folder: of the workspace; made when there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, model_id: str, package: Path, package_hash: str) -> Path | None:
        """The folder of a model's networks, there for its worker to read; None where there can be none.

        Args:
            model_id: of the catalogue.
            package: the model's own folder.
            package_hash: of what is in it; empty where nobody has computed it.
        """
        try:
            digits = (package_hash or _hash_of_folder(package))[:DIGITS]
            mine = self._folder / f"{model_id}-{digits}"
            mine.mkdir(parents=True, exist_ok=True)
            os.utime(mine)  # the models that ran last are the last to lose theirs
        except (OSError, UserError) as error:
            logger.warning("no networks can be kept: %s", type(error).__name__)
            return None
        return mine

    def keep(self, mine: Path, name: str, size: int, write: Callable[[BinaryIO], None]) -> None:
        """Keep one network; older ones make room for it.

        Args:
            mine: what ``of`` gave.
            name: 32 hexadecimal digits.
            size: bytes.
            write: writes so many into a file; what it raises beside OSError is passed on, and nothing is kept then.
        """
        try:
            if shutil.disk_usage(mine).free < size + LEAST_FREE:
                logger.warning("too little room on the disk to keep a network")
                return
            with replacing(mine / f"{name}{SUFFIX}") as file:
                write(file)
            self._make_room()
        except (OSError, UserError) as error:
            logger.warning("a network cannot be kept: %s", type(error).__name__)

    def forget(self, mine: Path) -> None:
        """Remove the networks of a model whose worker ended by itself: one of them may be why."""
        for path in mine.glob(f"*{SUFFIX}"):
            with suppress(OSError):  # on Windows somebody may read it; it goes with the model
                path.unlink()

    def _make_room(self) -> None:
        found = []
        for path in self._folder.glob(f"*/*{SUFFIX}"):
            with suppress(FileNotFoundError):  # another program makes room, too
                state = path.stat()
                found.append((path.parent.stat().st_mtime, state.st_mtime, state.st_size, path))
        total = sum(size for _, _, size, _ in found)
        for _, _, size, path in sorted(found):
            if total <= MOST_BYTES:
                break
            with suppress(OSError):
                path.unlink()
                total -= size


def forget_networks(store: Path, model_id: str) -> None:
    """Remove what was kept of a model that is removed from its store.

    Args:
        store: the store's folder.
    """
    of_model = re.compile(re.escape(model_id) + rf"-[0-9a-f]{{{DIGITS}}}")
    for mine in (store / FOLDER).glob(f"{model_id}-*"):
        if of_model.fullmatch(mine.name):
            shutil.rmtree(mine, ignore_errors=True)


def _hash_of_folder(folder: Path) -> str:
    """Changes with the files of a model that is in no store."""
    digest = hashlib.sha256()
    for name in all_files(folder):
        path = folder / name
        state = path.stat()
        content = hash_of_file(path) if state.st_size <= SMALL else f"{state.st_size} {state.st_mtime_ns}"
        digest.update(f"{name}\0{content}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
