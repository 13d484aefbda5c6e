"""From a voxel's value to colour and opacity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rgb = tuple[float, float, float]  # sRGB, 0-1

DENSEST = 0.9998  # no opacity counts as more: a fully opaque millimetre would have no finite extinction


@dataclass(frozen=True)
class ColorPoint:
    """A value and its colour."""

    value: float
    color: Rgb


@dataclass(frozen=True)
class OpacityPoint:
    """A value and how opaque ``TransferFunction.unit_mm`` of it is, 0-1.

    For gradient opacity ``value`` is the gradient's magnitude, per millimetre, and ``opacity`` a factor.
    """

    value: float
    opacity: float


@dataclass(frozen=True)
class TransferFunction:
    """Piecewise linear colour and opacity over values (HU for CT); constant beyond the outer points.

    Attributes:
        colors: by rising value, at least one.
        opacities: by rising value, at least one. Two points of one value make a step.
        gradient_opacities: a factor on the opacity by the gradient's magnitude; empty means 1 everywhere.
        unit_mm: the thickness that the opacities are meant for.
    """

    colors: tuple[ColorPoint, ...] = (ColorPoint(0.0, (1.0, 1.0, 1.0)),)
    opacities: tuple[OpacityPoint, ...] = (OpacityPoint(0.0, 0.0), OpacityPoint(1.0, 1.0))
    gradient_opacities: tuple[OpacityPoint, ...] = ()
    unit_mm: float = 1.0

    def __post_init__(self) -> None:
        if not self.colors or not self.opacities:
            raise ValueError("a transfer function needs at least one colour and one opacity")
        for points in (self.colors, self.opacities, self.gradient_opacities):
            values = [point.value for point in points]
            if any(a > b for a, b in pairwise(values)):
                raise ValueError("the points of a transfer function must rise")
        if not self.unit_mm > 0:
            raise ValueError("the unit of opacity must be a positive thickness")

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest value of any colour or opacity point."""
        values = [p.value for p in self.colors] + [p.value for p in self.opacities]
        return min(values), max(values)

    def color_at(self, values: ArrayLike) -> NDArray[np.float64]:
        """(..., 3) sRGB colours of values."""
        at = [p.value for p in self.colors]
        return np.stack(
            [np.interp(np.asarray(values, np.float64), at, [p.color[c] for p in self.colors]) for c in range(3)],
            axis=-1,
        )

    def opacity_at(self, values: ArrayLike) -> NDArray[np.float64]:
        """Opacities of ``unit_mm`` of values."""
        return np.asarray(
            np.interp(
                np.asarray(values, np.float64), [p.value for p in self.opacities], [p.opacity for p in self.opacities]
            )
        )

    def extinction_at(self, values: ArrayLike) -> NDArray[np.float64]:
        """Extinction coefficients per millimetre: ``opacity = 1 - exp(-extinction * unit_mm)``."""
        opacity = np.clip(self.opacity_at(values), 0.0, DENSEST)
        return np.asarray(-np.log1p(-opacity) / self.unit_mm)

    def gradient_factor_at(self, magnitudes: ArrayLike) -> NDArray[np.float64]:
        """Factors on the opacity for gradient magnitudes per millimetre."""
        if not self.gradient_opacities:
            return np.ones_like(np.asarray(magnitudes, np.float64))
        points = self.gradient_opacities
        return np.asarray(
            np.interp(np.asarray(magnitudes, np.float64), [p.value for p in points], [p.opacity for p in points])
        )

    def shifted(self, offset: float, stretch: float = 1.0) -> TransferFunction:
        """All values moved by ``offset``, after stretching about the middle of the range: window and level in 3D."""
        low, high = self.range
        middle = (low + high) / 2
        return self.mapped(lambda value: middle + (value - middle) * stretch + offset)

    def mapped(self, place: Callable[[float], float]) -> TransferFunction:
        """A copy whose values went through a rising function (value to value); gradient opacities stay."""
        return replace(
            self,
            colors=tuple(replace(p, value=float(place(p.value))) for p in self.colors),
            opacities=tuple(replace(p, value=float(place(p.value))) for p in self.opacities),
        )
