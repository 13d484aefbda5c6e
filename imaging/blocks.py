"""Block deltas: what a change did to the voxels, as the XOR of 32x32x32 blocks before and after.

XOR is its own inverse, so one record both undoes and redoes. A block is copied when it is first touched within a
change, which makes the cost depend on the stroke and not on the volume.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Box

BLOCK = 32

Labels = NDArray[Any]  # uint8 or uint16, (k, j, i)
BlockPlace = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class BlockDelta:
    """The XOR of one block before and after a change; smaller than 32 cubed at the volume's far border."""

    layer: int
    place: BlockPlace
    xor: Labels

    @property
    def box(self) -> Box:
        """The block's region of the layer."""
        (k, j, i), (nk, nj, ni) = (n * BLOCK for n in self.place), self.xor.shape
        return Box(k, k + nk, j, j + nj, i, i + ni)


@dataclass(frozen=True)
class PackedDelta:
    """A block delta as it stands in the case file."""

    layer: int
    place: BlockPlace
    itemsize: int
    data: bytes


def pack(delta: BlockDelta) -> PackedDelta:
    """Compress a delta (zlib, level 1)."""
    return PackedDelta(delta.layer, delta.place, delta.xor.itemsize, zlib.compress(delta.xor.tobytes(), 1))


def unpack(packed: PackedDelta, shape: tuple[int, int, int]) -> BlockDelta:
    """The delta of a layer of the given (k, j, i) shape.

    Raises:
        ValueError: the data does not fit the block, so the file is damaged.
    """
    size = block_box(packed.place, shape).shape
    expected = int(np.prod(size)) * packed.itemsize
    if min(size) < 1 or packed.itemsize not in (1, 2):
        raise ValueError("a block lies outside the volume")
    try:
        raw = zlib.decompressobj().decompress(packed.data, expected + 1)
    except zlib.error as error:
        raise ValueError("a block's data is damaged") from error
    if len(raw) != expected:
        raise ValueError("a block's data has the wrong length")
    return BlockDelta(packed.layer, packed.place, np.frombuffer(raw, f"u{packed.itemsize}").reshape(size))


def block_box(place: BlockPlace, shape: tuple[int, int, int]) -> Box:
    """The region of one block in an array of the given shape."""
    k, j, i = (n * BLOCK for n in place)
    return Box(k, k + BLOCK, j, j + BLOCK, i, i + BLOCK).clipped(shape)


def blocks_of(box: Box) -> Iterator[BlockPlace]:
    """Places of the blocks that a region touches."""
    for k in range(box.k0 // BLOCK, -(-box.k1 // BLOCK)):
        for j in range(box.j0 // BLOCK, -(-box.j1 // BLOCK)):
            for i in range(box.i0 // BLOCK, -(-box.i1 // BLOCK)):
                yield k, j, i


class BlockRecorder:
    """Keeps the blocks as they were when a change began, and gives the deltas at its end."""

    def __init__(self) -> None:
        self._before: dict[tuple[int, BlockPlace], Labels] = {}

    def touch(self, layer: int, labels: Labels, box: Box) -> None:
        """Must be called before ``labels[box.slices]`` is written."""
        for place in blocks_of(box.clipped(labels.shape)):
            if (layer, place) not in self._before:
                self._before[layer, place] = labels[block_box(place, labels.shape).slices].copy()

    def deltas(self, layers: list[Labels]) -> list[BlockDelta]:
        """One delta for each block that differs now from what it was."""
        found = []
        for (layer, place), before in self._before.items():
            xor = before ^ layers[layer][block_box(place, layers[layer].shape).slices]
            if xor.any():
                found.append(BlockDelta(layer, place, xor))
        return found
