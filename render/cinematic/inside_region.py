"""Hides what lies outside the body or the brain: its voxels get the class of what is cut away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.volume import Quantity
from render.cinematic.body_region import depth_in_body
from render.cinematic.brain_region import depth_in_brain
from render.cinematic.coarse_values import CoarseValues, coarse_values
from render.cinematic.cutaway import cut_where_deep
from render.cinematic.scene import ClassMap, ClassRecord, Field
from render.cinematic.slabs import IsWanted, always
from session.look.inside import Region
from session.look.look import Look

MOST_NODES = {Region.BODY: 500_000, Region.BRAIN: 500_000}
TISSUE_HU = (0.0, 80.0)  # of a brain in CT; bone is no brighter than air then


def region_depths(
    field: Field, quantity: Quantity, region: Region, is_wanted: IsWanted = always
) -> tuple[NDArray[np.float32], NDArray[np.int64]] | None:
    """How deep in a region the nodes of a coarse grid lie, in mm, and the voxels between them along k, j, i.

    Returns:
        None when it was called off.
    """
    coarse = coarse_values(field, MOST_NODES[region], is_wanted)
    if coarse is None:
        return None
    if region is Region.BODY:
        return depth_in_body(coarse, quantity), coarse.factors
    depths = depth_in_brain(_only_tissue(coarse) if quantity is Quantity.HU else coarse, is_wanted)
    return None if depths is None else (depths, coarse.factors)


def limited(
    classes: ClassMap | None,
    field: Field,
    records: tuple[ClassRecord, ...],
    look: Look,
    depths: tuple[NDArray[np.float32], NDArray[np.int64]],
    is_wanted: IsWanted = always,
) -> ClassMap | None:
    """A class map in which what lies less deep than the look wants is cut away; segments stay.

    Args:
        classes: stays as it is; None without segments.
        records: of the segments.
        look: segments that enclose others and look like the rest are cut like it.
        depths: of ``region_depths``.
        is_wanted: asked every few milliseconds.

    Returns:
        None when it was called off.
    """
    if classes is None:
        classes = ClassMap(np.zeros(field.shape, np.uint8), (), np.zeros(1))
    own = {entry.number for entry in look.segments}
    like_rest = {r.number for r in records if r.encloses and r.number not in own}
    stays = np.zeros(256, np.bool_)
    stays[[n for n, number in enumerate(classes.numbers, start=1) if number not in like_rest]] = True
    missing, factors = np.float32(look.inside.depth_mm) - depths[0], depths[1]
    return cut_where_deep(classes, stays, missing, factors, is_wanted)


def _only_tissue(coarse: CoarseValues) -> CoarseValues:
    low, high = TISSUE_HU
    values = np.where((coarse.values >= low) & (coarse.values <= high), coarse.values, np.float32(low))
    return CoarseValues(values, coarse.factors, coarse.world_from_index)
