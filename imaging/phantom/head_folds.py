"""The folds of the brain's cortex, drawn on its hull: for every direction from the middle the nearest furrow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.phantom.fields import Array
from imaging.phantom.shapes import Coordinates

ROWS, COLUMNS = 512, 1024  # of the map: polar angle from the vertex, azimuth
PERIOD_VOXELS, VOXEL_MM = 72, 2.9  # of the noise, which repeats
FAR_MM = 9.0  # no furrow is farther


class Folds:
    """Furrows between the windings: the zeros of band-limited noise on the hull, which lie about evenly apart.

    Noise in a ring of spatial frequencies has zeros that neither cross nor end, as the windings of a cortex; the
    lateral furrow is drawn on purpose.
    """

    def __init__(self, parameters: dict[str, Any], cerebrum: dict[str, Any], seed: int) -> None:
        self.parameters = parameters
        self.centre = np.array(cerebrum["centre_mm"], np.float32) - np.array([0, 0, 6], np.float32)
        self.radii = np.array(cerebrum["radii_mm"], np.float32)
        place = self._places()
        ring, slope = _ring_noise(place, parameters["spacing_mm"], (seed, 1))
        distance = np.abs(ring) / np.sqrt(slope**2 + np.float32(0.06**2))
        low, middle, high = parameters["depth_mm"]
        slow, _ = _ring_noise(place, 2.6 * parameters["spacing_mm"], (seed, 2))
        depth = np.clip(middle + 0.5 * (high - low) * slow, low, high)
        for furrow, its_depth in self._named(place, slow):
            distance = distance + np.clip(6 - furrow, 0, 6)  # the others end before it
            depth = np.where(furrow < distance, np.float32(its_depth), depth)
            distance = np.minimum(distance, furrow)
        self._maps = [np.asarray(m, np.float32) for m in (np.minimum(distance, FAR_MM), depth)]

    def near(self, at: Coordinates) -> tuple[Array, Array, Array]:
        """Distances to the nearest furrow's middle, its depth, and the distance from the brain's middle, in mm.

        Args:
            at: points, arrays of one shape.
        """
        x, y, z = (np.asarray(a - c) for a, c in zip(at, self.centre, strict=True))
        u, v, w = (a / r for a, r in zip((x, y, z), self.radii, strict=True))
        polar = np.arctan2(np.hypot(u, v), w) * np.float32((ROWS - 1) / np.pi)
        turn = (np.arctan2(v, u) * np.float32(COLUMNS / (2 * np.pi))) % COLUMNS
        row = np.clip(polar, 0, ROWS - 1.001).astype(np.int32)
        column = turn.astype(np.int32) % COLUMNS
        down, across = polar - row, turn - np.floor(turn)
        after = (column + 1) % COLUMNS
        distance, depth = (_between(m, row, column, after, down, across) for m in self._maps)
        return distance, depth, np.sqrt(x * x + y * y + z * z)

    def _places(self) -> NDArray[np.float32]:
        """(rows, columns, 3) points of the hull, mm from its middle."""
        polar = np.linspace(0, np.pi, ROWS, dtype=np.float32)[:, None]
        turn = np.linspace(0, 2 * np.pi, COLUMNS, endpoint=False, dtype=np.float32)[None, :]
        parts = np.broadcast_arrays(np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar))
        return np.stack(parts, axis=-1) * self.radii

    def _named(self, place: NDArray[np.float32], wander: Array) -> list[tuple[Array, float]]:
        """The lateral furrow: distance on the hull, and depth."""
        x, y, z = np.abs(place[..., 0]), place[..., 1] - 5 * wander, place[..., 2] + 6 * wander
        off = np.float32(99)
        lateral = np.where((y > -45) & (y < 18) & (x > 30), np.abs(z + 4 - 0.33 * (y + 40)), off)
        return [(lateral.astype(np.float32), 22.0)]


def _ring_noise(place: NDArray[np.float32], spacing_mm: float, seed: tuple[int, int]) -> tuple[Array, Array]:
    """Noise whose zeros lie about ``spacing_mm`` apart, of unit strength, and the size of its slope per mm."""
    from scipy.ndimage import map_coordinates

    n = PERIOD_VOXELS
    white = np.random.default_rng(seed).standard_normal((n, n, n), dtype=np.float32)
    parts = np.meshgrid(*[np.fft.fftfreq(n, VOXEL_MM)] * 2, np.fft.rfftfreq(n, VOXEL_MM), indexing="ij")
    frequency = np.sqrt(np.sum(np.square(parts), axis=0))
    wanted = 1 / (2 * spacing_mm)
    ring = np.exp(-(((frequency - wanted) / (0.22 * wanted)) ** 2))
    noise = np.asarray(np.fft.irfftn(np.fft.rfftn(white) * ring, s=(n, n, n), axes=(0, 1, 2)), np.float32)
    noise /= np.float32(noise.std())
    at = np.moveaxis(place / np.float32(VOXEL_MM), -1, 0)
    values = map_coordinates(noise, at, order=3, mode="grid-wrap")
    slopes = [np.gradient(noise, VOXEL_MM, axis=axis) for axis in range(3)]
    steps = [map_coordinates(part, at, order=1, mode="grid-wrap") for part in slopes]
    outwards = place / np.linalg.norm(place, axis=-1, keepdims=True)
    along = np.stack(steps, axis=-1)
    along -= np.sum(along * outwards, axis=-1, keepdims=True) * outwards
    return np.asarray(values, np.float32), np.asarray(np.linalg.norm(along, axis=-1), np.float32)


def _between(
    values: Array,
    row: NDArray[np.int32],
    column: NDArray[np.int32],
    after: NDArray[np.int32],
    down: Array,
    across: Array,
) -> Array:
    upper = values[row, column] * (1 - across) + values[row, after] * across
    lower = values[row + 1, column] * (1 - across) + values[row + 1, after] * across
    return np.asarray(upper + (lower - upper) * down, np.float32)
