"""One class for every voxel from all layers of a segmentation, and only the changed region again after a stroke."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Box
from render.cinematic.class_order import ClassOrder
from render.cinematic.scene import MOST_CLASSES, ClassMap
from render.cinematic.slabs import IsWanted, always, in_slabs, slab_thickness
from render.compiled import compiled

Places = NDArray[np.int32]

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class LabelPlaces:
    """The label voxel nearest to each voxel of the field, -1 where there is none.

    Rows and columns of both grids are parallel, so a slice has one label slice, and each of its rows and columns one.

    Attributes:
        of_k: (k,).
        of_j: (k, j).
        of_i: (k, i).
    """

    of_k: Places
    of_j: Places
    of_i: Places

    def box(self, labels: Box) -> Box:
        """The part of the field whose voxels lie in a region of the labels; empty when there is none."""
        edges: list[int] = []
        for places, low, high in zip((self.of_k, self.of_j, self.of_i), labels[::2], labels[1::2], strict=True):
            inside = (places >= low) & (places < high)
            where = np.flatnonzero(inside.reshape(-1, inside.shape[-1]).any(axis=0))
            edges += [int(where[0]), int(where[-1]) + 1] if where.size else [0, 0]
        return Box(*edges)


@dataclass(frozen=True, eq=False)
class BuiltClasses:
    """An order carried out.

    Attributes:
        order: what was asked for.
        class_map: the result.
        places: where the labels lie in the field.
        sums, counts: uint64, of the field's 16-bit values and the voxels of each class.
        changed: the region in which it differs from the one before; None: anywhere.
    """

    order: ClassOrder
    class_map: ClassMap
    places: LabelPlaces
    sums: NDArray[np.uint64]
    counts: NDArray[np.uint64]
    changed: Box | None = None


def make_classes(order: ClassOrder, is_wanted: IsWanted = always) -> BuiltClasses | None:
    """Carry out an order; None when it was called off."""
    if order.left_out:
        log.warning("%d small segments are drawn like the rest: 3D tells %d apart", len(order.left_out), MOST_CLASSES)
    places = label_places(order)
    classes = np.zeros(order.field.shape, np.uint8)
    totals = np.zeros((2, len(order.numbers) + 1), np.uint64)
    if not _fill(order, places, classes, totals, Box.whole(order.field.shape), is_wanted):
        return None
    return _built(order, places, classes, totals, None)


def update_classes(
    built: BuiltClasses, order: ClassOrder, boxes: Mapping[int, Box], is_wanted: IsWanted = always
) -> BuiltClasses | None:
    """A new map after voxels changed, made again only where they did.

    Args:
        built: the map before; it stays as it is.
        order: the present one. When it claims otherwise than ``built.order``, everything is made again.
        boxes: per layer, the region of the labels in which voxels changed.
        is_wanted: see ``make_classes``.

    Returns:
        ``built`` itself when nothing of the field lies in the regions; None when it was called off.
    """
    if not order.claims_as(built.order):
        return make_classes(order, is_wanted)
    regions = [r for r in (built.places.box(box) for box in boxes.values()) if not r.is_empty]
    if not regions:
        return built
    region = regions[0]
    for other in regions[1:]:
        region = region.union(other)
    classes = built.class_map.classes.copy()
    totals = np.stack([built.sums, built.counts])
    before = np.zeros_like(totals)
    _tally(classes, order.field.values, np.array(region), before)
    classes[region.slices] = 0
    if not _fill(order, built.places, classes, totals, region, is_wanted):
        return None
    return _built(order, built.places, classes, totals - before, region)


def label_places(order: ClassOrder) -> LabelPlaces:
    """Where the labels lie in the field, by the true positions of both grids."""
    nk, nj, ni = order.field.shape
    world_from_index = np.linalg.inv(order.field.index_from_world)

    def label_index(i: NDArray[np.int64], j: NDArray[np.int64], k: NDArray[np.int64]) -> NDArray[np.float64]:
        at = np.stack(np.broadcast_arrays(i, j, k), axis=-1).astype(np.float64)
        return order.geometry.to_index(at @ world_from_index[:3, :3].T + world_from_index[:3, 3])

    zero, slices = np.zeros((1, 1), np.int64), np.arange(nk)[:, None]
    size_k, size_j, size_i = order.geometry.shape
    columns = label_index(np.arange(ni)[None, :], zero, slices)
    rows = label_index(zero, np.arange(nj)[None, :], slices)
    return LabelPlaces(
        _nearest(rows[:, 0, 2], size_k), _nearest(rows[..., 1], size_j), _nearest(columns[..., 0], size_i)
    )


def _nearest(index: NDArray[np.float64], size: int) -> Places:
    """The nearest voxel, the higher one half way between two; a thousandth of a voxel is left to rounding."""
    nearest = np.floor(index + 0.501).astype(np.int32)
    return np.where((nearest >= 0) & (nearest < size), nearest, -1).astype(np.int32)


def _built(
    order: ClassOrder, places: LabelPlaces, classes: NDArray[np.uint8], totals: NDArray[np.uint64], region: Box | None
) -> BuiltClasses:
    sums, counts = totals
    field = order.field
    mean_of_16_bits = sums / np.maximum(counts, 1)
    means = np.where(counts > 0, field.low + (field.high - field.low) * mean_of_16_bits / 65535, 0.0)
    return BuiltClasses(order, ClassMap(classes, order.numbers, means), places, sums, counts, region)


def _fill(
    order: ClassOrder,
    places: LabelPlaces,
    classes: NDArray[np.uint8],
    totals: NDArray[np.uint64],
    region: Box,
    is_wanted: IsWanted,
) -> bool:
    """Fill a region that is all 0, and add what it holds to the totals; False when it was called off."""
    tables = [_rank_table(order, n) for n in range(len(order.layers))]
    class_of_rank = np.zeros(256, np.uint8)
    class_of_rank[list(order.ranks)] = np.arange(1, len(order.numbers) + 1)
    parts: list[NDArray[np.uint64]] = []

    def fill(first: int, last: int) -> None:
        box = np.array(Box(first, last, *region[2:]))
        for labels, table in zip(order.layers, tables, strict=True):
            if table.any():
                _claim(classes, labels, table, places.of_k, places.of_j, places.of_i, box)
        _settle(classes, class_of_rank, box)
        part = np.zeros_like(totals)
        _tally(classes, order.field.values, box, part)
        parts.append(part)

    if not in_slabs(fill, region.k0, region.k1, slab_thickness(order.field.shape), is_wanted):
        return False
    for part in parts:
        totals += part
    return True


def _rank_table(order: ClassOrder, layer: int) -> NDArray[np.uint8]:
    """The rank of every value that a layer can hold, 0 for those of no segment."""
    table = np.zeros(256 ** order.layers[layer].dtype.itemsize, np.uint8)
    for (its_layer, value), rank in zip(order.places, order.ranks, strict=True):
        if its_layer == layer:
            table[value] = rank
    return table


@compiled
def _claim(best, labels, ranks, of_k, of_j, of_i, box):
    """Write the rank of a layer's labels where it is higher than what is there."""
    for k in range(box[0], box[1]):
        at_k = of_k[k]
        if at_k < 0:
            continue
        for j in range(box[2], box[3]):
            at_j = of_j[k, j]
            if at_j < 0:
                continue
            for i in range(box[4], box[5]):
                at_i = of_i[k, i]
                if at_i >= 0:
                    rank = ranks[labels[at_k, at_j, at_i]]
                    if rank > best[k, j, i]:
                        best[k, j, i] = rank


@compiled
def _settle(classes, class_of_rank, box):
    """From ranks to classes."""
    for k in range(box[0], box[1]):
        for j in range(box[2], box[3]):
            for i in range(box[4], box[5]):
                classes[k, j, i] = class_of_rank[classes[k, j, i]]


@compiled
def _tally(classes, values, box, totals):
    """Add values and voxels of each class."""
    for k in range(box[0], box[1]):
        for j in range(box[2], box[3]):
            for i in range(box[4], box[5]):
                n = classes[k, j, i]
                totals[0, n] += np.uint64(values[k, j, i])
                totals[1, n] += np.uint64(1)
