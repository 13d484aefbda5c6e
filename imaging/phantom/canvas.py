"""A stack of slices being painted: Hounsfield units with soft edges, and the truth with hard ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imaging.phantom.fields import Array, SmoothField, Warp
from imaging.phantom.shapes import FAR_MM, Coordinates, Tube, rod

AIR_HU = -1000.0
MARGIN_MM = 2.0  # beyond a shape's border, where it still colours voxels by half


class Window(NamedTuple):
    """A half-open part of a slab, in array order; indexes any of its (k, j, i) arrays."""

    k: slice
    j: slice
    i: slice


class Slab:
    """Some whole slices of the phantom.

    Attributes:
        x, y, z: coordinates of the voxels' centres in mm, (i,), (j,), (k,).
        warped: coordinates after the phantom's warp, three (k, j, i) arrays.
        hu: float32 (k, j, i).
        truth: uint8 (k, j, i), numbers of ``labels``.
        cavity: distance to the inside of the trunk's wall in mm, (k, j, i); negative inside.
        ramp_mm: width over which an edge passes from one tissue to the next.
        texture: smooth random fields by name.
    """

    def __init__(self, x: Array, y: Array, z: Array, labels: Mapping[str, int], warp: Warp) -> None:
        self.x, self.y, self.z = x, y, z
        self.labels = labels
        self.shape = (len(z), len(y), len(x))
        self.hu = np.full(self.shape, AIR_HU, np.float32)
        self.truth = np.zeros(self.shape, np.uint8)
        self.cavity = np.full(self.shape, FAR_MM, np.float32)
        self.warped = warp.on_grid(x, y, z)
        self.ramp_mm = float(x[1] - x[0]) * 1.4
        self.texture: dict[str, Array] = {}

    def add_texture(self, name: str, field: SmoothField) -> None:
        """Keep a field's values on this slab's grid."""
        self.texture[name] = field.on_grid(self.x, self.y, self.z)

    def window(
        self, low: NDArray[np.float64], high: NDArray[np.float64], margin_mm: float = MARGIN_MM
    ) -> Window | None:
        """The part between two corners (x, y, z) in mm plus a margin; None when it lies outside."""
        found = []
        for axis, coordinates in enumerate((self.x, self.y, self.z)):
            first, last = np.searchsorted(coordinates, (low[axis] - margin_mm, high[axis] + margin_mm))
            if first >= last:
                return None
            found.append(slice(int(first), int(last)))
        return Window(found[2], found[1], found[0])

    def straight(self, window: Window) -> Coordinates:
        """Coordinates in the phantom, as vectors that broadcast to the window's shape."""
        return self.x[window.i], self.y[window.j, None], self.z[window.k, None, None]

    def bent(self, window: Window) -> Coordinates:
        """Coordinates after the warp: where the formulas of organs hold."""
        x, y, z = self.warped
        return x[window], y[window], z[window]

    def distance(self, tube: Tube, margin_mm: float = MARGIN_MM) -> tuple[Window, Array] | None:
        """Distance to a tube in the smallest window that holds it; None when it lies outside this slab."""
        lows, highs = tube.reach()
        window = self.window(lows.min(axis=0), highs.max(axis=0), margin_mm)
        if window is None:
            return None
        origin = [part.start for part in window]
        distance = np.full([part.stop - part.start for part in window], FAR_MM, np.float32)
        for number in range(len(tube.starts)):
            near = self.window(lows[number], highs[number], margin_mm)
            if near is not None:
                here = tuple(slice(p.start - o, p.stop - o) for p, o in zip(near, origin, strict=True))
                distance[here] = np.minimum(distance[here], rod(self.straight(near), tube, number))
        return window, distance

    def paint(
        self, window: Window, distance: Array, hu: float | Array, name: str | None, within: Array | None = None
    ) -> None:
        """Lay a tissue over what is there.

        Args:
            distance: to the tissue's border in mm, of the window's shape.
            hu: Hounsfield units, one number or an array of the window's shape.
            name: of the label; None leaves the truth as it is.
            within: a second distance that the tissue may not cross.
        """
        inside = distance if within is None else np.maximum(distance, within)
        share = np.clip(0.5 - inside / np.float32(self.ramp_mm), 0, 1)
        target = self.hu[window]
        target += share * (hu - target)
        if name is not None:
            self.truth[window][inside < 0] = self.labels[name]

    def paint_tube(
        self,
        tube: Tube,
        hu: float,
        name: str | None,
        wall_mm: float = 0.0,
        wall_hu: float = 0.0,
        wall: str | None = None,
    ) -> None:
        """Paint a tube; with a wall, the wall lies outside the tube's radius and has its own label."""
        grown = Tube(tube.starts, tube.ends, tube.start_radii + wall_mm, tube.end_radii + wall_mm, tube.stretch)
        found = self.distance(grown)
        if found is None:
            return
        window, distance = found
        if wall_mm:
            self.paint(window, distance, wall_hu, wall)
        self.paint(window, distance + np.float32(wall_mm), hu, name)
