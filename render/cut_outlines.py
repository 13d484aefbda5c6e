"""Outlines of clip planes and the crop box in an image, for handles in the 3D view. Numbers only."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from session.look.cut import ClipPlane, CropBox

Points = NDArray[np.float64]

EDGES = tuple((a, b) for a, b in combinations(range(8), 2) if bin(a ^ b).count("1") == 1)


def box_corners_mm(geometry: Geometry, box: CropBox) -> Points:
    """(8, 3) LPS corners of a crop box; bits 4, 2 and 1 of a corner's number say which end of i, j and k it is."""
    size = np.array(geometry.shape[::-1], np.float64)
    ends = np.array([box.low, box.high]).clip(0, 1) * size - 0.5
    indices = [[ends[n >> 2 & 1, 0], ends[n >> 1 & 1, 1], ends[n & 1, 2]] for n in range(8)]
    return np.asarray(geometry.to_world(indices))


def face_centers_mm(corners: Points) -> Points:
    """(3, 2, 3): the middle of the low and the high face along i, j and k."""
    ends = [[[n for n in range(8) if (n >> (2 - axis) & 1) == end] for end in (0, 1)] for axis in range(3)]
    return np.array([[corners[chosen].mean(axis=0) for chosen in pair] for pair in ends])


def plane_outline_mm(geometry: Geometry, plane: ClipPlane) -> Points:
    """(n, 3) LPS corners of a plane's cut through the image, in order around it; none when it passes beside it."""
    corners = box_corners_mm(geometry, CropBox())
    normal = np.asarray(plane.normal) / np.linalg.norm(plane.normal)
    heights = (corners - np.asarray(plane.point_mm)) @ normal
    crossings = [
        corners[a] + (corners[b] - corners[a]) * (heights[a] / (heights[a] - heights[b]))
        for a, b in EDGES
        if (heights[a] < 0) != (heights[b] < 0)
    ]
    if len(crossings) < 3:
        return np.zeros((0, 3))
    points = np.asarray(crossings)
    middle = points.mean(axis=0)
    u = np.cross(normal, [0.0, 0.0, 1.0] if abs(normal[2]) < 0.9 else [1.0, 0.0, 0.0])
    v = np.cross(normal, u)
    angles = np.arctan2((points - middle) @ v, (points - middle) @ u)
    return np.asarray(points[np.argsort(angles)])
