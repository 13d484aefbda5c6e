"""What is known of a case beside its masks, as DICOM objects: measurement report, presentation state, map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from imaging.measurement import Measurement, MeasurementKind
from imaging.objects.written import WrittenObject
from imaging.region_statistics import RegionStatistics, ellipse_statistics
from imaging.volume import Quantity
from session.measured import is_measurable, value_text
from session.model_maps import MapKind, ModelMap, ModelMaps

if TYPE_CHECKING:
    from imaging.objects.report_write import Measured
    from session.case_content import CaseContent
    from session.object_export import ObjectContent


def write_measurements(content: ObjectContent, path: Path) -> WrittenObject:
    """Volumes of the segments and all measurements as a structured report.

    Raises:
        UserError: there is nothing to report, or it cannot be written.
    """
    from imaging.objects.report_write import Measured, write_report

    case = content.case
    if case is None or not case.measurements:
        return write_report(content.labels, content.source, path, segments_in=case.segments_in if case else None)
    has_regions = any(m.kind is MeasurementKind.ELLIPSE for m in case.measurements)
    unknown = [m for m in case.measurements if not is_measurable(m, case.segmentation.geometry)]
    measured = [Measured(m, _statistics(case, m)) for m in case.measurements if m not in unknown]
    quantity = case.volume.quantity if has_regions else Quantity.SIGNAL
    written = write_report(content.labels, content.source, path, measured, quantity, case.segments_in)
    left_out = [f"“{m.name}” goes through a slice of unknown thickness: it is left out." for m in unknown]
    return replace(written, notes=(*written.notes, *left_out, *_rounded(case, measured)))


def _rounded(case: CaseContent, measured: Sequence[Measured]) -> Iterator[str]:
    """A sentence for each region of which a reader will find other voxels than were measured.

    Regions that were drawn here have points that a report holds exactly; those of older cases may not.
    """
    from imaging.objects.report_write import as_stored

    for one in measured:
        if one.statistics is None:
            continue
        found = ellipse_statistics(case.volume, as_stored(one.measurement))
        if found is None or found.count != one.statistics.count or not isclose(found.mean, one.statistics.mean):
            yield (
                f"DICOM rounds the points of “{one.measurement.name}”: read back it holds other voxels on its rim. "
                "The report says what was measured here."
            )


def write_presentation_state(content: ObjectContent, path: Path) -> WrittenObject:
    """Window, polarity and measurements of a case as a presentation state of its images.

    Raises:
        UserError: it is no case, its images never were DICOM, or it cannot be written.
    """
    from imaging.objects.presentation_write import Drawn, Shown, write_presentation

    case = _case(content)
    shown = case.shown
    hidden = shown.hidden_measurements if shown else frozenset[int]()
    drawn = [
        Drawn(m, f"{m.name}: {value_text(m, case.volume, _statistics(case, m))}")
        for m in case.measurements
        if m.number not in hidden
    ]
    window = (shown.windowing.level, shown.windowing.width) if shown else None
    if window is not None and case.volume.quantity in (Quantity.SUVBW, Quantity.COLOUR):
        window = None  # these values are not what the images' own rescaling gives
    return write_presentation(Shown(window, shown.is_inverted if shown else False, drawn), content.source, path)


def write_model_map(content: ObjectContent, path: Path) -> WrittenObject:
    """One of the maps that a case keeps as a parametric map.

    Raises:
        UserError: it keeps none, or none of this name, or it cannot be written.
    """
    from imaging.objects.map_write import PROBABILITY, UNCERTAINTY, WantedMap, write_map

    case = _case(content)
    if case.maps is None:
        raise UserError("This case keeps no map of a model.", "Segment with a model that gives one, and accept it.")
    chosen = _chosen(case.maps, case.map_name)
    quantity = UNCERTAINTY if chosen.kind is MapKind.UNCERTAINTY else PROBABILITY
    wanted = WantedMap(chosen.name, case.maps.title, quantity, chosen.values, case.segmentation.geometry, 1 / 255)
    return write_map(wanted, content.source, path)


def _chosen(maps: ModelMaps, name: str) -> ModelMap:
    names = [one.name for one in maps.maps]
    if name and name not in names:
        raise UserError(f"The case keeps no map “{name}”.", f"Maps: {', '.join(names)}.")
    return maps.shown(name)


def _case(content: ObjectContent) -> CaseContent:
    if content.case is None:
        raise UserError("Only a case can be written as this.", "Segment into a case first.")
    return content.case


def _statistics(case: CaseContent, measurement: Measurement) -> RegionStatistics | None:
    """What an ellipse holds; None for everything else."""
    return ellipse_statistics(case.volume, measurement) if measurement.kind is MeasurementKind.ELLIPSE else None
