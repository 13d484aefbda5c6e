"""Objects onto the disk: written beside, read back and compared, and only then given their name."""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from imaging.errors import UserError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def write_checked(path: Path, write: Callable[[BinaryIO], None], check: Callable[[Path], None]) -> None:
    """Write a file that takes its name only when it is whole, on the disk, and found to be right.

    Args:
        path: the file; one that was there is replaced, and stays as it was after any error.
        write: fills an open file.
        check: reads the file that it is given; it raises ``UserError`` when something else stands there.

    Raises:
        UserError: the folder is missing or read-only, the disk is full, or the file does not read back as written.
    """
    part = path.with_name(f".{secrets.token_hex(6)}.part")
    try:
        with part.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        check(part)
        os.replace(part, path)
    except OSError as error:
        hint = "Free some space or choose another folder."
        raise UserError(f"{path.name} cannot be written: {error.strerror or error}.", hint) from error
    finally:
        part.unlink(missing_ok=True)


def write_object(made: Dataset, path: Path) -> str:
    """Write a data set that fits the memory twice, as Explicit VR Little Endian.

    Returns:
        Its SOP Instance UID.

    Raises:
        UserError: see `write_checked`.
    """
    from imaging.objects.header import file_meta_of

    made.file_meta = file_meta_of(made)

    def check(part: Path) -> None:
        from pydicom import dcmread

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the source had wrong and archives must find again
            if dcmread(part) != made:
                raise misread()

    write_checked(path, lambda file: made.save_as(file, enforce_file_format=True), check)
    return str(made.SOPInstanceUID)


def misread() -> UserError:
    """The error for a file in which something else stands than was written."""
    return UserError("The file could not be read back as it was written.", "Is the disk full?")
