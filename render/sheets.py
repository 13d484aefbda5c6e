"""Flat pictures in space: the caps of cuts, and their way into a picture without OpenGL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.volume_camera import axes_of
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
    sheets: Iterable[Sheet], camera: VolumeCamera, size_px: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Sheets as a camera sees them, each pixel the nearest texel.

    Returns:
        (height, width, 3) colours, black where there is nothing, and (height, width) float32 distances along the line
        of sight, infinite there.
    """
    width, height = size_px
    rgb = np.zeros((height, width, 3), np.uint8)
    depth = np.full((height, width), np.inf, np.float32)
    rays, eye, forward = _rays(camera, width, height)
    for sheet in sheets:
        _draw(sheet, rays, eye, forward, rgb, depth)
    return rgb, depth


def _rays(
    camera: VolumeCamera, width: int, height: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(height, width, 3) directions that advance one millimetre along the line of sight; the eye; the line of sight."""
    right, up, back = axes_of(camera)
    slope = np.tan(np.radians(camera.view_angle_deg) / 2)
    x = (2 * (np.arange(width) + 0.5) / width - 1) * slope * width / height
    y = (1 - 2 * (np.arange(height) + 0.5) / height) * slope
    rays = x[None, :, None] * right + y[:, None, None] * up - back
    return rays, np.asarray(camera.position_mm), -back


def _draw(
    sheet: Sheet,
    rays: NDArray[np.float64],
    eye: NDArray[np.float64],
    forward: NDArray[np.float64],
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
