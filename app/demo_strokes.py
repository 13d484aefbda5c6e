"""The demo's hand: brush strokes where a mask is wrong, through the brush of the slice views."""

from __future__ import annotations

import itertools

import numpy as np
from scipy import ndimage

from imaging.geometry import Geometry
from imaging.volume import Voxels
from render.slice_geometry import slice_grid
from session.presentation import Plane, SliceCamera
from session.selection import BrushShape, Tool
from session.session import Session
from widgets.slice_pointer import Pointer
from widgets.tools.brush import BrushTool

STROKES = 12
LONGEST = 40  # voxels of one stroke's path
RADIUS_MM = 2.0
VIEW = (600.0, 600.0)


def correct_with_brush(session: Session, name: str, target: Voxels) -> int:
    """Paint and erase the largest errors of a segment, slice by slice.

    Args:
        session: with an open document that has the segment.
        name: the segment.
        target: (k, j, i) boolean array of what it should be.

    Returns:
        How many strokes were drawn.
    """
    document = session.open_document
    segment = document.segmentation.find(name)
    if segment is None:
        raise ValueError(f"there is no segment {name}")
    session.selection.update(
        segment_number=segment.number, tool=Tool.BRUSH, brush_shape=BrushShape.DISC, radius_mm=RADIUS_MM
    )
    tool = BrushTool(session, "demo")
    drawn = 0
    for _ in range(STROKES):
        wrong = target != document.segmentation.mask(segment.number)
        k = int(np.argmax(wrong.sum(axis=(1, 2))))
        path, is_missing = _largest_error(wrong[k], target[k])
        session.selection.update(tool=Tool.BRUSH if is_missing else Tool.ERASER)
        _draw(tool, document.segmentation.geometry, k, path)
        drawn += 1
    return drawn


def _largest_error(wrong: Voxels, target: Voxels) -> tuple[Voxels, bool]:
    """(n, 2) rows and columns along the largest wrong region of a slice, and whether it is missing."""
    best: tuple[int, Voxels, bool] | None = None
    for is_missing in (True, False):
        region = wrong & (target if is_missing else ~target)
        parts, count = ndimage.label(region)
        if count == 0:
            continue
        sizes = np.bincount(parts.ravel())[1:]
        part = parts == 1 + int(np.argmax(sizes))
        if best is None or sizes.max() > best[0]:
            best = (int(sizes.max()), part, is_missing)
    if best is None:
        raise ValueError("nothing is wrong on this slice")
    depth = ndimage.distance_transform_edt(best[1])
    ridge = np.argwhere(depth >= max(1.0, 0.6 * depth.max()))
    order = np.lexsort((ridge[:, 0], ridge[:, 1]))
    return ridge[order][:: max(1, len(ridge) // LONGEST)], best[2]


def _draw(tool: BrushTool, geometry: Geometry, k: int, path: Voxels) -> None:
    """One stroke with the button down at the first point and up at the last."""
    points = [geometry.to_world([column, row, k]) for row, column in path]
    pointers = [_pointer(geometry, point) for point in points]
    tool.press(pointers[0])
    for before, pointer in itertools.pairwise(pointers):
        far = np.linalg.norm(np.subtract(pointer.position_mm, before.position_mm)) > 4 * RADIUS_MM
        if far:  # the pen is lifted rather than drawn across what is right
            tool.release(before)
            tool.press(pointer)
        else:
            tool.move(pointer)
    tool.release(pointers[-1])


def _pointer(geometry: Geometry, point: Voxels) -> Pointer:
    x, y, z = (float(v) for v in point)
    grid = slice_grid(geometry, Plane.AXIAL, SliceCamera(), (x, y, z))
    return Pointer((x, y, z), (x, y), VIEW, grid, 1.0)
