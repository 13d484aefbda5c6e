"""From a look to what a tracer looks up: colour and extinction of every class and value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from render.cinematic.scene import ClassMap, ClassRecord, Field
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import DENSEST, TransferFunction

ENTRIES = 2048
GRADIENT_ENTRIES = 256

GLOSS, IS_CLIPPED, IS_GHOST, ENDS_AT_BORDERS = range(4)  # columns of ``ClassTables.materials``


@dataclass(frozen=True, eq=False)
class ClassTables:
    """What a look means for the classes of one class map.

    Attributes:
        table: (classes, ENTRIES, 4) float32: linear red, green and blue of what is scattered (albedo), and extinction
            per millimetre, over values from ``low`` to ``high``; nearest entry, constant beyond.
        low, high: of the values, in the image's unit.
        gradient: (GRADIENT_ENTRIES,) float32 factors on the extinction over gradient magnitudes from 0 to
            ``gradient_high`` per millimetre; None where the look has none.
        gradient_high: see ``gradient``.
        materials: (classes, 4) float32: gloss, 1 where cuts apply, 1 for ghosts, 1 for ``solid`` ones.
        solid: (classes,) bool: classes whose surface is where they meet one that is not among these: those that are
            opaque whatever their values; all that are shown where there is none of that kind.
    """

    table: NDArray[np.float32]
    low: float
    high: float
    gradient: NDArray[np.float32] | None
    gradient_high: float
    materials: NDArray[np.float32]
    solid: NDArray[np.bool_]

    @property
    def is_all_clipped(self) -> bool:
        """True when cuts apply to every class."""
        return bool(self.materials[:, IS_CLIPPED].all())


def class_tables(look: Look, field: Field, classes: ClassMap | None, records: tuple[ClassRecord, ...]) -> ClassTables:
    """The tables of a look; row 0 is the rest, row n the n-th class of the map."""
    by_number = {record.number: record for record in records}
    numbers = classes.numbers if classes is not None else ()
    shown = [look.rest] + [look.of_segment(n, by_number[n].encloses) for n in numbers]
    colors = [None] + [by_number[n].color for n in numbers]
    means = classes.means if classes is not None else np.zeros(1)
    low, high = _domain(look, shown, field)
    curves = _Curves(np.linspace(low, high, ENTRIES))
    table = np.empty((len(shown), ENTRIES, 4), np.float32)
    for n, (own, color) in enumerate(zip(shown, colors, strict=True)):
        _fill(table[n], look, own, color, float(means[n]), curves)
    materials = np.zeros((len(shown), 4), np.float32)
    materials[:, GLOSS] = [look.material.gloss if own.gloss is None else own.gloss for own in shown]
    materials[:, IS_CLIPPED] = [own.is_clipped for own in shown]
    materials[:, IS_GHOST] = [own.visibility is Visibility.GHOST for own in shown]
    is_shown = np.array([own.visibility is Visibility.SHOWN for own in shown])
    is_full = is_shown & np.array([own.solidity > 0 for own in shown])
    solid = is_full if is_full.any() else is_shown
    materials[:, ENDS_AT_BORDERS] = solid
    gradient, gradient_high = _gradient_table(look.transfer)
    return ClassTables(table, low, high, gradient, gradient_high, materials, solid)


class _Curves:
    """Functions at the same values, each reckoned once: hundreds of classes share a few functions."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.values = values
        self._colors: dict[int, NDArray[np.float32]] = {}
        self._extinctions: dict[int, NDArray[np.float64]] = {}
        self._opacities: dict[int, NDArray[np.float64]] = {}

    def colors(self, function: TransferFunction) -> NDArray[np.float32]:
        """(n, 3) linear light; do not write on it."""
        key = id(function)  # the look keeps the functions alive
        if key not in self._colors:
            self._colors[key] = linear(function.color_at(self.values)).astype(np.float32)
        return self._colors[key]

    def extinctions(self, function: TransferFunction) -> NDArray[np.float64]:
        """(n,) per millimetre; do not write on it."""
        key = id(function)
        if key not in self._extinctions:
            self._extinctions[key] = function.extinction_at(self.values)
        return self._extinctions[key]

    def opacities(self, function: TransferFunction) -> NDArray[np.float64]:
        """(n,) of ``unit_mm``, as a share of the highest one; do not write on it."""
        key = id(function)
        if key not in self._opacities:
            highest = max(float(max(p.opacity for p in function.opacities)), 1e-6)
            self._opacities[key] = np.asarray(function.opacity_at(self.values) / highest)
        return self._opacities[key]


def _fill(
    row: NDArray[np.float32],
    look: Look,
    own: SegmentLook,
    color: tuple[int, int, int] | None,
    mean: float,
    curves: _Curves,
) -> None:
    """Albedo and extinction of one class.

    Args:
        row: (n, 4), written on.
        look: gives what the class has not of its own.
        own: how the class looks.
        color: the segment's, 0-255; None for the rest.
        mean: of the class's values, for ``Look.matter``.
        curves: at the values that are wanted.
    """
    transfer = own.transfer or look.transfer
    row[:, :3] = curves.colors(transfer)
    if color is not None and own.tint > 0:
        row[:, :3] += own.tint * (linear(np.asarray(color) / 255) - row[:, :3])
    row[:, 3] = _extinction(look, own, transfer, mean, curves) * look.material.density


def linear(srgb: ArrayLike) -> NDArray[np.float64]:
    """sRGB 0-1 to linear light (IEC 61966-2-1)."""
    encoded = np.clip(np.asarray(srgb, np.float64), 0.0, 1.0)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _extinction(
    look: Look, own: SegmentLook, transfer: TransferFunction, mean: float, curves: _Curves
) -> NDArray[np.float64]:
    if own.visibility is Visibility.HIDDEN:
        return np.zeros(len(curves.values))
    if own.visibility is Visibility.GHOST:
        return _per_mm(look.ghost) * _matter(look, transfer, own, mean, curves)
    found = curves.extinctions(transfer)
    if own.solidity > 0:
        found = np.maximum(found, _per_mm(own.solidity) * _matter(look, transfer, own, mean, curves))
    return found


def _matter(
    look: Look, transfer: TransferFunction, own: SegmentLook, mean: float, curves: _Curves
) -> NDArray[np.float64]:
    """0-1: how far values count as matter. Without a threshold, a ghost is where the function shows something."""
    values = curves.values
    if look.matter is None:
        return np.ones(len(values)) if own.solidity > 0 else curves.opacities(transfer)
    low, high = look.matter
    if own is not look.rest and mean < low:
        return np.ones(len(values))
    return np.clip((values - low) / max(high - low, 1e-6), 0.0, 1.0)


def _per_mm(opacity: float) -> float:
    """The extinction whose millimetre has an opacity."""
    return float(-np.log1p(-min(max(opacity, 0.0), DENSEST)))


def _domain(look: Look, shown: list[SegmentLook], field: Field) -> tuple[float, float]:
    """The values between which any function changes, and within the image's."""
    ranges = [look.transfer.range, *(own.transfer.range for own in shown if own.transfer is not None)]
    if look.matter is not None:
        ranges.append(look.matter)
    low, high = max(min(r[0] for r in ranges), field.low), min(max(r[1] for r in ranges), field.high)
    return (low, high) if high > low else (low, low + 1.0)


def _gradient_table(transfer: TransferFunction) -> tuple[NDArray[np.float32] | None, float]:
    if not transfer.gradient_opacities:
        return None, 0.0
    high = max(transfer.gradient_opacities[-1].value, 1e-6)
    factors = transfer.gradient_factor_at(np.linspace(0.0, high, GRADIENT_ENTRIES))
    return np.clip(factors, 0.0, 1.0).astype(np.float32), high
