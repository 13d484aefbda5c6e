"""Handles of the crop box and the clip planes in the 3D view: seen, hit and dragged."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QPainter, QPen, QPolygonF

from imaging.geometry import Geometry
from render.cut_outlines import EDGES, box_corners_mm, face_centers_mm, plane_outline_mm
from render.volume_camera import axes_of, mm_per_px, projected
from session.look.cut import ClipPlane, CropBox, Cut
from session.presentation import VolumeCamera
from widgets import theme

HIT_PX = 11
RADIUS_PX = 5.5
ARROW_PX = 46
SHORTEST_PX = 24  # on the screen: an arrow that points at the viewer would hide the handle it stands on
THINNEST = 0.02  # of the image: the least that a crop box keeps
DEG_PER_PX = 0.5
TOKEN = "three_d"

Size = tuple[float, float]
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Handle:
    """Something to drag.

    Attributes:
        kind: ``face`` of the crop box, ``plane`` along its normal, or its ``normal``.
        number: of the face (2 * axis + end) or of the plane.
        at_mm: where it stands (LPS).
        along: the unit vector (LPS) along which it is dragged; for a normal the normal itself.
    """

    kind: str
    number: int
    at_mm: Point
    along: Point


def handles(cut: Cut, geometry: Geometry) -> list[Handle]:
    """All handles of the cuts; none for a crop box that cuts nothing."""
    found = []
    if not cut.box.is_whole:
        centers = face_centers_mm(box_corners_mm(geometry, cut.box))
        for axis in range(3):
            along = _unit(centers[axis, 1] - centers[axis, 0])
            found += [Handle("face", 2 * axis + end, _triple(centers[axis, end]), along) for end in (0, 1)]
    for n, plane in enumerate(cut.planes):
        outline = plane_outline_mm(geometry, plane)
        if len(outline):
            at, normal = _triple(outline.mean(axis=0)), _unit(np.asarray(plane.normal))
            found += [Handle("plane", n, at, normal), Handle("normal", n, at, normal)]
    return found


def handle_at(shown: list[Handle], position: QPointF, camera: VolumeCamera, size: Size) -> Handle | None:
    """The nearest handle under the pointer."""
    best, least = None, float(HIT_PX)
    for handle in shown:
        place = _place(handle, camera, size)
        if place is None:
            continue
        distance = float(np.hypot(place.x() - position.x(), place.y() - position.y()))
        if distance <= least:
            best, least = handle, distance
    return best


def dragged(cut: Cut, handle: Handle, by: QPointF, geometry: Geometry, camera: VolumeCamera, size: Size) -> Cut:
    """The cuts after a handle was moved from where it stood.

    Args:
        cut: as it was when the drag began.
        handle: of these cuts.
        by: pixels from there.
        geometry: of the image.
        camera, size: of the view; its width and height.
    """
    if handle.kind == "normal":
        return _turned(cut, handle, by, camera)
    moved = _along_mm(handle, by, camera, size)
    if handle.kind == "plane":
        plane = cut.planes[handle.number]
        point = np.asarray(plane.point_mm) + moved * np.asarray(handle.along)
        return _with_plane(cut, handle.number, replace(plane, point_mm=_triple(point)))
    return replace(cut, box=_moved_face(cut.box, handle, moved, geometry))


def paint(
    painter: QPainter, cut: Cut, geometry: Geometry, camera: VolumeCamera, size: Size, hovered: Handle | None
) -> None:
    """Draw outlines and handles over the picture."""
    color = theme.current().color(TOKEN)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    faint = theme.current().color(TOKEN, 0.55)
    painter.setPen(QPen(faint, 1.2))
    if not cut.box.is_whole:
        corners = projected(camera, box_corners_mm(geometry, cut.box), size)
        if (corners[:, 2] > 0).all():
            for a, b in EDGES:
                painter.drawLine(QPointF(*corners[a, :2]), QPointF(*corners[b, :2]))
    for plane in cut.planes:
        outline = projected(camera, plane_outline_mm(geometry, plane), size)
        if len(outline) and (outline[:, 2] > 0).all():
            painter.drawPolygon(QPolygonF([QPointF(*point[:2]) for point in outline]))
    for handle in handles(cut, geometry):
        place, root = _place(handle, camera, size), _root(handle, camera, size)
        if place is None or root is None:
            continue
        if handle.kind == "normal":
            painter.setPen(QPen(color, 1.6))
            painter.drawLine(root, place)
        is_hovered = hovered is not None and (hovered.kind, hovered.number) == (handle.kind, handle.number)
        painter.setPen(QPen(color if handle.kind == "normal" else theme.current().color("on_view"), 1.8))
        ring = handle.kind == "normal" and not is_hovered  # turns; a full disc moves
        fill = theme.current().color("view") if ring else theme.current().color("accent") if is_hovered else color
        painter.setBrush(QBrush(fill))
        radius = RADIUS_PX * (1.35 if is_hovered else 1.0) * (0.8 if handle.kind == "normal" else 1.0)
        painter.drawEllipse(place, radius, radius)
        painter.setBrush(QBrush())
    painter.restore()


def _root(handle: Handle, camera: VolumeCamera, size: Size) -> QPointF | None:
    x, y, depth = projected(camera, handle.at_mm, size)
    return QPointF(float(x), float(y)) if depth > 0 else None


def _place(handle: Handle, camera: VolumeCamera, size: Size) -> QPointF | None:
    """Where a handle is drawn: a normal's at the end of an arrow of nearly fixed length, never on its root."""
    root = _root(handle, camera, size)
    if root is None or handle.kind != "normal":
        return root
    length = ARROW_PX * mm_per_px(camera, size[1])
    x, y, depth = projected(camera, np.asarray(handle.at_mm) + length * np.asarray(handle.along), size)
    if depth <= 0:
        return None
    arrow = QPointF(float(x), float(y)) - root
    long = float(np.hypot(arrow.x(), arrow.y()))
    if long >= SHORTEST_PX:
        return root + arrow
    return root + (arrow * (SHORTEST_PX / long) if long > 1 else QPointF(0, -SHORTEST_PX))


def _along_mm(handle: Handle, by: QPointF, camera: VolumeCamera, size: Size) -> float:
    """How far a drag moves a handle along its line; where the line points at the viewer, upwards is away from him."""
    at = np.asarray(handle.at_mm)
    step = mm_per_px(camera, size[1])
    ends = projected(camera, [at, at + step * np.asarray(handle.along)], size)
    on_screen = ends[1, :2] - ends[0, :2]
    length = float(np.hypot(*on_screen))
    if length < 0.15:
        towards = float(np.asarray(handle.along) @ axes_of(camera)[2])
        return float(by.y() * step * np.sign(towards or 1.0))
    return float((on_screen @ [by.x(), by.y()]) / length**2 * step)


def _moved_face(box: CropBox, handle: Handle, moved_mm: float, geometry: Geometry) -> CropBox:
    axis, end = divmod(handle.number, 2)
    extent = geometry.shape[::-1][axis] * geometry.spacing_mm[axis]
    low, high = list(box.low), list(box.high)
    if end == 0:
        low[axis] = float(np.clip(low[axis] + moved_mm / extent, 0.0, high[axis] - THINNEST))
    else:
        high[axis] = float(np.clip(high[axis] + moved_mm / extent, low[axis] + THINNEST, 1.0))
    return CropBox((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def _turned(cut: Cut, handle: Handle, by: QPointF, camera: VolumeCamera) -> Cut:
    """The plane turned about the handle's root as if its arrow were pushed."""
    right, up, _ = axes_of(camera)
    push = by.x() * right - by.y() * up
    angle = np.radians(DEG_PER_PX * np.hypot(by.x(), by.y()))
    if angle == 0:
        return cut
    normal = np.asarray(handle.along)
    push = push / np.linalg.norm(push)
    sideways = push - (push @ normal) * normal
    length = float(np.linalg.norm(sideways))
    if length < 1e-6:
        return cut
    turned = np.cos(angle) * normal + np.sin(angle) * sideways / length
    plane = ClipPlane(handle.at_mm, _unit(turned))
    return _with_plane(cut, handle.number, plane)


def _with_plane(cut: Cut, number: int, plane: ClipPlane) -> Cut:
    planes = tuple(plane if n == number else other for n, other in enumerate(cut.planes))
    return replace(cut, planes=planes)


def _unit(vector: NDArray[np.float64]) -> Point:
    return _triple(vector / max(float(np.linalg.norm(vector)), 1e-12))


def _triple(vector: NDArray[np.float64]) -> Point:
    x, y, z = (float(v) for v in vector)
    return x, y, z
