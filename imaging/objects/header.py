"""What all objects share (PS3.3 C.7, C.12): patient, study, series, equipment, frame of reference, SOP common.

made = new_object(SEGMENTATION, source)
put(made, SegmentationType="BINARY", ...)
write_object(made, path)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from imaging.dicom import syntax
from imaging.objects.source_series import ObjectSource, SourceImage
from imaging.objects.uids import new_uid
from imaging.segment import CodedTerm

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileMetaDataset

MAKER = "Limner"
IMPLEMENTATION_UID = "2.25.317386361509251426723914839430550174455"  # a UUID that names this program, PS3.5 B.2


@dataclass(frozen=True)
class ObjectKind:
    """What is to be made.

    Attributes:
        sop_class_uid: which object.
        modality: SEG, RTSTRUCT, SR...
        series_description: in lists.
        series_number: behind what scanners and other programs number.
    """

    sop_class_uid: str
    modality: str
    series_description: str
    series_number: int


def new_object(kind: ObjectKind, source: ObjectSource, description: str = "") -> Dataset:
    """A data set of a new series in the source's study, with everything that does not depend on the kind of object.

    Args:
        kind: what is to be made.
        source: what it is about.
        description: of the series, instead of the kind's own.
    """
    from pydicom.dataset import Dataset

    made = Dataset()
    now = datetime.now()
    date, time = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    put(
        made,
        SpecificCharacterSet="ISO_IR 192",
        InstanceCreationDate=date,
        InstanceCreationTime=time,
        SOPClassUID=kind.sop_class_uid,
        SOPInstanceUID=new_uid(),
        Modality=kind.modality,
        SeriesDescription=(description or kind.series_description)[:64],
        SeriesDate=date,
        SeriesTime=time,
        SeriesInstanceUID=new_uid(),
        SeriesNumber=kind.series_number,
        InstanceNumber=1,
        StudyInstanceUID=source.study_instance_uid,
        FrameOfReferenceUID=source.frame_of_reference_uid,
        PositionReferenceIndicator="",
        ContentDate=date,
        ContentTime=time,
        **_equipment(),
    )
    put(made, **source.attributes)
    if source.method_codes:
        put(made, DeidentificationMethodCodeSequence=[code_item(code) for code in source.method_codes])
    return made


def _equipment() -> dict[str, str]:
    return {
        "Manufacturer": MAKER,
        "ManufacturerModelName": MAKER,
        "DeviceSerialNumber": "1",  # a program has none, but the standard wants one
        "SoftwareVersions": software_version(),
    }


@cache
def software_version() -> str:
    """This program's version."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    try:
        return version("limner")
    except PackageNotFoundError:
        return "unknown"


def put(data_set: Dataset, **elements: Any) -> None:
    """Set elements by keyword without judging values: what came from the source stays as archives know it."""
    from pydicom import config
    from pydicom.datadict import dictionary_VR, tag_for_keyword
    from pydicom.dataelem import DataElement

    for keyword, value in elements.items():
        tag = tag_for_keyword(keyword)
        assert tag is not None, keyword
        vr = dictionary_VR(tag)
        if value == "" and vr in ("DS", "IS"):
            value = None  # as it is read again
        data_set.add(DataElement(tag, "US" if vr == "US or SS" else vr, value, validation_mode=config.IGNORE))


def item(**elements: Any) -> Dataset:
    """A data set for a sequence."""
    from pydicom.dataset import Dataset

    made = Dataset()
    put(made, **elements)
    return made


def code_item(term: CodedTerm) -> Dataset:
    """A coded concept as the item of a code sequence (PS3.3 8.8)."""
    value = term.value
    keyword = "CodeValue" if len(value) <= 16 else "URNCodeValue" if ":" in value else "LongCodeValue"
    elements = {keyword: value, "CodeMeaning": term.meaning[:64]}
    if keyword != "URNCodeValue" or term.scheme:
        elements["CodingSchemeDesignator"] = term.scheme[:16]
    return item(**elements)


def reference_item(image: SourceImage, *, with_frame: bool = False) -> Dataset:
    """A reference to an image by class and instance UID."""
    made = item(ReferencedSOPClassUID=image.sop_class_uid, ReferencedSOPInstanceUID=image.sop_instance_uid)
    if with_frame and image.frame_number is not None:
        put(made, ReferencedFrameNumber=image.frame_number)
    return made


def put_common_references(made: Dataset, source: ObjectSource) -> None:
    """Common Instance Reference Module (PS3.3 C.12.2): all images of the source; nothing where it has none."""
    images = source.unique_images()
    if images:
        series = item(
            ReferencedInstanceSequence=[reference_item(image) for image in images],
            SeriesInstanceUID=source.series_instance_uid,
        )
        put(made, ReferencedSeriesSequence=[series])


def file_meta_of(made: Dataset, transfer_syntax: str = syntax.EXPLICIT_LITTLE) -> FileMetaDataset:
    """The file's own header (PS3.10 chapter 7)."""
    from pydicom.dataset import FileMetaDataset

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = made.SOPClassUID
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    meta.TransferSyntaxUID = transfer_syntax
    meta.ImplementationClassUID = IMPLEMENTATION_UID
    meta.ImplementationVersionName = f"LIMNER {software_version()}"[:16]
    return meta
