"""From contours to masks: which pixel centres lie inside closed polygons.

A centre counts as inside when a line to it crosses the polygons an odd number of times (even-odd), so a keyhole's
channel, crossed there and back, takes nothing away. A centre exactly on a border belongs to the polygon when that
border is on its low side (left, top) and not when it is on its high side: of two polygons that share a border exactly
one gets it. What lies within a thousandth of a pixel of a line of centres counts as on it: files hold rounded decimals.

Several contours of one structure in one slice: one that lies in a larger one cuts a hole into it (and one in the hole
is an island again), as treatment planning systems write holes. Contours that only overlap in part are united: nothing
in them says that one of them is a hole. A contour that stands there twice counts once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Box
from imaging.objects.contours import Contours, Integers

Mask = NDArray[np.bool_]

SNAP: Final = 1e-3  # pixels
MAX_CROSSINGS: Final = 300_000_000  # of lines of centres and polygons, in one structure; real ones have some millions
MAX_COMBINED: Final = 20_000  # contours of one structure that overlap others and are taken one by one
_PAIRS: Final = 1000  # contours of one slice whose frames are looked at pair by pair
_INTRICATE: Final = "The contours are too intricate to be made into a mask."
_CROSSINGS_AT_ONCE: Final = 4 << 20
_NESTED: Final = (
    0.95  # share of a contour's pixels that must lie in larger ones to make it a hole: people draw sloppily
)


class Filled(NamedTuple):
    """What contours enclose.

    Attributes:
        box, mask: a region of the image and the boolean voxels in it; empty when no contour lies in the image.
        slices_with_holes: in how many slices a contour in another one was taken as a hole.
        slices_united: in how many slices contours that overlap in part were united.
    """

    box: Box
    mask: Mask
    slices_with_holes: int = 0
    slices_united: int = 0


def fill(contours: Contours, shape: tuple[int, int, int], *, is_xor: bool = False) -> Filled:
    """The pixels that a structure's contours enclose.

    Args:
        contours: of one structure; what lies outside the image is cut off.
        shape: (k, j, i) of the image.
        is_xor: each contour is declared to be combined by exclusive or (CLOSEDPLANAR_XOR).

    Raises:
        UserError: the contours are so intricate that filling them would take minutes.
    """
    points = _snapped(contours.points)
    box = _box_around(points, contours.slices, shape)
    if box.is_empty:
        return Filled(Box(0, 0, 0, 0, 0, 0), np.zeros((0, 0, 0), bool))
    moved = Contours(points - (box.i0, box.j0), contours.starts, contours.slices - box.k0)
    in_image = (moved.slices >= 0) & (moved.slices < box.shape[0])
    if not in_image.all():
        moved = chosen(moved, np.flatnonzero(in_image))
    mask = _even_odd(moved, box.shape)
    return Filled(box, mask) if is_xor else Filled(box, mask, *_disentangle(moved, mask))


def chosen(contours: Contours, which: Integers) -> Contours:
    """Only these contours, in this order."""
    begins, sizes = contours.starts[:-1][which], np.diff(contours.starts)[which]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    places = np.arange(starts[-1]) + np.repeat(begins - starts[:-1], sizes)
    return Contours(contours.points[places], starts, contours.slices[which])


def _snapped(points: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = np.rint(points)
    return np.where(np.abs(points - whole) < SNAP, whole, points)


def _box_around(points: NDArray[np.float64], slices: Integers, shape: tuple[int, int, int]) -> Box:
    if not len(points):
        return Box(0, 0, 0, 0, 0, 0)
    (i0, i1), (j0, j1) = (
        np.clip([np.ceil(axis.min()), np.floor(axis.max()) + 1], 0, size)
        for axis, size in zip(points.T, shape[:0:-1], strict=True)
    )
    return Box(int(slices.min()), int(slices.max()) + 1, int(j0), int(j1), int(i0), int(i1)).clipped(shape)


def _even_odd(contours: Contours, shape: tuple[int, int, int]) -> Mask:
    """(k, j, i) mask of the centres inside an odd number of windings, all slices at once."""
    depth, height, width = shape
    parity = np.zeros((depth, height, width + 1), np.uint8)
    flat = parity.reshape(-1)
    for line, x in _crossings(contours, height):
        np.bitwise_xor.at(flat, line * (width + 1) + _columns(x, width), 1)
    np.bitwise_xor.accumulate(parity, axis=2, out=parity)
    return parity[:, :, :width].view(bool)


def _columns(x: NDArray[np.float64], width: int) -> Integers:
    """The first centre at or behind each crossing."""
    return np.clip(np.ceil(x - 1e-6), 0, width).astype(np.int64)


def _crossings(contours: Contours, height: int) -> Iterator[tuple[Integers, NDArray[np.float64]]]:
    """Where polygons cross lines of centres: number of the line (k * height + j), and x."""
    x, y = contours.points.T
    following = np.arange(1, len(x) + 1)
    sizes = np.diff(contours.starts)
    following[contours.starts[1:][sizes > 0] - 1] = contours.starts[:-1][sizes > 0]
    slices = np.repeat(contours.slices, sizes)
    # Both ways along a channel must give the same x to the last bit: each edge is taken from its upper end.
    is_down = y <= y[following]
    upper, lower = np.where(is_down, np.arange(len(x)), following), np.where(is_down, following, np.arange(len(x)))
    first = np.clip(np.ceil(y[upper]), 0, height).astype(np.int64)
    counts = np.clip(np.ceil(y[lower]), 0, height).astype(np.int64) - first
    total = np.cumsum(counts)
    if len(total) and total[-1] > MAX_CROSSINGS:
        raise UserError(_INTRICATE)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (x[lower] - x[upper]) / (y[lower] - y[upper])
    begin = 0
    while begin < len(x):
        so_far = int(total[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, so_far + _CROSSINGS_AT_ONCE, side="right")))
        edge = np.repeat(np.arange(begin, end), counts[begin:end])
        j = (
            np.arange(len(edge))
            - np.repeat(total[begin:end] - counts[begin:end] - so_far, counts[begin:end])
            + first[edge]
        )
        start = upper[edge]
        yield slices[start] * height + j, x[start] + (j - y[start]) * slope[edge]
        begin = end


# ------------------------------------------------------------------------------- several contours in one slice


def _disentangle(contours: Contours, mask: Mask) -> tuple[int, int]:
    """Fill the slices whose contours overlap anew; returns how many had holes, and how many parts that were united."""
    combined, with_holes, united = 0, 0, 0
    for k, members in _with_overlapping_frames(contours):
        in_slice = chosen(contours, members)
        if _centres_inside(in_slice, mask.shape) == np.count_nonzero(mask[k]):
            continue
        combined += len(members)
        if combined > MAX_COMBINED:
            raise UserError(_INTRICATE)
        mask[k], has_hole, is_united = _combined(in_slice, mask.shape)
        with_holes, united = with_holes + has_hole, united + is_united
    return with_holes, united


def _with_overlapping_frames(contours: Contours) -> Iterator[tuple[int, Integers]]:
    """Slices in which the frames around some contours overlap, and the contours of each such slice."""
    sizes = np.diff(contours.starts)
    with_points = np.flatnonzero(sizes)
    if not len(with_points):
        return
    begins = contours.starts[:-1][with_points]
    low = np.minimum.reduceat(contours.points, begins)
    high = np.maximum.reduceat(contours.points, begins)
    order = np.argsort(contours.slices[with_points], kind="stable")
    slices = contours.slices[with_points][order]
    for members in np.split(order, np.flatnonzero(np.diff(slices)) + 1):
        is_crowded = len(members) > _PAIRS
        if is_crowded or (len(members) > 1 and _any_overlap(low[members], high[members])):
            yield int(contours.slices[with_points[members[0]]]), with_points[members]


def _any_overlap(low: NDArray[np.float64], high: NDArray[np.float64]) -> bool:
    apart = (low[:, None] >= high[None]).any(axis=2) | (high[:, None] <= low[None]).any(axis=2)
    return int((~apart).sum()) > len(low)  # each overlaps itself


def _centres_inside(contours: Contours, shape: tuple[int, ...]) -> int:
    """The sum of what each contour alone encloses: more than all do together by exclusive or, when some overlap."""
    _, height, width = shape
    alone = Contours(contours.points, contours.starts, np.arange(len(contours)))  # as if each had its own slice
    keys = [line * (width + 1) + _columns(x, width) for line, x in _crossings(alone, height)]
    pairs = np.sort(np.concatenate(keys)) if keys else np.zeros(0, np.int64)
    return int((pairs[1::2] - pairs[0::2]).sum())


def _combined(contours: Contours, shape: tuple[int, ...]) -> tuple[Mask, bool, bool]:
    """One slice whose contours may lie in each other, from the largest to the smallest; whether holes, and unions."""
    masks = sorted(_each(contours, shape), key=lambda one: int(one[1].sum()), reverse=True)
    result, covered = np.zeros(shape[1:], bool), np.zeros(shape[1:], bool)
    has_hole = is_united = False
    for box, mask in masks:
        inside = covered[box] & mask
        share = int(inside.sum()) / max(1, int(mask.sum()))
        if share >= _NESTED:
            result[box] ^= inside
            has_hole |= bool(inside.any())
        else:
            result[box] |= mask
            is_united |= share > 0
        covered[box] |= mask
    return result, has_hole, is_united


def _each(contours: Contours, shape: tuple[int, ...]) -> Iterator[tuple[tuple[slice, ...], Mask]]:
    """Each contour's own mask, twins left out."""
    seen = set()
    for number in range(len(contours)):
        one = chosen(contours, np.array([number]))
        points = one.points[np.lexsort(one.points.T)].tobytes()  # wherever it starts, whichever way it runs
        if points in seen:
            continue
        seen.add(points)
        box = _box_around(one.points, np.zeros(1, np.int64), (1, shape[1], shape[2]))
        alone = Contours(one.points - (box.i0, box.j0), one.starts, np.zeros(1, np.int64))
        if not box.is_empty:
            yield box.slices[1:], _even_odd(alone, box.shape)[0]
