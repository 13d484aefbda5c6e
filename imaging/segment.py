"""One named structure of a segmentation: everything about it except its voxels."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

Color = tuple[int, int, int]

MOST_LABEL_VALUE: Final = 65535  # what a layer of 16 bits can hold
MOST_LAYERS: Final = 1000  # of a record from a file: far beyond what anybody has, and still no flood of memory


class SegmentState(StrEnum):
    """How far the work on a segment is."""

    EMPTY = "empty"
    AI_ONLY = "ai-only"
    IN_PROGRESS = "in-progress"
    DONE = "done"
    FLAGGED = "flagged"


@dataclass(frozen=True)
class CodedTerm:
    """A coded concept as DICOM writes it: code value, coding scheme, meaning."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True)
class Segment:
    """A segment's record. Its voxels are those of ``layer`` that hold ``label_value``.

    Attributes:
        number: never changes and is never used again within a case; DICOM's Segment Number.
        name: what people call it.
        color: red, green, blue, 0-255.
        label_value: the number in the layer's array, 1 or more.
        layer: which array of the segmentation holds it. Segments overlap by standing on different layers.
        state: how far the work on it is.
        locked: a locked segment's voxels never change, whoever asks (brush, AI, import).
        category, type, modifier: coded terminology, None where nobody chose one.
        encloses: other segments lie inside it (body, liver with its lesions): painting them takes nothing from it,
            painting it takes nothing from them, and locked it blocks nobody.
        origin: who made it first: ``person``, ``model NAME@VERSION`` or ``import``.
    """

    number: int
    name: str
    color: Color = (230, 159, 0)
    label_value: int = 1
    layer: int = 0
    state: SegmentState = SegmentState.EMPTY
    locked: bool = False
    category: CodedTerm | None = None
    type: CodedTerm | None = None
    modifier: CodedTerm | None = None
    encloses: bool = False
    origin: str = "person"

    def changed(self, **fields: Any) -> Segment:
        """A copy with other values in the named fields."""
        return replace(self, **fields)

    def to_json(self) -> dict[str, Any]:
        """A JSON-able record; ``from_json`` reads it back."""
        return asdict(self)

    @staticmethod
    def from_json(record: dict[str, Any]) -> Segment:
        """The segment that ``to_json`` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        fields = dict(record)
        for key in ("category", "type", "modifier"):
            if fields.get(key) is not None:
                fields[key] = CodedTerm(**fields[key])
        fields["color"] = tuple(fields["color"])
        fields["state"] = SegmentState(fields["state"])
        made = Segment(**fields)
        if not _is_sound(made):
            raise ValueError("a segment's record is none")
        return made


def _is_sound(segment: Segment) -> bool:
    """False for what no segment can be, whoever wrote it into a file."""
    numbers = (segment.number, segment.label_value, segment.layer, *segment.color)
    terms = [term for term in (segment.category, segment.type, segment.modifier) if term is not None]
    texts = (
        segment.name,
        segment.origin,
        *(text for term in terms for text in (term.value, term.scheme, term.meaning)),
    )
    return (
        all(type(number) is int for number in numbers)
        and segment.number >= 1
        and 1 <= segment.label_value <= MOST_LABEL_VALUE
        and 0 <= segment.layer < MOST_LAYERS
        and len(segment.color) == 3
        and all(0 <= part <= 255 for part in segment.color)
        and all(isinstance(text, str) for text in texts)
    )
