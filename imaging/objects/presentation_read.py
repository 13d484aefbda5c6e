"""Presentation states that somebody else wrote: window and polarity, and drawings that are measurements here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imaging.dicom import tags
from imaging.errors import UserError
from imaging.measurement import Measurement
from imaging.objects.elements import Elements, open_object
from imaging.objects.foreign_shapes import measurement_of, normal_of, pixels_in_space, slice_of
from imaging.objects.source_series import ObjectSource

PRESENTATION_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.11.1",  # grayscale
    "1.2.840.10008.5.1.4.1.1.11.2",  # color
)
_REFERENCED_SERIES, _REFERENCED_IMAGES, _REFERENCED_UID, _FRAME = 0x00081115, 0x00081140, 0x00081155, 0x00081160
_ANNOTATIONS, _TEXTS, _GRAPHICS, _TEXT = 0x00700001, 0x00700008, 0x00700009, 0x00700006
_UNITS, _POINTS, _SHAPE = 0x00700005, 0x00700022, 0x00700023
_VOI, _LUT, _SHAPE_OF_LUT = 0x00283110, 0x00283010, 0x20500020


@dataclass(frozen=True, eq=False)
class FoundPresentation:
    """What a presentation state says.

    Attributes:
        window: level and width; None where it says none.
        is_inverted: black on white, other than the images mean it.
        measurements: drawings, each with number 1.
        notes: what could not be taken over, in sentences.
    """

    window: tuple[float, float] | None
    is_inverted: bool
    measurements: tuple[Measurement, ...]
    notes: tuple[str, ...]


def read_presentation(path: Path, source: ObjectSource) -> FoundPresentation:
    """Read a presentation state for images.

    Args:
        path: the object's file.
        source: the images.

    Raises:
        UserError: no presentation state, damaged, or of other images.
    """
    elements = open_object(path).elements
    if elements.text(tags.SOP_CLASS) not in PRESENTATION_CLASSES:
        raise UserError(f"{path.name} holds no presentation state.")
    mine = {one.sop_instance_uid for one in source.images}
    series = elements.sequence(_REFERENCED_SERIES)
    named = {one.text(_REFERENCED_UID) for s in series for one in s.sequence(_REFERENCED_IMAGES)}
    if not mine & named:
        raise UserError("This presentation state belongs to other images.", "Open the images that it names.")
    notes: list[str] = []
    measurements = tuple(_measurements(elements, source, notes))
    is_inverse = elements.text(_SHAPE_OF_LUT) == "INVERSE"
    is_inverted = is_inverse != source.images[0].is_inverted if _SHAPE_OF_LUT in elements.values else False
    return FoundPresentation(_window(elements, notes), is_inverted, measurements, tuple(dict.fromkeys(notes)))


def _window(elements: Elements, notes: list[str]) -> tuple[float, float] | None:
    items = elements.sequence(_VOI)
    found = []
    for one in items:
        level, width = one.numbers(tags.WINDOW_CENTRE), one.numbers(tags.WINDOW_WIDTH)
        if level and width and width[0] > 0:
            found.append((level[0], width[0]))
        elif one.items.get(_LUT):
            notes.append("It maps grey values by a table, which Limner does not take over.")
    if len(set(found)) > 1:
        notes.append("It has several windows for different images: the first one was taken.")
    return found[0] if found else None


def _measurements(elements: Elements, source: ObjectSource, notes: list[str]) -> Iterator[Measurement]:
    for annotation in elements.sequence(_ANNOTATIONS):
        texts = [one.text(_TEXT) for one in annotation.sequence(_TEXTS) if one.text(_TEXT)]
        graphics = annotation.sequence(_GRAPHICS)
        has_one_name = len(texts) == 1 and len(graphics) == 1
        for graphic in graphics:
            found = _measurement(annotation, graphic, texts[0] if has_one_name else "", source)
            if isinstance(found, Measurement):
                yield found
            else:
                notes.append(found)
        if not has_one_name:
            notes.extend(f"Text: {' '.join(text.split())}" for text in texts)


def _measurement(annotation: Elements, graphic: Elements, text: str, source: ObjectSource) -> Measurement | str:
    """A drawing on its first image, or why it is no measurement."""
    raw = graphic.values.get(_POINTS, b"")
    points = np.frombuffer(raw[: len(raw) // 8 * 8], "<f4").astype(np.float64).reshape(-1, 2)
    if graphic.text(_UNITS) != "PIXEL":
        return "A drawing stands on the screen, not on the image."
    if not len(points) or not np.isfinite(points).all():
        return "A drawing is damaged."
    images = annotation.sequence(_REFERENCED_IMAGES)
    if not images:
        return "A drawing belongs to all images, not to one place."
    frames = images[0].numbers(_FRAME)
    k = slice_of(source, images[0].text(_REFERENCED_UID), int(frames[0]) if frames else None)
    if k is None:
        return "A drawing stands on an image that is not at hand."
    name = " ".join(text.partition(":")[0].split())
    return measurement_of(graphic.text(_SHAPE), pixels_in_space(points, source, k), name, normal_of(source))
