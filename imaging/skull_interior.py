"""The inside of the skull in CT: the largest room of soft tissue that has bone around it and above it.

Rooms are parted from each other by taking away all that is nearer than a centimetre to bone or air; so neither the
spinal canal nor the orbits nor the nose belong to the brain, though openings lead there. What was taken away at the
room's own edge is given back afterwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.volume import Volume

Mask = NDArray[np.bool_]
NODE_MM = 2.5
BONE_HU, TISSUE_HU = 160.0, (-20.0, 110.0)
OPENING_MM = 10.0  # radius: the spinal canal and the openings of the base are narrower
LEAST_ENCLOSED = 0.7  # of a room: with bone at the left, right, front, back and above
SMOOTH_NODES = 0.7


def skull_interior(volume: Volume) -> tuple[NDArray[np.float64], float]:
    """Points all over the inside of the skull ((n, 3) LPS mm; empty where there is none) and its volume in ml.

    Args:
        volume: Hounsfield units.
    """
    from scipy import ndimage

    geometry = volume.geometry
    sizes = np.array(geometry.spacing_mm)[::-1]
    steps = np.maximum(1, np.round(NODE_MM / sizes)).astype(int)
    values = volume.voxels[:: steps[0], :: steps[1], :: steps[2]].astype(np.float32)
    values = ndimage.gaussian_filter(values, SMOOTH_NODES)
    spacing = tuple((sizes * steps).tolist())
    tissue = (values > TISSUE_HU[0]) & (values < TISSUE_HU[1])
    room = _largest_enclosed(ndimage.distance_transform_edt(_bordered(tissue), spacing) > OPENING_MM, values, volume)
    if room is None:
        return np.empty((0, 3)), 0.0
    room = tissue & (ndimage.distance_transform_edt(~room, spacing) <= OPENING_MM + max(spacing))
    points = geometry.to_world((np.argwhere(room) * steps)[:, ::-1])
    return points, len(points) * float(np.prod(spacing)) / 1000


def _bordered(mask: Mask) -> Mask:
    """The image's ends at the sides are no tissue: a room that opens there is none."""
    made = mask.copy()
    made[:, [0, -1]] = made[:, :, [0, -1]] = False
    return made


def _largest_enclosed(core: Mask, values: NDArray[Any], volume: Volume) -> Mask | None:
    """The largest part with bone around and above most of it."""
    from scipy import ndimage

    labels, count = ndimage.label(core)
    if count == 0:
        return None
    enclosed = _enclosed(values > BONE_HU, volume)
    sizes = np.bincount(labels.ravel(), minlength=count + 1).astype(float)
    inside = np.bincount(labels[enclosed], minlength=count + 1)
    sizes[(inside < LEAST_ENCLOSED * sizes) | (np.arange(count + 1) == 0)] = 0
    best = int(sizes.argmax())
    return np.asarray(labels == best) if sizes[best] > 0 else None


def _enclosed(bone: Mask, volume: Volume) -> Mask:
    """Where there is bone towards the left, right, front, back and head, along the image's axes."""
    around = np.ones(bone.shape, np.bool_)
    for axis in range(3):
        direction = volume.geometry.affine[:3, 2 - axis]
        patient_axis = int(np.argmax(np.abs(direction)))
        before = np.maximum.accumulate(bone, axis)
        after = np.flip(np.maximum.accumulate(np.flip(bone, axis), axis), axis)
        if patient_axis == 2:  # only towards the head: below, the skull is open
            around &= after if direction[2] > 0 else before
        else:
            around &= before & after
    return around
