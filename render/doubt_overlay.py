"""A map of doubt over a slice: colours of its own, from clear through violet and orange to pale yellow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Argb = NDArray[np.uint32]

# value (0 to 1), red, green, blue, share of the opacity; one hue less like tissue than the next is like a segment
ANCHORS = (
    (0.00, 70, 20, 140, 0.0),
    (0.10, 90, 30, 165, 0.35),
    (0.40, 200, 40, 140, 0.75),
    (0.70, 255, 120, 50, 0.95),
    (1.00, 255, 240, 150, 1.0),
)


@dataclass(frozen=True)
class DoubtStyle:
    """How the map is drawn.

    Attributes:
        map_id: identity of the map's voxels, so that another map is seen as a change.
        opacity: 0-1, of the greatest doubt.
    """

    map_id: int
    opacity: float

    @cached_property
    def argb(self) -> Argb:
        """Colour of each value, premultiplied 0xAARRGGBB."""
        return doubt_table(self.opacity)


@lru_cache(maxsize=16)
def doubt_table(opacity: float) -> Argb:
    """Colour of each value from 0 to 255, premultiplied 0xAARRGGBB."""
    at = np.arange(256) / 255
    places = [anchor[0] for anchor in ANCHORS]
    red, green, blue, share = (np.interp(at, places, [anchor[n] for anchor in ANCHORS]) for n in range(1, 5))
    alpha = share * opacity
    parts = [np.round(channel * alpha).astype(np.uint32) for channel in (red, green, blue)]
    table = np.zeros(256, np.uint32)
    for part, shift in zip((np.round(255 * alpha).astype(np.uint32), *parts), (24, 16, 8, 0), strict=True):
        table |= part << np.uint32(shift)
    table.setflags(write=False)
    return table
