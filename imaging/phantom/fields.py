"""Smooth random fields, the same on any grid: a coarse phantom is the fine one seen with larger voxels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float32]
Bounds = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]  # (low, high) in mm along x, y, z

SPLINE_STD = 0.479**1.5  # standard deviation of a cubic B-spline of unit white noise on a 3D lattice


class SmoothField:
    """A cubic B-spline through white noise on a lattice; zero mean, standard deviation ``amplitude``.

    Args:
        seed: two integers: the phantom's seed and the field's own number.
        bounds: region in mm that the field must cover.
        wavelength_mm: distance of the lattice's points.
    """

    def __init__(self, seed: tuple[int, int], bounds: Bounds, wavelength_mm: float, amplitude: float = 1.0) -> None:
        self._low = [low for low, _ in bounds]
        self._wavelength = wavelength_mm
        counts = [int(np.ceil((high - low) / wavelength_mm)) + 4 for low, high in bounds]
        noise = np.random.default_rng(seed).standard_normal(counts[::-1], dtype=np.float32)
        self._lattice = noise * np.float32(amplitude / SPLINE_STD)  # (k, j, i)

    def on_grid(self, x: Array, y: Array, z: Array) -> Array:
        """Values on the grid of three coordinate vectors in mm, (k, j, i)."""
        # Three plain matrix products: a product per slice would wait for the other core each time it is busy.
        along_z = np.tensordot(self._weights(z, 2), self._lattice, 1)
        along_y = np.tensordot(along_z, self._weights(y, 1), (1, 1))  # (k, i of the lattice, j)
        return np.tensordot(along_y.transpose(0, 2, 1), self._weights(x, 0), (2, 1))

    def at(self, points: ArrayLike) -> Array:
        """Values at (n, 3) points (x, y, z) in mm."""
        xyz = np.asarray(points, np.float64).reshape(-1, 3)
        firsts, pieces = zip(*(self._pieces(xyz[:, axis], axis) for axis in range(3)), strict=True)
        total = np.zeros(len(xyz), np.float32)
        for c, b, a in np.ndindex(4, 4, 4):
            weight = pieces[2][c] * pieces[1][b] * pieces[0][a]
            total += weight * self._lattice[firsts[2] + c, firsts[1] + b, firsts[0] + a]
        return total

    def _weights(self, coordinates: Array, axis: int) -> Array:
        """Cubic B-spline weights of each lattice point, (coordinates, lattice points)."""
        first, pieces = self._pieces(np.asarray(coordinates, np.float64), axis)
        weights = np.zeros((len(first), self._lattice.shape[2 - axis]), np.float32)
        rows = np.arange(len(first))
        for offset, piece in enumerate(pieces):
            weights[rows, first + offset] = piece
        return weights

    def _pieces(self, coordinates: NDArray[np.float64], axis: int) -> tuple[NDArray[np.intp], list[Array]]:
        """The first of four lattice points that each coordinate depends on, and their four weights."""
        count = self._lattice.shape[2 - axis]
        places = np.clip((coordinates - self._low[axis]) / self._wavelength, 0, count - 4.001)
        first = places.astype(np.intp)
        t = (places - first).astype(np.float32)
        pieces = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
        return first, [np.asarray(piece / 6, np.float32) for piece in pieces]


class Warp:
    """A smooth displacement of space: organs described by plain formulas come out as no formula would draw them."""

    def __init__(self, seed: int, bounds: Bounds, wavelength_mm: float, amplitude_mm: float) -> None:
        self._fields = [SmoothField((seed, axis), bounds, wavelength_mm, amplitude_mm) for axis in range(3)]

    def on_grid(self, x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
        """The formulas' coordinates of each voxel: three (k, j, i) arrays in mm."""
        u, v, w = (field.on_grid(x, y, z) for field in self._fields)
        return u + x, v + y[:, None], w + z[:, None, None]

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The formulas' coordinates of (n, 3) points of the phantom, mm."""
        return points + np.stack([field.at(points) for field in self._fields], axis=-1)

    def unwarped(self, points: ArrayLike) -> NDArray[np.float64]:
        """Where points of the formulas' space lie in the phantom, (n, 3) mm; inverse of ``on_grid`` to 0.1 mm."""
        wanted = np.asarray(points, np.float64).reshape(-1, 3)
        found = wanted.copy()
        for _ in range(5):
            found += wanted - self.at(found)
        return found
