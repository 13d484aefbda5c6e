"""Segments over a slice picture as colours, fast: fill looked up voxel by voxel, outlines drawn only where they are.

What ``label_overlay`` computes for every screen pixel, this computes for every voxel, and enlarges it; only the pixels
of the outlines are visited one by one. The two agree where a voxel is at least as large as an outline is thick; where
it is smaller, in small regions, in stripes of previews, and where outlines are everywhere, ``label_overlay`` works.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.label_overlay import Codes, DeviceRect, LabelStyle, overlay_codes
from render.screen_map import ScreenMap

Argb = NDArray[np.uint32]
Places = NDArray[np.intp]

FROM_PIXELS = 1_000_000  # in smaller regions of the screen looking at each pixel is as fast
PIXELS_PER_SIDE = 50  # of the screen; with more outlined sides of voxels than this, looking at each pixel is faster


@dataclass(frozen=True, eq=False)
class _Axis:
    """The picture rows (or columns) that a stretch of the screen shows.

    Attributes:
        first: the first of them.
        starts: the screen row where each begins, and where the last one ends, whether within the stretch or not.
        low, high: the stretch.
    """

    first: int
    starts: Places
    low: int
    high: int

    @property
    def count(self) -> int:
        """How many picture rows."""
        return len(self.starts) - 1

    def between(self, low: int, high: int) -> _Axis:
        """Picture rows from ``low`` up to ``high``, counted from the first, and the part of the stretch they take."""
        starts = self.starts[low : high + 1]
        return _Axis(self.first + low, starts, max(self.low, int(starts[0])), min(self.high, int(starts[-1])))

    def shown(self) -> Places:
        """For each screen row of the stretch its picture row, counted from the first."""
        inside = np.clip(self.starts, self.low, self.high)
        return np.repeat(np.arange(self.count), np.diff(inside))


def overlay_pixels(
    style: LabelStyle, labels: NDArray[Any], place: ScreenMap, rect: DeviceRect, ratio: float = 1.0
) -> tuple[Argb, DeviceRect] | None:
    """Colours of a region of the screen; arguments as for ``label_overlay.overlay_codes``.

    Returns:
        Premultiplied 0xAARRGGBB (height, width) and the part of the region that they cover, None when nothing of the
        layer lies in the region.
    """
    thick = max(1, round(ratio))
    is_large = rect[2] * rect[3] >= FROM_PIXELS and min(place.row_px, place.column_px) >= thick
    if is_large and not style.is_preview:
        with suppress(_TooManyOutlines):
            return _by_voxels(style, labels, place, rect, thick)
    found = overlay_codes(style, labels, place, rect, ratio)
    return None if found is None else (np.take(style.argb, found[0]), found[1])


class _TooManyOutlines(Exception):
    """Looking at every screen pixel is faster."""


def _by_voxels(
    style: LabelStyle, labels: NDArray[Any], place: ScreenMap, rect: DeviceRect, thick: int
) -> tuple[Argb, DeviceRect] | None:
    """As ``overlay_pixels``.

    Raises:
        _TooManyOutlines: this is not the way for such labels.
    """
    rows = _axis(place.top, place.row_px, labels.shape[0], rect[1], rect[3])
    columns = _axis(place.left, place.column_px, labels.shape[1], rect[0], rect[2])
    if rows is None or columns is None:
        return None
    codes = _with_border(style, labels, rows, columns)
    inner = codes[1:-1, 1:-1]
    in_rows, in_columns = np.flatnonzero(inner.any(axis=1)), np.flatnonzero(inner.any(axis=0))
    if in_rows.size == 0:
        return None
    codes = codes[in_rows[0] : in_rows[-1] + 3, in_columns[0] : in_columns[-1] + 3]
    rows = rows.between(int(in_rows[0]), int(in_rows[-1]) + 1)
    columns = columns.between(int(in_columns[0]), int(in_columns[-1]) + 1)
    part = (columns.low, rows.low, columns.high - columns.low, rows.high - rows.low)
    sides = _sides(codes) if style.has_outline else []
    if PIXELS_PER_SIDE * sum(len(where[0]) for where in sides) > part[2] * part[3]:
        raise _TooManyOutlines
    fill = np.take(style.argb, codes[1:-1, 1:-1])
    pixels = np.take(np.take(fill, columns.shown(), axis=1), rows.shown(), axis=0)
    if sides:
        outline = style.argb[style.outline_bit :]
        _draw_outlines(pixels, codes[1:-1, 1:-1], outline, sides, rows, columns, thick)
    return pixels, part


def _axis(start: float, size: float, count: int, low: int, length: int) -> _Axis | None:
    """The picture rows on a stretch of the screen, None when there are none."""
    first = max(_row_at(low, start, size), 0)
    last = min(_row_at(low + length - 1, start, size), count - 1)
    if last < first:
        return None
    wanted = np.arange(first, last + 2)
    starts = np.ceil(start + wanted * size - 0.5).astype(np.intp)
    starts -= np.floor((starts - 0.5 - start) / size) >= wanted  # rounding must fall as it does in _row_at
    starts += np.floor((starts + 0.5 - start) / size) < wanted
    return _Axis(first, starts, max(low, int(starts[0])), min(low + length, int(starts[-1])))


def _row_at(screen: int, start: float, size: float) -> int:
    return int(np.floor((screen + 0.5 - start) / size))


def _with_border(style: LabelStyle, labels: NDArray[Any], rows: _Axis, columns: _Axis) -> Codes:
    """Codes of the voxels shown with one more on each side, 0 beyond the picture."""
    codes = np.zeros((rows.count + 2, columns.count + 2), style.code_of_label.dtype)
    top, left = max(rows.first - 1, 0), max(columns.first - 1, 0)
    region = labels[top : rows.first + rows.count + 1, left : columns.first + columns.count + 1]
    at_row, at_column = top - rows.first + 1, left - columns.first + 1
    codes[at_row : at_row + region.shape[0], at_column : at_column + region.shape[1]] = np.take(
        style.code_of_label, region
    )
    return codes


def _sides(codes: Codes) -> list[tuple[Places, Places]]:
    """Rows and columns of the voxels whose left, right, upper and lower neighbour is something else."""
    inner = codes[1:-1, 1:-1]
    is_something = inner != 0
    across, down = codes[1:-1, 1:] != codes[1:-1, :-1], codes[1:, 1:-1] != codes[:-1, 1:-1]
    differs = (across[:, :-1], across[:, 1:], down[:-1], down[1:])
    found = (np.divmod(np.flatnonzero(d & is_something), inner.shape[1]) for d in differs)
    return [(row, column) for row, column in found]


def _draw_outlines(
    pixels: Argb,
    codes: Codes,
    outline: Argb,
    sides: list[tuple[Places, Places]],
    rows: _Axis,
    columns: _Axis,
    thick: int,
) -> None:
    """Draw a strip along each side of a voxel, inside the voxel, as far as it lies in the region."""
    left, right, upper, lower = sides
    top, bottom = rows.starts[:-1], rows.starts[1:]
    west, east = columns.starts[:-1], columns.starts[1:]
    for (row, column), y0, y1, x0, x1 in (
        (left, top, bottom, west, west + thick),
        (right, top, bottom, east - thick, east),
        (upper, top, top + thick, west, east),
        (lower, bottom - thick, bottom, west, east),
    ):
        boxes = (
            np.clip(y0[row], rows.low, rows.high) - rows.low,
            np.clip(y1[row], rows.low, rows.high) - rows.low,
            np.clip(x0[column], columns.low, columns.high) - columns.low,
            np.clip(x1[column], columns.low, columns.high) - columns.low,
        )
        _fill_boxes(pixels, boxes, outline[codes[row, column]])


def _fill_boxes(pixels: Argb, boxes: tuple[Places, Places, Places, Places], colors: Argb) -> None:
    """Fill boxes (y0, y1, x0, x1): few large ones one by one, many small ones together, pixel by pixel of each."""
    y0, y1, x0, x1 = boxes
    if y0.size == 0:
        return
    tall, wide = int((y1 - y0).max()), int((x1 - x0).max())
    if y0.size <= tall * wide:
        for top, bottom, left, right, color in zip(y0, y1, x0, x1, colors, strict=True):
            pixels[top:bottom, left:right] = color
        return
    flat, width = pixels.reshape(-1), pixels.shape[1]
    for down in range(tall):
        for right in range(wide):
            there = (y0 + down < y1) & (x0 + right < x1)
            flat[((y0 + down) * width + x0 + right)[there]] = colors[there]
