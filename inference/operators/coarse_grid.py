"""A volume on a regular grid of about 3 mm that stands upright in the patient, and the way back to the volume."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]

STEP_MM = 3.0
MOST_VOXELS = 25_000_000
LOWEST_HU, HIGHEST_HU = -1024.0, 3071.0
PADDING_HU = -1400.0  # nothing in a patient measures less, streaks beside metal included
CORNER = 4  # voxels looked at in each corner of a slice


@dataclass(frozen=True, eq=False)
class SliceFrame:
    """Where a volume's voxels lie along its own axes a (columns), b (rows) and c (normal), millimetres.

    ``shift_a`` and ``shift_b`` (k,) are the slices' in-plane offsets (gantry tilt), ``height`` (k,) the places along c.
    """

    shape: tuple[int, int, int]
    step_a: float
    step_b: float
    shift_a: NDArray[np.float64]
    shift_b: NDArray[np.float64]
    height: NDArray[np.float64]
    axes_lps: NDArray[np.float64]  # 3x3, rows are the unit vectors of c, b, a (array order)

    @staticmethod
    def of(geometry: Geometry) -> SliceFrame:
        """The frame of any geometry: oblique, flipped, sheared or with uneven slices."""
        along_a, along_b = geometry.direction[:, 0], geometry.direction[:, 1]
        normal = np.cross(along_a, along_b)
        normal /= np.linalg.norm(normal)
        k = np.arange(geometry.shape[0])
        origins = geometry.to_world(np.stack([0 * k, 0 * k, k], axis=-1))
        offset = origins - origins[0]
        if offset[-1] @ normal < 0:
            normal = -normal
        step_a, step_b, _ = geometry.spacing_mm
        axes = np.stack([normal, along_b, along_a])
        return SliceFrame(geometry.shape, step_a, step_b, offset @ along_a, offset @ along_b, offset @ normal, axes)


@dataclass(frozen=True, eq=False)
class CoarseGrid:
    """Voxels of ``step_mm`` in all three directions; index k grows to superior, j to posterior, i to left.

    Attributes:
        hu: (k, j, i) float32, averaged from the volume; padding reads -1024.
        known: (k, j, i), False where the volume has no voxel or only padding.
        step_mm: distance between voxels.
        frame: the volume it came from.
        start_mm: where working voxel (0, 0, 0) lies along (c, b, a).
        order, flips: working array axis that became each axis of ``hu``, and whether it was turned round.
    """

    hu: Field
    known: Mask
    step_mm: float
    frame: SliceFrame
    start_mm: tuple[float, float, float]
    order: tuple[int, int, int]
    flips: tuple[int, ...]

    def slice_sampler(self, field: NDArray[Any]) -> Callable[[int], Field]:
        """A function that gives a field's linear interpolation on the volume's slice k, (j, i) float32."""
        working = np.ascontiguousarray(self._to_working(field), np.float32)
        levels, _rows, _columns = working.shape
        up: dict[tuple[float, float], tuple[Any, Any]] = {}

        def sample(k: int) -> Field:
            at = (self.frame.height[k] - self.start_mm[0]) / self.step_mm
            low = int(np.clip(np.floor(at), 0, max(levels - 2, 0)))
            part = np.float32(np.clip(at - low, 0, 1)) if levels > 1 else np.float32(0)
            plane = working[low] if part == 0 else working[low] * (1 - part) + working[low + 1] * part
            left, right = self._up_weights(k, up)
            return _apply(left, plane, right)

        return sample

    def _up_weights(self, k: int, known: dict[tuple[float, float], tuple[Any, Any]]) -> tuple[Any, Any]:
        frame = self.frame
        key = (round(float(frame.shift_b[k]), 4), round(float(frame.shift_a[k]), 4))
        if key not in known:
            if len(known) > 8:
                known.clear()
            working = [self.hu.shape[self.order.index(axis)] for axis in range(3)]
            rows = np.arange(frame.shape[1]) * frame.step_b + key[0] - self.start_mm[1]
            columns = np.arange(frame.shape[2]) * frame.step_a + key[1] - self.start_mm[2]
            known[key] = (_up(rows / self.step_mm, working[1]), _up(columns / self.step_mm, working[2]))
        return known[key]

    def _to_working(self, field: NDArray[Any]) -> NDArray[Any]:
        turned = np.flip(field, self.flips)
        return turned.transpose(np.argsort(self.order))


def make_coarse_grid(voxels: NDArray[Any], geometry: Geometry, step_mm: float = STEP_MM) -> CoarseGrid:
    """Average a CT volume onto an upright grid (triangular kernel in the plane and between slices).

    Args:
        voxels: (k, j, i) HU; not-finite values and padding count as unknown.
        geometry: of any kind; sheared and unevenly sliced volumes are straightened.
        step_mm: wanted distance between voxels; larger where the field is so big that the grid would not fit.
    """
    frame = SliceFrame.of(geometry)
    extents = _extents(frame)
    volume = float(np.prod([high - low + step_mm for low, high in extents]))
    step = max(step_mm, (volume / MOST_VOXELS) ** (1 / 3))
    sizes = [int(np.ceil((high - low) / step - 1e-3)) + 1 for low, high in extents]
    start = tuple(low for low, _ in extents)
    planes, fractions = _average_in_plane(voxels, frame, step, start, sizes)
    weights = _between_slices(frame.height, start[0] + step * np.arange(sizes[0]), step)
    flat = planes.reshape(len(planes), -1), fractions.reshape(len(fractions), -1)
    hu, known = ((weights @ part).reshape(sizes) for part in flat)
    hu = np.where(known > 1e-3, hu / np.maximum(known, 1e-3), LOWEST_HU).astype(np.float32)
    order, flips = _upright(frame.axes_lps)
    hu, known = np.flip(hu.transpose(order), flips), np.flip(known.transpose(order), flips)
    hu, inside = np.ascontiguousarray(hu), np.ascontiguousarray(known > 0.5)
    hu[~inside] = LOWEST_HU
    return CoarseGrid(hu, inside, step, frame, (start[0], start[1], start[2]), order, flips)


def _extents(frame: SliceFrame) -> list[tuple[float, float]]:
    _, rows, columns = frame.shape
    a, b, c = frame.shift_a, frame.shift_b, frame.height
    return [
        (float(c.min()), float(c.max())),
        (float(b.min()), float(b.max()) + (rows - 1) * frame.step_b),
        (float(a.min()), float(a.max()) + (columns - 1) * frame.step_a),
    ]


def _average_in_plane(
    voxels: NDArray[Any], frame: SliceFrame, step: float, start: tuple[float, ...], sizes: list[int]
) -> tuple[Field, Field]:
    """Sums of known voxels (HU times weight) and the known share, both (slices, coarse rows, coarse columns)."""
    padding = padding_value(voxels)
    planes = np.empty((frame.shape[0], sizes[1], sizes[2]), np.float32)
    fractions = np.empty_like(planes)
    weights: dict[tuple[float, float], tuple[Any, Any]] = {}
    for k in range(frame.shape[0]):
        key = (round(float(frame.shift_b[k]), 4), round(float(frame.shift_a[k]), 4))
        if key not in weights:
            rows = key[0] + frame.step_b * np.arange(frame.shape[1])
            columns = key[1] + frame.step_a * np.arange(frame.shape[2])
            weights = {
                key: (
                    _down(rows, start[1] + step * np.arange(sizes[1]), step, frame.step_b),
                    _down(columns, start[2] + step * np.arange(sizes[2]), step, frame.step_a),
                )
            }
        left, right = weights[key]
        values = voxels[k].astype(np.float32)
        unknown = ~(values > PADDING_HU)  # also true for NaN
        if padding is not None:
            unknown |= values == padding
        np.clip(values, LOWEST_HU, HIGHEST_HU, out=values)
        if unknown.any():
            values[unknown] = 0
            fractions[k] = _apply(left, (~unknown).astype(np.float32), right)
        else:
            fractions[k] = np.outer(np.asarray(left.sum(1)), np.asarray(right.sum(1)))
        planes[k] = _apply(left, values, right)
    return planes, fractions


def padding_value(voxels: NDArray[Any]) -> float | None:
    """The one value that fills all corners of the slices outside a round field of view; None if they differ.

    Air that a scanner clips at its lowest value shows some noise, so its corners are not all alike.
    """
    rows, columns = voxels.shape[1:]
    if min(rows, columns) < 8 * CORNER:
        return None
    some = voxels[:: max(1, voxels.shape[0] // 8)]
    corners = [
        some[:, r, c] for r in (slice(CORNER), slice(-CORNER, None)) for c in (slice(CORNER), slice(-CORNER, None))
    ]
    first = float(corners[0].flat[0])
    alike = all(bool((corner == first).all()) for corner in corners)
    return first if alike and first <= -900 else None


def _apply(rows: Any, plane: Field, columns: Any) -> Field:
    """Resample a plane. Sparse products: few weights are not zero, and dense ones would wake up all BLAS threads."""
    return np.ascontiguousarray((columns @ np.ascontiguousarray((rows @ plane).T)).T)


def _sparse(weights: NDArray[Any]) -> Any:
    from scipy import sparse

    return sparse.csr_matrix(weights.astype(np.float32))


def _down(places: NDArray[Any], wanted: NDArray[Any], step: float, spacing: float) -> Any:
    """Weights (wanted, places) of a triangular kernel; rows beyond the places sum to less than one."""
    width = max(step, spacing)
    weights = np.clip(1 - np.abs(wanted[:, None] - places) / width, 0, None)
    full = max(width / spacing, 1.0)
    sums = weights.sum(1)
    return _sparse(weights / np.where(sums > 0.35 * full, sums, np.inf)[:, None])


def _between_slices(height: NDArray[np.float64], wanted: NDArray[Any], step: float) -> Any:
    """Weights (wanted, slices): linear where slices are further apart than the step, else averaging."""
    rank = np.sort(height)
    after = np.clip(np.searchsorted(rank, wanted, side="right"), 1, max(len(rank) - 1, 1))
    gap = rank[np.minimum(after, len(rank) - 1)] - rank[after - 1]
    width = np.maximum(gap, step)[:, None]
    weights = np.clip(1 - np.abs(wanted[:, None] - height) / width, 0, None)
    sums = weights.sum(1, keepdims=True)
    return _sparse(weights / np.where(sums > 1e-6, sums, 1))


def _up(places: NDArray[Any], size: int) -> Any:
    """Weights (places, size) of linear interpolation; places beyond the grid take its border."""
    at = np.clip(places, 0, size - 1)
    low = np.clip(np.floor(at).astype(int), 0, max(size - 2, 0))
    weights = np.zeros((len(places), size), np.float32)
    rows = np.arange(len(places))
    weights[rows, low] = 1 - (at - low)
    if size > 1:
        weights[rows, low + 1] = at - low
    return _sparse(weights)


def _upright(axes_lps: NDArray[np.float64]) -> tuple[tuple[int, int, int], tuple[int, ...]]:
    """Which working axis lies closest to z, y and x, and which of the new axes must be turned round."""
    cosine = axes_lps[:, ::-1]  # [working axis, (z, y, x)]
    best = max(permutations(range(3)), key=lambda p: sum(abs(cosine[p[n], n]) for n in range(3)))
    flips = tuple(n for n in range(3) if cosine[best[n], n] < 0)
    return (best[0], best[1], best[2]), flips
