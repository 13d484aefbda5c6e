"""Pictures as DICOM: Secondary Capture Image Storage (PS3.3 A.8.1), in the study of the images that they show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.objects.header import file_meta_of, put
from imaging.objects.uids import new_uid
from imaging.objects.writing import misread, write_checked
from imaging.volume import SourceSeries

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
NOT_FOR_DIAGNOSIS = "Not for diagnosis."
SERIES_NUMBER = 9900  # behind what scanners and other programs number
LARGEST_PX = 65535


@dataclass(frozen=True)
class CaptureTexts:
    """What the object says of itself.

    Attributes:
        series: in lists.
        derivation: how it was made.
        may_show_face: somebody might be recognised by it.
    """

    series: str = "Limner 3D picture"
    derivation: str = "Volume rendering"
    may_show_face: bool = True


def write_secondary_capture(
    pixels: NDArray[np.uint8], path: Path, source: SourceSeries, texts: CaptureTexts | None = None
) -> str:
    """Write a picture as an object of its own series, read it back and compare; only then it gets its name.

    Patient and study are those of ``source``; an image that never was DICOM gives an object of a new study whose
    patient nobody knows.

    Args:
        pixels: (rows, columns, 3) uint8 RGB.
        path: the file; one that was there is replaced.
        source: where the picture's image came from.
        texts: descriptions.

    Returns:
        The SOP Instance UID.

    Raises:
        UserError: the file cannot be written.
    """
    made = _data_set(pixels, source, texts or CaptureTexts())
    write_checked(
        path,
        lambda file: made.save_as(file, enforce_file_format=True),
        lambda part: _compare(part, made, pixels),
    )
    return str(made.SOPInstanceUID)


def _data_set(pixels: NDArray[np.uint8], source: SourceSeries, texts: CaptureTexts) -> Dataset:
    from pydicom.dataset import Dataset

    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or max(pixels.shape) > LARGEST_PX:
        raise ValueError("a secondary capture is RGB with 8 bits")
    now = datetime.now()
    made = Dataset()
    modality = source.modality or "OT"  # what the data were acquired with (PS3.3 C.7.3.1.1.1)
    put(made, **_identity(source), Modality=modality)  # as archives know it, even where that breaks a rule
    put(made, **{**_own(now, texts), **_image(pixels)})
    made.StudyInstanceUID = source.study_instance_uid or new_uid()
    made.SeriesInstanceUID, made.SOPInstanceUID = new_uid(), new_uid()
    raw = np.ascontiguousarray(pixels).tobytes()
    made.PixelData = raw + b"\0" * (len(raw) % 2)
    made["PixelData"].VR = "OB"
    made.file_meta = file_meta_of(made)
    return made


def _identity(source: SourceSeries) -> dict[str, str]:
    """Patient and study; what the standard wants to be there and nobody knows stays empty."""
    wanted = ("StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID", "PatientBirthDate", "PatientSex")
    return {
        **dict.fromkeys(wanted, ""),
        **dict(source.study_attributes),
        "PatientName": source.patient_name,
        "PatientID": source.patient_id,
        "StudyDate": source.study_date,
    }


def _own(now: datetime, texts: CaptureTexts) -> dict[str, Any]:
    """Series, equipment and the object itself."""
    date, time = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": SECONDARY_CAPTURE,
        "SeriesNumber": SERIES_NUMBER,
        "SeriesDescription": texts.series[:64],
        "SeriesDate": date,
        "SeriesTime": time,
        "Manufacturer": "Limner",
        "ConversionType": "WSD",
        "SecondaryCaptureDeviceManufacturer": "Limner",
        "SecondaryCaptureDeviceManufacturerModelName": "Limner",
        "DateOfSecondaryCapture": date,
        "TimeOfSecondaryCapture": time,
        "InstanceNumber": 1,
        "InstanceCreationDate": date,
        "InstanceCreationTime": time,
        "ContentDate": date,
        "ContentTime": time,
        "PatientOrientation": "",
        "ImageType": ["DERIVED", "SECONDARY"],
        "DerivationDescription": texts.derivation[:1024],
        "ImageComments": NOT_FOR_DIAGNOSIS,
        "BurnedInAnnotation": "NO",  # nothing in the picture names the patient
        "RecognizableVisualFeatures": "YES" if texts.may_show_face else "NO",
        "LossyImageCompression": "00",
    }


def _image(pixels: NDArray[np.uint8]) -> dict[str, Any]:
    return {
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "RGB",
        "PlanarConfiguration": 0,
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
    }


def _compare(path: Path, made: Dataset, pixels: NDArray[np.uint8]) -> None:
    """Read what was written.

    Raises:
        UserError: it is not what was to be written.
    """
    from pydicom import dcmread

    found = dcmread(path)
    same = all(found.get(name) == made.get(name) for name in ("SOPInstanceUID", "StudyInstanceUID", "ImageComments"))
    for name in ("PatientName", "PatientID"):  # raw: pydicom would warn of what breaks a rule
        raw = found.get_item(name).value
        element = made[name]
        values = element.value if element.VM > 1 else [element.value]  # an ID with a backslash, as archives know it
        same &= (raw or b"").rstrip(b" ") == "\\".join(map(str, values)).rstrip().encode()
    if not (same and np.array_equal(found.pixel_array, pixels)):
        raise misread()
