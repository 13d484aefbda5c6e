"""The content tree of a structured report that somebody else wrote (PS3.3 C.17.3), read with bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.objects.elements import Elements
from imaging.segment import CodedTerm

_CONTENT, _TYPE, _RELATIONSHIP = 0x0040A730, 0x0040A040, 0x0040A010
_NAME, _CODE, _TEXT, _UID, _PERSON = 0x0040A043, 0x0040A168, 0x0040A160, 0x0040A124, 0x0040A123
_DATE, _TIME, _DATE_TIME = 0x0040A121, 0x0040A122, 0x0040A120
_MEASURED, _NUMBER, _UNIT = 0x0040A300, 0x0040A30A, 0x004008EA
_REFERENCE, _REFERENCED_CLASS, _REFERENCED_UID = 0x00081199, 0x00081150, 0x00081155
_FRAME_NUMBER, _SEGMENT_NUMBER = 0x00081160, 0x0062000B
_POINTS, _SHAPE, _FRAME_OF_REFERENCE = 0x00700022, 0x00700023, 0x30060024
_TEXTS = {"TEXT": _TEXT, "UIDREF": _UID, "PNAME": _PERSON, "DATE": _DATE, "TIME": _TIME, "DATETIME": _DATE_TIME}


@dataclass(frozen=True, eq=False)
class ContentItem:
    """One item and what stands below it.

    Attributes:
        value_type: CONTAINER, CODE, TEXT, NUM, IMAGE, SCOORD, SCOORD3D...
        relationship: to the item above, such as CONTAINS.
        name: what it answers; None where it has none.
        elements: everything that the file says of it.
        below: items within it.
    """

    value_type: str
    relationship: str
    name: CodedTerm | None
    elements: Elements
    below: tuple[ContentItem, ...]

    def named(self, name: CodedTerm) -> list[ContentItem]:
        """The items directly below that answer to this concept; meanings and letter case of schemes do not matter."""
        return [one for one in self.below if one.is_named(name)]

    def is_named(self, name: CodedTerm) -> bool:
        """Whether it answers to this concept."""
        return self.name is not None and self.name.value == name.value and self.name.scheme == name.scheme

    def all_below(self) -> Iterator[ContentItem]:
        """Every item below, in the order of the document."""
        for one in self.below:
            yield one
            yield from one.all_below()

    @property
    def code(self) -> CodedTerm | None:
        """The coded answer."""
        return self.elements.code(_CODE)

    @property
    def text(self) -> str:
        """The written answer: of text, UIDs, names, dates; of a code its meaning."""
        if self.value_type in _TEXTS:
            return self.elements.text(_TEXTS[self.value_type])
        code = self.code
        return code.meaning if code is not None else ""

    @property
    def number(self) -> tuple[float, CodedTerm | None] | None:
        """The measured value and its unit; None where there is none."""
        measured = self.elements.first(_MEASURED)
        values = measured.numbers(_NUMBER)
        return (values[0], measured.code(_UNIT)) if values and np.isfinite(values[0]) else None

    @property
    def reference(self) -> tuple[str, str]:
        """SOP class and instance that it refers to; empty where it refers to none."""
        one = self.elements.first(_REFERENCE)
        return one.text(_REFERENCED_CLASS), one.text(_REFERENCED_UID)

    @property
    def frame_number(self) -> int | None:
        """Which frame of the referenced object, from 1."""
        found = self.elements.first(_REFERENCE).numbers(_FRAME_NUMBER)
        return int(found[0]) if found else None

    @property
    def shape(self) -> str:
        """Graphic Type of coordinates."""
        return self.elements.text(_SHAPE)

    @property
    def frame_of_reference_uid(self) -> str:
        """Of three-dimensional coordinates."""
        return self.elements.text(_FRAME_OF_REFERENCE)

    @property
    def points(self) -> NDArray[np.float64]:
        """Coordinates: (n, 3) LPS millimetres of SCOORD3D, (n, 2) column and row of SCOORD; none where damaged."""
        width = 3 if self.value_type == "SCOORD3D" else 2
        raw = self.elements.values.get(_POINTS, b"")
        values = np.frombuffer(raw[: len(raw) // 4 * 4], "<f4").astype(np.float64)
        if not len(values) or len(values) % width or not np.isfinite(values).all():
            return np.empty((0, width))
        return values.reshape(-1, width)


def content_of(elements: Elements) -> ContentItem:
    """The document's root."""
    below = tuple(content_of(one) for one in elements.sequence(_CONTENT))
    return ContentItem(elements.text(_TYPE), elements.text(_RELATIONSHIP), elements.code(_NAME), elements, below)
