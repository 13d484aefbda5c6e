"""Shapes that are described in a parameter file: balls and bent rods, on one side or both, united to solids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.phantom.canvas import Slab, Window
from imaging.phantom.fields import Array
from imaging.phantom.shapes import FAR_MM, Coordinates, Tube, rod, rotation, smooth_maximum, smooth_minimum, spline

MARGIN_MM = 3.0  # beyond a solid's border in which its distance is known
Near = tuple[Window, Array]


@dataclass(frozen=True, eq=False)
class Ball:
    """A superellipsoid.

    Attributes:
        centre, radii: along x, y, z in mm.
        turned: from its own axes to x, y, z.
        power: 2 for an ellipsoid; greater is boxier.
        taper: how much wider it is at its back end (y) than in its middle, as a fraction.
    """

    centre: NDArray[np.float64]
    radii: NDArray[np.float64]
    turned: NDArray[np.float64]
    power: float = 2.0
    taper: float = 0.0

    def distance(self, at: Coordinates) -> Array:
        """First-order estimate: the implicit function's excess over its gradient."""
        offsets = [a - np.float32(c) for a, c in zip(at, self.centre, strict=True)]
        if not np.array_equal(self.turned, np.eye(3)):
            own = self.turned.T.astype(np.float32)
            offsets = [row[0] * offsets[0] + row[1] * offsets[1] + row[2] * offsets[2] for row in own]
        scaled = [np.abs(o) * np.float32(1 / r) for o, r in zip(offsets, self.radii, strict=True)]
        if self.taper:
            along = np.clip(offsets[1] * np.float32(1 / self.radii[1]), -1, 1)
            scaled[0] = scaled[0] / (1 + np.float32(self.taper) * along)
        steep = [u ** np.float32(self.power - 1) if self.power != 2 else u for u in scaled]
        total = np.asarray(sum(s * u for s, u in zip(steep, scaled, strict=True)))
        slope2 = np.asarray(sum((s * np.float32(1 / r)) ** 2 for s, r in zip(steep, self.radii, strict=True)))
        f = total ** np.float32(1 / self.power)
        slope = np.sqrt(slope2 + np.float32(1e-12)) * np.maximum(f, np.float32(1e-6)) ** np.float32(1 - self.power)
        return np.asarray((f - 1) / slope, np.float32)

    def reach(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner of a box that holds it."""
        size = np.abs(self.turned) @ (self.radii * np.array([1 + self.taper, 1, 1]))
        return self.centre - size, self.centre + size


@dataclass(frozen=True, eq=False)
class Shape:
    """A ball or a tube as a parameter file describes it.

    Attributes:
        form: on the patient's left, where it is to one side.
        sides: 1 as it is, -1 mirrored to the patient's right; both for a pair.
        blend_mm: of the seam with what is there already.
        is_cut: it is taken away.
        is_inner: it reaches into what other shapes around it leave open.
    """

    form: Ball | Tube
    sides: tuple[int, ...] = (1,)
    blend_mm: float = 0.0
    is_cut: bool = False
    is_inner: bool = False

    def everywhere(self, at: Coordinates) -> Array:
        """Distance at any points."""
        nearest: Array | None = None
        for side in self.sides:
            x, y, z = at[0] * np.float32(side), at[1], at[2]
            if isinstance(self.form, Ball):
                here = self.form.distance((x, y, z))
            else:
                rods = (rod((x, y, z), self.form, n) for n in range(len(self.form.starts)))
                here = next(rods)
                for other in rods:
                    here = np.minimum(here, other)
            nearest = here if nearest is None else np.minimum(nearest, here)
        assert nearest is not None, "a shape has a side"
        return nearest

    def near(self, slab: Slab, margin_mm: float) -> list[Near]:
        """Distance in each side's own window; no windows where it lies outside the slab."""
        found = []
        for side in self.sides:
            if isinstance(self.form, Tube):
                here = slab.distance(mirrored(self.form, side), margin_mm)
            else:
                here = self._ball_near(self.form, slab, side, margin_mm)
            if here is not None:
                found.append(here)
        return found

    def reach(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner of a box that holds all sides of it."""
        low, high = self.form.reach()
        low, high = low.reshape(-1, 3).min(axis=0), high.reshape(-1, 3).max(axis=0)
        ends = [end * [side, 1, 1] for end in (low, high) for side in self.sides]
        return np.min(ends, axis=0), np.max(ends, axis=0)

    def _ball_near(self, ball: Ball, slab: Slab, side: int, margin_mm: float) -> Near | None:
        ends = np.array(ball.reach()) * [side, 1, 1]
        window = slab.window(ends.min(axis=0), ends.max(axis=0), margin_mm)
        if window is None:
            return None
        x, y, z = slab.straight(window)
        return window, ball.distance((x * np.float32(side), y, z))


def shape(record: dict[str, Any], blend_mm: float = 0.0, step_mm: float = 4.0) -> Shape:
    """The shape of a record: ``ball`` with ``radii_mm``, or ``tube``; ``both`` for a pair.

    Args:
        record: see ``resources/phantom/head.json``.
        blend_mm: where the record names none.
        step_mm: length of a tube's rods.
    """
    form: Ball | Tube
    if "ball" in record:
        turned = rotation(record["turned_deg"]) if "turned_deg" in record else np.eye(3)
        centre, radii = np.array(record["ball"], float), np.array(record["radii_mm"], float)
        form = Ball(centre, radii, turned, record.get("power", 2.0), record.get("taper", 0.0))
    else:
        path = spline(record["tube"], step_mm)
        a, b, c = record.get("stretch", (1.0, 1.0, 1.0))
        form = Tube.along(path[:, :3], path[:, 3], (a, b, c))
    sides = (1, -1) if record.get("both") else (1,)
    blend = record.get("blend_mm", blend_mm)
    return Shape(form, sides, blend, record.get("cut", False), record.get("inner", False))


def mirrored(tube: Tube, side: int) -> Tube:
    """A tube, or (-1) its mirror image in x."""
    if side > 0:
        return tube
    flip = np.array([-1.0, 1.0, 1.0])
    return replace(tube, starts=tube.starts * flip, ends=tube.ends * flip)


def joined(distance: Array, other: Array, piece: Shape) -> Array:
    """A distance with a piece united to it, or cut out of it."""
    if piece.is_cut:
        return smooth_maximum(distance, -other, piece.blend_mm) if piece.blend_mm else np.maximum(distance, -other)
    return smooth_minimum(distance, other, piece.blend_mm) if piece.blend_mm else np.minimum(distance, other)


def join_near(slab: Slab, window: Window, distance: Array, piece: Shape, margin_mm: float = MARGIN_MM) -> None:
    """Unite a piece with a distance in a window of the slab, or cut it out of it; in place, near the piece."""
    for part, its in piece.near(slab, margin_mm + piece.blend_mm):
        inner, outer = [], []
        for own, whole in zip(part, window, strict=True):
            first, last = max(own.start, whole.start), min(own.stop, whole.stop)
            inner.append(slice(first - own.start, max(last - own.start, first - own.start)))
            outer.append(slice(first - whole.start, max(last - whole.start, first - whole.start)))
        there = (outer[0], outer[1], outer[2])
        distance[there] = joined(distance[there], its[inner[0], inner[1], inner[2]], piece)


def united(slab: Slab, pieces: list[Shape], margin_mm: float = MARGIN_MM) -> Near | None:
    """Distance to a solid of several pieces, in the window that holds it; None where it lies outside this slab."""
    reaches = [piece.reach() for piece in pieces if not piece.is_cut]
    low, high = np.min([r[0] for r in reaches], axis=0), np.max([r[1] for r in reaches], axis=0)
    window = slab.window(low, high, margin_mm)
    if window is None:
        return None
    distance = np.full([part.stop - part.start for part in window], FAR_MM, np.float32)
    for piece in pieces:
        join_near(slab, window, distance, piece, margin_mm)
    return window, distance
