"""Volumes with fewer voxels, for ray casting without a graphics card."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.scene import ClassMap, Field


@dataclass(frozen=True, eq=False)
class ReducedField:
    """A field with at most so many voxels per axis.

    Attributes:
        field: means of blocks; the last block of an axis may hold fewer voxels than the others.
        factors: voxels of the original per block, along (k, j, i).
        extent: of the original along (i, j, k), in voxels of the reduced field.
    """

    field: Field
    factors: tuple[int, int, int]
    extent: tuple[float, float, float]


def reduced(source: Field, most: int) -> ReducedField:
    """A field of at most ``most`` voxels per axis; the field itself when it has no more."""
    k, j, i = (-(-n // most) for n in source.shape)
    factors = (k, j, i)
    size = source.shape
    extent = (size[2] / i, size[1] / j, size[0] / k)
    if max(factors) == 1:
        return ReducedField(source, factors, extent)
    scale = np.diag([1 / i, 1 / j, 1 / k, 1.0])
    scale[:3, 3] = [0.5 / f - 0.5 for f in (i, j, k)]  # the middle of the first block is index 0
    x, y, z = source.spacing_mm
    field = replace(
        source,
        values=block_means(source.values, factors),
        index_from_world=scale @ source.index_from_world,
        spacing_mm=(x * i, y * j, z * k),
        reduction=source.reduction * max(factors),
    )
    return ReducedField(field, factors, extent)


def block_means(values: NDArray[np.uint16], factors: tuple[int, int, int]) -> NDArray[np.uint16]:
    """(k, j, i) means of blocks of voxels; the last ones of an axis may be smaller."""
    fk, fj, fi = factors
    rows, columns = np.arange(0, values.shape[1], fj), np.arange(0, values.shape[2], fi)
    per_row = np.diff([*rows, values.shape[1]])
    per_column = np.diff([*columns, values.shape[2]])
    area = np.outer(per_row, per_column)
    means = np.empty((-(-values.shape[0] // fk), len(rows), len(columns)), np.uint16)
    for n in range(len(means)):
        slab = values[n * fk : (n + 1) * fk]
        total = slab.sum(axis=0, dtype=np.uint32)
        sums = np.add.reduceat(np.add.reduceat(total, rows, axis=0), columns, axis=1)
        means[n] = sums / (area * len(slab)) + 0.5
    return means


def smoothed(values: NDArray[Any], weight: int) -> NDArray[Any]:
    """A (k, j, i) array of whole numbers after a filter (1, weight, 1) along each axis; ends are repeated.

    VTK's normals are central differences: beside a sharp edge they are zero in flat air, which shows as dark specks.
    """
    found, total = values.copy(), weight + 2
    for axis in range(3):
        along = np.moveaxis(found, axis, 0)
        if len(along) < 2:
            continue
        before = along[0].astype(np.uint32)
        for n in range(len(along)):
            present = along[n].astype(np.uint32)
            after = along[min(n + 1, len(along) - 1)]
            along[n] = (before + weight * present + after + total // 2) // total
            before = present
    return found


def reduced_classes(classes: ClassMap, factors: tuple[int, int, int]) -> NDArray[np.uint8]:
    """(k, j, i) the class in the middle of each block."""
    if max(factors) == 1:
        return classes.classes
    places = [
        np.minimum(np.arange(0, n, f) + f // 2, n - 1) for n, f in zip(classes.classes.shape, factors, strict=True)
    ]
    return np.ascontiguousarray(classes.classes[np.ix_(*places)])
