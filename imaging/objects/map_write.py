"""A map of numbers, such as a model's probability or uncertainty, as a Parametric Map (PS3.3 A.75) of 32-bit floats."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.objects import report_codes as codes
from imaging.objects.frame_groups import FrameGroups, decimals
from imaging.objects.frame_writer import write_plain
from imaging.objects.header import ObjectKind, code_item, file_meta_of, item, new_object, put, put_common_references
from imaging.objects.slice_places import SlicePlaces
from imaging.objects.source_series import ObjectSource
from imaging.objects.uids import new_uid
from imaging.objects.writing import misread, write_checked
from imaging.objects.written import WrittenObject
from imaging.segment import CodedTerm

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.30"
PROBABILITY = CodedTerm("122157", "DCM", "Probability")
UNCERTAINTY = CodedTerm("uncertainty", "99LIMNER", "Uncertainty")
_QUANTITY = CodedTerm("246205007", "SCT", "Quantity")
_IMAGE_TYPE = ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
_ANYWHERE = CodedTerm("38266002", "SCT", "Entire body")  # dcmqi reads no map without a region
_FLOAT_PIXELS = 0x7FE00008


@dataclass(frozen=True, eq=False)
class WantedMap:
    """What is to be written.

    Attributes:
        name: which map it is; it comes back on reading.
        title: what made it, such as a model's name.
        quantity: what the numbers are.
        values: (k, j, i) of any type.
        scale: a number of the file is a value times this.
        highest: the largest number there can be.
        geometry: grid of the values.
    """

    name: str
    title: str
    quantity: CodedTerm
    values: NDArray[Any]
    geometry: Geometry
    scale: float = 1.0
    highest: float = 1.0


def write_map(wanted: WantedMap, source: ObjectSource, path: Path) -> WrittenObject:
    """Write a map as an object of the source's study, read it back and compare every value.

    Args:
        wanted: the map.
        source: the images that it is about.
        path: the file; one that was there is replaced.

    Raises:
        UserError: the grid suits no DICOM image, or the file cannot be written.
    """
    content = _Content(wanted, source)
    write_checked(path, content.write, content.check)
    return WrittenObject(str(content.header.SOPInstanceUID), None, source.filled_in)


class _Content:
    """One map that is to be written."""

    def __init__(self, wanted: WantedMap, source: ObjectSource) -> None:
        self.wanted = wanted
        self.places = SlicePlaces.of(wanted.geometry, source)
        self.header = self._header(source)

    def _header(self, source: ObjectSource) -> Dataset:
        wanted = self.wanted
        made = new_object(ObjectKind(PARAMETRIC_MAP, "OT", wanted.quantity.meaning, 9940), source)
        put_common_references(made, source)
        organization = new_uid()
        put(
            made,
            ImageType=_IMAGE_TYPE,
            ContentLabel=wanted.quantity.meaning.upper()[:16],
            ContentDescription=" ".join(wanted.title.split())[:64],
            ContentCreatorName="",
            ContentQualification="RESEARCH",
            AcquisitionContextSequence=[],
            BurnedInAnnotation="NO",
            RecognizableVisualFeatures="NO",
            LossyImageCompression="00",
            PresentationLUTShape="IDENTITY",
            SamplesPerPixel=1,
            PhotometricInterpretation="MONOCHROME2",
            Rows=wanted.geometry.shape[1],
            Columns=wanted.geometry.shape[2],
            BitsAllocated=32,
            NumberOfFrames=wanted.geometry.shape[0],
            DimensionOrganizationSequence=[item(DimensionOrganizationUID=organization)],
            DimensionIndexSequence=[
                item(
                    DimensionOrganizationUID=organization,
                    DimensionIndexPointer=0x00200032,
                    FunctionalGroupPointer=0x00209113,
                    DimensionDescriptionLabel="Position",
                )
            ],
            SharedFunctionalGroupsSequence=[self._shared_groups()],
        )
        return made

    def _shared_groups(self) -> Dataset:
        between_rows, between_columns = self.places.spacing_mm
        measures = item(
            SliceThickness=decimals([self.places.thickness_mm]).decode(),
            PixelSpacing=decimals([between_rows, between_columns]).decode().split("\\"),
        )
        if self.places.is_even:
            put(measures, SpacingBetweenSlices=decimals([self.places.thickness_mm]).decode())
        highest = self.wanted.highest
        return item(
            PlaneOrientationSequence=[
                item(ImageOrientationPatient=decimals(self.places.orientation).decode().split("\\"))
            ],
            PixelMeasuresSequence=[measures],
            FrameAnatomySequence=[item(FrameLaterality="U", AnatomicRegionSequence=[code_item(_ANYWHERE)])],
            PixelValueTransformationSequence=[item(RescaleIntercept="0", RescaleSlope="1", RescaleType="US")],
            FrameVOILUTSequence=[
                item(WindowCenter=decimals([highest / 2]).decode(), WindowWidth=decimals([highest]).decode())
            ],
            ParametricMapFrameTypeSequence=[item(FrameType=_IMAGE_TYPE)],
            RealWorldValueMappingSequence=[self._meaning()],
        )

    def _meaning(self) -> Dataset:
        """What a number is: itself, of this quantity, without a unit."""
        quantity = item(
            ValueType="CODE",
            ConceptNameCodeSequence=[code_item(_QUANTITY)],
            ConceptCodeSequence=[code_item(self.wanted.quantity)],
        )
        return item(
            LUTLabel=self.wanted.quantity.meaning[:16],
            LUTExplanation=self.wanted.name[:64],
            DoubleFloatRealWorldValueFirstValueMapped=0.0,
            DoubleFloatRealWorldValueLastValueMapped=self.wanted.highest,
            RealWorldValueIntercept=0.0,
            RealWorldValueSlope=1.0,
            MeasurementUnitsCodeSequence=[code_item(codes.NO_UNIT)],
            QuantityDefinitionSequence=[quantity],
        )

    def write(self, file: BinaryIO) -> None:
        """Header, functional groups, numbers."""
        self.header.file_meta = file_meta_of(self.header)
        head = BytesIO()
        self.header.save_as(head, enforce_file_format=True)
        file.write(head.getvalue())
        count, rows, columns = self.wanted.geometry.shape
        groups = FrameGroups.of(self.places.positions_mm, self.places.images, names_segments=False)
        groups.write(file, np.stack([np.zeros(count, np.int64), np.arange(count)], axis=1))
        planes = (self._numbers(k) for k in range(count))
        write_plain(file, planes, count, rows * columns * 4, b"OF", tag=_FLOAT_PIXELS)

    def _numbers(self, k: int) -> NDArray[np.float32]:
        return np.ascontiguousarray(self.wanted.values[k] * np.float32(self.wanted.scale), "<f4")

    def check(self, part: Path) -> None:
        """Read the file as if it were foreign, and compare every number."""
        from imaging.objects.map_read import read_map

        found = read_map(part)
        if found.name != self.wanted.name[:64].strip() or found.values.shape != self.wanted.values.shape:
            raise misread()
        is_turned = not found.geometry.same_space(self.wanted.geometry, 0.01)
        for k, plane in enumerate(found.values):  # slices come back ordered by their places
            if not np.array_equal(plane, self._numbers(len(found.values) - 1 - k if is_turned else k)):
                raise misread()
