"""Where a face is, seen from the brain: what lies in front of it and below its front.

After N. Schimke and J. Hale, "Quickshear defacing for neuroimages" (HealthSec 2011), who cut off with one plane what
lies on the face's side of the brain's hull. Here several planes are laid against the brain, from almost upright to
steeply sloping, and what is beyond any of them goes: forehead and nose, orbits, mouth and chin, and the front of the
neck. Nothing nearer to the brain than the margin is touched, whatever the head's shape; ears and the back stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry

Points = NDArray[np.float64]
MARGIN_MM = 10.0  # between brain and planes: the brain is known to a few millimetres only
TILTS_DEG = (15.0, 25.0, 35.0, 45.0, 55.0, 62.0)  # of the planes' normals below straight ahead


@dataclass(frozen=True, eq=False)
class FacePlanes:
    """What is beyond any of some planes.

    Attributes:
        normals: (n, 3) of length 1, pointing to the face, LPS.
        offsets_mm: (n,) a point p is beyond plane n where ``normals[n] @ p > offsets_mm[n]``.
    """

    normals: Points
    offsets_mm: NDArray[np.float64]

    def mask(self, geometry: Geometry, k: int) -> NDArray[Any]:
        """(j, i) booleans of slice k: True in what goes."""
        _, rows, columns = geometry.shape
        origin, right, down = geometry.to_world([(0, 0, k), (1, 0, k), (0, 1, k)])
        i, j = np.arange(columns)[None, :], np.arange(rows)[:, None]
        found = np.zeros((rows, columns), np.bool_)
        for normal, offset in zip(self.normals, self.offsets_mm, strict=True):
            along = float(normal @ origin) + i * float(normal @ (right - origin)) + j * float(normal @ (down - origin))
            found |= along > offset
        return found


def face_planes(brain_mm: Points, margin_mm: float = MARGIN_MM) -> FacePlanes:
    """Planes that touch a brain, at a distance, on the face's side.

    Args:
        brain_mm: (n, 3) points in the brain, LPS mm, all over it.
    """
    tilts = np.deg2rad(TILTS_DEG)
    normals = np.stack([np.zeros_like(tilts), -np.cos(tilts), -np.sin(tilts)], axis=-1)  # to the front, and down
    return FacePlanes(normals, (brain_mm @ normals.T).max(axis=0) + margin_mm)
