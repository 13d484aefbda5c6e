"""What a detection found, as annotations of the case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imaging.measurement import Measurement, MeasurementKind, Point, as_point
from imaging.palette import PALETTE
from inference.model import FoundBox


def measurements_of(boxes: Sequence[FoundBox], first_number: int) -> tuple[Measurement, ...]:
    """A box measurement for each, numbered upwards; boxes of one label have one colour.

    Args:
        boxes: corners in LPS mm, in the order of ``FoundBox``.
        first_number: of the first one. For boxes that only wait, count from a negative number.
    """
    labels = sorted({box.label for box in boxes})
    return tuple(
        Measurement(
            first_number + place,
            MeasurementKind.BOX,
            tuple(box.corners[corner] for corner in (0, 1, 2, 4)),
            _normal(box),
            box.label or "Box",
            PALETTE[labels.index(box.label) % len(PALETTE)],
            box.score,
        )
        for place, box in enumerate(boxes)
    )


def _normal(box: FoundBox) -> Point:
    """Along the box's third edge; of a flat box across the others."""
    corners = np.asarray(box.corners, np.float64)
    first, second, third = corners[1] - corners[0], corners[2] - corners[0], corners[4] - corners[0]
    for vector in (third, np.cross(first, second)):
        length = float(np.linalg.norm(vector))
        if length > 0:
            return as_point(vector / length)
    return 0.0, 0.0, 1.0
