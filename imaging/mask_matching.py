"""Lays a mask on an image's grid: exactly where both share their voxels' places, by resampling only with consent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.label_file import LabelArray, LabelFile
from imaging.geometry import Geometry

SAME_VOXEL = 0.05  # voxels: rounding in file headers stays below, nothing visible lies above
HINT = "Use --resample to lay it on the image's grid; the mask's edges then move by up to half a voxel."


def match(labels: LabelFile, target: Geometry, consent_to_resample: bool = False) -> LabelFile:
    """The labels on the target's grid.

    The same grid, a grid with swapped or flipped axes, and a crop of the grid (Slicer's .seg.nrrd) are laid out without
    interpolation. Any other grid needs consent and is resampled to the nearest voxel by position.

    Args:
        labels: as read from a file.
        target: the image's grid.
        consent_to_resample: the user agreed to nearest-neighbour resampling and to losing what lies outside.

    Raises:
        UserError: the grids differ, or labelled voxels lie outside the image, and there is no consent.
    """
    if labels.geometry.same_space(target):
        return _on(labels, target, labels.layers)
    if _is_slicer_template(labels):
        return _on(labels, target, [np.zeros(target.shape, np.uint8) for _ in labels.layers])
    relay = _exact_relay(labels.geometry, target)
    if relay is not None:
        return _on(labels, target, [relay.laid_out(layer, consent_to_resample) for layer in labels.layers])
    if not consent_to_resample:
        raise UserError("The mask lies on another grid than the image.", HINT)
    return _on(labels, target, _nearest(labels.layers, labels.geometry, target))


def _on(labels: LabelFile, target: Geometry, layers: list[LabelArray]) -> LabelFile:
    return replace(labels, geometry=target, layers=layers)


def _is_slicer_template(labels: LabelFile) -> bool:
    """Slicer writes segments without voxels as an image of one voxel, whose place means nothing."""
    return labels.geometry.shape == (1, 1, 1) and not any(layer.any() for layer in labels.layers)


@dataclass(frozen=True)
class _Relay:
    """An exact way from a source array to a target array.

    Attributes:
        axes: for each target array axis (k, j, i) the source array axis.
        signs: 1 or -1 along each target axis.
        starts: source index of target index 0, along each target axis.
        shape: the target's (k, j, i).
    """

    axes: tuple[int, int, int]
    signs: tuple[int, int, int]
    starts: tuple[int, int, int]
    shape: tuple[int, int, int]

    def laid_out(self, layer: LabelArray, may_lose: bool) -> LabelArray:
        """The layer on the target's grid; voxels that the source does not cover are 0."""
        turned = layer.transpose(self.axes)
        result = np.zeros(self.shape, layer.dtype)
        into, out_of = [], []
        for axis in range(3):
            to, source = self._overlap(axis, turned.shape[axis])
            into.append(to)
            out_of.append(source)
        kept = turned[tuple(out_of)]
        if not may_lose and np.count_nonzero(kept) != np.count_nonzero(layer):
            raise UserError("A part of the mask lies outside the image.", "Use --resample to cut it off.")
        result[tuple(into)] = kept
        return result

    def _overlap(self, axis: int, size: int) -> tuple[slice, slice]:
        sign, start = self.signs[axis], self.starts[axis]
        last = size - 1
        first = max(0, -start if sign > 0 else start - last)  # target index of the first covered voxel
        stop = min(self.shape[axis], last - start + 1 if sign > 0 else start + 1)
        if stop <= first:
            return slice(0, 0), slice(0, 0)
        begin, end = start + sign * first, start + sign * (stop - 1)
        return slice(first, stop), slice(begin, end + 1) if sign > 0 else slice(begin, end - 1 if end else None, -1)


def _exact_relay(source: Geometry, target: Geometry) -> _Relay | None:
    """The relay when every target voxel's centre falls on a voxel's centre of the (endless) source grid."""
    if not source.is_regular or not target.is_regular:
        return None
    step = np.linalg.inv(source.affine) @ target.affine  # (i, j, k) of the target to (i, j, k) of the source
    turn, start = np.rint(step[:3, :3]), np.rint(step[:3, 3])
    if not np.array_equal(np.abs(turn) @ np.ones(3), np.ones(3)) or not np.array_equal(turn @ turn.T, np.eye(3)):
        return None
    last = np.array(target.shape[::-1]) - 1.0
    corners = np.array([[x, y, z] for x in (0, last[0]) for y in (0, last[1]) for z in (0, last[2])])
    off = corners @ (step[:3, :3] - turn).T + (step[:3, 3] - start)
    if np.abs(off).max() > SAME_VOXEL:
        return None
    rows = [int(np.flatnonzero(turn[:, axis])[0]) for axis in range(3)]  # source axis along each target axis, ijk
    axes = [2 - rows[axis] for axis in (2, 1, 0)]
    signs = [int(turn[rows[axis], axis]) for axis in (2, 1, 0)]
    starts = [int(start[rows[axis]]) for axis in (2, 1, 0)]
    return _Relay(_three(axes), _three(signs), _three(starts), target.shape)


def _three(numbers: list[int]) -> tuple[int, int, int]:
    return numbers[0], numbers[1], numbers[2]


def _nearest(layers: list[LabelArray], source: Geometry, target: Geometry) -> list[LabelArray]:
    """Nearest-neighbour resampling by position, slice by slice, also from and to unevenly spaced slices."""
    results = [np.zeros(target.shape, layer.dtype) for layer in layers]
    size = np.array(source.shape[::-1])
    for plane, positions in enumerate(_source_indices(source, target)):
        nearest = np.rint(positions)
        inside = np.logical_and(nearest >= 0, nearest < size).all(axis=-1)
        i, j, k = nearest[inside].astype(np.intp).T
        for layer, result in zip(layers, results, strict=True):
            result[plane][inside] = layer[k, j, i]
    return results


def _source_indices(source: Geometry, target: Geometry) -> Iterator[NDArray[np.float64]]:
    """For each target slice the continuous source (i, j, k) of its voxels, (j, i, 3)."""
    grid = np.indices(target.shape[1:], np.float64)
    ijk = np.stack([grid[1], grid[0], np.zeros(target.shape[1:])], axis=-1)
    if source.is_regular and target.is_regular:
        first, step = source.to_index(target.to_world(ijk)), np.linalg.solve(source.affine, target.affine)[:3, 2]
        yield from (first + k * step for k in range(target.shape[0]))
        return
    for k in range(target.shape[0]):
        ijk[..., 2] = k
        yield source.to_index(target.to_world(ijk))
