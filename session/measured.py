"""What measurements say: their values with units, as the slices, the panel, the 3D view and files show them."""

from __future__ import annotations

from collections import OrderedDict
from weakref import WeakKeyDictionary

import numpy as np

from imaging.extent import Extent
from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.region_statistics import ALIGNED, RegionStatistics, box_size, ellipse_statistics
from imaging.volume import Quantity, SeriesWarning, Volume

MOST_KEPT = 500
UNKNOWN = "–"
MINUS = "\N{MINUS SIGN}"
Key = tuple[object, ...]


class MeasuredRegions:
    """Statistics of ellipses, kept for each volume as long as its voxels stay the same."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Volume, OrderedDict[Key, RegionStatistics | None]] = WeakKeyDictionary()

    def forget(self) -> None:
        """Voxels arrived or are others now."""
        self._kept = WeakKeyDictionary()

    def of(self, volume: Volume, ellipse: Measurement, most_voxels: int | None = None) -> RegionStatistics | None:
        """The statistics of an ellipse.

        Args:
            most_voxels: None is the answer where more would have to be looked at; no limit when None.
        """
        kept = self._kept.setdefault(volume, OrderedDict())
        key = ellipse.points_mm
        if key not in kept:
            if most_voxels is not None and box_size(volume.geometry, ellipse) > most_voxels:
                return None
            kept[key] = ellipse_statistics(volume, ellipse)
            if len(kept) > MOST_KEPT:
                kept.popitem(last=False)
        return kept[key]


def value_lines(measurement: Measurement, volume: Volume, found: RegionStatistics | None) -> list[str]:
    """A measurement's value, the most important line first.

    Args:
        measurement: what was measured.
        volume: on which image; where the file does not say how large a voxel is, lengths are in pixels, and what goes
            through a slice of unknown thickness has no value.
        found: what an ellipse holds; None leaves its area alone.
    """
    if not is_measurable(measurement, volume.geometry):
        return [UNKNOWN]
    unit = "px" if SeriesWarning.NO_SPACING in volume.warnings else "mm"
    if measurement.kind is MeasurementKind.LENGTH:
        return [f"{measurement.length_mm:.1f} {unit}"]
    if measurement.kind is MeasurementKind.ANGLE:
        return [f"{measurement.angle_deg:.1f}°"]
    if measurement.kind is MeasurementKind.BOX:
        size = " × ".join(f"{edge:.0f}" for edge in measurement.edges_mm) + f" {unit}"
        return [size] if measurement.score is None else [percent(measurement.score), size]
    area = f"{measurement.area_mm2:.1f} {unit}²"
    if found is None:
        return [area]
    value = unit_of(volume.quantity)
    decimals = decimals_of(found)
    mean, spread = number_text(found.mean, decimals), number_text(found.deviation, decimals)
    decimals = 0 if found.least.is_integer() and found.most.is_integer() else decimals
    least, most = number_text(found.least, decimals), number_text(found.most, decimals)
    return [f"{mean} ± {spread}{value}", f"{least} … {most}{value}", area]


def extent_text(extent: Extent) -> str:
    """How large something is, with one decimal: millilitres, or an area, from ten square centimetres on in these."""
    return extent_texts(extent)[0]


def extent_texts(*extents: Extent) -> list[str]:
    """How large several things are that are compared: all in the unit of the largest one."""
    in_cm2 = max(extent.amount for extent in extents) >= 1000
    return [_in_unit(extent, in_cm2) for extent in extents]


def _in_unit(extent: Extent, in_cm2: bool) -> str:
    if not extent.is_area:
        return f"{extent.amount:.1f} ml"
    return f"{extent.amount / 100:.1f} cm²" if in_cm2 else f"{extent.amount:.1f} mm²"


def fine_text(extent: Extent) -> str:
    """How large a part is: millilitres with as many decimals as tell something, or an area."""
    if extent.is_area:
        return extent_text(extent)
    decimals = 1 if extent.amount >= 10 else 2 if extent.amount >= 0.1 else 3
    return f"{extent.amount:.{decimals}f} ml"


def is_measurable(measurement: Measurement, geometry: Geometry) -> bool:
    """False for what goes through a slice whose thickness nobody says."""
    points = measurement.corners_mm if measurement.kind is MeasurementKind.BOX else measurement.points_mm
    return geometry.has_thickness or float(np.ptp(geometry.to_index(points)[:, 2])) < ALIGNED


def value_text(measurement: Measurement, volume: Volume, found: RegionStatistics | None) -> str:
    """A measurement's value in one line; of an ellipse the mean and the standard deviation."""
    return value_lines(measurement, volume, found)[0]


def percent(score: float) -> str:
    """How sure a model is: ``87 %``, ``0.4 %``; 100 % only for what is certain."""
    share = 100 * score
    decimals = 0 if 1 <= share <= 99 or share in (0, 100) else 1
    rounded = f"{share:.{decimals}f}"
    if share < 100 and float(rounded) >= 100:
        return "> 99.9 %"
    return "< 0.1 %" if share > 0 and float(rounded) == 0 else f"{rounded} %"


def unit_of(quantity: Quantity) -> str:
    """The unit behind a value, with a blank before it; empty where values have none."""
    has_unit = quantity in (Quantity.HU, Quantity.SUVBW, Quantity.ACTIVITY)
    return f" {quantity.value}" if has_unit else ""


def decimals_of(found: RegionStatistics) -> int:
    """As many as tell values apart: one for HU, more for the small numbers of SUV or diffusion."""
    reach = max(abs(found.least), abs(found.most), 1e-9)
    return 1 if reach >= 20 else 2 if reach >= 1 else 4


def number_text(number: float, decimals: int) -> str:
    """A number with a true minus sign, never minus zero."""
    text = f"{number:.{decimals}f}"
    if text.startswith("-"):
        text = MINUS + text[1:] if text.strip("-0.") else text[1:]
    return text
