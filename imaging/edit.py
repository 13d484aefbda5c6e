"""What may be asked of a segmentation: pure descriptions, carried out by ``Segmentation`` alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Box
from imaging.segment import Segment

Mask = NDArray[np.bool_]


class Overwrite(StrEnum):
    """What happens to other segments where a segment is painted."""

    ALL = "all"  # others lose the voxel
    VISIBLE = "visible"  # others lose it when they are shown, and overlap when they are hidden
    NONE = "none"  # others keep it: segments overlap


@dataclass(frozen=True)
class PaintRule:
    """Where painting has an effect. Locked segments keep their voxels under every rule.

    Attributes:
        overwrite: what happens to other segments.
        visible: numbers of the segments that are shown, for ``Overwrite.VISIBLE``.
        inside: paint only where this segment is.
        outside_others: paint only where no other segment is; what encloses others, or is enclosed, does not count.
        outside_locked: paint only where no other, locked segment is; the same does not count.
        beside: segments that ``outside_others`` does not count either, such as those of the same result.
        intensity_range: paint only where the image lies between these values, both included.
    """

    overwrite: Overwrite = Overwrite.ALL
    visible: frozenset[int] = frozenset()
    inside: int | None = None
    outside_others: bool = False
    outside_locked: bool = False
    beside: frozenset[int] = frozenset()
    intensity_range: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class PaintEdit:
    """Add voxels to one segment, or take them away.

    Attributes:
        segment_number: the segment.
        box: the region of the grid; it may reach over the border.
        mask: boolean array of ``box.shape``.
        erase: take the voxels away instead; only this segment's voxels change.
        rule: where it has an effect.
    """

    segment_number: int
    box: Box
    mask: Mask
    erase: bool = False
    rule: PaintRule = field(default_factory=PaintRule)


@dataclass(frozen=True, eq=False)
class LabelsEdit:
    """Many segments at once: an AI result or an imported mask.

    Attributes:
        box: the region that ``labels`` covers.
        labels: unsigned integers of ``box.shape``, 0 for nothing.
        segment_of: which segment each label value goes to; values that are missing are ignored.
        rule: where it has an effect.
        replace: voxels of these segments inside ``box`` that the labels do not name are taken away first.
    """

    box: Box
    labels: NDArray[Any]
    segment_of: dict[int, int]
    rule: PaintRule = field(default_factory=PaintRule)
    replace: bool = False


@dataclass(frozen=True)
class AddSegment:
    """A new segment at the end of the list. Its number must be new; ``layer`` and ``label_value`` are assigned."""

    segment: Segment


@dataclass(frozen=True)
class RemoveSegment:
    """Take a segment away with its voxels."""

    segment_number: int


@dataclass(frozen=True)
class UpdateSegment:
    """Change a segment's name, color, state, locked or terminology."""

    segment_number: int
    fields: dict[str, Any]


@dataclass(frozen=True)
class MoveSegment:
    """Put a segment at another place of the list."""

    segment_number: int
    position: int


@dataclass(frozen=True)
class Batch:
    """Several edits that are one step of the history."""

    edits: tuple[Edit, ...]


Edit = PaintEdit | LabelsEdit | AddSegment | RemoveSegment | UpdateSegment | MoveSegment | Batch
