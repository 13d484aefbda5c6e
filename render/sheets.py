"""Flat pictures in space: the caps of cuts, and their way into a picture without OpenGL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.volume_camera import axes_of, projected
from session.presentation import VolumeCamera


@dataclass(frozen=True, eq=False)
class Sheet:
    """A rectangle with a picture on it, seen from both sides, unlit; compared by identity.

    Attributes:
        corners_mm: (4, 3) LPS: the first pixel's outer corner, then along the first row, the opposite one, the last.
        pixels: (rows, columns, 4) uint8; alpha 0 is nothing, everything else opaque.
    """

    corners_mm: NDArray[np.float64]
    pixels: NDArray[np.uint8]


def drawn_sheets(
    sheets: Iterable[Sheet],
    camera: VolumeCamera,
    size_px: tuple[int, int],
    frame_px: tuple[int, int] | None = None,
    corner_px: tuple[int, int] = (0, 0),
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Sheets as a camera sees them, each pixel the nearest texel.

    Args:
        sheets: what there is.
        camera: from where.
        size_px: width and height.
        frame_px, corner_px: for a tile: the whole picture's width and height, and the tile's first column and row.

    Returns:
        (height, width, 3) colours, black where there is nothing, and (height, width) float32 distances along the line
        of sight, infinite there.
    """
    width, height = size_px
    rgb = np.zeros((height, width, 3), np.uint8)
    depth = np.full((height, width), np.inf, np.float32)
    rays = _rays(camera, size_px, frame_px or size_px, corner_px)
    for sheet in sheets:
        part = _part(sheet, camera, size_px, frame_px or size_px, corner_px)
        _draw(sheet, rays[part], np.asarray(camera.position_mm), rgb[part], depth[part])
    return rgb, depth


def _part(
    sheet: Sheet, camera: VolumeCamera, size_px: tuple[int, int], frame_px: tuple[int, int], corner_px: tuple[int, int]
) -> tuple[slice, slice]:
    """Rows and columns outside of which a sheet is not seen; all of them when it reaches behind the camera."""
    found = projected(camera, sheet.corners_mm, frame_px)
    if found[:, 2].min() <= 0:
        return slice(None), slice(None)
    low = np.floor(found[:, :2].min(axis=0)).astype(int) - corner_px
    high = np.ceil(found[:, :2].max(axis=0)).astype(int) + 1 - corner_px
    left, top = np.clip(low, 0, size_px)
    right, bottom = np.clip(high, 0, size_px)
    return slice(top, max(top, bottom)), slice(left, max(left, right))


def _rays(
    camera: VolumeCamera, size_px: tuple[int, int], frame_px: tuple[int, int], corner_px: tuple[int, int]
) -> NDArray[np.float64]:
    """(height, width, 3) directions that advance one millimetre along the line of sight."""
    right, up, back = axes_of(camera)
    slope = np.tan(np.radians(camera.view_angle_deg) / 2)
    width, height = frame_px
    x = (2 * (np.arange(size_px[0]) + corner_px[0] + 0.5) / width - 1) * slope * width / height
    y = (1 - 2 * (np.arange(size_px[1]) + corner_px[1] + 0.5) / height) * slope
    return np.asarray(x[None, :, None] * right + y[:, None, None] * up - back)


def _draw(
    sheet: Sheet,
    rays: NDArray[np.float64],
    eye: NDArray[np.float64],
    rgb: NDArray[np.uint8],
    depth: NDArray[np.float32],
) -> None:
    first, along, _, down = sheet.corners_mm
    u, v = along - first, down - first
    normal = np.cross(u, v)
    slope = rays @ normal
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(slope != 0, ((first - eye) @ normal) / slope, np.inf)
    t[~(t > 0)] = np.inf
    is_near = np.isfinite(t) & (t < depth)
    offset = eye + rays[is_near] * t[is_near, None] - first
    rows, columns = sheet.pixels.shape[:2]
    column = np.floor(offset @ u / (u @ u) * columns).astype(int)
    row = np.floor(offset @ v / (v @ v) * rows).astype(int)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    texels = sheet.pixels[row.clip(0, rows - 1), column.clip(0, columns - 1)]
    seen = inside & (texels[:, 3] > 0)
    places = np.argwhere(is_near)[seen]
    rgb[places[:, 0], places[:, 1]] = texels[seen, :3]
    depth[places[:, 0], places[:, 1]] = t[is_near][seen]
