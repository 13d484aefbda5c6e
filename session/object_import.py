"""Masks out of DICOM objects: one table of what can be read.

A new kind of object is one function and one line of ``MASK_READERS``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from imaging.dicom import tags
from imaging.dicom.walker import looks_like_dicom
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.objects.read_masks import ReadMasks

# file, the image's grid, consent to resample, series UID
Read = Callable[[Path, Geometry | None, bool, str], ReadMasks]
STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"


def _segmentation(path: Path, geometry: Geometry | None, consent: bool, series_uid: str) -> ReadMasks:
    from imaging.objects.segmentation_read import read_segmentation

    return read_segmentation(path, geometry, consent=consent, series_uid=series_uid)


def _structure_set(path: Path, geometry: Geometry | None, consent: bool, series_uid: str) -> ReadMasks:
    from imaging.objects.structure_set_masks import read_structures

    if geometry is None:
        raise ValueError("contours need a grid to lie on")
    return read_structures(path, geometry, consent=consent, series_uid=series_uid)


# SOP Class UID -> how its masks are read. Functions import what they need when they run: start-up stays light.
MASK_READERS: dict[str, Read] = {
    "1.2.840.10008.5.1.4.1.1.66.4": _segmentation,
    "1.2.840.10008.5.1.4.1.1.66.7": _segmentation,
    STRUCTURE_SET: _structure_set,
}


def is_object_file(path: Path) -> bool:
    """True for DICOM files, whatever they hold."""
    try:
        with path.open("rb") as file:
            return looks_like_dicom(file.read(512))
    except OSError:
        return False


def holds_contours(path: Path) -> bool:
    """True for a structure set: it has no grid of its own."""
    from imaging.objects.elements import open_object

    return is_object_file(path) and open_object(path).elements.text(tags.SOP_CLASS) == STRUCTURE_SET


def read_object_masks(
    path: Path, geometry: Geometry | None = None, *, consent: bool = False, series_uid: str = ""
) -> ReadMasks:
    """The masks of a DICOM object on an image's grid.

    Args:
        path: the object's file.
        geometry: the image's grid; None for a segmentation's own.
        consent: the user agreed to resampling and to losing what lies outside.
        series_uid: of the image, to note when the object is about another series.

    Raises:
        UserError: the object holds no masks, is damaged, or lies on another grid without consent.
    """
    from imaging.objects.elements import open_object

    sop_class = open_object(path).elements.text(tags.SOP_CLASS)
    if sop_class not in MASK_READERS:
        hint = "Masks come as segmentations or structure sets; reports and maps by `limner case import CASE FILE`."
        raise UserError("This DICOM object holds no masks.", hint)
    return MASK_READERS[sop_class](path, geometry, consent, series_uid)
