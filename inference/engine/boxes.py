"""From what a detecting network gives to boxes in the patient.

The network takes the image whole and gives one tensor (1, box, 8): x0, y0, z0, x1, y1, z1 in voxels of its own grid
(whole numbers are the middles of voxels), the score from 0 to 1, and the label's value. What overlaps too much it has
dropped itself; ONNX has an operator for that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.engine.placement import AxisMap
from inference.model import FoundBox, ModelLabel

NUMBERS = 8  # of each box
MOST = 1000


def found_boxes(
    answer: NDArray[np.float32],
    axes: Sequence[AxisMap],
    geometry: Geometry,
    labels: Sequence[ModelLabel],
    least_score: float,
) -> tuple[FoundBox, ...]:
    """Boxes with enough score, the surest first, at most 1000.

    Args:
        answer: (box, 8), see above.
        axes: where the network's grid lies in the image's.
        geometry: of the image.
        labels: names of the label values.
        least_score: others are left out.

    Raises:
        UserError: the network gives something else.
    """
    if answer.ndim != 2 or answer.shape[1] != NUMBERS or not np.isfinite(answer).all():
        shape = " x ".join(str(n) for n in answer.shape)
        raise UserError(f"The network gives no boxes: {shape} numbers in place of 8 for each box.")
    names = {label.label_value: label.name for label in labels}
    chosen = answer[answer[:, 6] >= least_score]
    chosen = chosen[np.argsort(-chosen[:, 6], kind="stable")][:MOST]
    return tuple(_box(row, axes, geometry, names) for row in chosen)


def _box(row: NDArray[np.float32], axes: Sequence[AxisMap], geometry: Geometry, names: dict[int, str]) -> FoundBox:
    value = round(float(row[7]))
    low, high = np.zeros(3), np.zeros(3)
    for axis, start, end in zip(axes, row[:3], row[3:6], strict=True):
        ends = sorted(axis.scale * float(place) + axis.offset for place in (start, end))
        low[axis.source_axis], high[axis.source_axis] = ends
    corners = [np.where([n & 1, n & 2, n & 4], high, low) for n in range(8)]
    places = [tuple(float(mm) for mm in geometry.to_world(corner)) for corner in corners]
    score = min(max(float(row[6]), 0.0), 1.0)
    return FoundBox(names.get(value, f"Label {value}"), score, tuple((x, y, z) for x, y, z in places))
