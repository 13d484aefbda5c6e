"""Where the surface of a mask runs: the cells between voxels that have corners inside and outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Box

VOXELS_AT_ONCE = 1 << 20  # of each mask; what is looked at together stays in the processor's cache

MaskOf = Callable[[Box], NDArray[np.bool_]]  # a mask's voxels in a box of the grid
OnPart = Callable[[float], None]  # called with 0-1 between parts; what it raises ends the work


@dataclass(frozen=True, eq=False)
class SurfaceCells:
    """The cells that a surface runs through.

    Attributes:
        shape: cells of the box, (k, j, i): one more than its voxels along each axis.
        places: flat indices into an array of that shape, ascending. Cell (k, j, i) has its centre half a voxel before
            the box's voxel (k, j, i).
        codes: of each cell, see ``cell_areas``.
    """

    shape: tuple[int, int, int]
    places: NDArray[np.int64]
    codes: NDArray[np.uint8]

    def centers(self, chosen: NDArray[Any] | slice = slice(None)) -> NDArray[np.float64]:
        """(n, 3) places (i, j, k) in voxels of the box."""
        k, j, i = np.unravel_index(self.places[chosen], self.shape)
        return np.stack([i, j, k], axis=1).astype(np.float64) - 0.5


@dataclass(frozen=True, eq=False)
class ScannedMasks:
    """Two masks as one pass over their box saw them.

    Attributes:
        a, b: their surfaces.
        voxels_a, voxels_b, voxels_common: how many voxels they have, and how many both have.
    """

    a: SurfaceCells
    b: SurfaceCells
    voxels_a: int
    voxels_b: int
    voxels_common: int


def scan(
    mask_a: MaskOf, mask_b: MaskOf, box: Box, on_part: OnPart = lambda _: None, *, is_endless: bool = False
) -> ScannedMasks:
    """Find the surfaces of two masks that lie within a box. What lies outside the box counts as outside the masks.

    The masks are looked at a few slices at a time, so that no second volume is in memory.

    Args:
        mask_a, mask_b: the masks.
        box: where they are.
        on_part: told how far it is.
        is_endless: the box's only slice goes on on both sides, so that its outlines are all of the surfaces.
    """
    counts = np.zeros(3, np.int64)
    finders = _Finder(box.shape, is_endless), _Finder(box.shape, is_endless)
    for part in _parts(box):
        a, b = mask_a(part), mask_b(part)
        counts += [np.count_nonzero(a), np.count_nonzero(b), np.count_nonzero(a & b)]
        finders[0].take(a)
        finders[1].take(b)
        on_part((part.k1 - box.k0) / box.shape[0])
    in_a, in_b, in_both = (int(n) for n in counts)
    return ScannedMasks(finders[0].finish(), finders[1].finish(), in_a, in_b, in_both)


def _parts(box: Box) -> Iterator[Box]:
    step = max(1, VOXELS_AT_ONCE // max(1, box.shape[1] * box.shape[2]))
    for start in range(box.k0, box.k1, step):
        yield box._replace(k0=start, k1=min(start + step, box.k1))


class _Finder:
    """Finds surface cells in slices that come one after the other."""

    def __init__(self, shape: tuple[int, int, int], is_endless: bool) -> None:
        k, j, i = shape
        self._is_endless = is_endless
        self._shape = (k + 1, j + 1, i + 1)
        self._below = np.zeros((1, j + 1, i + 1), np.uint8)  # corners in the slice before the first one
        self._layer = 0
        self._places: list[NDArray[np.int64]] = []
        self._codes: list[NDArray[np.uint8]] = []

    def take(self, mask: NDArray[np.bool_]) -> None:
        """The next slices, (k, j, i) of the box's full width."""
        if self._is_endless:
            outline = _squares(mask)
            self._note(outline | outline << np.uint8(4))
            return
        squares = np.concatenate([self._below, _squares(mask)])
        self._below = squares[-1:]
        self._note(squares[:-1] | squares[1:] << 4)

    def finish(self) -> SurfaceCells:
        """All that was found."""
        if not self._is_endless:
            self._note(self._below)  # after the last slice comes nothing
        return SurfaceCells(self._shape, np.concatenate(self._places), np.concatenate(self._codes))

    def _note(self, codes: NDArray[np.uint8]) -> None:
        flat = codes.reshape(-1)
        found = np.flatnonzero(flat + np.uint8(1) > 1)  # neither 0 nor 255, which becomes 0
        self._places.append(found + self._layer * self._shape[1] * self._shape[2])
        self._codes.append(flat[found])
        self._layer += len(codes)


def _squares(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """For each square between four voxels of a slice, a bit for each that is inside; bit ``i + 2 j``."""
    padded = np.pad(mask.view(np.uint8), ((0, 0), (1, 1), (1, 1)))
    pairs = padded[:, :, :-1] | padded[:, :, 1:] << 1
    return np.asarray(pairs[:, :-1] | pairs[:, 1:] << 2)
