"""What must stand in the objects that Limner writes: attributes of type 1 and 2, module by module (PS3.3 A and C).

``Sequence>Keyword`` is asked of every item of a sequence that is there. Conditional attributes are not listed: whether
their condition holds is what ``consistency`` looks at.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Module:
    """Attributes of one module.

    Attributes:
        needed: type 1: there, with a value.
        present: type 2: there, with or without a value.
    """

    needed: tuple[str, ...] = ()
    present: tuple[str, ...] = ()


def _module(needed: str = "", present: str = "") -> Module:
    return Module(tuple(needed.split()), tuple(present.split()))


def _code(sequence: str) -> str:
    return f"{sequence}>CodeMeaning"


PATIENT = _module("", "PatientName PatientID PatientBirthDate PatientSex")
STUDY = _module("StudyInstanceUID", "StudyDate StudyTime ReferringPhysicianName StudyID AccessionNumber")
SERIES = _module("Modality SeriesInstanceUID", "SeriesNumber")
NUMBERED_SERIES = _module("Modality SeriesInstanceUID SeriesNumber")
EQUIPMENT = _module("", "Manufacturer")
ENHANCED_EQUIPMENT = _module("Manufacturer ManufacturerModelName DeviceSerialNumber SoftwareVersions")
FRAME_OF_REFERENCE = _module("FrameOfReferenceUID", "PositionReferenceIndicator")
SOP_COMMON = _module("SOPClassUID SOPInstanceUID")
CONTENT_LABEL = _module("InstanceNumber ContentLabel", "ContentDescription ContentCreatorName")
PIXELS = _module("SamplesPerPixel PhotometricInterpretation Rows Columns BitsAllocated")
INTEGER_PIXELS = _module("BitsStored HighBit PixelRepresentation")
MULTI_FRAME = _module(
    "SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence NumberOfFrames InstanceNumber ContentDate "
    "ContentTime PerFrameFunctionalGroupsSequence>FrameContentSequence"
)
FRAME_PLACES = _module(
    " ".join(
        f"{groups}>{place}"
        for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
        for place in (
            "PlanePositionSequence>ImagePositionPatient",
            "PlaneOrientationSequence>ImageOrientationPatient",
            "PixelMeasuresSequence>PixelSpacing",
            "PixelMeasuresSequence>SliceThickness",
        )
    ),
    "PerFrameFunctionalGroupsSequence>DerivationImageSequence>SourceImageSequence",
)
REFERENCED_INSTANCES = _module(
    "ReferencedSeriesSequence>SeriesInstanceUID ReferencedSeriesSequence>ReferencedInstanceSequence"
)
DIMENSIONS = _module(
    "DimensionOrganizationSequence DimensionIndexSequence DimensionOrganizationSequence>DimensionOrganizationUID "
    "DimensionIndexSequence>DimensionIndexPointer"
)
SEGMENTATION_IMAGE = _module(
    "ImageType SegmentationType SegmentSequence LossyImageCompression SegmentSequence>SegmentNumber "
    "SegmentSequence>SegmentLabel SegmentSequence>SegmentAlgorithmType "
    "SegmentSequence>SegmentedPropertyCategoryCodeSequence SegmentSequence>SegmentedPropertyTypeCodeSequence "
    + _code("SegmentSequence>SegmentedPropertyCategoryCodeSequence")
    + " "
    + _code("SegmentSequence>SegmentedPropertyTypeCodeSequence")
)
STRUCTURE_SET = _module(
    "StructureSetLabel StructureSetROISequence StructureSetROISequence>ROINumber "
    "StructureSetROISequence>ReferencedFrameOfReferenceUID ReferencedFrameOfReferenceSequence>FrameOfReferenceUID "
    + " ".join(
        f"ReferencedFrameOfReferenceSequence>RTReferencedStudySequence>{place}"
        for place in (
            "RTReferencedSeriesSequence",
            "RTReferencedSeriesSequence>SeriesInstanceUID",
            "RTReferencedSeriesSequence>ContourImageSequence",
        )
    ),
    "StructureSetDate StructureSetTime StructureSetROISequence>ROIName "
    "StructureSetROISequence>ROIGenerationAlgorithm OperatorsName",
)
CONTOURS = _module(
    "ROIContourSequence ROIContourSequence>ReferencedROINumber ROIContourSequence>ContourSequence>ContourGeometricType "
    "ROIContourSequence>ContourSequence>NumberOfContourPoints ROIContourSequence>ContourSequence>ContourData"
)
OBSERVATIONS = _module(
    "RTROIObservationsSequence RTROIObservationsSequence>ObservationNumber "
    "RTROIObservationsSequence>ReferencedROINumber",
    "RTROIObservationsSequence>RTROIInterpretedType RTROIObservationsSequence>ROIInterpreter",
)
REPORT_SERIES = _module(
    "Modality SeriesInstanceUID SeriesNumber",
    "ReferencedPerformedProcedureStepSequence",
)
REPORT = _module(
    "InstanceNumber CompletionFlag VerificationFlag ContentDate ContentTime ValueType ConceptNameCodeSequence "
    "ContinuityOfContent ContentTemplateSequence>MappingResource ContentTemplateSequence>TemplateIdentifier "
    + " ".join(
        f"{evidence}>{place}"
        for evidence in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")
        for place in (
            "StudyInstanceUID",
            "ReferencedSeriesSequence",
            "ReferencedSeriesSequence>SeriesInstanceUID",
            "ReferencedSeriesSequence>ReferencedSOPSequence",
        )
    ),
    "PerformedProcedureCodeSequence",
)
PRESENTATION = _module(
    "PresentationCreationDate PresentationCreationTime ReferencedSeriesSequence DisplayedAreaSelectionSequence "
    "PresentationLUTShape ReferencedSeriesSequence>SeriesInstanceUID ReferencedSeriesSequence>ReferencedImageSequence "
    "DisplayedAreaSelectionSequence>DisplayedAreaTopLeftHandCorner "
    "DisplayedAreaSelectionSequence>DisplayedAreaBottomRightHandCorner "
    "DisplayedAreaSelectionSequence>PresentationSizeMode GraphicAnnotationSequence>GraphicLayer "
    "GraphicLayerSequence>GraphicLayer GraphicLayerSequence>GraphicLayerOrder SoftcopyVOILUTSequence>WindowCenter"
)
CAPTURE = _module("ConversionType", "InstanceNumber PatientOrientation")
DOCUMENT = _module(
    "ConversionType InstanceNumber BurnedInAnnotation MIMETypeOfEncapsulatedDocument EncapsulatedDocument",
    "ContentDate ContentTime AcquisitionDateTime DocumentTitle ConceptNameCodeSequence",
)
PARAMETRIC_MAP = _module(
    "ImageType ContentQualification BurnedInAnnotation RecognizableVisualFeatures LossyImageCompression "
    "PresentationLUTShape",
    "AcquisitionContextSequence",
)

_COMMON = (PATIENT, STUDY, SOP_COMMON)
_FRAMES = (
    NUMBERED_SERIES, ENHANCED_EQUIPMENT, FRAME_OF_REFERENCE, CONTENT_LABEL, PIXELS, MULTI_FRAME, FRAME_PLACES,
    REFERENCED_INSTANCES, DIMENSIONS,
)  # fmt: skip
_SEGMENTATION = (*_COMMON, *_FRAMES, INTEGER_PIXELS, SEGMENTATION_IMAGE)
_STORAGE = "1.2.840.10008.5.1.4.1.1."

# SOP Class UID -> what people call it, and its modules.
KINDS: dict[str, tuple[str, tuple[Module, ...]]] = {
    _STORAGE + "66.4": ("segmentation", _SEGMENTATION),
    _STORAGE + "66.7": ("label map segmentation", _SEGMENTATION),
    _STORAGE + "481.3": (
        "structure set",
        (*_COMMON, SERIES, EQUIPMENT, STRUCTURE_SET, CONTOURS, OBSERVATIONS),
    ),
    _STORAGE + "88.34": ("measurement report", (*_COMMON, REPORT_SERIES, ENHANCED_EQUIPMENT, REPORT)),
    _STORAGE + "11.1": ("presentation state", (*_COMMON, NUMBERED_SERIES, EQUIPMENT, CONTENT_LABEL, PRESENTATION)),
    _STORAGE + "30": ("parametric map", (*_COMMON, *_FRAMES, PARAMETRIC_MAP)),
    _STORAGE + "7": ("secondary capture", (*_COMMON, SERIES, PIXELS, INTEGER_PIXELS, CAPTURE)),
    _STORAGE + "104.1": ("document", (*_COMMON, NUMBERED_SERIES, EQUIPMENT, DOCUMENT)),
}
