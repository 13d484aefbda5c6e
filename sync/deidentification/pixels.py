"""What a person wants done with pixels: looked at and found clean, rectangles blacked out, faces taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.dicom.pixel_remains import CannotFollow, has_hidden_plane, is_encapsulated, plain_length, without_remains
from imaging.dicom.repainting import (
    PlainPixels,
    Rectangle,
    air_of,
    black_of,
    black_out,
    drop_overlays,
    has_overlay_in_pixels,
    repaint,
)
from imaging.errors import UserError
from sync.deidentification.burned_in import Risk
from sync.deidentification.faces import Face, Faces
from sync.deidentification.options import CLEAN_FACES_CODE, CLEAN_PIXELS_CODE

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
EVERY = ""  # in place of a series' UID: all of them


@dataclass(frozen=True)
class PixelWishes:
    """What is done with pixels, by the series' (original) UID; ``EVERY`` stands for all.

    Attributes:
        confirmed: somebody looked at these, and nothing in the pixels names the patient.
        rectangles: what is blacked out in all frames. They confirm nothing: other images may have text elsewhere.
        faces: where the faces are that are to be taken away; None leaves them.
    """

    confirmed: frozenset[str] = frozenset()
    rectangles: Mapping[str, tuple[Rectangle, ...]] = field(default_factory=dict)
    faces: Faces | None = None

    def of(self, series_uid: str) -> tuple[Rectangle, ...]:
        """The rectangles for one series."""
        return (*self.rectangles.get(EVERY, ()), *self.rectangles.get(series_uid, ()))

    def was_seen(self, series_uid: str) -> bool:
        """True when somebody answers for the pixels."""
        return bool({EVERY, series_uid} & self.confirmed)


NOTHING = PixelWishes()


def check_risk(risk: Risk, series_uid: str, wishes: PixelWishes) -> None:
    """Refuse pixels that may name the patient and that nobody answers for.

    Raises:
        UserError: why.
    """
    if risk is Risk.DOCUMENT:
        raise UserError("A document's pages may name the patient.", "It cannot be cleaned; leave it out.")
    if risk is not Risk.NONE and not wishes.was_seen(series_uid):
        said = "The file says that its pixels" if risk is Risk.STATED else "Pixels of this kind of image often"
        raise UserError(f"{said} name the patient.", "Look at all images, black out any text, then confirm.")


def clean_pixels(made: Dataset, found: Dataset, path: Path, wishes: PixelWishes) -> list[str]:
    """Change the pixels of a treated object as wanted; returns what was done, for the report.

    Args:
        made: the object without identifiers; changed in place.
        found: the object as it was read.
        path: where it was read from.

    Raises:
        UserError: the pixels cannot be read or changed, or the face cannot be found.
    """
    rectangles = wishes.of(str(found.get("SeriesInstanceUID") or "")) if _has_pixels(found) else ()
    face = wishes.faces.of(path) if wishes.faces is not None and _has_pixels(found) else None
    if not (rectangles or face) and not (has_overlay_in_pixels(found) and _has_pixels(found)):
        if not any((group << 16 | 0x3000) in made for group in range(0x6000, 0x6100, 2)):
            drop_overlays(made)  # a description without what it describes
        return _clear_remains(made, path)

    def paint(pixels: PlainPixels) -> None:
        black_out(pixels, rectangles, black_of(pixels, made))
        if face is not None:
            _take_away(pixels, face)

    repaint(made, path, paint)
    done = ["PixelData (unused bits)"]
    if rectangles:
        made.BurnedInAnnotation = "NO"
        _add_code(made, CLEAN_PIXELS_CODE)
        done = ["PixelData (blacked out)"]
    if face is not None:
        made.RecognizableVisualFeatures = "NO"
        _add_code(made, CLEAN_FACES_CODE)
        done.append("PixelData (face)")
    return done


def _clear_remains(made: Dataset, path: Path) -> list[str]:
    """Clear what is stored with the pixels and is none; what cannot be followed is decoded and written anew."""
    element = next((made[tag] for tag in PIXELS if tag in made), None)
    if element is None or not isinstance(element.value, bytes):
        return []
    value = element.value
    if not is_encapsulated(made):
        if has_hidden_plane(made):
            repaint(made, path, lambda _pixels: None)
            return ["PixelData (unused bits)"]
        length = plain_length(made)
        if length is None or len(value) <= length + length % 2:
            return []
        made.add_new(element.tag, element.VR, value[:length] + b"\0" * (length % 2))
        return ["PixelData (bytes behind the pixels)"]
    try:
        cleared = without_remains(value, made.file_meta.TransferSyntaxUID)
    except CannotFollow:
        repaint(made, path, lambda _pixels: None)
        return ["PixelData (decoded)"]
    if cleared == value:
        return []
    made.add_new(element.tag, element.VR, cleared)
    made[element.tag].is_undefined_length = True
    return ["PixelData (comments)"]


def _take_away(pixels: PlainPixels, face: Face) -> None:
    air = air_of(pixels)
    for index, k in face.slices:
        pixels.frames[index][face.planes.mask(face.geometry, k)] = air


def _has_pixels(found: Dataset) -> bool:
    return any(tag in found for tag in PIXELS)


def _add_code(made: Dataset, code: tuple[str, str]) -> None:
    from pydicom.dataset import Dataset as Item

    item = Item()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code[0], "DCM", code[1]
    made.DeidentificationMethodCodeSequence.append(item)
