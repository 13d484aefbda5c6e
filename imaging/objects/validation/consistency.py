"""Whether the parts of an object belong together: what is referred to is there, and counts agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from imaging.objects.validation.findings import Findings

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_MOST_DEPTH = 16
_ANSWERS = {
    "CODE": "ConceptCodeSequence",
    "TEXT": "TextValue",
    "NUM": "MeasuredValueSequence",
    "UIDREF": "UID",
    "PNAME": "PersonName",
    "IMAGE": "ReferencedSOPSequence",
    "COMPOSITE": "ReferencedSOPSequence",
    "SCOORD": "GraphicData",
    "SCOORD3D": "GraphicData",
    "CONTAINER": "ContinuityOfContent",
}

_NAMED = ("CODE", "DATE", "DATETIME", "NUM", "PNAME", "TEXT", "TIME", "UIDREF")  # items that nobody understands without


def check_consistency(data_set: Dataset, found: Findings) -> None:
    """The checks of the object's kind, and those of all objects."""
    _file_meta(data_set, found)
    if "PerFrameFunctionalGroupsSequence" in data_set:
        _frames(data_set, found)
    if int(data_set.get("SamplesPerPixel") or 1) > 1 and "PlanarConfiguration" not in data_set:
        found.error("PlanarConfiguration", "it is missing: nobody knows in which order the colours stand")
    check = _CHECKS.get(str(data_set.get("SOPClassUID", "")).rpartition(".5.1.4.1.1.")[2])
    if check is not None:
        check(data_set, found)


def _file_meta(data_set: Dataset, found: Findings) -> None:
    meta = data_set.file_meta
    for name, keyword in (
        ("MediaStorageSOPClassUID", "SOPClassUID"),
        ("MediaStorageSOPInstanceUID", "SOPInstanceUID"),
    ):
        if str(meta.get(name, "")) != str(data_set.get(keyword, "")):
            found.error(name, f"the file's own header names another {keyword} than the object")
    if not meta.get("TransferSyntaxUID"):
        found.error("TransferSyntaxUID", "the file does not say how it is encoded")


def _frames(data_set: Dataset, found: Findings) -> None:
    frames = data_set.PerFrameFunctionalGroupsSequence
    if int(data_set.get("NumberOfFrames") or 0) != len(frames):
        found.error("NumberOfFrames", "it is not the number of frames that are described")
    dimensions = len(data_set.get("DimensionIndexSequence") or ())
    organizations = {
        str(one.get("DimensionOrganizationUID", "")) for one in data_set.get("DimensionOrganizationSequence") or ()
    }
    for one in data_set.get("DimensionIndexSequence") or ():
        if str(one.get("DimensionOrganizationUID", "")) not in organizations:
            found.error("DimensionIndexSequence", "it belongs to an organization of dimensions that is not there")
    for frame in frames:
        content = frame.get("FrameContentSequence") or ()
        values = content[0].get("DimensionIndexValues") if content else None
        count = 0 if values is None else len(values) if hasattr(values, "__len__") else 1
        if content and dimensions and count != dimensions:
            found.error("FrameContentSequence", "a frame does not have a place along each dimension")


def _segmentation(data_set: Dataset, found: Findings) -> None:
    numbers = [int(one.get("SegmentNumber") or 0) for one in data_set.get("SegmentSequence") or ()]
    is_label_map = data_set.get("SegmentationType") == "LABELMAP"
    if not is_label_map and numbers != list(range(1, len(numbers) + 1)):
        found.error("SegmentSequence>SegmentNumber", "segments are not numbered 1, 2, 3")
    if len(set(numbers)) < len(numbers):
        found.error("SegmentSequence>SegmentNumber", "two segments have one number")
    for one in data_set.get("SegmentSequence") or ():
        if one.get("SegmentAlgorithmType") in ("AUTOMATIC", "SEMIAUTOMATIC") and not one.get("SegmentAlgorithmName"):
            found.error("SegmentSequence>SegmentAlgorithmName", "an algorithm made the segment, and has no name")
        if bool(one.get("TrackingID")) != bool(one.get("TrackingUID")):
            found.error("SegmentSequence>TrackingUID", "tracking ID and UID are there together or not at all")
    shared = (data_set.get("SharedFunctionalGroupsSequence") or [None])[0]
    _places(data_set, shared, found)
    if is_label_map:
        return
    for frame in data_set.get("PerFrameFunctionalGroupsSequence") or ():
        group = frame if "SegmentIdentificationSequence" in frame else shared
        items = group.get("SegmentIdentificationSequence") if group is not None else None
        if not items or int(items[0].get("ReferencedSegmentNumber") or 0) not in numbers:
            found.error("SegmentIdentificationSequence", "a frame belongs to a segment that is not described")


def _places(data_set: Dataset, shared: Dataset | None, found: Findings) -> None:
    """Frames in a patient's space say where they lie; those of slides (microscopy) do it in other ways."""
    frames = data_set.get("PerFrameFunctionalGroupsSequence") or ()
    if not data_set.get("FrameOfReferenceUID") or "TotalPixelMatrixColumns" in data_set:
        return
    for name in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence"):
        if (shared is None or name not in shared) and any(name not in frame for frame in frames):
            found.error(f"SharedFunctionalGroupsSequence>{name}", "neither all frames share it nor each has its own")


def _structure_set(data_set: Dataset, found: Findings) -> None:
    numbers = {int(one.get("ROINumber") or 0) for one in data_set.get("StructureSetROISequence") or ()}
    for name in ("ROIContourSequence", "RTROIObservationsSequence"):
        for one in data_set.get(name) or ():
            if int(one.get("ReferencedROINumber") or -1) not in numbers:
                found.error(f"{name}>ReferencedROINumber", "it refers to a structure that is not described")
    for region in data_set.get("ROIContourSequence") or ():
        for contour in region.get("ContourSequence") or ():
            if 3 * int(contour.get("NumberOfContourPoints") or 0) != len(contour.get("ContourData") or ()):
                found.error(
                    "ROIContourSequence>ContourSequence>NumberOfContourPoints",
                    "a contour does not have as many points as it says",
                )


def _report(data_set: Dataset, found: Findings) -> None:
    listed = {
        str(one.get("ReferencedSOPInstanceUID", ""))
        for name in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")
        for study in data_set.get(name) or ()
        for series in study.get("ReferencedSeriesSequence") or ()
        for one in series.get("ReferencedSOPSequence") or ()
    }
    for item in _content(data_set, 0):
        kind = str(item.get("ValueType", ""))
        if "RelationshipType" not in item:
            found.error("ContentSequence>RelationshipType", "an item does not say how it belongs to the one above")
        answer = _ANSWERS.get(kind)
        if kind in _NAMED and not item.get("ConceptNameCodeSequence"):
            found.error("ContentSequence>ConceptNameCodeSequence", f"an item of the kind {kind} has no name")
        if answer is not None and answer not in item:
            found.error(f"ContentSequence>{answer}", f"an item of the kind {kind} has no answer")
        if kind in ("IMAGE", "COMPOSITE"):
            for one in item.get("ReferencedSOPSequence") or ():
                if str(one.get("ReferencedSOPInstanceUID", "")) not in listed:
                    found.error(
                        "CurrentRequestedProcedureEvidenceSequence", "an object that is referred to is not listed"
                    )


def _content(item: Dataset, depth: int) -> Iterator[Dataset]:
    for one in item.get("ContentSequence") or () if depth < _MOST_DEPTH else ():
        yield one
        yield from _content(one, depth + 1)


def _presentation(data_set: Dataset, found: Findings) -> None:
    layers = {str(one.get("GraphicLayer", "")) for one in data_set.get("GraphicLayerSequence") or ()}
    images = {
        str(one.get("ReferencedSOPInstanceUID", ""))
        for series in data_set.get("ReferencedSeriesSequence") or ()
        for one in series.get("ReferencedImageSequence") or ()
    }
    for one in data_set.get("GraphicAnnotationSequence") or ():
        if str(one.get("GraphicLayer", "")) not in layers:
            found.error("GraphicAnnotationSequence>GraphicLayer", "a drawing lies on a layer that is not described")
        for image in one.get("ReferencedImageSequence") or ():
            if str(image.get("ReferencedSOPInstanceUID", "")) not in images:
                found.error("GraphicAnnotationSequence", "a drawing belongs to an image that is not referred to")


def _document(data_set: Dataset, found: Findings) -> None:
    content = bytes(data_set.get("EncapsulatedDocument") or b"")
    if data_set.get("MIMETypeOfEncapsulatedDocument") == "application/pdf" and not content.startswith(b"%PDF-"):
        found.error("EncapsulatedDocument", "it is no PDF")


_CHECKS: dict[str, Callable[[Dataset, Findings], None]] = {
    "66.4": _segmentation,
    "66.7": _segmentation,
    "481.3": _structure_set,
    "88.33": _report,
    "88.34": _report,
    "11.1": _presentation,
    "104.1": _document,
}
