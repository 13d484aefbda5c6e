"""What lies under the cursor: value, segment, position, as plain facts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from render.slice_geometry import LETTERS, Vector
from session.document import Document
from session.model_maps import ModelMap


@dataclass(frozen=True)
class SliceReading:
    """One voxel.

    Attributes:
        position_mm: the LPS position that was asked for.
        kji: the nearest voxel.
        value: its value, or its colour.
        segment: the topmost visible segment that holds it.
        on_map: the map of how sure a model was that is drawn, and its value there.
    """

    position_mm: Vector
    kji: tuple[int, int, int]
    value: float | tuple[int, int, int]
    segment: Segment | None
    on_map: tuple[ModelMap, int] | None = None


def voxel_at(volume: Volume, lps_mm: ArrayLike) -> tuple[int, int, int] | None:
    """The (k, j, i) of the voxel that holds a position, None outside the volume."""
    i, j, k = (int(n) for n in np.floor(volume.geometry.to_index(lps_mm) + 0.5))
    inside = all(0 <= n < size for n, size in zip((k, j, i), volume.geometry.shape, strict=True))
    return (k, j, i) if inside else None


def read(
    document: Document,
    volume: Volume,
    lps_mm: ArrayLike,
    hidden: frozenset[int],
    shown: ModelMap | None = None,
) -> SliceReading | None:
    """What lies at a position, None outside the volume.

    Args:
        hidden: numbers of the segments that are not seen.
        shown: the map of how sure a model was that is drawn.
    """
    kji = voxel_at(volume, lps_mm)
    if kji is None:
        return None
    x, y, z = np.asarray(lps_mm, float).tolist()
    raw = volume.voxels[kji]
    value = (int(raw[0]), int(raw[1]), int(raw[2])) if volume.voxels.ndim == 4 else float(raw)
    segments = [s for s in document.segmentation.segments_at(*kji) if s.number not in hidden]
    on_map = None if shown is None else (shown, int(shown.values[kji]))
    return SliceReading((x, y, z), kji, value, segments[0] if segments else None, on_map)


def value_text(reading: SliceReading, quantity: Quantity) -> str:
    """The value with its unit."""
    if isinstance(reading.value, tuple):
        return "RGB {} {} {}".format(*reading.value)
    number = signed(reading.value, 0 if reading.value.is_integer() else 2)
    if not np.isfinite(reading.value):
        number = "no number"
    has_unit = quantity in (Quantity.HU, Quantity.SUVBW, Quantity.ACTIVITY)
    return f"{number} {quantity.value}" if has_unit else number


def position_text(position_mm: Vector) -> str:
    """A position in words of direction, such as ``L 12.3  P 4.0  S 210.5 mm``."""
    parts = [f"{LETTERS[axis][0 if mm >= 0 else 1]} {abs(mm):.1f}" for axis, mm in enumerate(position_mm)]
    return "  ".join(parts) + " mm"


def signed(number: float, decimals: int) -> str:
    """A number with a true minus sign, never minus zero."""
    text = f"{number:.{decimals}f}"
    if text.startswith("-"):
        text = text[1:] if not text.strip("-0.") else "\N{MINUS SIGN}" + text[1:]
    return text
