"""Pictures into files, by the name's ending: PNG, TIFF, DICOM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.volume import Volume
from render.picture_files import FORMATS, check_picture_name, write_picture

DICOM_SUFFIX = ".dcm"


def check_output(path: Path, *, is_transparent: bool) -> None:
    """Make sure, before any work is done, that a picture can be written under this name.

    Raises:
        UserError: no format for this ending, no such folder, or no transparency in it.
    """
    if path.suffix.lower() != DICOM_SUFFIX:
        if path.suffix.lower() not in FORMATS:
            known = ", ".join((*FORMATS, DICOM_SUFFIX))
            raise UserError(f"Pictures are not written as “{path.suffix}”.", f"One of {known}.")
        check_picture_name(path)
        return
    if is_transparent:
        raise UserError("DICOM pictures have a background.", "PNG and TIFF can do without.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}.")


def write_output(pixels: NDArray[Any], path: Path, volume: Volume, series: str, derivation: str) -> None:
    """Write a picture, whole or not at all.

    Args:
        pixels: (height, width, 3 or 4) uint8.
        path: its ending says which format.
        volume: the image that it shows, for DICOM.
        series, derivation: descriptions, for DICOM.

    Raises:
        UserError: it cannot be written.
    """
    if path.suffix.lower() != DICOM_SUFFIX:
        write_picture(pixels, path)
        return
    from imaging.dicom.recognizable import may_show_face
    from imaging.dicom.secondary_capture import CaptureTexts, write_secondary_capture

    write_secondary_capture(pixels, path, volume.source, CaptureTexts(series, derivation, may_show_face(volume)))


def derivation(made_by: dict[str, Any]) -> str:
    """How a picture was made, for DICOM's Derivation Description; see ``credits``."""
    if not made_by["samples"]:
        return "Volume rendering by ray casting; not for diagnosis"
    return f"Volume rendering by path tracing, {made_by['samples']} samples for each pixel; not for diagnosis"
