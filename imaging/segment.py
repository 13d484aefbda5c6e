"""One named structure of a segmentation: everything about it except its voxels."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

Color = tuple[int, int, int]


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
        """The segment that ``to_json`` wrote."""
        fields = dict(record)
        for key in ("category", "type", "modifier"):
            if fields.get(key) is not None:
                fields[key] = CodedTerm(**fields[key])
        fields["color"] = tuple(fields["color"])
        fields["state"] = SegmentState(fields["state"])
        return Segment(**fields)
