"""The slices that clip planes and the crop box lay open: grey values as in the slice views, tinted by the segments."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.cinematic.kernel import grid_of, value_at
from render.cinematic.scene import CUT, ClassMap, ClassRecord, Field
from render.compiled import compiled
from render.grey import grey_of
from render.plane_props import reaching_border
from render.sheets import Sheet
from render.volume_wish import CapShade
from session.look.look import Look
from session.look.segment_look import Visibility

MOST_PIXELS = 768  # along one side of a cap
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class _Face:
    """A plane that lays something open; what it cuts lies where ``normal . x < offset``."""

    normal: tuple[float, float, float]
    offset: float


def cap_sheets(
    field: Field, classes: ClassMap | None, records: tuple[ClassRecord, ...], look: Look, shade: CapShade
) -> tuple[Sheet, ...]:
    """The caps of a look's cuts; none where it shows none."""
    if not look.cut.shows_caps:
        return ()
    faces = _faces(field, look)
    colors = _colors(classes, records, look)
    found = []
    for n, face in enumerate(faces):
        others = [other for m, other in enumerate(faces) if m != n]
        sheet = _cap(face, others, field, classes, colors, shade)
        if sheet is not None:
            found.append(sheet)
    return tuple(found)


def _faces(field: Field, look: Look) -> list[_Face]:
    """The clip planes, and the sides of the crop box that lie within the image."""
    found = []
    for plane in look.cut.planes:
        normal = np.asarray(plane.normal) / np.linalg.norm(plane.normal)
        found.append(_face(normal, float(normal @ np.asarray(plane.point_mm))))
    size = np.array(field.shape[::-1], np.float64)
    matrix, shift = field.index_from_world[:3, :3], field.index_from_world[:3, 3] + 0.5
    for axis in range(3):
        length = float(np.linalg.norm(matrix[axis]))
        for fraction, sign in ((look.cut.box.low[axis], 1.0), (look.cut.box.high[axis], -1.0)):
            if 0 < fraction < 1:
                offset = (fraction * size[axis] - shift[axis]) / length
                found.append(_face(sign * matrix[axis] / length, sign * offset))
    return found


def _face(normal: Vector, offset: float) -> _Face:
    x, y, z = (float(v) for v in normal)
    return _Face((x, y, z), offset)


def _colors(classes: ClassMap | None, records: tuple[ClassRecord, ...], look: Look) -> NDArray[np.float32]:
    """(256, 4): colour 0-255 and whether a class tints the caps; row ``CUT`` has -1 there: nothing is shown."""
    colors = np.zeros((256, 4), np.float32)
    by_number = {record.number: record for record in records}
    for row, number in enumerate(classes.numbers if classes is not None else (), start=1):
        record = by_number[number]
        is_seen = look.of_segment(number, record.encloses).visibility is not Visibility.HIDDEN
        colors[row] = (*record.color, float(is_seen and not record.encloses))
    colors[CUT, 3] = -1
    return colors


def _cap(
    face: _Face,
    others: list[_Face],
    field: Field,
    classes: ClassMap | None,
    colors: NDArray[np.float32],
    shade: CapShade,
) -> Sheet | None:
    grid = _rectangle(face, field)
    if grid is None:
        return None
    corner, u, v, columns, rows = grid
    points = corner + (np.arange(columns)[None, :, None] + 0.5) * u + (np.arange(rows)[:, None, None] + 0.5) * v
    places = points @ field.index_from_world[:3, :3].T + field.index_from_world[:3, 3] + 0.5
    size = np.array(field.shape[::-1])
    inside = ((places >= 0) & (places <= size)).all(axis=-1)
    for other in others:
        inside &= points @ np.asarray(other.normal) >= other.offset - 1e-6
    labels = classes.classes if classes is not None else np.zeros((1, 1, 1), np.uint8)
    values = np.zeros((rows, columns), np.float32)
    kinds = np.zeros((rows, columns), np.uint8)
    _look_up(field.values, labels, places.astype(np.float32), values, kinds)
    grey = grey_of(
        (field.low + (field.high - field.low) / 65535 * values).astype(np.float32), shade.windowing, shade.is_inverted
    )
    pixels = _tinted(grey, colors[kinds], shade.tint)
    is_open = ~inside | (colors[kinds, 3] < 0)
    ground = 255 if shade.is_inverted else 0
    pixels[..., 3] = np.where(is_open | reaching_border(is_open | (grey == ground)), 0, 255)
    corners = np.array([corner, corner + columns * u, corner + columns * u + rows * v, corner + rows * v])
    return Sheet(corners, pixels)


def _tinted(grey: NDArray[np.uint8], colors: NDArray[np.float32], tint: float) -> NDArray[np.uint8]:
    share = (np.clip(colors[..., 3:], 0, 1) * tint).astype(np.float32)
    pixels = np.empty((*grey.shape, 4), np.uint8)
    pixels[..., :3] = grey[..., None] * (1 - share) + colors[..., :3] * share + 0.5
    return pixels


def _rectangle(face: _Face, field: Field) -> tuple[Vector, Vector, Vector, int, int] | None:
    """A rectangle on a plane around its cut through the grid: corner, pixel steps, columns and rows; None beside it."""
    world = np.asarray(np.linalg.inv(field.index_from_world), np.float64)
    i, j, k = field.shape[::-1]
    corners = np.array([[x, y, z] for x in (-0.5, i - 0.5) for y in (-0.5, j - 0.5) for z in (-0.5, k - 0.5)])
    corners = corners @ world[:3, :3].T + world[:3, 3]
    normal = np.asarray(face.normal)
    heights = corners @ normal - face.offset
    crossings = [
        corners[a] + (corners[b] - corners[a]) * (heights[a] / (heights[a] - heights[b]))
        for a in range(8)
        for b in range(a + 1, 8)
        if bin(a ^ b).count("1") == 1 and (heights[a] < 0) != (heights[b] < 0)
    ]
    if len(crossings) < 3:
        return None
    u = _across(normal, world)
    v = np.cross(normal, u)
    across, along = np.asarray(crossings) @ u, np.asarray(crossings) @ v
    step = max(min(field.spacing_mm), float(np.ptp(across)) / MOST_PIXELS, float(np.ptp(along)) / MOST_PIXELS)
    corner = across.min() * u + along.min() * v + face.offset * normal
    columns, rows = (max(1, int(np.ceil(np.ptp(a) / step))) for a in (across, along))
    return corner, step * u, step * v, columns, rows


def _across(normal: Vector, world: NDArray[np.float64]) -> Vector:
    """A unit vector on the plane, along an axis of the grid where there is one."""
    axes = world[:3, :3].T / np.linalg.norm(world[:3, :3], axis=0)[:, None]
    axis = axes[int(np.argmin(abs(axes @ normal)))]
    u = axis - (axis @ normal) * normal
    return np.asarray(u / np.linalg.norm(u))


@compiled
def _look_up(values, classes, places, found, kinds):
    has_classes = classes.size > 1
    nk, nj, ni = values.shape
    flat, grid = values.reshape(-1), grid_of(ni, nj, nk)
    for row in range(found.shape[0]):
        for column in range(found.shape[1]):
            qi, qj, qk = places[row, column, 0], places[row, column, 1], places[row, column, 2]
            found[row, column] = value_at(flat, grid, qi, qj, qk)
            if has_classes:
                i, j, k = min(max(int(qi), 0), ni - 1), min(max(int(qj), 0), nj - 1), min(max(int(qk), 0), nk - 1)
                kinds[row, column] = classes[k, j, i]
