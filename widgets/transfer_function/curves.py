"""The points that a canvas shows, and what may happen to them. Pure data, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

import numpy as np

from session.look.transfer_function import ColorPoint, OpacityPoint, Rgb

Limits = tuple[float, float]
T = TypeVar("T")


class Kind(StrEnum):
    """Which of the two rows of points."""

    OPACITY = "opacity"
    COLOR = "color"


@dataclass(frozen=True)
class Handle:
    """One point: its row and its place there."""

    kind: Kind
    index: int


@dataclass(frozen=True)
class Curves:
    """Opacity points (at least one) and colour points (none for gradient opacity), each by rising value."""

    opacities: tuple[OpacityPoint, ...]
    colors: tuple[ColorPoint, ...] = ()

    @property
    def range(self) -> Limits:
        """The lowest and the highest value of any point."""
        values = self.values(Kind.OPACITY) + self.values(Kind.COLOR)
        return min(values), max(values)

    def handles(self) -> list[Handle]:
        """All points in the order in which the keyboard walks them: opacities, then colours."""
        opacities = [Handle(Kind.OPACITY, n) for n in range(len(self.opacities))]
        return opacities + [Handle(Kind.COLOR, n) for n in range(len(self.colors))]

    def values(self, kind: Kind) -> list[float]:
        """The values of one row."""
        return [p.value for p in (self.opacities if kind is Kind.OPACITY else self.colors)]

    def value(self, handle: Handle) -> float:
        """Where a point stands."""
        points = self.opacities if handle.kind is Kind.OPACITY else self.colors
        return points[handle.index].value

    def nearest(self, handle: Handle) -> Handle:
        """The handle itself, or the last of its row when that is shorter; the first opacity if the row is empty."""
        count = len(self.values(handle.kind))
        return Handle(handle.kind, min(handle.index, count - 1)) if count else Handle(Kind.OPACITY, 0)

    def opacity_at(self, value: float) -> float:
        """The opacity curve's height."""
        return float(np.interp(value, self.values(Kind.OPACITY), [p.opacity for p in self.opacities]))

    def color_at(self, value: float) -> Rgb:
        """The colour at a value; there must be a colour point."""
        at = self.values(Kind.COLOR)
        red, green, blue = (float(np.interp(value, at, [p.color[c] for p in self.colors])) for c in range(3))
        return red, green, blue

    def room(self, handle: Handle) -> Limits:
        """Between which values a point may move: its neighbours, or without end."""
        values = self.values(handle.kind)
        low = values[handle.index - 1] if handle.index else -np.inf
        high = values[handle.index + 1] if handle.index + 1 < len(values) else np.inf
        return low, high

    def outermost(self, handle: Handle, *, is_right: bool) -> Handle:
        """Of the points that lie in one place with this one, the one that is free to move that way."""
        points = self.opacities if handle.kind is Kind.OPACITY else self.colors
        step, index, own = 1 if is_right else -1, handle.index, points[handle.index]
        while 0 <= index + step < len(points) and _lies_on(points[index + step], own):
            index += step
        return Handle(handle.kind, index)

    def with_value(self, handle: Handle, value: float) -> Curves:
        """A point moved along the values, as far as its neighbours let it."""
        low, high = self.room(handle)
        value = min(max(value, low), high)
        if handle.kind is Kind.COLOR:
            return replace(
                self, colors=_put(self.colors, handle.index, replace(self.colors[handle.index], value=value))
            )
        moved = replace(self.opacities[handle.index], value=value)
        return replace(self, opacities=_put(self.opacities, handle.index, moved))

    def with_opacity(self, index: int, opacity: float) -> Curves:
        """An opacity point at another height, 0 to 1."""
        moved = replace(self.opacities[index], opacity=min(max(opacity, 0.0), 1.0))
        return replace(self, opacities=_put(self.opacities, index, moved))

    def with_color(self, index: int, color: Rgb) -> Curves:
        """A colour point in another colour."""
        return replace(self, colors=_put(self.colors, index, replace(self.colors[index], color=color)))

    def added(self, kind: Kind, value: float) -> tuple[Curves, Handle]:
        """A point more, on the curve or in the colour that is already there: nothing else changes."""
        index = int(np.searchsorted(self.values(kind), value, side="right"))
        if kind is Kind.OPACITY:
            made = OpacityPoint(value, self.opacity_at(value))
            return replace(self, opacities=(*self.opacities[:index], made, *self.opacities[index:])), Handle(
                kind, index
            )
        color = ColorPoint(value, self.color_at(value))
        return replace(self, colors=(*self.colors[:index], color, *self.colors[index:])), Handle(kind, index)

    def may_remove(self, handle: Handle) -> bool:
        """False for the last point of its row."""
        return len(self.values(handle.kind)) > 1

    def removed(self, handle: Handle) -> Curves:
        """A point less; the last one of a row stays."""
        if not self.may_remove(handle):
            return self
        if handle.kind is Kind.COLOR:
            return replace(self, colors=self.colors[: handle.index] + self.colors[handle.index + 1 :])
        return replace(self, opacities=self.opacities[: handle.index] + self.opacities[handle.index + 1 :])

    def mapped(self, place: Callable[[float], float]) -> Curves:
        """All values through a rising function."""
        return Curves(
            tuple(replace(p, value=place(p.value)) for p in self.opacities),
            tuple(replace(p, value=place(p.value)) for p in self.colors),
        )


def _lies_on(one: OpacityPoint | ColorPoint, other: OpacityPoint | ColorPoint) -> bool:
    is_level = isinstance(one, ColorPoint) or (isinstance(other, OpacityPoint) and one.opacity == other.opacity)
    return one.value == other.value and is_level


def _put(points: tuple[T, ...], index: int, point: T) -> tuple[T, ...]:
    return (*points[:index], point, *points[index + 1 :])
