"""Contours of a structure from LPS millimetres onto the slices of an image, whatever planes they were drawn in.

A slice takes the contours of the plane that is nearest to it, at most half a slice away; a plane exactly half-way
belongs to the slice of higher index. Where planes lie wider apart than slices, the slices between are either left empty
or, on request, interpolated by shape: the signed distance to the borders of the two planes is mixed linearly, and what
is inside stays (Raya and Udupa, IEEE TMI 9, 1990). Only gaps of at most twice the structure's usual step are bridged:
what lies further apart may well be two things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.objects.contour_filling import Mask, chosen, fill
from imaging.objects.contours import Contours, Integers

FLATNESS_MM: Final = 0.1  # a contour may leave its plane by this, or by a tenth of a slice: decimals are rounded
_ONE_PLANE: Final = 0.1  # slices; contours closer than this lie in one plane
_HALF: Final = 1e-3  # slices; how exactly half-way is half-way
_BRIDGED: Final = 2.05  # usual steps


@dataclass(frozen=True, eq=False)
class ContoursMm:
    """Closed polygons of one structure in LPS millimetres.

    Attributes:
        points: (n, 3).
        starts: (m + 1,) polygon c has the points from ``starts[c]`` up to ``starts[c + 1]``; none is empty.
        is_xor: they are declared to be combined by exclusive or.
    """

    points: NDArray[np.float64]
    starts: Integers
    is_xor: bool = False


@dataclass(frozen=True, eq=False)
class FilledStructure:
    """A structure's mask on an image, and what people should know of its making.

    Attributes:
        box, mask: a region of the image and the boolean voxels in it.
        step_slices: usual distance between the planes of its contours, in slices of the image; 1 for a single plane.
        bridged: slices that were interpolated.
        gaps: slices between its planes that were left empty and could be interpolated.
        passed_over: planes whose contours no slice took, since another plane is nearer.
        outside: planes that lie outside the image.
        is_cut: some of it reaches beyond the image's rows and columns.
        slices_with_holes, slices_united: where several contours of a slice had to be understood, see `fill`.
    """

    box: Box
    mask: Mask
    step_slices: float = 1.0
    bridged: int = 0
    gaps: int = 0
    passed_over: int = 0
    outside: int = 0
    is_cut: bool = False
    slices_with_holes: int = 0
    slices_united: int = 0


def to_mm(contours: Contours, geometry: Geometry) -> NDArray[np.float64]:
    """(n, 3) LPS positions of the points of contours on an image's slices."""
    k = np.repeat(contours.slices, np.diff(contours.starts))
    return geometry.to_world(np.column_stack([contours.points, k]))


def on_slices(contours: ContoursMm, geometry: Geometry, *, bridge_gaps: bool = False) -> FilledStructure:
    """The mask of a structure on an image.

    Args:
        contours: of one structure.
        geometry: the image's grid; oblique, tilted and unevenly sliced ones are fine.
        bridge_gaps: interpolate slices between planes that lie wider apart than slices.

    Raises:
        UserError: a contour does not lie in a plane of the image's slices, or the contours are too intricate.
    """
    index = geometry.to_index(contours.points)
    _require_flat(contours, geometry)
    k = np.add.reduceat(index[:, 2], contours.starts[:-1]) / np.diff(contours.starts)
    plane, heights = _planes(k)
    slices, distances = _nearest_slices(heights, geometry.shape[0])
    in_image = slices >= 0
    taken = _taken(slices, distances)
    placed = chosen(Contours(index[:, :2], contours.starts, slices[plane]), np.flatnonzero(taken[plane]))
    box, mask, with_holes, united = fill(placed, geometry.shape, is_xor=contours.is_xor)
    bridges = _bridges(slices, heights, taken)
    bridged = 0
    if bridge_gaps and not box.is_empty:
        bridged = sum(_bridge(mask, box, geometry, *one) for one in bridges)
    return FilledStructure(
        box,
        mask,
        _usual(np.diff(heights)),
        bridged,
        0 if bridge_gaps else sum(upper - lower - 1 for lower, upper, _, _ in bridges),
        int((in_image & ~taken).sum()),
        int((~in_image).sum()),
        _is_cut(placed, geometry.shape),
        with_holes,
        united,
    )


def _require_flat(contours: ContoursMm, geometry: Geometry) -> None:
    normal = np.cross(geometry.affine[:3, 0], geometry.affine[:3, 1])
    normal /= np.linalg.norm(normal)
    heights, begins = contours.points @ normal, contours.starts[:-1]
    spread = np.maximum.reduceat(heights, begins) - np.minimum.reduceat(heights, begins)
    step = abs(float(normal @ geometry.affine[:3, 2]))
    if spread.max() > max(FLATNESS_MM, 0.1 * step):
        hint = "They were drawn on slices of another direction: open the image that they belong to."
        raise UserError("The contours do not lie in the planes of the image's slices.", hint)


def _planes(k: NDArray[np.float64]) -> tuple[Integers, NDArray[np.float64]]:
    """Which plane each contour lies in, and the planes' places in slices, ascending."""
    order = np.argsort(k, kind="stable")
    plane = np.empty(len(k), np.int64)
    heights: list[float] = []
    for number in order:
        if not heights or k[number] - heights[-1] > _ONE_PLANE:
            heights.append(float(k[number]))
        plane[number] = len(heights) - 1
    return plane, np.array(heights)


def _nearest_slices(heights: NDArray[np.float64], depth: int) -> tuple[Integers, NDArray[np.float64]]:
    """The slice that each plane is nearest to, -1 outside the image, and how far it is."""
    nearest = np.floor(np.clip(heights, -2, depth + 1) + 0.5 + _HALF).astype(np.int64)
    inside = (nearest >= 0) & (nearest < depth)
    return np.where(inside, nearest, -1), np.abs(heights - nearest)


def _taken(slices: Integers, distances: NDArray[np.float64]) -> Mask:
    """Which planes are used: of each slice's planes the nearest."""
    order = np.lexsort((distances, slices))
    is_first = np.diff(slices[order], prepend=-2) != 0
    taken = np.zeros(len(slices), bool)
    taken[order[is_first]] = True
    return taken & (slices >= 0)


def _usual(steps: NDArray[np.float64]) -> float:
    """The lower median, 1 where there is no step."""
    return float(np.quantile(steps, 0.5, method="lower")) if len(steps) else 1.0


Bridge = tuple[int, int, float, float]  # lower and upper slice, and where the planes of their contours really lie


def _bridges(slices: Integers, heights: NDArray[np.float64], taken: Mask) -> list[Bridge]:
    """Pairs of neighbouring planes with empty slices between them that are near enough to belong together."""
    used = np.flatnonzero(taken)
    if len(used) < 2:
        return []
    steps = np.diff(heights[used])
    near = (np.diff(slices[used]) > 1) & (steps <= _BRIDGED * _usual(steps))
    return [
        (int(slices[a]), int(slices[b]), float(heights[a]), float(heights[b]))
        for a, b in zip(used[:-1][near], used[1:][near], strict=True)
    ]


def _bridge(mask: Mask, box: Box, geometry: Geometry, lower: int, upper: int, from_k: float, to_k: float) -> int:
    """Fill the slices between two; returns how many there were."""
    below, above = (_signed_distance(mask[k - box.k0], geometry) for k in (lower, upper))
    for k in range(lower + 1, upper):
        share = (k - from_k) / (to_k - from_k)
        mask[k - box.k0] = (1 - share) * below + share * above > 0
    return upper - lower - 1


def _signed_distance(mask: Mask, geometry: Geometry) -> NDArray[np.float64]:
    """Millimetres from each pixel's centre to the border, above 0 inside."""
    from scipy.ndimage import distance_transform_edt

    spacing = geometry.spacing_mm[1::-1]
    wide = np.pad(mask, 1)
    inside, outside = (distance_transform_edt(part, sampling=spacing) for part in (wide, ~wide))
    return np.asarray((inside - outside)[1:-1, 1:-1])


def _is_cut(contours: Contours, shape: tuple[int, int, int]) -> bool:
    i, j = contours.points.T
    limit_i, limit_j = shape[2] - 0.5 + _HALF, shape[1] - 0.5 + _HALF
    return bool(((i < -0.5 - _HALF) | (j < -0.5 - _HALF) | (i > limit_i) | (j > limit_j)).any())
