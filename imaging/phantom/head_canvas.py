"""Some slices of the head being painted: CT and MR at once, so that both show the same anatomy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.phantom.canvas import Slab, Window
from imaging.phantom.fields import Array, SmoothField, Warp
from imaging.phantom.labels import HEAD_NAMES

RAMP_VOXELS = 2.6  # of an edge, half of which lies in its steep middle; narrower ones show the grid in a shaded picture
MR_TEXTURE = 1.6  # of the texture in HU
MOST_MR_TEXTURE = 0.05  # of the signal: what gives none has no texture


class _Straight(Warp):
    """No warp: the head's formulas hold in the phantom's own space."""

    def __init__(self) -> None:
        super().__init__(0, ((0.0, 1.0),) * 3, 1.0, 0.0)

    def on_grid(self, x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
        a, b, c = np.broadcast_arrays(x, y[:, None], z[:, None, None])
        return a, b, c


class HeadSlab(Slab):
    """A slab with an MR signal beside the Hounsfield units.

    Attributes:
        signal: float32 (k, j, i), T1-weighted.
        skin: distance to the body's surface in mm, (k, j, i); negative inside.
    """

    def __init__(self, axes: tuple[Array, Array, Array], tissues: Mapping[str, list[float]], share: dict[str, float]):
        super().__init__(*axes, HEAD_NAMES, _Straight())
        self.signal = np.zeros(self.shape, np.float32)
        self.skin = np.empty(0, np.float32)
        self.ramp_mm = RAMP_VOXELS * float(axes[0][1] - axes[0][0])
        self._tissues, self._texture_share = tissues, share

    def lay(
        self, window: Window, distance: Array, tissue: str, name: str | None = None, within: Array | None = None
    ) -> None:
        """Lay a tissue over what is there, in both images; see ``Slab.paint``."""
        hu, signal = self._tissues[tissue]
        share = self._texture_share.get(tissue, 0.0)
        fine = self.texture["fine"][window]
        inside = distance if within is None else np.maximum(distance, within)
        part = np.clip(0.5 - inside / np.float32(self.ramp_mm), 0, 1)
        part = part * part * (3 - 2 * part)
        mr_share = min(share * MR_TEXTURE, signal * MOST_MR_TEXTURE)
        for image, value, rough in ((self.hu, hu, share), (self.signal, signal, mr_share)):
            target = image[window]
            target += part * ((value + np.float32(rough) * fine if rough else np.float32(value)) - target)
        if name is not None:
            self.truth[window][inside < 0] = self.labels[name]

    def whole(self) -> Window:
        """All of it."""
        return Window(slice(None), slice(None), slice(None))

    def by_side(self, window: Window, name: str) -> None:
        """Give the right half of a structure that is labelled as the left one its own label."""
        truth, x = self.truth[window], self.x[window.i]
        is_right = (truth == self.labels[f"{name}_left"]) & (x < 0)
        truth[is_right] = self.labels[f"{name}_right"]


def shaded(signal: Array, fields: SmoothField, axes: tuple[Array, Array, Array], noise: dict[str, float],
           seed: tuple[int, int]) -> NDArray[np.uint16]:  # fmt: skip
    """The MR image as the scanner gives it: uneven coil sensitivity, and the noise of a magnitude image."""
    generator = np.random.default_rng(seed)
    bright = signal * (1 + np.float32(noise["mr_shading"]) * fields.on_grid(*axes))
    real, imaginary = (generator.standard_normal(signal.shape, dtype=np.float32) for _ in range(2))
    strength = np.float32(noise["mr_noise"])
    return np.asarray(np.rint(np.hypot(bright + strength * real, strength * imaginary)), np.uint16)


class CoarseField:
    """Values of smooth shapes on a coarse grid, and on any finer one by cubic splines.

    Args:
        values: (k, j, i) on the grid of ``axes``.
        axes: coordinates along x, y, z in mm.
    """

    def __init__(self, values: Array, axes: tuple[Array, Array, Array]) -> None:
        self._values, self._axes = values, axes
        self._known: dict[tuple[Any, ...], Array] = {}

    def on_grid(self, x: Array, y: Array, z: Array) -> Array:
        """Values on the grid of three coordinate vectors in mm, (k, j, i)."""
        along_z = np.tensordot(self._weights(z, 2), self._values, 1)
        along_y = np.tensordot(along_z, self._weights(y, 1), (1, 1))
        return np.tensordot(along_y.transpose(0, 2, 1), self._weights(x, 0), (2, 1))

    def _weights(self, wanted: Array, axis: int) -> Array:
        from scipy.interpolate import CubicSpline

        key = (axis, len(wanted), float(wanted[0]))
        if key not in self._known:
            nodes = self._axes[axis]
            self._known[key] = np.asarray(CubicSpline(nodes, np.eye(len(nodes)))(wanted), np.float32)
        return self._known[key]
