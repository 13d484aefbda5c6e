"""A histogram as the outline of a mountain range, one height for each column of pixels."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPolygonF

from widgets.transfer_function.axis import Axis

TOP_QUANTILE = 0.97  # linear: higher columns are cut off, or the air of a CT would flatten everything else
FULL = 0.94  # of the plot's height


class HistogramLike(Protocol):
    """Counts (n,) between edges (n + 1,), which rise."""

    @property
    def counts(self) -> NDArray[np.generic]:
        """How many voxels."""

    @property
    def edges(self) -> NDArray[np.generic]:
        """Between which values."""


def filled_range(histogram: HistogramLike) -> tuple[float, float] | None:
    """From the first to the last edge of bins that hold something; None when all are empty."""
    filled = np.flatnonzero(np.asarray(histogram.counts) > 0)
    if not filled.size:
        return None
    return float(histogram.edges[filled[0]]), float(histogram.edges[filled[-1] + 1])


def heights(histogram: HistogramLike, axis: Axis, columns: int, *, is_logarithmic: bool) -> NDArray[np.float64]:
    """(columns,) heights, 0 to 1: of each column the fullest bin that it touches, so that no thin peak is lost."""
    counts = np.asarray(histogram.counts, np.float64)
    edges = np.asarray(histogram.edges, np.float64)
    borders = np.linspace(axis.low, axis.high, columns + 1)
    first = np.searchsorted(edges, borders[:-1], side="right") - 1
    last = np.searchsorted(edges, borders[1:], side="left") - 1
    inside = (last >= 0) & (first < counts.size)
    first, last = np.clip(first, 0, counts.size - 1), np.clip(last, 0, counts.size - 1)
    fullest = np.maximum.reduceat(np.append(counts, 0.0), np.stack([first, last + 1], axis=-1).ravel())[::2]
    fullest = np.where(inside, fullest, 0.0)
    if is_logarithmic:
        return np.asarray(np.log1p(fullest) / max(float(np.log1p(counts.max(initial=0.0))), 1e-9))
    filled = fullest[fullest > 0]
    top = float(np.quantile(filled, TOP_QUANTILE)) if filled.size else 1.0
    return np.minimum(fullest / top, 1 / FULL)


def outline(histogram: HistogramLike, axis: Axis, plot: QRectF, *, is_logarithmic: bool) -> QPolygonF:
    """The mountain range in a plot's coordinates, closed along its lower edge."""
    columns = max(2, round(plot.width()))
    up = heights(histogram, axis, columns, is_logarithmic=is_logarithmic) * FULL * plot.height()
    across = plot.left() + (np.arange(columns) + 0.5) / columns * plot.width()
    points = [QPointF(x, plot.bottom() - y) for x, y in zip(across.tolist(), up.tolist(), strict=True)]
    return QPolygonF([plot.bottomLeft(), *points, plot.bottomRight()])
