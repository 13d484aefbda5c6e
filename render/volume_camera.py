"""Cameras of the 3D view: fitting, standard views, turning, moving, zooming. Numbers only, no VTK."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from render.slice_geometry import direction_letters
from session.presentation import VolumeCamera

Vector = NDArray[np.float64]

DEG_PER_VIEW = 200.0  # a drag across the whole view turns so far
MARGIN = 1.06  # room around what is fitted


class StandardView(StrEnum):
    """Where the camera stands."""

    ANTERIOR = "anterior"
    POSTERIOR = "posterior"
    LEFT = "left"
    RIGHT = "right"
    SUPERIOR = "superior"
    INFERIOR = "inferior"
    CORNER = "corner"  # from the front, somewhat from the patient's left and from above


_STANDING = {  # from where, and what is up, in LPS
    StandardView.ANTERIOR: ((0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
    StandardView.POSTERIOR: ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    StandardView.LEFT: ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    StandardView.RIGHT: ((-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    StandardView.SUPERIOR: ((0.0, 0.0, 1.0), (0.0, -1.0, 0.0)),
    StandardView.INFERIOR: ((0.0, 0.0, -1.0), (0.0, -1.0, 0.0)),
    StandardView.CORNER: ((0.5, -1.0, 0.4), (0.0, 0.0, 1.0)),
}


def axes_of(camera: VolumeCamera) -> tuple[Vector, Vector, Vector]:
    """Unit vectors to the right, up and towards the viewer, in LPS."""
    back = _unit(np.subtract(camera.position_mm, camera.focal_point_mm))
    right = _unit(np.cross(camera.view_up, back))
    return right, np.cross(back, right), back


def fitted(
    points_mm: ArrayLike, aspect: float, view: StandardView = StandardView.ANTERIOR, view_angle_deg: float = 30.0
) -> VolumeCamera:
    """The camera that sees all points from a standard direction, with a little room around them.

    Args:
        points_mm: (n, 3) LPS; the corners of a box are enough.
        aspect: width of the view over its height.
        view: where the camera stands.
        view_angle_deg: the opening angle from the lower to the upper edge.
    """
    points = np.asarray(points_mm, np.float64).reshape(-1, 3)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    towards, up = _STANDING[view]
    camera = VolumeCamera(_triple(middle + np.asarray(towards)), _triple(middle), up, view_angle_deg)
    right, above, back = axes_of(camera)
    offset = (points - middle) * MARGIN
    slope = np.tan(np.radians(view_angle_deg) / 2)
    needed = np.maximum(np.abs(offset @ above), np.abs(offset @ right) / aspect) / slope + offset @ back
    distance = max(float(needed.max()), 1.0)
    return VolumeCamera(_triple(middle + back * distance), _triple(middle), up, view_angle_deg)


def turned(camera: VolumeCamera, right_px: float, down_px: float, height_px: float) -> VolumeCamera:
    """Turn about the focal point as if the object were a ball under the hand."""
    right, up, _ = axes_of(camera)
    yaw = np.radians(-DEG_PER_VIEW * right_px / height_px)
    pitch = np.radians(-DEG_PER_VIEW * down_px / height_px)
    rotation = _rotation(up, yaw) @ _rotation(right, pitch)
    focal = np.asarray(camera.focal_point_mm)
    position = focal + rotation @ (np.asarray(camera.position_mm) - focal)
    return VolumeCamera(_triple(position), camera.focal_point_mm, _triple(_unit(rotation @ up)), camera.view_angle_deg)


def panned(camera: VolumeCamera, right_px: float, down_px: float, height_px: float) -> VolumeCamera:
    """Move sideways so that what lies at the focal point follows the hand."""
    right, up, _ = axes_of(camera)
    offset = (down_px * up - right_px * right) * mm_per_px(camera, height_px)
    return VolumeCamera(
        _triple(np.asarray(camera.position_mm) + offset),
        _triple(np.asarray(camera.focal_point_mm) + offset),
        camera.view_up,
        camera.view_angle_deg,
    )


def zoomed(camera: VolumeCamera, factor: float) -> VolumeCamera:
    """Come nearer (factor above 1) or go away."""
    focal = np.asarray(camera.focal_point_mm)
    offset = (np.asarray(camera.position_mm) - focal) / factor
    if not 1.0 < np.linalg.norm(offset) < 1e5:
        return camera
    return VolumeCamera(_triple(focal + offset), camera.focal_point_mm, camera.view_up, camera.view_angle_deg)


def mm_per_px(camera: VolumeCamera, height_px: float) -> float:
    """How much of the plane through the focal point one pixel covers."""
    distance = float(np.linalg.norm(np.subtract(camera.position_mm, camera.focal_point_mm)))
    return 2 * distance * float(np.tan(np.radians(camera.view_angle_deg) / 2)) / height_px


def point_under(
    camera: VolumeCamera, x_px: float, y_px: float, size_px: tuple[int, int], depth_mm: float
) -> tuple[float, float, float]:
    """The LPS point seen at a pixel.

    Args:
        x_px, y_px: from the view's upper left corner.
        size_px: the view's width and height.
        depth_mm: distance from the camera along its line of sight (not along the ray).
    """
    right, up, back = axes_of(camera)
    width, height = size_px
    slope = np.tan(np.radians(camera.view_angle_deg) / 2) * 2 / height
    across, down = (x_px - width / 2) * slope, (y_px - height / 2) * slope
    return _triple(np.asarray(camera.position_mm) + depth_mm * (across * right - down * up - back))


def ray_through(camera: VolumeCamera, x_px: float, y_px: float, size_px: tuple[int, int]) -> tuple[float, float, float]:
    """The unit vector (LPS) from the camera through a pixel; arguments as in ``point_under``."""
    offset = np.subtract(point_under(camera, x_px, y_px, size_px, 1.0), camera.position_mm)
    return _triple(_unit(offset))


def depth_of(camera: VolumeCamera, direction: ArrayLike) -> float:
    """How far a millimetre along a direction goes along the line of sight."""
    return float(-np.asarray(direction, np.float64) @ axes_of(camera)[2])


def projected(camera: VolumeCamera, points_mm: ArrayLike, size_px: tuple[float, float]) -> NDArray[np.float64]:
    """Where points are seen.

    Args:
        camera: from where.
        points_mm: (..., 3) LPS.
        size_px: the view's width and height.

    Returns:
        (..., 3): x and y in pixels from the upper left corner, and the distance along the line of sight; what is not
        before the camera (distance 0 or less) has no meaningful x and y.
    """
    right, up, back = axes_of(camera)
    offset = np.asarray(points_mm, np.float64) - np.asarray(camera.position_mm)
    depth = -(offset @ back)
    width, height = size_px
    per_px = np.where(depth != 0, depth, 1e-9) * np.tan(np.radians(camera.view_angle_deg) / 2) * 2 / height
    x, y = width / 2 + offset @ right / per_px, height / 2 - offset @ up / per_px
    return np.stack([x, y, depth], axis=-1)


def letters_of(camera: VolumeCamera) -> tuple[str, str, str, str]:
    """Which side of the patient lies at the left, right, top and bottom edge of the picture."""
    right, up, _ = axes_of(camera)
    return direction_letters(-right), direction_letters(right), direction_letters(up), direction_letters(-up)


def _rotation(axis: Vector, angle_rad: float) -> Vector:
    """Rodrigues' rotation matrix about a unit vector."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * cross @ cross)


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector))


def _triple(vector: Vector) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in vector)
    return x, y, z
