"""Shapes that others drew, in DICOM's words (PS3.3 C.10.5, C.18.6, C.18.9), as measurements of ours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.measurement import Measurement, MeasurementKind, Point, as_point
from imaging.objects.source_series import ObjectSource

Points = NDArray[np.float64]
_SQUARE = 1e-3  # cosine between axes that still counts as a right angle
_SAME_MM = 0.01


def slice_of(source: ObjectSource, sop_instance_uid: str, frame_number: int | None) -> int | None:
    """The slice that is the image on which something was drawn; None when it is not at hand."""
    for k, image in enumerate(source.images):
        if image.sop_instance_uid == sop_instance_uid and image.frame_number in (frame_number, None):
            return k
    return None


def pixels_in_space(points: Points, source: ObjectSource, k: int) -> Points:
    """Columns and rows (n, 2) of a slice, in which the first pixel's centre is 0.5 0.5, as LPS millimetres (n, 3)."""
    return source.geometry.to_world(np.column_stack([points - 0.5, np.full(len(points), float(k))]))


def normal_of(source: ObjectSource) -> Point:
    """Unit vector across the slices' planes."""
    across = np.cross(source.geometry.direction[:, 0], source.geometry.direction[:, 1])
    return as_point(across / np.linalg.norm(across))


def measurement_of(shape: str, points: Points, name: str, normal: Point | None = None) -> Measurement | str:
    """A shape as a measurement with number 1, or a sentence that says why it is none.

    Args:
        shape: Graphic Type.
        points: (n, 3) LPS millimetres.
        name: what people call it; empty for the kind's own name.
        normal: across the image on which it was drawn; from the points where there is none.
    """
    count = len(points)
    if shape in ("POLYLINE", "MULTIPOINT") and count == 2:
        return _made(MeasurementKind.LENGTH, points, name, normal)
    if shape == "POLYLINE" and count == 3:
        return _made(MeasurementKind.ANGLE, points, name, normal)
    if shape == "ELLIPSE" and count == 4:
        return _ellipse(points, name, normal)
    if shape == "CIRCLE" and count == 2 and normal is not None:
        half = points[1] - points[0]
        rim = np.array([points[0], points[0] + half, points[0] + np.cross(normal, half)])
        return _made(MeasurementKind.ELLIPSE, rim, name, normal)
    if shape == "MULTIPOINT" and count == 8:
        return _box(points, name)
    return f"Limner has no measurement like a {shape.lower() or 'shape'} of {count} points."


def _made(kind: MeasurementKind, points: Points, name: str, normal: Point | None = None) -> Measurement:
    title = name or kind.value.title()
    return Measurement(1, kind, tuple(map(as_point, points)), normal or _across(points), title)


def _across(points: Points) -> Point:
    """Normal of the points' plane; of two points, or of points on a line, of the plane nearest to an axial one."""
    edges = points[1:] - points[0]
    across = np.cross(edges[0], edges[-1])
    if float(np.linalg.norm(across)) < 1e-6:
        along = edges[0] / max(float(np.linalg.norm(edges[0])), 1e-9)
        across = np.array([0.0, 0.0, 1.0]) - along[2] * along
    length = float(np.linalg.norm(across))
    return as_point(across / length) if length > 1e-6 else (1.0, 0.0, 0.0)


def _ellipse(points: Points, name: str, normal: Point | None) -> Measurement | str:
    """From the ends of both axes."""
    center, one, other = points.mean(axis=0), points[1] - points[0], points[3] - points[2]
    lengths = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    if min(lengths) < 1e-6 or abs(float(one @ other)) > _SQUARE * lengths[0] * lengths[1]:
        return "The axes of an ellipse are not at right angles."
    return _made(MeasurementKind.ELLIPSE, np.array([center, center + one / 2, center + other / 2]), name, normal)


def _box(points: Points, name: str) -> Measurement | str:
    """From eight corners in the order of ``Measurement.corners_mm``; other sets of eight points are no box."""
    edges = points[[1, 2, 4]] - points[0]
    corners = [points[0] + sum(edges[n] for n in range(3) if place >> n & 1) for place in range(8)]
    length = float(np.linalg.norm(edges[2]))
    if length < 1e-6 or not np.allclose(points, corners, atol=_SAME_MM):
        return "Eight points are no box."
    return _made(MeasurementKind.BOX, points[[0, 1, 2, 4]], name, as_point(edges[2] / length))
