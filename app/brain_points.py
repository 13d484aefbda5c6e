"""Where the brain is in an image, for those who may not know how it is found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.volume import Quantity, Volume

MOST_VOXELS = 8 << 20


def brain_points(volume: Volume) -> tuple[NDArray[np.float64], float]:
    """Points all over the brain ((n, 3) LPS mm; empty where there is none) and its volume in ml.

    In CT the inside of the skull, see `imaging.skull_interior`; in MR see `render.cinematic.brain_region`, which knows
    T1-weighted images.
    """
    if volume.quantity is Quantity.HU:
        from imaging.skull_interior import skull_interior

        return skull_interior(volume)
    from render.cinematic.field_source import make_field
    from render.cinematic.inside_region import region_depths
    from session.look.inside import Region

    nothing = np.empty((0, 3))
    field = make_field(volume, MOST_VOXELS)
    found = None if field is None else region_depths(field, volume.quantity, Region.BRAIN)
    if field is None or found is None:
        return nothing, 0.0
    depths, factors = found
    if not np.isfinite(depths).all():
        return nothing, 0.0
    world_from_index = np.linalg.inv(field.index_from_world)
    nodes = np.argwhere(depths > 0) * factors + (factors - 1) / 2
    points = nodes[:, ::-1] @ world_from_index[:3, :3].T + world_from_index[:3, 3]
    node_mm3 = abs(float(np.linalg.det(world_from_index[:3, :3]))) * float(np.prod(factors))
    return points, len(points) * node_mm3 / 1000
