"""What an edit did to a segmentation or to the measurements."""

from __future__ import annotations

from dataclasses import dataclass, field

from imaging.blocks import BlockDelta
from imaging.geometry import Box
from imaging.measurement import Measurement
from imaging.segment import Segment

SegmentRecord = tuple[Segment | None, Segment | None]  # before, after
MeasurementRecord = tuple[Measurement | None, Measurement | None]  # before, after


@dataclass(frozen=True, eq=False)
class Change:
    """What an edit did. ``inverted`` undoes it.

    Attributes:
        deltas: the voxels that changed.
        records: segment records before and after; None before an addition and after a removal.
        order: segment numbers in list order before and after.
        boxes: per layer, the region that the deltas touch.
        measurements: measurements before and after, as ``records``.
    """

    deltas: list[BlockDelta] = field(default_factory=list)
    records: list[SegmentRecord] = field(default_factory=list)
    order: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    boxes: dict[int, Box] = field(default_factory=dict)
    measurements: list[MeasurementRecord] = field(default_factory=list)

    def inverted(self) -> Change:
        """The change that undoes this one."""
        records = [(after, before) for before, after in self.records]
        measurements = [(after, before) for before, after in self.measurements]
        return Change(self.deltas, records, (self.order[1], self.order[0]), self.boxes, measurements)

    @property
    def has_segmentation(self) -> bool:
        """True when voxels, segment records or their order changed."""
        return bool(self.deltas or self.records or self.order[0] != self.order[1])

    @property
    def is_empty(self) -> bool:
        """True when nothing changed: no trace in the history."""
        return not self.has_segmentation and not self.measurements

    @property
    def segment_numbers(self) -> set[int]:
        """Segments whose record changed."""
        return {segment.number for pair in self.records for segment in pair if segment is not None}

    @property
    def measurement_numbers(self) -> set[int]:
        """Measurements that were added, removed or changed."""
        return {m.number for pair in self.measurements for m in pair if m is not None}
