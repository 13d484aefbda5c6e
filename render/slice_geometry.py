"""Which picture a slice view shows: the plane through a volume, its pixels' positions, and how it is turned.

Screens follow the radiological convention: axial and coronal pictures have the patient's right on the left, sagittal
ones the front on the left; up is the front in axial pictures and the head in the others.

A plane that stands on the grid's own axes is cut out of the array as it is. Where the grid's axes are not at right
angles (gantry tilt) or its slices are uneven, only the acquired slices themselves are such planes; the other two views,
and every tilted plane, get pixels at true positions that ``render.reslice`` looks up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imaging.geometry import ORTHOGONAL_TOLERANCE, Box, Geometry
from session.presentation import Plane, SliceCamera

Floats = NDArray[np.float64]
Vector = tuple[float, float, float]
Rows = tuple[int, int, int, int]  # row0, row1, column0, column1, half-open

LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))  # of the positive and the negative x, y, z of LPS
ACROSS = {Plane.SAGITTAL: 0, Plane.CORONAL: 1, Plane.AXIAL: 2}  # the LPS axis across each plane
RIGHT_ON_SCREEN = {Plane.AXIAL: (0, 1), Plane.CORONAL: (0, 1), Plane.SAGITTAL: (1, 1)}  # LPS axis, sign
DOWN_ON_SCREEN = {Plane.AXIAL: (1, 1), Plane.CORONAL: (2, -1), Plane.SAGITTAL: (2, -1)}
SECOND_LETTER_FROM = 0.2  # cosine; about 11 degrees
MOST_PIXELS = 1024  # along one side of a resliced picture


@dataclass(frozen=True)
class AxisCut:
    """How a plane is cut out of a (k, j, i) array.

    Attributes:
        axis: the array axis across the plane: 0 = k, 1 = j, 2 = i.
        index: the slice.
        is_transposed: the array's later axis runs down the screen instead of to the right.
        flips_rows, flips_columns: the picture runs against the array.
    """

    axis: int
    index: int
    is_transposed: bool
    flips_rows: bool
    flips_columns: bool

    def of(self, array: NDArray[Any]) -> NDArray[Any]:
        """The picture (rows, columns, ...) as a view of the array: nothing is copied."""
        return self.turned(array[(slice(None),) * self.axis + (self.index,)])

    def turned(self, plane: NDArray[Any]) -> NDArray[Any]:
        """A plane in array order, turned as the screen shows it."""
        if self.is_transposed:
            plane = plane.swapaxes(0, 1)
        return plane[:: -1 if self.flips_rows else 1, :: -1 if self.flips_columns else 1]

    def rows_of(self, box: Box, shape: tuple[int, int, int]) -> Rows | None:
        """The part of the picture that shows a region of the array, None when the slice does not pass through it."""
        edges = [(box.k0, box.k1), (box.j0, box.j1), (box.i0, box.i1)]
        low, high = edges.pop(self.axis)
        if not low <= self.index < high:
            return None
        sizes = [n for axis, n in enumerate(shape) if axis != self.axis]
        if self.is_transposed:
            edges.reverse()
            sizes.reverse()
        rows, columns = edges
        if self.flips_rows:
            rows = (sizes[0] - rows[1], sizes[0] - rows[0])
        if self.flips_columns:
            columns = (sizes[1] - columns[1], sizes[1] - columns[0])
        return rows[0], rows[1], columns[0], columns[1]


@dataclass(frozen=True)
class SliceGrid:
    """The pixels of one slice picture in space. Pixel (row, column) has its centre at origin + row down + column right.

    Attributes:
        plane: what the view is called.
        origin_mm: LPS position of the first pixel's centre, at the top left.
        right_mm, down_mm: the step from one pixel to the next, at right angles.
        rows, columns: size in pixels.
        normal: unit vector across the plane, towards the head, the back or the patient's left.
        number: which slice this is, from 0.
        count: how many there are.
        step_mm: distance from one slice to the next.
        is_forward: slice numbers grow along ``normal``.
        cut: how to cut it out of the array, None where it must be resliced.
    """

    plane: Plane
    origin_mm: Vector
    right_mm: Vector
    down_mm: Vector
    rows: int
    columns: int
    normal: Vector
    number: int
    count: int
    step_mm: float
    is_forward: bool
    cut: AxisCut | None

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """Width and height of a pixel."""
        return float(np.linalg.norm(self.right_mm)), float(np.linalg.norm(self.down_mm))

    @property
    def position_mm(self) -> float:
        """Where the plane stands along its normal; z of an axial slice that is not oblique."""
        return float(np.dot(self.origin_mm, self.normal))

    @property
    def location_mm(self) -> float:
        """The x, y or z of the picture's middle, whichever runs across the plane: what people read as its place."""
        return float(self.to_world((self.rows - 1) / 2, (self.columns - 1) / 2)[ACROSS[self.plane]])

    def to_world(self, row: ArrayLike, column: ArrayLike) -> Floats:
        """LPS millimetres of continuous pixel coordinates; whole numbers are pixel centres."""
        rows, columns = np.asarray(row, float)[..., None], np.asarray(column, float)[..., None]
        return np.asarray(np.array(self.origin_mm) + rows * self.down_mm + columns * self.right_mm)

    def to_pixel(self, lps_mm: ArrayLike) -> tuple[float, float]:
        """Continuous (row, column) of a position, projected onto the plane."""
        offset = np.asarray(lps_mm, float) - self.origin_mm
        right, down = np.array(self.right_mm), np.array(self.down_mm)
        return float(offset @ down / (down @ down)), float(offset @ right / (right @ right))

    def letters(self) -> tuple[str, str, str, str]:
        """What lies at the left, right, top and bottom edge, as DICOM letters with S and I for head and feet."""
        right, down = np.array(self.right_mm), np.array(self.down_mm)
        return direction_letters(-right), direction_letters(right), direction_letters(-down), direction_letters(down)


def direction_letters(vector: ArrayLike) -> str:
    """One letter for where a direction points, two or three when it is oblique, the strongest first."""
    unit = np.asarray(vector, float) / np.linalg.norm(vector)
    order = np.argsort(-np.abs(unit), kind="stable")
    seen = [a for n, a in enumerate(order) if n == 0 or abs(unit[a]) > SECOND_LETTER_FROM]
    return "".join(LETTERS[a][0 if unit[a] >= 0 else 1] for a in seen)


def anatomical_axes(geometry: Geometry) -> tuple[int, int, int]:
    """For x, y and z of LPS the index axis (0 = i, 1 = j, 2 = k) that runs closest to it; each axis once."""
    closeness = np.abs(geometry.direction)
    i, j, k = max(permutations(range(3)), key=lambda p: float(sum(closeness[axis, p[axis]] for axis in range(3))))
    return i, j, k


def slice_grid(geometry: Geometry, plane: Plane, camera: SliceCamera, crosshair_mm: ArrayLike) -> SliceGrid:
    """The plane of a view through, or nearest to, the crosshair."""
    x, y, z = np.asarray(crosshair_mm, float).tolist()
    return _slice_grid(geometry, plane, camera.tilt_deg, (x, y, z))


@lru_cache(maxsize=64)
def _slice_grid(geometry: Geometry, plane: Plane, tilt_deg: tuple[float, float], crosshair_mm: Vector) -> SliceGrid:
    """Kept, because three views ask for the same three planes at every step of the crosshair."""
    axes = anatomical_axes(geometry)
    across = axes[ACROSS[plane]]
    if any(tilt_deg):
        return _tilted(geometry, plane, tilt_deg, crosshair_mm)
    if is_cut_of(geometry, across):
        return _cut_grid(geometry, plane, axes, crosshair_mm)
    frame = _frame(geometry, plane)
    others = [_side_mm(geometry, axes[side[0]]) for side in (RIGHT_ON_SCREEN[plane], DOWN_ON_SCREEN[plane])]
    if not geometry.is_regular:
        others = [min(geometry.spacing_mm[:2])] * 2
    return _resliced(geometry, plane, frame, (others[0], others[1]), _side_mm(geometry, across), crosshair_mm)


def is_cut_of(geometry: Geometry, across: int) -> bool:
    """True when slices across an index axis (0 = i, 1 = j, 2 = k) are true pictures without any reslicing."""
    if across != 2:
        return geometry.is_regular and not geometry.is_sheared
    return bool(abs(geometry.direction[:, 0] @ geometry.direction[:, 1]) <= ORTHOGONAL_TOLERANCE)


def slice_position_mm(geometry: Geometry, grid: SliceGrid, number: int) -> float:
    """Where another slice of the same view stands along the normal."""
    if grid.cut is None:
        return grid.position_mm + (number - grid.number) * grid.step_mm
    index = np.zeros(3)
    index[2 - grid.cut.axis] = number
    return float(geometry.to_world(index) @ np.array(grid.normal))


def crosshair_on_slice(geometry: Geometry, grid: SliceGrid, crosshair_mm: ArrayLike, number: int) -> Vector:
    """The crosshair moved across the plane onto another slice; the other views keep their slices."""
    number = min(max(number, 0), grid.count - 1)
    point, normal = np.asarray(crosshair_mm, float), np.array(grid.normal)
    x, y, z = point + (slice_position_mm(geometry, grid, number) - point @ normal) * normal
    return float(x), float(y), float(z)


def stepped_crosshair(
    geometry: Geometry, plane: Plane, camera: SliceCamera, crosshair_mm: ArrayLike, steps: int
) -> Vector:
    """The crosshair some slices further on: positive steps go towards the head, the back, the patient's left."""
    grid = slice_grid(geometry, plane, camera, crosshair_mm)
    return crosshair_on_slice(geometry, grid, crosshair_mm, grid.number + (steps if grid.is_forward else -steps))


def _vector(values: Floats) -> Vector:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _cut_grid(geometry: Geometry, plane: Plane, axes: tuple[int, int, int], crosshair_mm: ArrayLike) -> SliceGrid:
    (right_axis, right_sign), (down_axis, down_sign) = RIGHT_ON_SCREEN[plane], DOWN_ON_SCREEN[plane]
    right, down, across = axes[right_axis], axes[down_axis], axes[ACROSS[plane]]
    flips_columns = bool(geometry.direction[right_axis, right] * right_sign < 0)
    flips_rows = bool(geometry.direction[down_axis, down] * down_sign < 0)
    size = geometry.shape[::-1]  # in index order
    index = np.zeros(3)
    index[across] = np.clip(np.round(geometry.to_index(crosshair_mm)[across]), 0, size[across] - 1)
    number = int(index[across])
    index[right] = size[right] - 1 if flips_columns else 0
    index[down] = size[down] - 1 if flips_rows else 0
    step_right = geometry.affine[:3, right] * (-1 if flips_columns else 1)
    step_down = geometry.affine[:3, down] * (-1 if flips_rows else 1)
    normal, is_forward = _normal(geometry, plane, step_right, step_down, across)
    return SliceGrid(
        plane,
        _vector(geometry.to_world(index)),
        _vector(step_right),
        _vector(step_down),
        size[down],
        size[right],
        _vector(normal),
        number,
        size[across],
        _side_mm(geometry, across),
        is_forward,
        AxisCut(2 - across, number, right > down, flips_rows, flips_columns),
    )


def _normal(geometry: Geometry, plane: Plane, right: Floats, down: Floats, across: int) -> tuple[Floats, bool]:
    normal = np.cross(right, down)
    normal = normal / np.linalg.norm(normal)
    if normal[ACROSS[plane]] < 0:
        normal = -normal
    return normal, bool(geometry.affine[:3, across] @ normal > 0)


def _side_mm(geometry: Geometry, axis: int) -> float:
    """Distance between neighbouring planes of voxels across an index axis, at right angles to them."""
    return float(1 / np.linalg.norm(np.linalg.inv(geometry.affine[:3, :3])[axis]))


def _frame(geometry: Geometry, plane: Plane) -> tuple[Floats, Floats, Floats]:
    """Unit vectors right, down and across at right angles, as close as can be to the acquired slices' own axes."""
    i, j, k = geometry.direction.T
    j = j - (j @ i) * i
    j = j / np.linalg.norm(j)
    normal = np.cross(i, j)
    unit = [i, j, normal if normal @ k > 0 else -normal]
    axes = anatomical_axes(geometry)

    def towards(lps_axis: int, sign: int) -> Floats:
        vector = unit[axes[lps_axis]]
        return np.asarray(vector if vector[lps_axis] * sign > 0 else -vector)

    return towards(*RIGHT_ON_SCREEN[plane]), towards(*DOWN_ON_SCREEN[plane]), towards(ACROSS[plane], 1)


def _tilted(geometry: Geometry, plane: Plane, tilt_deg: tuple[float, float], crosshair_mm: Vector) -> SliceGrid:
    right, down, across = _frame(geometry, plane)
    about_right, about_down = np.deg2rad(tilt_deg)
    down, across = _rotated(down, right, about_right), _rotated(across, right, about_right)
    right, across = _rotated(right, down, about_down), _rotated(across, down, about_down)
    sides = [_side_mm(geometry, axis) for axis in range(3)]
    pixel = min(sides)
    return _resliced(geometry, plane, (right, down, across), (pixel, pixel), pixel, crosshair_mm, is_snapped=False)


def _rotated(vector: Floats, axis: Floats, angle: float) -> Floats:
    """Rodrigues' rotation of a vector about a unit axis."""
    turned = vector * np.cos(angle) + np.cross(axis, vector) * np.sin(angle)
    return np.asarray(turned + axis * (axis @ vector) * (1 - np.cos(angle)))


def _corners(geometry: Geometry) -> Floats:
    k, j, i = (n - 1 for n in geometry.shape)
    slices = range(k + 1) if not geometry.is_regular else (0, k)
    return geometry.to_world([[x, y, z] for x in (0, i) for y in (0, j) for z in slices])


def _resliced(
    geometry: Geometry,
    plane: Plane,
    frame: tuple[Floats, Floats, Floats],
    pixel_mm: tuple[float, float],
    step_mm: float,
    through: ArrayLike,
    is_snapped: bool = True,
) -> SliceGrid:
    """A picture around the whole volume with pixels at true positions; slices stand ``step_mm`` apart."""
    right, down, normal = frame
    reach = [(float((c := _corners(geometry) @ axis).min()), float(c.max())) for axis in frame]
    sizes = [high - low for low, high in reach]
    pixel = [max(mm, size / MOST_PIXELS) for mm, size in zip(pixel_mm, sizes, strict=False)]
    columns, rows = (int(size / mm + 1e-6) + 1 for size, mm in zip(sizes, pixel, strict=False))
    count = int(sizes[2] / step_mm + 1e-6) + 1
    height = float(np.asarray(through, float) @ normal)
    number = int(np.clip(np.round((height - reach[2][0]) / step_mm), 0, count - 1))
    if is_snapped:
        height = reach[2][0] + number * step_mm
    height = float(np.clip(height, *reach[2]))
    origin = reach[0][0] * right + reach[1][0] * down + height * normal
    return SliceGrid(
        plane,
        _vector(origin),
        _vector(right * pixel[0]),
        _vector(down * pixel[1]),
        rows,
        columns,
        _vector(normal),
        number,
        count,
        step_mm,
        True,
        None,
    )
