"""A result that waits for acceptance beside a case's segments, for class maps: nothing of it enters the document."""

from __future__ import annotations

from imaging.segment import Segment
from session.preview import Preview


def proposed_segments(preview: Preview, layer_count: int) -> dict[Segment, int]:
    """The records of a result as if they stood on layers behind the case's own, with their numbers of voxels.

    Their numbers are negative, as those of their surfaces, so that none can be taken for a segment of the case.

    Args:
        preview: the result.
        layer_count: how many layers the case has.
    """
    return {
        Segment(
            -place,
            proposed.name,
            proposed.color,
            proposed.label_value,
            layer_count + proposed.layer,
            encloses=proposed.encloses,
        ): proposed.voxel_count
        for place, proposed in enumerate(preview.segments, start=1)
    }
