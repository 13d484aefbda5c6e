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

ALIKE = 100.0  # below this difference two colours are taken for the same at a glance


def next_color(used: Iterable[Color]) -> Color:
    """The palette's next colour: the first unused one that nothing in use resembles, else the least used one.

    Colours that are in use but not of the palette (a terminology's, an imported file's) count as well.
    """
    taken = list(used)
    for color in PALETTE:
        if all(_difference(color, other) >= ALIKE for other in taken):
            return color
    return min(PALETTE, key=taken.count)


def _difference(one: Color, other: Color) -> float:
    """A cheap distance that weighs red, green and blue about as the eye does (Riemersma's "redmean")."""
    mean_red = (one[0] + other[0]) / 2
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    return float(((2 + mean_red / 256) * red**2 + 4 * green**2 + (2 + (255 - mean_red) / 256) * blue**2) ** 0.5)
