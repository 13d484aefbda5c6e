"""A new file takes its name only when it is whole: written beside, then moved into place.

Where it replaces another file, it is flushed to the disk first, so that a power cut leaves the old one or the new one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from imaging.errors import UserError


@contextmanager
def replacing(path: Path, *, always_flush: bool = False) -> Iterator[BinaryIO]:
    """A binary file that becomes ``path`` at the end of the block; after an error the old file is untouched.

    Args:
        always_flush: flush a new file and its name to the disk, too: somebody is told that it is safe.

    Raises:
        UserError: the folder is missing or read-only, or the disk is full.
    """
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        file = open(part, "xb")  # noqa: SIM115 - closed below, before the file is moved
    except OSError as error:
        raise UserError(f"{path.name} cannot be written: {error.strerror}.", "Choose another folder.") from error
    try:
        with file:
            yield file
            file.flush()
            if always_flush or path.exists():  # where there is something to lose: the old file waits for the new one
                os.fsync(file.fileno())
        os.replace(part, path)
        if always_flush and os.name == "posix":
            _flush_folder(path.parent)
    except OSError as error:
        hint = "Free some space or choose another folder."
        raise UserError(f"{path.name} cannot be written: {error.strerror}.", hint) from error
    finally:
        part.unlink(missing_ok=True)


def check_replaces_none_of(path: Path, sources: Iterable[Path]) -> None:
    """Make sure that a result does not take the place of an image that it was made from.

    Raises:
        UserError: it would.
    """
    if any(path.exists() and source.exists() and path.samefile(source) for source in sources):
        raise UserError(f"{path.name} is the image itself; it was not replaced.", "Choose another name.")


def _flush_folder(folder: Path) -> None:
    """Write the names in a folder to the disk: until then a power cut may bring back the old ones."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
