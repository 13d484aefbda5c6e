"""Segments over a slice picture: one byte a screen pixel, that says which segment and whether its outline.

The overlay is computed in the screen's own pixels and only for the region that is repainted. Outlines are thus sharp at
every zoom, and a brush stroke costs what its own small rectangle costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from imaging.segment import Color
from render.screen_map import ScreenMap

Codes = NDArray[Any]  # uint8, or uint16 for layers of more than 127 segments
DeviceRect = tuple[int, int, int, int]  # left, top, width, height

MOST_BYTE_CODES = 127
HATCH_PX = 6  # period of a preview's stripes and dashes, in logical pixels
OUTLINE_OPACITY = 0.95


@dataclass(frozen=True)
class LabelStyle:
    """How one layer of labels is drawn.

    Attributes:
        layer: index of the layer.
        colors: (label value, colour) of each segment that is shown.
        fill_opacity: 0-1, 0 for no fill.
        has_outline: draw the outline.
        is_preview: stripes and dashes instead of plain fill and lines.
    """

    layer: int
    colors: tuple[tuple[int, Color], ...]
    fill_opacity: float
    has_outline: bool
    is_preview: bool = False

    @cached_property
    def outline_bit(self) -> int:
        """What is added to a code for the outline."""
        return 0x80 if len(self.colors) <= MOST_BYTE_CODES else 0x8000

    @cached_property
    def code_of_label(self) -> Codes:
        """Code 1, 2, ... for each label value that is shown, 0 for the rest; 65,536 entries."""
        table = np.zeros(65536, np.uint8 if self.outline_bit == 0x80 else np.uint16)
        for code, (value, _) in enumerate(self.colors, start=1):
            table[value] = code
        return table

    @cached_property
    def argb(self) -> NDArray[np.uint32]:
        """Colour of each code, 0xAARRGGBB, premultiplied by its opacity: what is fastest to draw."""
        table = np.zeros(2 * self.outline_bit, np.uint32)
        for code, (_, color) in enumerate(self.colors, start=1):
            table[code] = _premultiplied(color, self.fill_opacity)
            table[code | self.outline_bit] = _premultiplied(color, OUTLINE_OPACITY)
        return table


def _premultiplied(color: Color, opacity: float) -> int:
    red, green, blue = (round(c * opacity) for c in color)
    return round(255 * opacity) << 24 | red << 16 | green << 8 | blue


def overlay_codes(
    style: LabelStyle, labels: NDArray[Any], place: ScreenMap, rect: DeviceRect, ratio: float = 1.0
) -> tuple[Codes, DeviceRect] | None:
    """Codes of a region of the screen.

    Args:
        style: the layer's colours.
        labels: label values of the picture, (rows, columns).
        place: where the picture stands, in device pixels.
        rect: the region in device pixels.
        ratio: device pixels per logical pixel; outlines are one logical pixel wide.

    Returns:
        Codes (height, width) and the part of the region that they cover; beyond it is nothing. None when nothing of
        the layer lies in the region.
    """
    thick = max(1, round(ratio))
    rows = _sampled(place.top, place.row_px, labels.shape[0], rect[1], rect[3], thick)
    columns = _sampled(place.left, place.column_px, labels.shape[1], rect[0], rect[2], thick)
    if rows.shown.size == 0 or columns.shown.size == 0:
        return None
    region = labels[rows.shown[0] : rows.shown[-1] + 1, columns.shown[0] : columns.shown[-1] + 1]
    small = np.take(style.code_of_label, region)
    in_rows, in_columns = np.flatnonzero(small.any(axis=1)), np.flatnonzero(small.any(axis=0))
    if in_rows.size == 0:
        return None
    rows = rows.between(in_rows[0], in_rows[-1])
    columns = columns.between(in_columns[0], in_columns[-1])
    codes = np.zeros((rows.length + 2 * thick, columns.length + 2 * thick), small.dtype)
    sampled = np.take(np.take(small, columns.shown, axis=1), rows.shown, axis=0)
    codes[rows.at : rows.at + rows.shown.size, columns.at : columns.at + columns.shown.size] = sampled
    part = (columns.first, rows.first, columns.length, rows.length)
    if not style.has_outline and not style.is_preview:
        return np.ascontiguousarray(codes[thick:-thick, thick:-thick]), part
    return _outlined(style, codes, thick, part, ratio), part


@dataclass(frozen=True, eq=False)
class _Sampled:
    """Which picture rows (or columns) a stretch of screen rows shows, with a margin for the neighbours' sake.

    Attributes:
        first, length: the stretch, without its margin.
        margin: how many screen rows more are looked at before and after it.
        shown: the picture row of each screen row that shows any.
        at: how many screen rows, from the margin's beginning, come before those.
    """

    first: int
    length: int
    margin: int
    shown: NDArray[np.intp]
    at: int

    def between(self, low: int, high: int) -> _Sampled:
        """The shorter stretch that shows picture rows from ``low`` to ``high``, counted from the first one shown.

        Picture rows of the answer are counted so, too.
        """
        shown = self.shown - self.shown[0]
        begin, end = (int(n) for n in np.searchsorted(shown, [low, high + 1]))
        start = self.first - self.margin + self.at  # the screen row of shown[0]
        first = min(max(start + begin, self.first), self.first + self.length)
        last = max(min(start + end, self.first + self.length), first)
        begin, end = max(first - self.margin - start, 0), min(last + self.margin - start, shown.size)
        return _Sampled(first, last - first, self.margin, shown[begin:end], max(start - (first - self.margin), 0))


def _sampled(start: float, size: float, count: int, first: int, length: int, margin: int) -> _Sampled:
    """Sample ``count`` picture rows, each ``size`` screen rows high, that begin at ``start``."""
    screen = np.arange(first - margin, first + length + margin)
    index = np.floor((screen + 0.5 - start) / size).astype(np.intp)
    before, after = (int(n) for n in np.searchsorted(index, [0, count]))
    return _Sampled(first, length, margin, index[before:after], before)


def _outlined(style: LabelStyle, codes: Codes, thick: int, rect: DeviceRect, ratio: float) -> Codes:
    """Codes without their margin, marked where a neighbour ``thick`` pixels away is something else."""
    inner = codes[thick:-thick, thick:-thick]
    across = codes[thick:-thick, thick:] != codes[thick:-thick, :-thick]
    down = codes[thick:, thick:-thick] != codes[:-thick, thick:-thick]
    is_edge = across[:, thick:] | across[:, :-thick] | down[thick:] | down[:-thick]
    is_edge &= inner != 0
    if not style.is_preview:
        return np.asarray(inner | (is_edge * codes.dtype.type(style.outline_bit)))
    stripe = _stripes(rect, ratio)
    shown = np.where(is_edge & stripe, inner | codes.dtype.type(style.outline_bit), inner)
    return np.where(stripe | is_edge, shown, 0).astype(codes.dtype)


def _stripes(rect: DeviceRect, ratio: float) -> NDArray[np.bool_]:
    """Diagonal stripes that stand still on the screen whatever region is asked for."""
    left, top, width, height = rect
    period = max(2, round(HATCH_PX * ratio))
    along = np.arange(left + top, left + top + width + height - 1) % period < period / 2
    return sliding_window_view(along, width)  # each row is the one above it, moved by a pixel: nothing is computed
