"""Objects onto the disk: written beside, read back and compared, and only then given their name."""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from imaging.dicom.walker import looks_like_dicom
from imaging.errors import UserError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_HEAD_BYTES = 1024  # in which a file says who wrote it


def write_checked(path: Path, write: Callable[[BinaryIO], None], check: Callable[[Path], None]) -> None:
    """Write a file that takes its name only when it is whole, on the disk, and found to be right.

    Args:
        path: the file; one that was there is replaced, and stays as it was after any error.
        write: fills an open file.
        check: reads the file that it is given; it raises ``UserError`` when something else stands there.

    Raises:
        UserError: the folder is missing or read-only, the disk is full, the file does not read back as written, or a
            DICOM file stands there that another program made, such as an image of the patient.
    """
    check_replaces_no_image(path)
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
        raise UserError(f"{path.name} cannot be written: {_reason(error)}.", hint) from error
    finally:
        part.unlink(missing_ok=True)


def check_replaces_no_image(path: Path) -> None:
    """Make sure that a slip of the hand in a folder of images does not cost one of them.

    Raises:
        UserError: a DICOM file stands there that another program made.
    """
    from imaging.objects.header import IMPLEMENTATION_UID

    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return  # nothing stands there, or the writing itself will tell
    if looks_like_dicom(head) and IMPLEMENTATION_UID.encode() not in head:
        raise UserError(
            f"{path.name} is a DICOM file that Limner did not make; it was not replaced.", "Choose another name."
        )


def _reason(error: OSError) -> str:
    """What the system says; pydicom hides it behind a traceback."""
    cause = error.__cause__
    return error.strerror or (isinstance(cause, OSError) and cause.strerror) or "the disk does not take it"


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
