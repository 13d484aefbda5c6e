"""Lengths, angles and boxes in space: lines, balls at their ends, values, as sheets that face the camera.

They are as thick on the picture wherever they are, like lines on a slice, but they stand at their own depth: what lies
before them hides them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from imaging.measurement import Measurement, MeasurementKind, Point, as_point
from imaging.segment import Color
from imaging.volume import Volume
from render.sheets import Sheet
from render.volume_camera import axes_of
from session.measured import value_text
from session.presentation import VolumeCamera

Vector = NDArray[np.float64]
Corners = NDArray[np.float64]  # (4, 3)
Pixels = NDArray[np.uint8]

UNIT = 1 / 600  # of the picture's height, where nobody says otherwise: a logical pixel of a view of 600
LINE, BALL, LETTERS, GAP = 1.7, 5.0, 14.0, 6.0  # half a line, a ball's radius, letters, from line to value; in units
LIFT = 2.0  # units towards the camera, so that what is drawn on a slice or a surface is not lost in it
EDGE: Color = (14, 16, 19)
BALL_PX, LETTER_PX, FRAME_PX = 48, 28, 2  # sizes of the pictures, and of the frame around a value
DRAWN = (MeasurementKind.LENGTH, MeasurementKind.ANGLE, MeasurementKind.BOX)
DASHES = ((0.0, 0.2), (0.4, 0.6), (0.8, 1.0))  # of an edge of a box that waits for acceptance
BOX_EDGES = tuple((corner, corner | 1 << n) for corner in range(8) for n in range(3) if not corner >> n & 1)


@dataclass(frozen=True)
class Ruler:
    """A measured line through points, or the edges of a box.

    Attributes:
        points_mm: two or three LPS points, or a box's corners.
        color: of lines and letters.
        text: the value.
        edges: pairs of places among the points; empty for one line through them all, which has balls.
    """

    points_mm: tuple[Point, ...]
    color: Color
    text: str
    edges: tuple[tuple[int, int], ...] = ()


def rulers_of(measurements: Iterable[Measurement], hidden: frozenset[int], volume: Volume) -> tuple[Ruler, ...]:
    """The lengths, angles and boxes that are shown; regions belong to their slice and are not drawn in space.

    Boxes with a negative number wait for acceptance and are dashed.
    """
    shown = [m for m in measurements if m.kind in DRAWN and m.number not in hidden]
    return tuple(
        _box(m, f"{m.name} {value_text(m, volume, None)}")
        if m.kind is MeasurementKind.BOX
        else Ruler(m.points_mm, m.color, value_text(m, volume, None))
        for m in shown
    )


def _box(box: Measurement, text: str) -> Ruler:
    if box.number >= 0:
        return Ruler(box.corners_mm, box.color, text, BOX_EDGES)
    corners = np.asarray(box.corners_mm)
    ends = [
        as_point(corners[one] + share * (corners[other] - corners[one]))
        for one, other in BOX_EDGES
        for dash in DASHES
        for share in dash
    ]
    return Ruler(tuple(ends), box.color, text, tuple((n, n + 1) for n in range(0, len(ends), 2)))


def ruler_sheets(
    rulers: Iterable[Ruler], camera: VolumeCamera, unit: float = UNIT, walls: Iterable[Sheet] = ()
) -> tuple[Sheet, ...]:
    """Rulers as a camera sees them; what is behind the camera is left out.

    Args:
        rulers: what to draw.
        camera: towards it they are turned.
        unit: share of the picture's height that a line's thickness and so on are counted in.
        walls: slices and caps: a value behind one is hidden as a whole, and none is cut in two.
    """
    aim, planes = _Aim(camera, unit), list(walls)
    return tuple(sheet for ruler in rulers for sheet in _sheets(ruler, aim, planes))


class _Aim:
    """A camera's axes, and how large things look from it."""

    def __init__(self, camera: VolumeCamera, unit: float) -> None:
        self.eye = np.asarray(camera.position_mm, np.float64)
        self.right, self.up, self.back = (np.asarray(axis, np.float64) for axis in axes_of(camera))
        self._unit = 2 * np.tan(np.radians(camera.view_angle_deg) / 2) * unit

    def unit_mm(self, point: Vector) -> float:
        """Millimetres that look one unit long at a point; 0 or less behind the camera."""
        return float((self.eye - point) @ self.back * self._unit)

    def lifted(self, point: Vector, units: float) -> Vector:
        """A point moved towards the camera; it stays where it is on the picture."""
        way = self.eye - point
        return np.asarray(point + way / np.linalg.norm(way) * units * self.unit_mm(point))


def _sheets(ruler: Ruler, aim: _Aim, walls: list[Sheet]) -> list[Sheet]:
    points = [np.asarray(point, np.float64) for point in ruler.points_mm]
    if any(aim.unit_mm(point) <= 0 for point in points):
        return []
    ends = [(points[one], points[other]) for one, other in ruler.edges] or list(pairwise(points))
    lines = [_line(one, other, ruler.color, aim) for one, other in ends]
    balls = [] if ruler.edges else [_ball(point, ruler.color, aim) for point in points]
    value = _value(ruler, points, aim, walls)
    return [*(line for line in lines if line is not None), *balls, *([value] if value is not None else [])]


def _line(one: Vector, other: Vector, color: Color, aim: _Aim) -> Sheet | None:
    """A ribbon; None for a line without length, or looked at along itself."""
    one, other = aim.lifted(one, LIFT), aim.lifted(other, LIFT)
    middle = (one + other) / 2
    across = np.cross(other - one, aim.eye - middle)
    size = float(np.linalg.norm(across))
    if size < 1e-6 * float(np.linalg.norm(aim.eye - middle)):
        return None
    across = across / size * LINE * aim.unit_mm(middle)
    return Sheet(np.array([one - across, other - across, other + across, one + across]), _ribbon(color))


def _ball(point: Vector, color: Color, aim: _Aim) -> Sheet:
    return _facing(aim.lifted(point, LIFT + 1), BALL, BALL, _disc(color), aim)


def _value(ruler: Ruler, points: list[Vector], aim: _Aim, walls: list[Sheet]) -> Sheet | None:
    pixels = _plate(ruler.text, ruler.color)
    height = LETTERS * pixels.shape[0] / LETTER_PX / 2
    width = height * pixels.shape[1] / pixels.shape[0]
    if ruler.edges:
        points = _upper_edge(ruler, points, aim)
    at = points[1] if len(points) == 3 else (points[0] + points[1]) / 2
    way = _away(points, aim)
    reach = GAP + abs(float(way @ aim.right)) * width + abs(float(way @ aim.up)) * height
    lift = LIFT + width  # a slice or a surface through the ruler would cut its value in two
    made = _facing(aim.lifted(at + way * reach * aim.unit_mm(at), lift), width, height, pixels, aim)
    corners = _uncut(made.corners_mm, at, walls, aim)
    return Sheet(corners, pixels) if corners is not None else None


def _upper_edge(ruler: Ruler, points: list[Vector], aim: _Aim) -> list[Vector]:
    """The edge that is highest on the picture, the nearest of several: a box's value stands above it."""

    def height(edge: tuple[int, int]) -> tuple[float, float]:
        middle = (points[edge[0]] + points[edge[1]]) / 2
        unit = max(aim.unit_mm(middle), 1e-9)
        return round(float((middle - aim.eye) @ aim.up) / unit, 3), float((middle - aim.eye) @ aim.back)

    one, other = max(ruler.edges, key=height)
    return [points[one], points[other]]


def _uncut(corners: Corners, at: Vector, walls: list[Sheet], aim: _Aim) -> Corners | None:
    """A value moved along the line of sight until it lies wholly on that side of each wall where its ruler is.

    It stays where it is on the picture, and as large: a cut value would be taken for another one. None where a wall
    before the ruler hides a part of it.
    """
    gap = aim.unit_mm(at)
    for wall in walls:
        normal = np.cross(wall.corners_mm[1] - wall.corners_mm[0], wall.corners_mm[3] - wall.corners_mm[0])
        normal = np.asarray(normal / max(float(np.linalg.norm(normal)), 1e-12))
        eye = float((aim.eye - wall.corners_mm[0]) @ normal)
        normal, eye = (normal, eye) if eye >= 0 else (-normal, -eye)
        heights = (corners - wall.corners_mm[0]) @ normal
        if eye <= gap or heights.min() >= 0:
            continue
        if (at - wall.corners_mm[0]) @ normal >= -gap:
            corners = aim.eye + (corners - aim.eye) * float(np.min((eye - gap) / (eye - heights[heights < gap])))
            continue
        if heights.max() > 0:
            share = float(np.max((eye + gap) / np.maximum(eye - heights[heights > -gap], gap)))
            corners = aim.eye + (corners - aim.eye) * share
            heights = (corners - wall.corners_mm[0]) @ normal
        if _is_covered(aim.eye + (corners - aim.eye) * (eye / (eye - heights))[:, None], wall):
            return None
    return corners


def _is_covered(places: Corners, wall: Sheet) -> bool:
    """True when a rectangle on a wall's plane touches something of its picture."""
    rows, columns = wall.pixels.shape[:2]
    first, *_ = wall.corners_mm
    ranges = []
    for end, count in ((wall.corners_mm[3], rows), (wall.corners_mm[1], columns)):
        along = end - first
        at = (places - first) @ along / float(along @ along) * count
        low, high = (int(n) for n in np.clip([np.floor(at.min()), np.ceil(at.max())], 0, count))
        ranges.append(slice(low, high))
    return bool(wall.pixels[ranges[0], ranges[1], 3].any())


def _away(points: list[Vector], aim: _Aim) -> Vector:
    """The direction on the picture from a line, or from an angle's vertex, to its value."""
    if len(points) == 3:
        arms = [_flat(point - points[1], aim) for point in (points[0], points[2])]
        way = -(arms[0] + arms[1])
        return way / np.linalg.norm(way) if np.linalg.norm(way) > 0.1 else aim.up
    along = _flat(points[1] - points[0], aim)
    across = np.asarray(np.cross(along, aim.back))
    return across if across @ aim.up >= 0 else -across


def _flat(vector: Vector, aim: _Aim) -> Vector:
    """A direction as it looks on the picture, of length 1; to the right where it has none."""
    flat = vector - (vector @ aim.back) * aim.back
    size = float(np.linalg.norm(flat))
    return np.asarray(flat / size) if size > 1e-9 else aim.right


def _facing(center: Vector, width: float, height: float, pixels: Pixels, aim: _Aim) -> Sheet:
    """A sheet across the line of sight; ``width`` and ``height`` are half of its size in units."""
    right, up = aim.right * width * aim.unit_mm(center), aim.up * height * aim.unit_mm(center)
    corners = [center - right + up, center + right + up, center + right - up, center - right - up]
    return Sheet(np.array(corners), pixels)


@lru_cache(maxsize=64)
def _ribbon(color: Color) -> Pixels:
    """Five rows across a line: dark edges, so that it shows on anything."""
    rows = [EDGE, color, color, color, EDGE]
    return np.array([[(*row, 255)] * 2 for row in rows], np.uint8)


@lru_cache(maxsize=64)
def _disc(color: Color) -> Pixels:
    """A ball with a dark rim; nothing around it."""
    place = (np.arange(BALL_PX) + 0.5) / BALL_PX * 2 - 1
    far = np.hypot(place[:, None], place[None])
    light = np.clip(1.08 - 0.5 * np.hypot(place[:, None] + 0.3, place[None] + 0.25) ** 2, 0, 1)
    rgb = np.where((far < 0.8)[..., None], light[..., None] * color, np.array(EDGE))
    return np.dstack([rgb, np.where(far <= 1.0, 255, 0)]).astype(np.uint8)


@lru_cache(maxsize=256)
def _plate(text: str, color: Color) -> Pixels:
    """A text on a dark plate in a frame: where something hides a part of it, nobody takes the rest for the value."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(LETTER_PX)
    left, _, right, _ = font.getbbox(text)
    size = (int(right - left) + LETTER_PX, round(1.5 * LETTER_PX))
    image = Image.new("RGBA", size, (*EDGE, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), LETTER_PX // 3, (*EDGE, 255), (*color, 255), FRAME_PX)
    draw.text((size[0] / 2, size[1] / 2), text, (*color, 255), font, "mm")
    return np.array(image)
