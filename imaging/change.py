"""What an edit did to a segmentation."""

from __future__ import annotations

from dataclasses import dataclass, field

from imaging.blocks import BlockDelta
from imaging.geometry import Box
from imaging.segment import Segment

SegmentRecord = tuple[Segment | None, Segment | None]  # before, after


@dataclass(frozen=True, eq=False)
class Change:
    """What an edit did. ``inverted`` undoes it.

    Attributes:
        deltas: the voxels that changed.
        records: segment records before and after; None before an addition and after a removal.
        order: segment numbers in list order before and after.
        boxes: per layer, the region that the deltas touch.
    """

    deltas: list[BlockDelta]
    records: list[SegmentRecord]
    order: tuple[tuple[int, ...], tuple[int, ...]]
    boxes: dict[int, Box] = field(default_factory=dict)

    def inverted(self) -> Change:
        """The change that undoes this one."""
        records = [(after, before) for before, after in self.records]
        return Change(self.deltas, records, (self.order[1], self.order[0]), self.boxes)

    @property
    def is_empty(self) -> bool:
        """True when nothing changed: no trace in the history."""
        return not self.deltas and not self.records and self.order[0] == self.order[1]

    @property
    def segment_numbers(self) -> set[int]:
        """Segments whose record changed."""
        return {segment.number for pair in self.records for segment in pair if segment is not None}
