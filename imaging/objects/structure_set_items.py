"""What an RT Structure Set says of its structures beside their contours (PS3.3 C.8.8.5, C.8.8.8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imaging.formats.label_file import LabelSegment
from imaging.objects.header import code_item, item, put, reference_item
from imaging.objects.segment_items import segment_label
from imaging.objects.source_series import ObjectSource
from imaging.terminology import lookup

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_STUDY_REFERENCE = "1.2.840.10008.3.1.2.3.1"  # retired, but the standard still wants a class here
_ORGANS = {"91723000", "123037004"}  # SNOMED CT: anatomical structure, in newer and older editions of the standard
_TARGETS = re.compile("GTV|CTV|PTV", re.IGNORECASE)
_OUTSIDES = {"body", "external", "skin"}


def frame_item(source: ObjectSource) -> Dataset:
    """The frame of reference, and in it study, series and images where the source has them."""
    frame = item(FrameOfReferenceUID=source.frame_of_reference_uid)
    images = source.unique_images()
    if images:
        series = item(
            SeriesInstanceUID=source.series_instance_uid,
            ContourImageSequence=[reference_item(image) for image in images],
        )
        study = item(
            ReferencedSOPClassUID=_STUDY_REFERENCE,
            ReferencedSOPInstanceUID=source.study_instance_uid,
            RTReferencedSeriesSequence=[series],
        )
        put(frame, RTReferencedStudySequence=[study])
    return frame


def region_item(segment: LabelSegment, frame_of_reference_uid: str) -> Dataset:
    """Item of Structure Set ROI Sequence."""
    algorithm = segment.algorithm
    made = item(
        ROINumber=segment.number,
        ReferencedFrameOfReferenceUID=frame_of_reference_uid,
        ROIName=segment_label(segment),
        ROIGenerationAlgorithm=algorithm.type if algorithm else "",
    )
    if algorithm and algorithm.name:
        put(made, ROIGenerationDescription=f"{algorithm.name} {algorithm.version}".strip()[:64])
    return made


def observation_item(segment: LabelSegment) -> Dataset:
    """Item of RT ROI Observations Sequence: what the structure is."""
    made = item(
        ObservationNumber=segment.number,
        ReferencedROINumber=segment.number,
        RTROIInterpretedType=_interpreted_type(segment),
        ROIInterpreter="",
    )
    if segment.type is not None:
        code = code_item(segment.type)
        if segment.modifier is not None:
            put(code, SegmentedPropertyTypeModifierCodeSequence=[code_item(segment.modifier)])
        put(made, RTROIIdentificationCodeSequence=[code])
        if segment.category is not None:
            put(made, SegmentedPropertyCategoryCodeSequence=[code_item(segment.category)])
    return made


def _interpreted_type(segment: LabelSegment) -> str:
    """What a planning system shall take it for: targets by their names, organs by their codes, else nothing."""
    target = _TARGETS.match(segment.name)
    if target is not None:
        return target[0].upper()
    if segment.name.strip().casefold() in _OUTSIDES:
        return "EXTERNAL"
    term = lookup(segment.name)
    category = segment.category or (term.category if term is not None else None)
    return "ORGAN" if category is not None and category.value in _ORGANS else ""
