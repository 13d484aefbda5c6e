"""All measurements as a table, for the clipboard and for spreadsheets. It names nobody: only what was measured."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from imaging.measurement import Measurement, MeasurementKind
from imaging.region_statistics import RegionStatistics
from imaging.volume import SeriesWarning, Volume
from session.document import Document
from session.measured import is_measurable, unit_of, value_text

HEAD = (
    "Name", "Kind", "Value", "Unit", "Mean", "Standard deviation", "Least", "Most", "Value unit", "Voxels",
    "Points (LPS, mm)",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet takes a text for a formula


def table(document: Document, volume: Volume) -> list[list[str]]:
    """One row for each measurement, the head first. Numbers have a point and no unit, so that programs can read them.

    Args:
        document: whose measurements.
        volume: which of its time points the regions are read from.
    """
    rows = [list(HEAD)]
    for measurement in document.measurements.all:
        found = document.regions.of(volume, measurement) if measurement.kind is MeasurementKind.ELLIPSE else None
        rows.append(_row(measurement, volume, found))
    return rows


def csv_text(rows: Iterable[Iterable[str]]) -> str:
    """A table as CSV with commas and quotes where they are needed (RFC 4180)."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue()


def lines_text(document: Document, volume: Volume) -> str:
    """A line for each measurement as a person would write it into a report: ``Length 1: 42.3 mm``."""
    lines = []
    for measurement in document.measurements.all:
        found = document.regions.of(volume, measurement) if measurement.kind is MeasurementKind.ELLIPSE else None
        value = value_text(measurement, volume, found)
        more = f" ({found.least:g} to {found.most:g}, {measurement.area_mm2:.1f} mm²)" if found is not None else ""
        lines.append(f"{measurement.name}: {value}{more}")
    return "\n".join(lines)


def _row(measurement: Measurement, volume: Volume, found: RegionStatistics | None) -> list[str]:
    length = "px" if SeriesWarning.NO_SPACING in volume.warnings else "mm"
    if measurement.kind is MeasurementKind.LENGTH:
        value, unit = measurement.length_mm, length
    elif measurement.kind is MeasurementKind.ANGLE:
        value, unit = measurement.angle_deg, "deg"
    elif measurement.kind is MeasurementKind.BOX:
        one, two, three = measurement.edges_mm
        value, unit = one * two * three, f"{length}3"
    else:
        value, unit = measurement.area_mm2, f"{length}2"
    said = f"{value:.3f}" if is_measurable(measurement, volume.geometry) else ""
    inside = ["", "", "", "", "", ""]
    if found is not None:
        numbers = [f"{number:.6g}" for number in (found.mean, found.deviation, found.least, found.most)]
        inside = [*numbers, unit_of(volume.quantity).strip(), str(found.count)]
    points = "; ".join(" ".join(f"{mm:.3f}" for mm in point) for point in measurement.points_mm)
    return [_as_text(measurement.name), measurement.kind.value, said, unit, *inside, points]


def _as_text(name: str) -> str:
    """A name that no spreadsheet carries out as a formula."""
    return f"'{name}" if name.startswith(FORMULA) else name
