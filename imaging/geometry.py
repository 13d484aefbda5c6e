"""Where voxels are: array shape, LPS affine, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Affine = NDArray[np.float64]

FARTHEST_MM = 1e9  # a thousand kilometres: numbers beyond would only overflow somewhere
ORTHOGONAL_TOLERANCE = 1e-4  # cosine between two axes above which a grid counts as sheared


class Index(NamedTuple):
    """A voxel's place in the order of the affine's columns: i along rows, j down columns, k across slices."""

    i: int
    j: int
    k: int


class Box(NamedTuple):
    """A half-open region of an array, in array order: ``array[k0:k1, j0:j1, i0:i1]``."""

    k0: int
    k1: int
    j0: int
    j1: int
    i0: int
    i1: int

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Slices that cut this region from a (k, j, i) array."""
        return slice(self.k0, self.k1), slice(self.j0, self.j1), slice(self.i0, self.i1)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size of the region, (k, j, i)."""
        return self.k1 - self.k0, self.j1 - self.j0, self.i1 - self.i0

    @property
    def is_empty(self) -> bool:
        """True when no voxel lies inside."""
        return min(self.shape) <= 0

    def clipped(self, shape: tuple[int, int, int]) -> Box:
        """The part of this box that lies inside an array of the given (k, j, i) shape."""
        k, j, i = shape
        return Box(max(self.k0, 0), min(self.k1, k), max(self.j0, 0), min(self.j1, j), max(self.i0, 0), min(self.i1, i))

    def intersection(self, other: Box) -> Box:
        """The region inside both boxes, possibly empty."""
        return Box(
            max(self.k0, other.k0),
            min(self.k1, other.k1),
            max(self.j0, other.j0),
            min(self.j1, other.j1),
            max(self.i0, other.i0),
            min(self.i1, other.i1),
        )

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.k0, other.k0),
            max(self.k1, other.k1),
            min(self.j0, other.j0),
            max(self.j1, other.j1),
            min(self.i0, other.i0),
            max(self.i1, other.i1),
        )

    @staticmethod
    def whole(shape: tuple[int, int, int]) -> Box:
        """The box that holds a whole (k, j, i) array."""
        return Box(0, shape[0], 0, shape[1], 0, shape[2])


@dataclass(frozen=True, eq=False)
class Geometry:
    """Positions of a voxel grid's centres in LPS millimetres; it may be oblique, sheared or unevenly sliced.

    Attributes:
        shape: array shape in numpy order (k, j, i).
        affine: 4x4, maps (i, j, k, 1) to LPS millimetres.
        frame_of_reference_uid: DICOM's Frame of Reference UID, None where the file has none.
        slice_origins_mm: (k, 3) LPS position of each slice's first voxel when the slices are not evenly spaced,
            else None. The affine is then only the best fit, and ``to_world`` and ``to_index`` use these positions.
        has_thickness: False for a single slice of which nobody says how thick it is; its step along k is a convention,
            areas are right, volumes mean nothing.
    """

    shape: tuple[int, int, int]
    affine: Affine
    frame_of_reference_uid: str | None = None
    slice_origins_mm: NDArray[np.float64] | None = None
    has_thickness: bool = True

    def __post_init__(self) -> None:
        affine = np.array(self.affine, np.float64)
        if affine.shape != (4, 4) or not _is_usable(affine):
            raise ValueError("a geometry needs a finite, invertible 4x4 affine")
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ValueError(f"a geometry needs three positive sizes, not {self.shape}")
        affine.setflags(write=False)
        object.__setattr__(self, "affine", affine)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        if self.slice_origins_mm is not None:
            origins = np.array(self.slice_origins_mm, np.float64)
            if origins.shape != (self.shape[0], 3) or not (np.abs(origins) <= FARTHEST_MM).all():
                raise ValueError("slice_origins_mm needs one LPS position per slice")
            origins.setflags(write=False)
            object.__setattr__(self, "slice_origins_mm", origins)

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Length of one step along i, j and k (x, y, z order). Along k of an uneven series: the mean step."""
        steps = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(steps[0]), float(steps[1]), float(steps[2])

    @property
    def origin_mm(self) -> tuple[float, float, float]:
        """LPS position of voxel (0, 0, 0)'s centre."""
        x, y, z = self.affine[:3, 3]
        return float(x), float(y), float(z)

    @cached_property
    def direction(self) -> NDArray[np.float64]:
        """3x3 unit vectors of i, j, k as columns; not orthogonal when the grid is sheared."""
        return np.asarray(self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0))

    @property
    def is_sheared(self) -> bool:
        """True when the axes are not at right angles (gantry tilt)."""
        cosines = self.direction.T @ self.direction - np.eye(3)
        return bool(np.abs(cosines).max() > ORTHOGONAL_TOLERANCE)

    @property
    def is_oblique(self) -> bool:
        """True when some axis of the grid does not run along x, y or z."""
        return bool((np.abs(self.direction).max(axis=0) < 1 - ORTHOGONAL_TOLERANCE).any())

    @property
    def is_regular(self) -> bool:
        """True when the affine alone gives each voxel's position."""
        return self.slice_origins_mm is None

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in millilitres (of the mean voxel when the slices are uneven)."""
        return float(abs(np.linalg.det(self.affine[:3, :3])) / 1000)

    @property
    def pixel_area_mm2(self) -> float:
        """Area of one voxel's face in its slice."""
        return float(np.linalg.norm(np.cross(self.affine[:3, 0], self.affine[:3, 1])))

    def slice_voxel_volumes_ml(self) -> NDArray[np.float64]:
        """(k,) volume of one voxel of each slice: an uneven slice reaches half-way to its neighbours."""
        if self.slice_origins_mm is None or self.shape[0] < 2:
            return np.full(self.shape[0], self.voxel_volume_ml)
        across = np.cross(self.affine[:3, 0], self.affine[:3, 1])  # its length is a pixel's area
        gaps = np.abs(np.diff(self.slice_origins_mm @ across))
        return np.asarray((np.concatenate([gaps[:1], gaps]) + np.concatenate([gaps, gaps[-1:]])) / 2000)

    def to_world(self, ijk: ArrayLike) -> NDArray[np.float64]:
        """LPS millimetres of continuous indices.

        Args:
            ijk: (..., 3) indices in the order (i, j, k).
        """
        points = np.asarray(ijk, np.float64)
        world = points @ self.affine[:3, :3].T + self.affine[:3, 3]
        if self.slice_origins_mm is not None:
            k = points[..., 2]
            fitted = k[..., None] * self.affine[:3, 2] + self.affine[:3, 3]
            world = world - fitted + self._slice_origin(k)
        return np.asarray(world)

    def to_index(self, lps_mm: ArrayLike) -> NDArray[np.float64]:
        """Continuous (i, j, k) indices of LPS positions.

        Args:
            lps_mm: (..., 3) positions in LPS millimetres.
        """
        points = np.asarray(lps_mm, np.float64)
        inverse = np.linalg.inv(self.affine)
        if self.slice_origins_mm is None:
            return np.asarray(points @ inverse[:3, :3].T + inverse[:3, 3])
        normal = np.cross(self.affine[:3, 0], self.affine[:3, 1])
        heights = self.slice_origins_mm @ normal
        rank = np.argsort(heights)
        k = _interpolate_beyond(points @ normal, heights[rank], rank.astype(np.float64))
        offset = points - self._slice_origin(k)
        ij = offset @ np.linalg.pinv(self.affine[:3, :2]).T
        return np.concatenate([ij, k[..., None]], axis=-1)

    def same_space(self, other: Geometry, tolerance_mm: float = 1e-3) -> bool:
        """True when both grids have the same shape and each voxel lies within ``tolerance_mm`` of its twin."""
        if self.shape != other.shape:
            return False
        k, j, i = (n - 1 for n in self.shape)
        corners = np.array([[x, y, z] for x in (0, i) for y in (0, j) for z in (0, k)], np.float64)
        if not self.is_regular or not other.is_regular:
            every_slice = np.zeros((self.shape[0], 3))
            every_slice[:, 2] = np.arange(self.shape[0])
            corners = np.concatenate([corners, every_slice])
        return bool(np.abs(self.to_world(corners) - other.to_world(corners)).max() <= tolerance_mm)

    def cropped(self, box: Box) -> Geometry:
        """The geometry of ``array[box.slices]``."""
        affine = self.affine.copy()
        affine[:3, 3] += self.affine[:3, :3] @ np.array([box.i0, box.j0, box.k0])
        origins = None
        if self.slice_origins_mm is not None:
            origins = self.slice_origins_mm[box.k0 : box.k1] + self.affine[:3, :2] @ np.array([box.i0, box.j0])
        return Geometry(box.shape, affine, self.frame_of_reference_uid, origins, self.has_thickness)

    def _slice_origin(self, k: NDArray[np.float64]) -> NDArray[np.float64]:
        assert self.slice_origins_mm is not None
        rank = np.arange(self.shape[0], dtype=np.float64)
        axes = [_interpolate_beyond(k, rank, self.slice_origins_mm[:, axis]) for axis in range(3)]
        return np.stack(axes, axis=-1)


def _is_usable(affine: Affine) -> bool:
    is_near = bool((np.abs(affine) <= FARTHEST_MM).all())  # False for what is no number, too
    return is_near and bool(abs(np.linalg.det(affine[:3, :3])) >= 1e-12)


def _interpolate_beyond(
    x: NDArray[np.float64], xp: NDArray[np.float64], fp: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``np.interp`` that goes on with the first and the last step outside the known range."""
    inside = np.interp(x, xp, fp)
    if len(xp) < 2:
        return np.asarray(inside)
    first = fp[0] + (x - xp[0]) * (fp[1] - fp[0]) / (xp[1] - xp[0])
    last = fp[-1] + (x - xp[-1]) * (fp[-1] - fp[-2]) / (xp[-1] - xp[-2])
    return np.where(x < xp[0], first, np.where(x > xp[-1], last, inside))
