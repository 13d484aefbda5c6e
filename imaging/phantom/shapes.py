"""Signed distances in mm (negative inside) of the few shapes that the phantom is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imaging.phantom.fields import Array

FAR_MM = np.float32(1e3)
Coordinates = tuple[Array, Array, Array]  # x, y, z in mm; arrays that broadcast to (k, j, i)


def ellipsoid(at: Coordinates, centre: ArrayLike, radii: ArrayLike, turned: NDArray[np.float64] | None = None) -> Array:
    """Distance to an ellipsoid (first-order estimate after I. Quilez, "Ellipsoid SDF").

    Args:
        turned: 3x3 rotation from the ellipsoid's own axes to x, y, z.
    """
    offsets = [a - np.float32(c) for a, c in zip(at, np.asarray(centre, float), strict=True)]
    if turned is not None:
        own = turned.T.astype(np.float32)
        offsets = [row[0] * offsets[0] + row[1] * offsets[1] + row[2] * offsets[2] for row in own]
    squared_radii = [np.float32(r * r) for r in np.asarray(radii, float)]
    k0 = sum((o * o) / s for o, s in zip(offsets, squared_radii, strict=True))
    k1 = sum((o * o) / (s * s) for o, s in zip(offsets, squared_radii, strict=True))
    k0 = np.sqrt(np.asarray(k0))
    return np.asarray(k0 * (k0 - 1) / np.sqrt(np.asarray(k1) + np.float32(1e-12)), np.float32)


def rotation(degrees: Sequence[float]) -> NDArray[np.float64]:
    """3x3 rotation about x, then y, then z."""
    turned = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        first, second = [(1, 2), (2, 0), (0, 1)][axis]
        step = np.eye(3)
        step[first, first] = step[second, second] = np.cos(angle)
        step[first, second], step[second, first] = -np.sin(angle), np.sin(angle)
        turned = step @ turned
    return turned


def smooth_minimum(a: Array, b: Array, blend_mm: float) -> Array:
    """Union of two shapes with a rounded seam (polynomial smooth minimum after I. Quilez)."""
    h = np.maximum(np.float32(blend_mm) - np.abs(a - b), 0) / np.float32(blend_mm)
    return np.asarray(np.minimum(a, b) - h * h * np.float32(blend_mm / 4), np.float32)


def smooth_maximum(a: Array, b: Array, blend_mm: float) -> Array:
    """Intersection of two shapes with a rounded edge."""
    return -smooth_minimum(-a, -b, blend_mm)


@dataclass(frozen=True, eq=False)
class Tube:
    """Round rods one after another, or a whole tree of them.

    Attributes:
        starts, ends: (n, 3) points in mm.
        start_radii, end_radii: (n,) in mm.
        stretch: widening of the cross-section along x, y, z (a rib is higher than thick).
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    start_radii: NDArray[np.float64]
    end_radii: NDArray[np.float64]
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @staticmethod
    def along(points: ArrayLike, radii: ArrayLike, stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Tube:
        """A tube through (n, 3) points with one radius for all, or one for each."""
        path = np.asarray(points, np.float64)
        widths = np.broadcast_to(np.asarray(radii, np.float64), len(path))
        return Tube(path[:-1], path[1:], widths[:-1], widths[1:], stretch)

    def reach(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner of each rod, two (n, 3) arrays in mm."""
        size = np.maximum(self.start_radii, self.end_radii)[:, None] * np.asarray(self.stretch)
        return np.minimum(self.starts, self.ends) - size, np.maximum(self.starts, self.ends) + size


def rod(at: Coordinates, tube: Tube, number: int) -> Array:
    """Distance to one rod of a tube, measured across the unstretched section."""
    scale = 1 / np.asarray(tube.stretch)
    start, end = tube.starts[number] * scale, tube.ends[number] * scale
    axis = end - start
    length2 = float(axis @ axis) + 1e-9
    dx, dy, dz = (a * np.float32(s) - np.float32(c) for a, s, c in zip(at, scale, start, strict=True))
    t = dx * np.float32(axis[0] / length2) + dy * np.float32(axis[1] / length2) + dz * np.float32(axis[2] / length2)
    t = np.clip(t, 0, 1)
    ex, ey, ez = (d - t * np.float32(a) for d, a in zip((dx, dy, dz), axis, strict=True))
    widening = np.float32(tube.end_radii[number] - tube.start_radii[number])
    return np.asarray(np.sqrt(ex * ex + ey * ey + ez * ez) - (np.float32(tube.start_radii[number]) + t * widening))


def spline(points: ArrayLike, step_mm: float = 4.0) -> NDArray[np.float64]:
    """A smooth curve through (n, c) control points, resampled about every ``step_mm``.

    The first three columns are the position; further ones (a radius) run along.
    """
    from scipy.interpolate import PchipInterpolator

    control = np.asarray(points, np.float64)
    chords = np.linalg.norm(np.diff(control[:, :3], axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(chords)])
    count = max(2, int(np.ceil(along[-1] / step_mm)) + 1)
    return np.asarray(PchipInterpolator(along, control)(np.linspace(0, along[-1], count)))
