"""Is a triangle mesh closed, and does it enclose something? Looked at as it is; nothing is repaired.

Corners are compared by their places, as readers of STL do, which has no numbers for corners: two surfaces that meet in
an edge do not pass, even where each has corners of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.surfaces import Surface


@dataclass(frozen=True)
class MeshCheck:
    """What a look at a mesh found.

    Attributes:
        open_edges: edges that only one triangle has.
        crowded_edges: edges that more than two triangles share, such as where two voxels touch along an edge.
        twisted_edges: edges of two triangles that run the same way in both: one of them faces inwards.
        flat_triangles: triangles that use a corner twice or have no area.
        euler_characteristic: corners - edges + triangles; 2 for each closed body without holes through it.
        volume_ml: the enclosed volume, negative when the mesh is inside out.
    """

    open_edges: int
    crowded_edges: int
    twisted_edges: int
    flat_triangles: int
    euler_characteristic: int
    volume_ml: float

    @property
    def is_watertight(self) -> bool:
        """True when each edge joins two triangles that agree about the outside, and the mesh encloses a volume."""
        return self.volume_ml > 0 and not (
            self.open_edges or self.crowded_edges or self.twisted_edges or self.flat_triangles
        )

    @property
    def defects(self) -> str:
        """What stands in the way of being watertight, empty when nothing does."""
        counts = (
            (self.open_edges, "open edges"),
            (self.crowded_edges, "edges with more than two triangles"),
            (self.twisted_edges, "edges between triangles that face opposite ways"),
            (self.flat_triangles, "triangles without area"),
        )
        found = [f"{count} {what}" for count, what in counts if count]
        return ", ".join(found if self.volume_ml > 0 else [*found, "no enclosed volume"])


def check_mesh(surface: Surface) -> MeshCheck:
    """Count what keeps a mesh from being printable."""
    triangles = _numbers_by_place(surface.points_mm)[surface.triangles]
    a, b, c = (surface.points_mm[surface.triangles[:, n]].astype(np.float64) for n in range(3))
    doubled = (np.diff(np.sort(triangles, axis=1), axis=1) == 0).any(axis=1)
    flat = doubled | (np.linalg.norm(np.cross(b - a, c - a), axis=1) == 0)
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    low, high = ends.min(axis=1), ends.max(axis=1)
    _, edge, uses = np.unique(low * (len(surface.points_mm) + 1) + high, return_inverse=True, return_counts=True)
    forward = np.bincount(edge.ravel(), ends[:, 0] == low, len(uses))
    return MeshCheck(
        open_edges=int((uses == 1).sum()),
        crowded_edges=int((uses > 2).sum()),
        twisted_edges=int(((uses == 2) & (forward != 1)).sum()),
        flat_triangles=int(flat.sum()),
        euler_characteristic=len(np.unique(triangles)) - len(uses) + len(triangles),
        volume_ml=surface.volume_ml,
    )


def _numbers_by_place(points: NDArray[np.float32]) -> NDArray[np.int64]:
    """For each point a number that all points at exactly this place share."""
    order = np.lexsort(points.T)
    changes = (np.diff(points[order], axis=0) != 0).any(axis=1)
    numbers = np.empty(len(points), np.int64)
    numbers[order] = np.concatenate([[0], np.cumsum(changes)])
    return numbers
