"""The range of values that a canvas shows: zoom, pan, and numbers that are easy to read. Pure data, no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

MARGIN = 0.03  # of the range, left free at both sides when everything is fitted
STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Axis:
    """Values from ``low`` (left edge) to ``high`` (right edge); ``high`` is the larger one."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """How much is shown."""
        return self.high - self.low

    @property
    def decimals(self) -> int:
        """How many decimals are worth showing: about a thousandth of the span, and none for thousands of HU."""
        return min(9, max(0, 3 - math.floor(math.log10(self.span) + 1e-9)))

    @property
    def fine_step(self) -> float:
        """A round number, about a three-hundredth of the span: one press of an arrow key."""
        return round_step(self.span / 300)

    def zoomed(self, at: float, factor: float) -> Axis:
        """``factor`` times as much is shown; the value ``at`` stays where it is."""
        return Axis(at - (at - self.low) * factor, at + (self.high - at) * factor)

    def panned(self, offset: float) -> Axis:
        """Other values, as many."""
        return Axis(self.low + offset, self.high + offset)

    def ticks(self, count: float) -> tuple[list[float], int]:
        """At most about ``count`` round values in the range, and the decimals that they need."""
        step = round_step(self.span / max(count, 1.0))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [n * step for n in range(first, last + 1)], max(0, -math.floor(math.log10(step) + 1e-9))


def fitted(low: float, high: float) -> Axis:
    """Everything from ``low`` to ``high`` with a margin; a single value gets room around it."""
    span = high - low
    room = span * MARGIN if span > 0 else max(abs(low) * 0.1, 1.0)
    return Axis(low - room, high + room)


def round_step(least: float) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that is not below ``least`` (> 0)."""
    magnitude = 10.0 ** math.floor(math.log10(least))
    return next(step for step in STEPS if step * magnitude >= least * (1 - 1e-9)) * magnitude


def number(value: float, decimals: int) -> str:
    """A number as it is printed, with a real minus and never a negative zero."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")
