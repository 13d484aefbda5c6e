"""Where two masks differ, as a label array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.comparison.label_comparison import mask_of, segment_box
from imaging.formats.label_file import LabelFile, LabelSegment

ONLY_A, ONLY_B, BOTH = 1, 2, 3


def difference_labels(a: LabelFile, one: LabelSegment, b: LabelFile, other: LabelSegment) -> NDArray[np.uint8]:
    """Which voxels only segment ``one`` of A has, which only ``other`` of B, and which both: 1, 2 and 3.

    Both masks lie on one geometry; the array has its (k, j, i) shape, and is 0 where neither is.
    """
    labels = np.zeros(a.geometry.shape, np.uint8)
    box = segment_box(a, one, b, other)
    if box is not None:
        into = labels[box.slices]
        into[mask_of(a, one)(box)] = ONLY_A
        into += mask_of(b, other)(box).view(np.uint8) * np.uint8(ONLY_B)
    return labels
