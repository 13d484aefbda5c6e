"""What a tracer draws, as frozen parts that are compared with those drawn last, and what comes out of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from session.look.look import Look
from session.presentation import VolumeCamera

CUT = 255  # the class of voxels that are cut away
MOST_CLASSES = 254


@dataclass(frozen=True, eq=False)
class Field:
    """An image's values on a regular (perhaps oblique or sheared) grid, as 16 bits over their range.

    Attributes:
        values: (k, j, i) uint16; a value is ``low + (high - low) * u / 65535``.
        low, high: the range.
        index_from_world: (4, 4) float64 from LPS millimetres to continuous indices (i, j, k); voxel centres are whole.
        spacing_mm: of the grid, along (i, j, k).
        reduction: how many voxels of the image, per axis, one of these stands for; 1 is all of them.
    """

    values: NDArray[np.uint16]
    low: float
    high: float
    index_from_world: NDArray[np.float64]
    spacing_mm: tuple[float, float, float]
    reduction: int = 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """(k, j, i)."""
        k, j, i = self.values.shape
        return k, j, i


@dataclass(frozen=True, eq=False)
class ClassMap:
    """Which voxel belongs to which structure, on a field's grid.

    Attributes:
        classes: (k, j, i) uint8: 0 the rest, n the n-th of ``numbers``, ``CUT`` cut away.
        numbers: segment numbers, at most ``MOST_CLASSES``.
        means: float64, the mean value of each class, the rest first (0 for an empty one).
    """

    classes: NDArray[np.uint8]
    numbers: tuple[int, ...]
    means: NDArray[np.float64]


@dataclass(frozen=True)
class ClassRecord:
    """What a picture needs to know of a segment's record."""

    number: int
    color: tuple[int, int, int]  # 0-255
    encloses: bool = False


@dataclass(frozen=True)
class TracedScene:
    """One picture.

    Attributes:
        field, classes: compared by identity; no classes: everything is the rest.
        records: of the segments in ``classes``.
        look: with what the eye buttons hide already in it.
        camera, size_px: from where, and width and height in pixels.
        frame_px, corner_px: for a tile of a larger picture: the whole picture's width and height, and the tile's first
            column and row in it.
        backdrop_mm: (height, width) float32: where opaque things (surfaces, slices, caps) end the view, as distance
            along the line of sight (not along the ray), infinite where nothing does; None for nothing anywhere.
            Left out of ``==``; see ``is_same``.
        seed: of the random numbers.
        most_bounces: how often light may be scattered on its way.
    """

    field: Field
    classes: ClassMap | None
    records: tuple[ClassRecord, ...]
    look: Look
    camera: VolumeCamera
    size_px: tuple[int, int]
    frame_px: tuple[int, int] | None = None
    corner_px: tuple[int, int] = (0, 0)
    backdrop_mm: NDArray[np.float32] | None = dataclasses.field(default=None, compare=False)
    seed: int = 0
    most_bounces: int = 4

    def is_same(self, other: TracedScene | None) -> bool:
        """True when nothing differs; arrays are compared by identity."""
        return other is not None and self == other and self.backdrop_mm is other.backdrop_mm


@dataclass(frozen=True, eq=False)
class LinearPicture:
    """The mean of the samples so far.

    Attributes:
        rgba: (height, width, 4) float32, first row at the top: scene-linear radiance (sRGB primaries, before exposure
            and tone curve), premultiplied, and the share of the pixel that the volume covers.
        samples: paths per pixel.
        noise: the mean relative difference between two halves of the samples; infinite while there is only one.
    """

    rgba: NDArray[np.float32]
    samples: int
    noise: float = float("inf")


class Tracer(Protocol):
    """A back end. It belongs to the thread that made it."""

    name: str  # glsl or numba

    @property
    def device(self) -> str:
        """What carries it out, for people."""

    def show(self, scene: TracedScene) -> None:
        """Draw this from now on; starts anew if it differs from the last scene, touching only what differs."""

    def sample(self, count: int, is_wanted: Callable[[], bool] = lambda: True) -> int:
        """Add up to ``count`` samples per pixel, asking between pieces of at most about 100 ms whether to go on.

        Returns:
            The samples added; a sample that was stopped half way does not count and leaves no trace.
        """

    def picture(self) -> LinearPicture:
        """What there is so far; black and transparent before the first sample."""

    def close(self) -> None:
        """Let memory and graphics objects go."""
