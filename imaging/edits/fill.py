"""Fill: flood the region around a voxel that the segment's own border, or the image, encloses."""

from __future__ import annotations

import numpy as np

from imaging.edit import Mask, PaintEdit, PaintRule
from imaging.geometry import Box
from imaging.segmentation import Segmentation
from imaging.volume import Voxels


def fill_region(
    segmentation: Segmentation,
    number: int,
    kji: tuple[int, int, int],
    slice_axis: int | None,
    image: Voxels | None = None,
    intensity_range: tuple[float, float] | None = None,
    rule: PaintRule | None = None,
) -> PaintEdit | None:
    """Paint everything connected with one voxel (faces touch) that is not yet in the segment.

    Args:
        segmentation: where to fill.
        number: the segment that is painted and whose voxels are the border.
        kji: the voxel that was clicked.
        slice_axis: stay on the slice across this array axis (0 = k, 1 = j, 2 = i); None floods the volume.
        image: values for ``intensity_range``.
        intensity_range: flood only through values between these two.
        rule: the rule of the edit.

    Returns:
        The edit, None when the clicked voxel is in the segment already or outside the range.
    """
    from scipy import ndimage  # heavy, and only needed when somebody fills

    box = Box.whole(segmentation.geometry.shape)
    if slice_axis is not None:
        edges = list(box)
        edges[2 * slice_axis], edges[2 * slice_axis + 1] = kji[slice_axis], kji[slice_axis] + 1
        box = Box(*edges)
    free: Mask = ~segmentation.mask(number, box)
    if intensity_range is not None and image is not None:
        values = image[box.slices]
        free &= (values >= intensity_range[0]) & (values <= intensity_range[1])
    start = (kji[0] - box.k0, kji[1] - box.j0, kji[2] - box.i0)
    if not free[start]:
        return None
    parts, _ = ndimage.label(free)
    region = parts == parts[start]
    return _tight(number, box, np.asarray(region), rule or PaintRule())


def _tight(number: int, box: Box, region: Mask, rule: PaintRule) -> PaintEdit:
    """The edit on the smallest box around the region."""
    edges = []
    for axis, first in enumerate((box.k0, box.j0, box.i0)):
        where = np.flatnonzero(region.any(axis=tuple(a for a in range(3) if a != axis)))
        edges.append((first, int(where[0]), int(where[-1]) + 1))
    tight = Box(*(first + edge for first, low, high in edges for edge in (low, high)))
    cut = tuple(slice(low, high) for _, low, high in edges)
    return PaintEdit(number, tight, region[cut].copy(), rule=rule)
