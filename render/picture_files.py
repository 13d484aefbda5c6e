"""Pictures into files: PNG and TIFF, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.replacing import replacing

FORMATS = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF"}


def check_picture_name(path: Path) -> None:
    """Make sure, before any work is done, that a picture can be written under this name.

    Raises:
        UserError: no format for this ending, or no such folder.
    """
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"Pictures are not written as “{path.suffix}”.", f"One of {', '.join(FORMATS)}.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}.")


def write_picture(pixels: NDArray[Any], path: Path) -> None:
    """Write a picture; one that was there is replaced when the new one is safely on disk.

    Args:
        pixels: (height, width, 3 or 4) uint8, sRGB, the fourth straight alpha.
        path: its ending says which format.

    Raises:
        UserError: the file cannot be written.
    """
    from PIL import Image

    check_picture_name(path)
    kind = FORMATS[path.suffix.lower()]
    options = {"compression": "tiff_deflate"} if kind == "TIFF" else {"optimize": False}
    with replacing(path) as file:
        Image.fromarray(pixels).save(file, kind, **options)
