"""The data set of a DICOM segmentation (PS3.3 A.51, A.101, C.8.20), all but references, per-frame groups and pixels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from imaging.formats.label_file import LabelSegment
from imaging.objects.filled_in import FilledIn
from imaging.objects.frame_groups import decimals
from imaging.objects.header import ObjectKind, item, new_object, put
from imaging.objects.segment_items import segment_items
from imaging.objects.slice_places import SlicePlaces
from imaging.objects.source_series import ObjectSource
from imaging.objects.uids import new_uid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SERIES_NUMBER = 9910
MAXIMUM_FRACTION = 255


class SegmentationKind(StrEnum):
    """How a segmentation holds its voxels; the value is DICOM's Segmentation Type."""

    BINARY = "BINARY"
    FRACTIONAL = "FRACTIONAL"
    LABELMAP = "LABELMAP"


_KINDS = {
    SegmentationKind.BINARY: ("1.2.840.10008.5.1.4.1.1.66.4", "Segmentation"),
    SegmentationKind.FRACTIONAL: ("1.2.840.10008.5.1.4.1.1.66.4", "Fractional segmentation"),
    SegmentationKind.LABELMAP: ("1.2.840.10008.5.1.4.1.1.66.7", "Label map"),
}


@dataclass(frozen=True, eq=False)
class Described:
    """A segmentation without its pixels.

    Attributes:
        segments: in the order of their numbers, from 1.
        places: of the grid's slices.
        rows, columns, bits: of a frame.
        frame_count: how many frames.
        overlap: Segments Overlap: NO, or UNDEFINED.
        fractions: what fractions mean: PROBABILITY or OCCUPANCY.
    """

    kind: SegmentationKind
    segments: list[LabelSegment]
    places: SlicePlaces
    rows: int
    columns: int
    bits: int
    frame_count: int
    overlap: str
    fractions: str


def segmentation_dataset(described: Described, source: ObjectSource) -> tuple[Dataset, list[FilledIn]]:
    """The data set in the source's study, and what had to be made up of its segments."""
    sop_class, title = _KINDS[described.kind]
    made = new_object(ObjectKind(sop_class, "SEG", title, SERIES_NUMBER), source)
    items, filled_in = segment_items(described.segments, source.series_instance_uid)
    if not described.places.has_thickness:  # without one dciodvfy calls the object wrong
        why = "Nobody says how thick the only slice is: volumes that are worked out from the object mean nothing."
        filled_in.append(FilledIn("SliceThickness", why, f"{described.places.thickness_mm:g} mm"))
    put(
        made,
        ImageType=["DERIVED", "PRIMARY"],
        ContentLabel="SEGMENTATION",
        ContentDescription="",
        ContentCreatorName="",
        LossyImageCompression="00",
        SegmentationType=described.kind.value,
        SegmentSequence=items,
        SegmentsOverlap=described.overlap,
        NumberOfFrames=described.frame_count,
        SharedFunctionalGroupsSequence=[_shared_groups(described.places)],
        **_pixel_description(described),
        **_dimensions(names_segments=described.kind is not SegmentationKind.LABELMAP),
    )
    return made, filled_in


def _pixel_description(described: Described) -> dict[str, Any]:
    found: dict[str, Any] = {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": described.rows,
        "Columns": described.columns,
        "BitsAllocated": described.bits,
        "BitsStored": described.bits,
        "HighBit": described.bits - 1,
        "PixelRepresentation": 0,
    }
    if described.kind is SegmentationKind.LABELMAP:
        found["PixelPaddingValue"] = 0  # what belongs to no segment
    elif described.kind is SegmentationKind.FRACTIONAL:
        found["MaximumFractionalValue"] = MAXIMUM_FRACTION
        found["SegmentationFractionalType"] = described.fractions
    return found


def _shared_groups(places: SlicePlaces) -> Dataset:
    thickness = decimals([places.thickness_mm]).decode()
    measures = item(SliceThickness=thickness, PixelSpacing=decimals(places.spacing_mm).decode().split("\\"))
    if places.is_even:
        put(measures, SpacingBetweenSlices=thickness)
    orientation = item(ImageOrientationPatient=decimals(places.orientation).decode().split("\\"))
    return item(PlaneOrientationSequence=[orientation], PixelMeasuresSequence=[measures])


def _dimensions(*, names_segments: bool) -> dict[str, Any]:
    """Frames are found by segment (not in a label map) and position."""
    organization = new_uid()
    pointers = [(0x00200032, 0x00209113, "Position")]
    if names_segments:
        pointers.insert(0, (0x0062000B, 0x0062000A, "Segment"))
    return {
        "DimensionOrganizationSequence": [item(DimensionOrganizationUID=organization)],
        "DimensionIndexSequence": [
            item(
                DimensionOrganizationUID=organization,
                DimensionIndexPointer=pointer,
                FunctionalGroupPointer=group,
                DimensionDescriptionLabel=label,
            )
            for pointer, group, label in pointers
        ],
    }
