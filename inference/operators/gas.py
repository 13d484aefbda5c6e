"""Tell lung, outside air and gas in hollow organs apart on the coarse grid.

Lung is recognised by what fills its depth: textured parenchyma. Free gas (bowel, trachea, the room) is purer and
without texture, foam under the patient is as grey but smooth. Sizes, shapes and places alone do not tell them apart in
cropped scans, where lung may touch any face of the volume and no outside air be seen.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.morphology import components, dilate, erode, labels_beside, local_mean_and_spread, open_with_ball

Mask = NDArray[np.bool_]
Field = NDArray[np.float32]
Counts = NDArray[np.int64]

GAS_HU = -400.0
PURE_HU, HIGHEST_PURE_HU = -940.0, -880.0
DENSEST_HU = -450.0
TEXTURE_HU = (10.0, 130.0)  # spread in 3x3x3 voxels: foam and free gas lie below, borders and stool above
TEXTURE_LEAST, TEXTURE_NOISE = 14.0, 1.6  # spread deep inside lung, at least, and as a multiple of the noise
FLAT = 0.75  # of that: three quarters of lung have more, bowel gas has flat places between its blurred borders
LEAST_DEEP = 60  # voxels
HAZY_HU = 200.0  # spread below which a border counts as soft
HAZE_HU = -200.0
WALL_HU = -400.0
WALL_VOXELS = 2.0  # radius of the ball that fits into a chest wall, not into a table
RECESS_VOXELS = 5  # pieces of lung lie no further from a lung
OUTSIDE_SHARE = 0.2
GROWTH = 8  # voxels


class Gas(NamedTuple):
    """Masks (k, j, i) that do not overlap."""

    lung: Mask
    outside: Mask
    enclosed: Mask  # bowel, airways, sinuses


class Depth(NamedTuple):
    """Gas at least two voxels from its border, in parts, and for each part where it is deepest (0 elsewhere)."""

    labels: NDArray[Any]
    counts: Counts
    deepest: NDArray[Any]
    deep_counts: Counts


def classify_gas(hu: Field, known: Mask, step_mm: float) -> Gas:
    """Split what is lighter than -400 HU.

    Args:
        hu: (k, j, i) upright grid of about 3 mm, k to superior.
        known: False where there is only padding.
        step_mm: voxel size.
    """
    gas = (hu < GAS_HU) & known
    mean, spread = local_mean_and_spread(hu)
    beyond = _beyond_the_field(known)
    ml = step_mm**3 / 1000
    depth = _depth(gas)
    cut = np.isin(np.arange(len(depth.counts)), depth.labels[beyond])
    grey = _share(depth.labels, _parenchyma(mean, spread, PURE_HU), depth.counts) > 0.35
    textured = _textured(depth, hu, spread, cut & ~grey)
    pure_hu = _pure_below(depth, hu, ~textured & ~cut)
    parenchyma, pure = _parenchyma(mean, spread, pure_hu), mean < pure_hu
    shallow = erode(gas)
    seeds = _deep_lung(depth, textured, _in_lung(depth, shallow, parenchyma, pure), spread, ml)
    air = _free_gas(shallow & pure, seeds)
    seeds |= _thin_lung(shallow & ~seeds, parenchyma, pure, beyond, spread, ml) & ~air
    lung, air = _grow_together(seeds, air, gas)
    lung = _plausible(_walled(lung, hu, gas), beyond, ml)
    lung |= _pieces_beside(lung, gas & ~lung & ~air, spread)
    lung |= _hazy_lung(lung, hu)
    rest = gas & ~lung
    outside = _reaching(rest, beyond)
    return Gas(lung, outside, rest & ~outside)


def _beyond_the_field(known: Mask) -> Mask:
    """The grid's side faces and the voxels beside padding: where the room's air begins."""
    beyond = dilate(~known)
    beyond[:, 0] = beyond[:, -1] = True
    beyond[:, :, 0] = beyond[:, :, -1] = True
    return beyond


def _depth(gas: Mask) -> Depth:
    """Parts, and what of them is four voxels deep, or three where that is too little to judge."""
    labels, counts = components(erode(gas, 2))
    three = erode(gas, 3)
    levels = [np.where(mask, labels, 0) for mask in (three, erode(three))]
    deep_counts = [np.bincount(level.ravel(), minlength=len(counts)) for level in levels]
    use_four = deep_counts[1] >= LEAST_DEEP
    deepest = np.where(use_four[labels], levels[1], levels[0])
    voxels = np.where(use_four, deep_counts[1], deep_counts[0])
    voxels[0] = 0
    return Depth(labels, counts, deepest, voxels)


def _parenchyma(mean: Field, spread: Field, pure_hu: float) -> Mask:
    in_range = (mean > pure_hu) & (mean < DENSEST_HU)
    return np.asarray(in_range & (spread > TEXTURE_HU[0]) & (spread < TEXTURE_HU[1]))


def _textured(depth: Depth, hu: Field, spread: Field, doubtful: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Parts with texture in their depth. It tells even emphysema, whose HU are those of free gas, from bowel gas.

    The room's air beside skin and cloth has a little too, so doubtful parts need more.
    """
    least = max(TEXTURE_LEAST, TEXTURE_NOISE * _noise(hu, spread))
    shares = {
        factor: _share(depth.deepest, (spread > factor * least) & (spread < TEXTURE_HU[1]), depth.deep_counts)
        for factor in (FLAT, 1.0, 1.3)
    }
    rough = np.where(doubtful, shares[1.3], shares[1.0]) > 0.5
    return np.asarray(rough & (shares[FLAT] > 0.75) & (depth.deep_counts >= 20))


def _noise(hu: Field, spread: Field) -> float:
    """Spread of the calmest quarter of soft tissue; 0 where there is none."""
    soft = erode((hu > -20) & (hu < 120))
    return float(np.percentile(spread[soft], 25)) if soft.any() else 0.0


def _pure_below(depth: Depth, hu: Field, smooth: NDArray[np.bool_]) -> float:
    """HU below which gas counts as free, raised where a scan shows bowel gas lighter than it is (scatter)."""
    inside = hu[smooth[depth.deepest] & (depth.deepest > 0)]
    if inside.size < 50:
        return PURE_HU
    return float(np.clip(np.percentile(inside, 95) + 15, PURE_HU, HIGHEST_PURE_HU))


def _in_lung(depth: Depth, shallow: Mask, parenchyma: Mask, pure: Mask) -> NDArray[np.bool_]:
    """Parts that are mostly parenchyma and do not hang on a larger body of free gas."""
    labels, counts = components(shallow)
    connected = _share(labels, pure, counts) < 0.5 * _share(labels, parenchyma, counts)
    grey = _share(depth.labels, parenchyma, depth.counts) > 0.35
    own = np.zeros(len(depth.counts), labels.dtype)
    own[depth.labels.ravel()] = labels.ravel()
    return np.asarray(grey & connected[own])


def _deep_lung(depth: Depth, textured: NDArray[np.bool_], grey: NDArray[np.bool_], spread: Field, ml: float) -> Mask:
    """Parts that are textured in their depth, or mostly parenchyma where they are too thin to tell."""
    rough = _share(depth.labels, spread > TEXTURE_LEAST, depth.counts) > 0.5
    good = np.where(depth.deep_counts >= 20, textured, grey & rough) & (depth.counts * ml > 2)
    good[0] = False
    return np.asarray(good[depth.labels])


def _thin_lung(shallow: Mask, parenchyma: Mask, pure: Mask, beyond: Mask, spread: Field, ml: float) -> Mask:
    """Thin recesses of lung; where the field ends, foam and cloth look alike, so more texture is asked for."""
    labels, counts = components(shallow)
    share, free = _share(labels, parenchyma, counts), _share(labels, pure, counts)
    open_air = np.isin(np.arange(len(counts)), labels[beyond])
    inner = (share > 0.25) & (free < 0.5 * share) & ~open_air
    surface = np.bincount(labels[shallow & (beyond | ~erode(shallow))], minlength=len(counts))
    ends = np.bincount(labels[shallow & beyond], minlength=len(counts))
    cut = (share > 0.5) & (free < 0.05) & (_share(labels, spread > 30, counts) > 0.6) & (ends < 0.3 * surface)
    good = (counts * ml > 1) & (inner | cut)
    good[0] = False
    return np.asarray(good[labels])


def _free_gas(cores: Mask, lung: Mask) -> Mask:
    """Cores of free gas, but not the bullae and large airways that lie within lung."""
    cores = cores & ~lung
    labels, counts = components(cores)
    rim = dilate(cores) & ~cores
    owner = labels_beside(labels, rim)
    touching = np.bincount(owner[rim], minlength=len(counts))
    in_lung = np.bincount(owner[rim & lung], minlength=len(counts))
    good = (counts >= 8) & (in_lung < 0.25 * np.maximum(touching, 1))
    good[0] = False
    return np.asarray(good[labels])


def _grow_together(lung: Mask, air: Mask, gas: Mask) -> tuple[Mask, Mask]:
    for _ in range(GROWTH):
        lung = dilate(lung, 1, gas & ~air)
        air = dilate(air, 1, gas & ~lung)
    return lung, air


def _walled(lung: Mask, hu: Field, gas: Mask) -> Mask:
    """Drop parts that lie in gas or behind the thin table (foam) instead of in the patient.

    Where the volume ends does not count.
    """
    labels, counts = components(lung)
    rim = dilate(lung) & ~lung
    owner = labels_beside(labels, rim)
    solid = hu > WALL_HU
    thick = dilate(open_with_ball(solid, WALL_VOXELS))
    wall = np.bincount(owner[rim & solid & thick], minlength=len(counts))
    thin = np.bincount(owner[rim & solid & ~thick], minlength=len(counts))
    open_gas = np.bincount(owner[rim & gas], minlength=len(counts))
    good = (wall >= 2 * open_gas) & (wall >= 2 * thin)
    good[0] = False
    return np.asarray(good[labels])


def _plausible(lung: Mask, beyond: Mask, ml: float) -> Mask:
    """Keep parts that are large, that the field cuts, or that leave through its upper face as bases of lungs do."""
    labels, counts = components(lung)
    volume = counts * ml
    numbers = np.arange(len(counts))
    upper = np.isin(numbers, labels[-2:])
    border = upper | np.isin(numbers, labels[beyond]) | np.isin(numbers, labels[0])
    good = (volume > 250) | (upper & (volume > 4)) | (border & (volume > 60))
    good[0] = False
    kept = np.asarray(good[labels])
    recesses = np.isin(np.arange(len(counts)), labels[dilate(kept, RECESS_VOXELS)]) & (volume > 2)
    recesses[0] = False
    return np.asarray(kept | recesses[labels])


def _pieces_beside(lung: Mask, rest: Mask, spread: Field) -> Mask:
    """Unclaimed gas against lung: enclosed by it, or dense like diseased lung (gas in bowel has sharper borders)."""
    labels, counts = components(rest)
    rim = dilate(rest, 2) & ~rest
    owner = labels_beside(labels, rim, 2)
    around = np.bincount(owner[rim], minlength=len(counts))
    beside = np.bincount(owner[rim & lung], minlength=len(counts))
    contact = beside / np.maximum(around, 1)
    hazy = _share(labels, spread < HAZY_HU, counts) > 0.5
    good = (contact > 0.33) | (hazy & (contact > 0.05))
    good[0] = False
    return np.asarray(good[labels])


def _hazy_lung(lung: Mask, hu: Field) -> Mask:
    """Half-consolidated lung against clear lung: thicker than a blurred border, denser than gas, lighter than fat."""
    hazy = ~lung & (hu > GAS_HU) & (hu < HAZE_HU)
    thick = dilate(erode(hazy), 1, hazy)
    labels, counts = components(thick)
    rim = dilate(thick) & ~thick
    owner = labels_beside(labels, rim)
    around = np.bincount(owner[rim], minlength=len(counts))
    good = np.bincount(owner[rim & lung], minlength=len(counts)) > 0.1 * np.maximum(around, 1)
    good[0] = False
    return np.asarray(good[labels])


def _reaching(gas: Mask, beyond: Mask) -> Mask:
    """Gas with much of its surface where the field ends; a cut airway or loop of bowel has little of it there."""
    labels, counts = components(gas)
    ends = np.bincount(labels[gas & beyond], minlength=len(counts))
    surface = np.bincount(labels[gas & (beyond | ~erode(gas))], minlength=len(counts))
    good = ends > OUTSIDE_SHARE * surface
    good[0] = False
    return np.asarray(good[labels])


def _share(labels: NDArray[Any], of: Mask, counts: Counts) -> NDArray[np.float64]:
    """Share of each part's voxels that lie in a mask."""
    inside = np.bincount(labels[of], minlength=len(counts))
    inside[0] = 0
    return np.asarray(inside / np.maximum(counts, 1))
