"""Volumes and measurements as a Comprehensive 3D SR by template TID 1500 (PS3.16)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.measurement import Measurement, MeasurementKind
from imaging.objects import report_codes as codes
from imaging.objects import report_items as items
from imaging.objects.foreign_shapes import measurement_of
from imaging.objects.header import (
    IMPLEMENTATION_UID,
    MAKER,
    ObjectKind,
    item,
    new_object,
    put,
    reference_item,
)
from imaging.objects.segment_items import TISSUE, TRACKING_PREFIX
from imaging.objects.segment_references import SegmentReferences
from imaging.objects.source_series import ObjectSource
from imaging.objects.uids import uid_of
from imaging.objects.writing import write_object
from imaging.objects.written import WrittenObject
from imaging.region_statistics import RegionStatistics
from imaging.segment import CodedTerm
from imaging.terminology import lookup
from imaging.volume import Quantity

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

COMPREHENSIVE_3D_SR = "1.2.840.10008.5.1.4.1.1.88.34"
KIND = ObjectKind(COMPREHENSIVE_3D_SR, "SR", "Measurements", 9930)


@dataclass(frozen=True)
class Measured:
    """A measurement with what the image holds inside it.

    Attributes:
        measurement: where.
        statistics: of an ellipse; None for others, and where the image is not at hand.
    """

    measurement: Measurement
    statistics: RegionStatistics | None = None


def write_report(
    labels: LabelFile,
    source: ObjectSource,
    path: Path,
    measured: Sequence[Measured] = (),
    quantity: Quantity = Quantity.SIGNAL,
    segments_in: Path | None = None,
) -> WrittenObject:
    """Write the volume of each segment and every measurement.

    Args:
        labels: the segments.
        source: what they are about.
        path: the file; one that was there is replaced.
        measured: lengths, angles, ellipses, boxes.
        quantity: what the image's values are, for the statistics' units.
        segments_in: a DICOM segmentation with the same segments, to which the report then refers.

    Raises:
        UserError: there is nothing to report, the segmentation belongs to other images, or the file cannot be written.
    """
    if not labels.segments and not measured:
        raise UserError("There is no segment and no measurement to report.")
    if source.images and source.images[0].spacing_mm is None:
        raise UserError(
            "The images do not say how large their pixels are: nothing can be reported in millimetres.",
            "Report from images with a pixel spacing.",
        )
    content = _Content(source, quantity, SegmentReferences.of(segments_in, source) if segments_in else None)
    groups = [*content.segment_groups(labels), *map(content.measurement_group, measured)]
    made = content.report(groups)
    write_object(made, path)
    return WrittenObject(str(made.SOPInstanceUID), None, source.filled_in, tuple(content.notes))


def as_stored(ellipse: Measurement) -> Measurement:
    """An ellipse as a report gives it back: DICOM's coordinates are 32-bit floats."""
    points = np.asarray(_ellipse_points(ellipse), np.float32).astype(np.float64)
    found = measurement_of("ELLIPSE", points, ellipse.name, ellipse.normal)
    return found if isinstance(found, Measurement) else ellipse


def slice_counts(labels: LabelFile) -> NDArray[np.int64]:
    """(segments, k) how many voxels of each slice belong to each segment."""
    found = np.zeros((len(labels.segments), labels.geometry.shape[0]), np.int64)
    for number, layer in enumerate(labels.layers):
        mine = [(place, s.label_value) for place, s in enumerate(labels.segments) if s.layer == number]
        highest = max((value for _, value in mine), default=0)
        for k, plane in enumerate(layer):
            counts = np.bincount(plane.reshape(-1), minlength=highest + 1)
            for place, value in mine:
                found[place, k] = counts[value]
    return found


class _Content:
    """One report that is to be written."""

    def __init__(self, source: ObjectSource, quantity: Quantity, references: SegmentReferences | None) -> None:
        self.source = source
        self.quantity = quantity
        self.references = references
        self.notes: list[str] = []

    # ------------------------------------------------------------------------------------------------ the document

    def report(self, groups: list[Dataset]) -> Dataset:
        """The whole object."""
        made = new_object(KIND, self.source)
        for keyword in ("FrameOfReferenceUID", "PositionReferenceIndicator"):  # of images; coordinates name their own
            if keyword in made:
                delattr(made, keyword)
        content = [*self._context(), *self._library(), items.container(codes.MEASUREMENTS, groups)]
        made.update(items.container(codes.REPORT, content, "", template="1500"))
        put(
            made,
            CompletionFlag="PARTIAL",
            VerificationFlag="UNVERIFIED",
            ReferencedPerformedProcedureStepSequence=[],
            PerformedProcedureCodeSequence=[],
        )
        evidence = self._evidence()
        if evidence:
            put(made, CurrentRequestedProcedureEvidenceSequence=evidence)
        return made

    def _context(self) -> list[Dataset]:
        """Language, who observed, and what was examined."""
        return [
            items.code(codes.LANGUAGE, codes.ENGLISH, items.MODIFIES),
            items.code(codes.OBSERVER_TYPE, codes.DEVICE, items.OBSERVED),
            items.uid_reference(codes.DEVICE_UID, IMPLEMENTATION_UID, items.OBSERVED),
            items.text(codes.DEVICE_NAME, MAKER, items.OBSERVED),
            items.text(codes.DEVICE_MAKER, MAKER, items.OBSERVED),
            items.text(codes.DEVICE_MODEL, MAKER, items.OBSERVED),
            items.code(codes.PROCEDURE, codes.PROCEDURES.get(self.source.modality, codes.IMAGING), items.MODIFIES),
        ]

    def _library(self) -> list[Dataset]:
        images = [items.image(None, reference_item(one)) for one in self.source.unique_images()]
        if not images:
            return []
        return [items.container(codes.IMAGE_LIBRARY, [items.container(codes.LIBRARY_GROUP, images)], template="1600")]

    def _evidence(self) -> list[Dataset]:
        """Current Requested Procedure Evidence Sequence: whatever the content refers to."""
        series = []
        images = self.source.unique_images()
        if images:
            references = [reference_item(one) for one in images]
            series.append(item(SeriesInstanceUID=self.source.series_instance_uid, ReferencedSOPSequence=references))
        if self.references is not None:
            series.append(
                item(
                    SeriesInstanceUID=self.references.series_instance_uid,
                    ReferencedSOPSequence=[self.references.reference()],
                )
            )
        return (
            [item(StudyInstanceUID=self.source.study_instance_uid, ReferencedSeriesSequence=series)] if series else []
        )

    # ------------------------------------------------------------------------------------------------ segments

    def segment_groups(self, labels: LabelFile) -> Iterator[Dataset]:
        """One group for each segment: what it is, where it is marked, its volume."""
        counts = slice_counts(labels)
        is_flat = not labels.geometry.has_thickness  # then there are areas, and no volumes
        extents = counts @ labels.geometry.slice_voxel_volumes_ml()
        if is_flat:
            extents = counts.sum(axis=1) * labels.geometry.pixel_area_mm2
        largest = counts.argmax(axis=1)
        images = self.source.images_on(labels.geometry)
        for place, (segment, extent) in enumerate(zip(labels.segments, extents.tolist(), strict=True)):
            own = segment.number or place + 1
            uid = uid_of(self.source.series_instance_uid, own, segment.name)
            number = None if self.references is None else self.references.number_of(uid, segment.name)
            if self.references is not None and number is None:
                self.notes.append(f"The segmentation holds no “{segment.name}”: its volume refers to the images.")
            name = " ".join(segment.name.split()) or f"{TRACKING_PREFIX}{own}"
            group = [*_tracking(name, uid), *_finding(segment), *self._algorithm(segment)]
            where: list[Dataset] = []
            if number is not None and self.references is not None:
                group.append(items.image(codes.REFERENCED_SEGMENT, self.references.reference(number)))
                group += self._sources()
            elif images:
                where.append(
                    items.image(
                        codes.SOURCE_OF_MEASUREMENT,
                        reference_item(images[largest[place]], with_frame=True),
                        items.INFERRED,
                    )
                )
            what, unit = (codes.AREA, codes.MM2) if is_flat else (codes.VOLUME, codes.ML)
            group.append(items.number(what, extent, unit, where))
            template = "1501" if number is None else "1410" if is_flat else "1411"
            yield items.container(codes.GROUP, group, template=template)

    def _sources(self) -> list[Dataset]:
        """What a referenced segment was drawn on: TID 1411 wants its series or its images."""
        if not self.source.images:
            return []
        return [items.uid_reference(codes.SOURCE_SERIES, self.source.series_instance_uid)]

    @staticmethod
    def _algorithm(segment: LabelSegment) -> list[Dataset]:
        algorithm = segment.algorithm
        if algorithm is None or not algorithm.name:
            return []
        version = algorithm.version or "unknown"  # TID 4019 wants both
        return [items.text(codes.ALGORITHM_NAME, algorithm.name), items.text(codes.ALGORITHM_VERSION, version)]

    # ------------------------------------------------------------------------------------------------ measurements

    def measurement_group(self, one: Measured) -> Dataset:
        """A group for a measurement: its name, its points, its values."""
        measurement = one.measurement
        uid = uid_of(self.source.series_instance_uid, "measurement", measurement.number, measurement.name)
        name = " ".join(measurement.name.split()) or f"Measurement {measurement.number}"
        group = _tracking(name, uid)
        if measurement.kind is MeasurementKind.ELLIPSE:
            group.append(self._points(codes.IMAGE_REGION, "ELLIPSE", _ellipse_points(measurement), items.CONTAINS))
            group.append(items.number(codes.AREA, measurement.area_mm2, codes.MM2))
            group += self._statistics(one.statistics)
            return items.container(codes.GROUP, group, template="1410")
        group += self._values(measurement)
        return items.container(codes.GROUP, group, template="1501")

    def _values(self, measurement: Measurement) -> list[Dataset]:
        points = np.asarray(measurement.points_mm)
        if measurement.kind is MeasurementKind.LENGTH:
            where = self._points(codes.SOURCE, "POLYLINE", points, items.INFERRED)
            return [items.number(codes.LENGTH, measurement.length_mm, codes.MM, [where])]
        if measurement.kind is MeasurementKind.ANGLE:
            where = self._points(codes.SOURCE, "POLYLINE", points, items.INFERRED)
            return [items.number(codes.ANGLE, measurement.angle_deg, codes.DEGREE, [where])]
        where = self._points(codes.SOURCE, "MULTIPOINT", np.asarray(measurement.corners_mm), items.INFERRED)
        found = [items.number(codes.VOLUME, float(np.prod(measurement.edges_mm)), codes.MM3, [where])]
        if measurement.score is not None:
            found.append(items.number(codes.CERTAINTY, 100 * measurement.score, codes.PERCENT))
        return found

    def _statistics(self, found: RegionStatistics | None) -> list[Dataset]:
        if found is None or self.quantity not in codes.VALUE_CODES:
            return []
        what, unit = codes.VALUE_CODES[self.quantity]
        values = (
            (codes.MEAN, found.mean),
            (codes.DEVIATION, found.deviation),
            (codes.LEAST, found.least),
            (codes.MOST, found.most),
        )
        return [
            items.number(what, value, unit, [items.code(codes.DERIVATION, how, items.MODIFIES)])
            for how, value in values
        ]

    def _points(self, name: CodedTerm, kind: str, points_mm: NDArray[np.float64], relationship: str) -> Dataset:
        return items.coordinates(name, kind, points_mm, self.source.frame_of_reference_uid, relationship)


def _tracking(name: str, uid: str) -> list[Dataset]:
    """How the same thing is known again in another report."""
    return [
        items.text(codes.TRACKING_ID, name, items.OBSERVED),
        items.uid_reference(codes.TRACKING_UID, uid, items.OBSERVED),
    ]


def _finding(segment: LabelSegment) -> list[Dataset]:
    """What it is and where: an organ is both; of a lesion the terminology does not say where it lies."""
    term = lookup(segment.name)
    kind, category, modifier = segment.type, segment.category, segment.modifier
    if kind is None and term is not None:
        kind, category, modifier = term.type, term.category, term.modifier
    kind = kind or TISSUE
    found = [items.code(codes.FINDING_CATEGORY, category)] if category is not None else []
    found.append(items.code(codes.FINDING, kind))
    if kind != TISSUE and _is_place(category):
        side = [items.code(codes.LATERALITY, modifier, items.MODIFIES)] if modifier is not None else []
        found.append(items.code(codes.FINDING_SITE, kind, items=side))
    return found


def _is_place(category: CodedTerm | None) -> bool:
    return category is not None and category.value in ("91723000", "123037004")  # anatomical structure, body structure


def _ellipse_points(ellipse: Measurement) -> NDArray[np.float64]:
    """(4, 3) ends of the longer axis, then of the shorter one (PS3.3 C.18.9.1.2)."""
    center, one, other = np.asarray(ellipse.points_mm, np.float64)
    halves = sorted((one - center, other - center), key=lambda half: -float(half @ half))
    return np.array([center + sign * half for half in halves for sign in (-1, 1)])
