"""Transfer functions made from the values themselves: from an image's histogram, and from one segment's statistics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.segment import Color
from imaging.volume import Quantity, Volume
from session.look.transfer_function import ColorPoint, OpacityPoint, Rgb, TransferFunction

MOST_SAMPLES = 2_000_000
OTSU_BINS = 160
LOWEST_TISSUE_HU = -250.0  # below it lie air and lung
TISSUE_COLORS: tuple[Rgb, ...] = ((0.90, 0.77, 0.52), (0.62, 0.27, 0.21), (0.93, 0.86, 0.74))  # fat, muscle, bone
SIGNAL_COLORS: tuple[Rgb, ...] = ((0.55, 0.32, 0.26), (0.80, 0.62, 0.50), (0.97, 0.95, 0.91))  # dark to bright
CLASS_OPACITIES = (0.015, 0.25, 0.9)


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often values occur.

    Attributes:
        counts: (n,) of sampled voxels, int64.
        edges: (n + 1,) rising; bin b holds ``edges[b] <= value < edges[b + 1]``, the last one its upper edge too.
    """

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]

    @property
    def centers(self) -> NDArray[np.float64]:
        """(n,) the middles of the bins."""
        return np.asarray((self.edges[:-1] + self.edges[1:]) / 2)


@dataclass(frozen=True)
class SegmentStatistics:
    """The values of a segment's voxels: number, mean, standard deviation, and percentiles."""

    count: int
    mean: float
    sd: float
    p05: float
    p50: float
    p95: float


def histogram(source: Volume | NDArray[Any], bins: int = 512) -> Histogram:
    """The histogram of an image from lowest to highest value, by an even sample of at most ``MOST_SAMPLES`` voxels.

    Padding and values that are not finite are left out. Whole numbers get bins of a whole width, so that no bin is
    empty only because no number falls into it; there may then be fewer bins than asked for. Never empty: an image of
    one value, or of none, gives one bin.
    """
    values = _sample(source)
    if values.size == 0:
        return Histogram(np.zeros(1, np.int64), np.array([0.0, 1.0]))
    low, high = float(values.min()), float(values.max())
    if np.issubdtype(values.dtype, np.integer):
        width = max(1, math.ceil((high - low + 1) / bins))
        counted = math.ceil((high - low + 1) / width)
        edges = low - 0.5 + width * np.arange(counted + 1, dtype=np.float64)
        counts = np.bincount((values.astype(np.int64) - int(low)) // width, minlength=counted)
        return Histogram(counts.astype(np.int64), edges)
    counts, edges = np.histogram(values, bins if high > low else 1, (low, high) if high > low else (low, low + 1.0))
    return Histogram(counts.astype(np.int64), edges.astype(np.float64))


def from_histogram(source: Volume | Histogram | NDArray[Any], quantity: Quantity = Quantity.SIGNAL) -> TransferFunction:
    """A function that lets the background go, and makes brighter classes firmer.

    The background is what lies below Otsu's threshold, or for CT below any tissue. The rest is cut into three classes
    by Otsu's method with two thresholds (IEEE Trans. SMC 9, 1979); opacity rises from class to class, across ramps
    about the thresholds.

    Args:
        source: an image, its values, or its histogram.
        quantity: of values or a histogram; an image knows its own.

    Raises:
        UserError: all values are about the same.
    """
    if isinstance(source, Volume):
        quantity = source.quantity
    found = source if isinstance(source, Histogram) else histogram(source)
    background = LOWEST_TISSUE_HU if quantity is Quantity.HU else float(otsu(found, 1)[0])
    tissue = _between(found, background, _percentile(found, 99.95))
    lower, upper = otsu(tissue, 2)
    top = float(tissue.edges[-1])
    starts = (background, float(lower), float(upper))
    ramps = [(start - 0.2 * length, start + 0.2 * length) for start, length in _lengths(starts, top)]
    opacities = [OpacityPoint(ramps[0][0], 0.0)]
    for n, opacity in enumerate(CLASS_OPACITIES):
        opacities.append(OpacityPoint(ramps[n][1], opacity))
        if n + 1 < len(ramps):
            opacities.append(OpacityPoint(max(ramps[n + 1][0], ramps[n][1]), opacity))
    middles = [(a + b) / 2 for a, b in zip(starts, (*starts[1:], top), strict=True)]
    palette = TISSUE_COLORS if quantity is Quantity.HU else SIGNAL_COLORS
    colors = tuple(ColorPoint(value, color) for value, color in zip(middles, palette, strict=True))
    return TransferFunction(colors, tuple(opacities))


def otsu(found: Histogram, thresholds: int) -> NDArray[np.float64]:
    """The (n,) rising values that part a histogram into n + 1 classes with the most variance between them.

    Exact, by dynamic programming over at most ``OTSU_BINS`` bins.

    Raises:
        UserError: fewer values occur than there would be classes.
    """
    counts, edges = _coarse(found)
    if np.count_nonzero(counts) <= thresholds:
        raise UserError("The values are too much alike to tell tissues apart.")
    n = len(counts)
    weight = np.concatenate([[0.0], np.cumsum(counts)])
    moment = np.concatenate([[0.0], np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)])
    mass = weight[None, :] - weight[:, None]  # of the bins from row to column
    gain = np.where(mass > 0, (moment[None, :] - moment[:, None]) ** 2 / np.where(mass > 0, mass, 1), 0.0)
    gain[np.tril_indices(n + 1)] = -np.inf  # a class has at least one bin
    best, cuts = gain[0], []
    for _ in range(thresholds):
        total = best[:, None] + gain
        cuts.append(np.argmax(total, axis=0))
        best = np.max(total, axis=0)
    at, found_edges = n, []
    for cut in reversed(cuts):
        at = int(cut[at])
        found_edges.append(_middle_of_gap(counts, edges, at))
    return np.array(found_edges[::-1])


def segment_statistics(volume: Volume, mask: NDArray[np.bool_]) -> SegmentStatistics:
    """The statistics of an image under a mask.

    Args:
        volume: its grey values; padding and values that are not finite do not count.
        mask: (k, j, i) bool, on the image's grid.

    Raises:
        UserError: nothing is left.
    """
    values = volume.voxels[mask]
    values = values[:: max(1, values.size // MOST_SAMPLES)].astype(np.float64)
    values = values[np.isfinite(values)]
    if volume.outside_value is not None:
        values = values[values != volume.outside_value]
    if values.size == 0:
        raise UserError("The segment has no voxels with values in this image.", "Choose a segment that is not empty.")
    p05, p50, p95 = (float(p) for p in np.percentile(values, (5, 50, 95)))
    return SegmentStatistics(int(np.count_nonzero(mask)), float(values.mean()), float(values.std()), p05, p50, p95)


def show_organ(statistics: SegmentStatistics, color: Color) -> TransferFunction:
    """A function that shows one organ: opaque within two standard deviations of its mean, clear beyond three.

    Where a few outliers (gas, a clip, the border) widen the standard deviation, that of a normal distribution with the
    same 5th and 95th percentile is taken instead, about the median. The colour is the segment's, a
    little darker at the low end.

    Args:
        statistics: of the segment.
        color: red, green, blue, 0-255.
    """
    center, sd = statistics.mean, statistics.sd
    steady = (statistics.p95 - statistics.p05) / (2 * 1.6449)
    if sd > 1.5 * steady:
        center, sd = statistics.p50, steady
    sd = max(sd, 1e-3 * abs(center), 1e-6)
    red, green, blue = (part / 255 for part in color)
    low, high = center - 2 * sd, center + 2 * sd
    return TransferFunction(
        colors=(ColorPoint(low, (0.75 * red, 0.75 * green, 0.75 * blue)), ColorPoint(high, (red, green, blue))),
        opacities=(
            OpacityPoint(low - sd, 0.0),
            OpacityPoint(low, 0.9),
            OpacityPoint(high, 0.9),
            OpacityPoint(high + sd, 0.0),
        ),
    )


def _sample(source: Volume | NDArray[Any]) -> NDArray[Any]:
    voxels = source.voxels if isinstance(source, Volume) else np.asarray(source)
    ordered = voxels.T if voxels.flags.f_contiguous else voxels  # reading in the order of memory copies nothing
    step = max(1, ordered.size // MOST_SAMPLES)
    while math.gcd(step, ordered.shape[-1]) > 1 and step > 1:  # otherwise only some columns would be seen
        step += 1
    values = ordered.reshape(-1)[::step]
    if np.issubdtype(values.dtype, np.floating):
        values = values[np.isfinite(values)]
    if isinstance(source, Volume) and source.outside_value is not None:
        values = values[values != source.outside_value]
    return values


def _percentile(found: Histogram, percent: float) -> float:
    share = np.cumsum(found.counts) / max(int(found.counts.sum()), 1)
    return float(found.edges[1:][np.searchsorted(share, percent / 100)])


def _between(found: Histogram, low: float, high: float) -> Histogram:
    """The bins whose middles lie between two values; at least one."""
    centers = found.centers
    first = min(int(np.searchsorted(centers, low)), len(centers) - 1)
    last = max(int(np.searchsorted(centers, high, side="right")), first + 1)
    return Histogram(found.counts[first:last], found.edges[first : last + 1])


def _coarse(found: Histogram) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts and edges, neighbouring bins put together until there are at most ``OTSU_BINS``."""
    group = math.ceil(len(found.counts) / OTSU_BINS)
    starts = np.arange(0, len(found.counts), group)
    return np.add.reduceat(found.counts, starts).astype(np.float64), np.append(found.edges[starts], found.edges[-1])


def _middle_of_gap(counts: NDArray[np.float64], edges: NDArray[np.float64], at: int) -> float:
    """The middle of the empty bins about an edge, where every threshold parts equally well."""
    first, last = at, at
    while first > 0 and counts[first - 1] == 0:
        first -= 1
    while last < len(counts) and counts[last] == 0:
        last += 1
    return float((edges[first] + edges[last]) / 2)


def _lengths(starts: tuple[float, ...], top: float) -> list[tuple[float, float]]:
    """Each start with the length of the shorter class beside it."""
    bounds = (*starts, max(top, starts[-1] + 1e-6))
    own = [b - a for a, b in pairwise(bounds)]
    return [(start, min(own[max(n - 1, 0)], own[n])) for n, start in enumerate(starts)]
