"""Segments over a slice picture: one byte a screen pixel, that says which segment and whether its outline.

The overlay is computed in the screen's own pixels and only for the region that is repainted. Outlines are thus sharp at
every zoom, and a brush stroke costs what its own small rectangle costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
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
) -> Codes | None:
    """Codes of a region of the screen.

    Args:
        style: the layer's colours.
        labels: label values of the picture, (rows, columns).
        place: where the picture stands, in device pixels.
        rect: the region in device pixels.
        ratio: device pixels per logical pixel; outlines are one logical pixel wide.

    Returns:
        Codes (height, width), None when nothing of the layer lies in the region.
    """
    left, top, width, height = rect
    thick = max(1, round(ratio))
    rows, row_at = _sampled(place.top, place.row_px, labels.shape[0], top - thick, height + 2 * thick)
    columns, column_at = _sampled(place.left, place.column_px, labels.shape[1], left - thick, width + 2 * thick)
    if rows.size == 0 or columns.size == 0:
        return None
    region = labels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = np.take(style.code_of_label, region)
    if not small.any():
        return None
    codes = np.zeros((height + 2 * thick, width + 2 * thick), small.dtype)
    sampled = np.take(np.take(small, columns - columns[0], axis=1), rows - rows[0], axis=0)
    codes[row_at : row_at + rows.size, column_at : column_at + columns.size] = sampled
    if not style.has_outline and not style.is_preview:
        return np.ascontiguousarray(codes[thick:-thick, thick:-thick])
    return _outlined(style, codes, thick, rect, ratio)


def _sampled(start: float, size: float, count: int, first: int, length: int) -> tuple[NDArray[np.intp], int]:
    """Which picture row (or column) each of ``length`` screen rows from ``first`` on shows.

    Returns:
        The rows of those screen rows that show any, and how many screen rows come before them.
    """
    index = np.floor((np.arange(first, first + length) + 0.5 - start) / size).astype(np.intp)
    before, after = np.searchsorted(index, [0, count])
    return index[before:after], int(before)


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
    diagonal = np.arange(left, left + width)[None, :] + np.arange(top, top + height)[:, None]
    return np.asarray(diagonal % period < period / 2)
