"""A map of how sure a model was over a slice, in colours of its own.

Doubt, and lack of probability, go from clear through violet and orange to pale yellow: what is sure stays as it is.
The probability of a structure goes from clear through blue and green to yellow, which is the faintest of them: most
of a structure is sure, and the image under it must be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from session.model_maps import MapKind, ModelMap

Argb = NDArray[np.uint32]

# value (0 to 1), red, green, blue, share of the opacity; one hue less like tissue than the next is like a segment
Anchors = tuple[tuple[float, int, int, int, float], ...]
DOUBT: Anchors = (
    (0.00, 70, 20, 140, 0.0),
    (0.10, 90, 30, 165, 0.35),
    (0.40, 200, 40, 140, 0.75),
    (0.70, 255, 120, 50, 0.95),
    (1.00, 255, 240, 150, 1.0),
)
STRUCTURE: Anchors = (
    (0.00, 30, 40, 150, 0.0),
    (0.05, 40, 60, 190, 0.35),
    (0.35, 20, 150, 200, 0.55),
    (0.65, 70, 205, 110, 0.5),
    (1.00, 250, 225, 60, 0.32),
)


@dataclass(frozen=True)
class DoubtStyle:
    """What is drawn, and how.

    Attributes:
        shown: the map; compared by identity, so that another one is seen as a change.
        opacity: 0-1, of the strongest colour.
    """

    shown: ModelMap
    opacity: float

    @property
    def argb(self) -> Argb:
        """Colour of each value, premultiplied 0xAARRGGBB."""
        return map_table(self.shown.kind, self.opacity)


@lru_cache(maxsize=16)
def map_table(kind: MapKind, opacity: float) -> Argb:
    """Colour of each value from 0 to 255, premultiplied 0xAARRGGBB."""
    if kind is MapKind.WINNER:
        table = _table(DOUBT, opacity)[::-1].copy()  # the less probable, the more it is seen
        table[0] = 0  # nobody knows
    else:
        table = _table(DOUBT if kind is MapKind.UNCERTAINTY else STRUCTURE, opacity)
    table.setflags(write=False)
    return table


def _table(anchors: Anchors, opacity: float) -> Argb:
    at = np.arange(256) / 255
    places = [anchor[0] for anchor in anchors]
    red, green, blue, share = (np.interp(at, places, [anchor[n] for anchor in anchors]) for n in range(1, 5))
    alpha = share * opacity
    parts = [np.round(channel * alpha).astype(np.uint32) for channel in (red, green, blue)]
    table = np.zeros(256, np.uint32)
    for part, shift in zip((np.round(255 * alpha).astype(np.uint32), *parts), (24, 16, 8, 0), strict=True):
        table |= part << np.uint32(shift)
    return table
