"""The point that is seen under the mouse: one ray through the classified volume, in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.cinematic.scene import CUT, ClassMap, Field
from render.cinematic.tables import ENTRIES, GRADIENT_ENTRIES, IS_CLIPPED, IS_GHOST, ClassTables
from session.look.cut import ClipPlane, Cut

HALF_OPAQUE = float(np.log(2.0))  # the optical depth behind which half of the light is left
FAINTEST = 0.02  # of all light on the ray: less is not seen
STEP = 0.5  # of the shortest spacing
MOST_SAMPLES = 8192

Floats = NDArray[np.float64]
Point = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class _Samples:
    """Along a ray: how far each lies (mm), its continuous index (n, 3), position, and the step between two."""

    at_mm: Floats
    index: Floats
    world: Floats
    step_mm: float


def first_visible(
    field: Field,
    classes: ClassMap | None,
    tables: ClassTables,
    cut: Cut,
    origin_mm: Point,
    direction: Point,
    most_mm: float = np.inf,
) -> Point | None:
    """Where a ray meets what is seen of the volume.

    That is the point before which half of the ray's light is taken away by what is no ghost. Where that much never is,
    half of what is taken away at all counts, ghosts included.

    Args:
        field, classes, tables: as they are drawn.
        cut: what is cut away of the classes that cuts apply to.
        origin_mm: where the ray starts (LPS).
        direction: of the ray, of any length but 0.
        most_mm: from the origin, where something opaque ends the ray.

    Returns:
        The point (LPS), or None when the ray meets next to nothing.
    """
    samples = _along(field, np.asarray(origin_mm, np.float64), np.asarray(direction, np.float64), most_mm)
    if samples is None:
        return None
    kinds = _classes_at(classes, samples.index)
    extinction = _extinction(field, tables, kinds, samples.index)
    kinds = np.where(kinds == CUT, 0, kinds)
    extinction[(tables.materials[kinds, IS_CLIPPED] > 0) & ~_is_kept(field, cut, samples)] = 0
    solid = np.where(tables.materials[kinds, IS_GHOST] > 0, 0, extinction)
    distance = _distance_of(solid, HALF_OPAQUE, samples)
    if distance is None:
        taken = 1 - float(np.exp(-extinction.sum() * samples.step_mm))
        if taken < FAINTEST:
            return None
        distance = _distance_of(extinction, -float(np.log1p(-taken / 2)), samples)
    if distance is None:
        return None
    at = (distance - samples.at_mm[0]) / samples.step_mm
    x, y, z = samples.world[0] + at * (samples.world[-1] - samples.world[0]) / max(len(samples.world) - 1, 1)
    return float(x), float(y), float(z)


def _along(field: Field, origin: Floats, direction: Floats, most_mm: float) -> _Samples | None:
    """Samples in the middles of equal steps through the grid; None when the ray passes it by."""
    direction = direction / np.linalg.norm(direction)
    start = field.index_from_world[:3, :3] @ origin + field.index_from_world[:3, 3]
    step = field.index_from_world[:3, :3] @ direction
    size = np.array(field.shape[::-1], np.float64)
    is_along = np.abs(step) > 1e-12
    if (~is_along & ((start < -0.5) | (start > size - 0.5))).any():
        return None
    ends = np.stack([(-0.5 - start[is_along]) / step[is_along], (size - 0.5 - start)[is_along] / step[is_along]])
    near, far = max(float(ends.min(axis=0).max()), 0.0), min(float(ends.max(axis=0).min()), most_mm)
    if not far > near:
        return None
    count = int(np.clip(np.ceil((far - near) / (STEP * min(field.spacing_mm))), 2, MOST_SAMPLES))
    step_mm = (far - near) / count
    at = np.asarray(near + (np.arange(count) + 0.5) * step_mm, np.float64)
    return _Samples(at, start + at[:, None] * step, origin + at[:, None] * direction, step_mm)


def _classes_at(classes: ClassMap | None, index: Floats) -> NDArray[np.intp]:
    """Of the nearest voxels."""
    if classes is None:
        return np.zeros(len(index), np.intp)
    size = np.array(classes.classes.shape[::-1])
    i, j, k = np.clip(np.floor(index + 0.5).astype(np.intp), 0, size - 1).T
    return np.asarray(classes.classes[k, j, i], np.intp)


def _extinction(field: Field, tables: ClassTables, kinds: NDArray[np.intp], index: Floats) -> Floats:
    """Per millimetre; 0 where it is cut away."""
    per_value = (ENTRIES - 1) / (tables.high - tables.low)
    entries = np.floor((_values_at(field, index) - tables.low) * per_value + 0.5)
    rows = np.where(kinds == CUT, 0, kinds)
    found = tables.table[rows, np.clip(entries, 0, ENTRIES - 1).astype(np.intp), 3].astype(np.float64)
    found[kinds == CUT] = 0
    if tables.gradient is not None:
        where = np.flatnonzero(found)
        magnitude = np.linalg.norm(_gradients_at(field, index[where]), axis=-1)
        entries = np.floor(magnitude / tables.gradient_high * (GRADIENT_ENTRIES - 1) + 0.5)
        found[where] *= tables.gradient[np.clip(entries, 0, GRADIENT_ENTRIES - 1).astype(np.intp)]
    return np.asarray(found)


def _values_at(field: Field, index: Floats) -> Floats:
    """Interpolated linearly; the outermost voxels go on beyond."""
    size = np.array(field.shape[::-1])
    inside = np.clip(index, 0, size - 1)
    low = np.minimum(inside.astype(np.intp), np.maximum(size - 2, 0))
    part = inside - low
    mixed = np.zeros(len(index))
    for corner in np.ndindex(2, 2, 2):
        i, j, k = np.minimum(low + corner, size - 1).T
        weight = np.prod(np.where(corner, part, 1 - part), axis=-1)
        mixed += weight * field.values[k, j, i]
    return field.low + (field.high - field.low) * mixed / 65535


def _gradients_at(field: Field, index: Floats) -> Floats:
    """(n, 3) in world space, per millimetre, by central differences of a voxel to both sides."""
    steps = np.eye(3)
    slopes = [(_values_at(field, index + step) - _values_at(field, index - step)) / 2 for step in steps]
    return np.stack(slopes, axis=-1) @ field.index_from_world[:3, :3]


def _is_kept(field: Field, cut: Cut, samples: _Samples) -> NDArray[np.bool_]:
    """Which samples no plane and no box cuts away."""
    size = np.array(field.shape[::-1])
    q = samples.index + 0.5
    low, high = (np.clip(edge, 0, 1) * size for edge in (cut.box.low, cut.box.high))
    kept = ((q >= low) & (q <= high)).all(axis=-1)
    for plane in cut.planes:
        kept &= _is_before(plane, samples.world)
    return np.asarray(kept)


def _is_before(plane: ClipPlane, world: Floats) -> NDArray[np.bool_]:
    return np.asarray((world - np.asarray(plane.point_mm)) @ np.asarray(plane.normal) >= 0)


def _distance_of(extinction: Floats, depth: float, samples: _Samples) -> float | None:
    """How far the ray goes (mm) until its optical depth is reached; None when it never is."""
    reached = np.cumsum(extinction) * samples.step_mm
    n = int(np.searchsorted(reached, depth))
    if n == len(reached):
        return None
    part = 1 - (reached[n] - depth) / (extinction[n] * samples.step_mm)
    return float(samples.at_mm[n] + (part - 0.5) * samples.step_mm)
