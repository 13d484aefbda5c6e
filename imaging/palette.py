"""Colours for new segments that stay apart under red-green colour blindness.

The first is the segment's default colour. The others were chosen one after the other (greedy farthest point in CIELAB)
as seen by normal, deuteranopic and protanopic eyes at once (Machado, Oliveira, Fernandes 2009, severity 1), among
colours that stand out on a dark grey image. Their least CIE76 difference for all three kinds of eyes is 35 within the
first 8 and 15 within all 20; tests/unit/imaging/test_palette.py measures it.
"""

from __future__ import annotations

from collections.abc import Iterable

from imaging.segment import Color

PALETTE: tuple[Color, ...] = (
    (230, 159, 0),  # orange
    (0, 180, 255),  # sky
    (180, 30, 150),  # magenta
    (75, 240, 240),  # cyan
    (180, 60, 30),  # brick
    (90, 60, 255),  # indigo
    (255, 210, 150),  # sand
    (195, 105, 120),  # rose
    (30, 120, 240),
    (225, 150, 75),
    (255, 225, 105),
    (255, 165, 165),
    (255, 225, 0),
    (75, 180, 210),
    (180, 135, 90),
    (225, 90, 165),
    (180, 0, 180),
    (210, 90, 0),
    (0, 255, 210),
    (150, 75, 105),
)


def next_color(used: Iterable[Color]) -> Color:
    """The first palette colour that is used least: unused ones first, then from the start again."""
    counts = dict.fromkeys(PALETTE, 0)
    for color in used:
        if color in counts:
            counts[color] += 1
    return min(PALETTE, key=counts.__getitem__)
