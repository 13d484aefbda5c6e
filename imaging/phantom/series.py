"""The phantom as a scanner would send it: one CT Image Storage instance per slice (DICOM PS3.3, A.3)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imaging.errors import UserError
from imaging.volume import Volume

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
INTERCEPT = -1024  # stored values are unsigned 12 bit, as most scanners write them


def write_dicom_series(volume: Volume, folder: Path, series_number: int = 1) -> list[Path]:
    """Write a CT volume as a DICOM series with made-up identifiers, the same at each call for the same content.

    Args:
        volume: whole Hounsfield units of -1024 to 3071, evenly spaced slices.
        folder: made if it is missing; files are called ``IM00001.dcm`` and so on, from the lowest k on.

    Returns:
        The files in slice order.

    Raises:
        UserError: the folder cannot be written.
    """
    common = _common(volume, series_number)
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for k in range(volume.geometry.shape[0]):
            file = folder / f"IM{k + 1:05}.dcm"
            _instance(common, volume, k).save_as(file, enforce_file_format=True)
            files.append(file)
    except OSError as error:
        raise UserError(f"The study could not be written: {error.strerror}", "Choose another folder.") from error
    return files


def _common(volume: Volume, series_number: int) -> dict[str, Any]:
    """What all instances share, by keyword."""
    key = hashlib.sha256(np.ascontiguousarray(volume.voxels).tobytes()).hexdigest()
    column, row = volume.geometry.direction[:, 1], volume.geometry.direction[:, 0]
    spacing = volume.geometry.spacing_mm
    window = volume.default_window[0] if volume.default_window else (40.0, 400.0)
    return {
        **_PATIENT_AND_STUDY,
        "StudyInstanceUID": _uid(key, "study"),
        "SeriesInstanceUID": _uid(key, f"series {series_number}"),
        "FrameOfReferenceUID": _uid(key, "frame of reference"),
        "SeriesNumber": series_number,
        "SeriesDescription": volume.source.description or "Limner phantom",
        "Rows": volume.geometry.shape[1],
        "Columns": volume.geometry.shape[2],
        "PixelSpacing": [_decimal(spacing[1]), _decimal(spacing[0])],
        "SliceThickness": _decimal(spacing[2]),
        "SpacingBetweenSlices": _decimal(spacing[2]),
        "ImageOrientationPatient": [_decimal(value) for value in (*row, *column)],
        "WindowCenter": _decimal(window[0]),
        "WindowWidth": _decimal(window[1]),
    }


_PATIENT_AND_STUDY: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 192",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "SOPClassUID": CT_IMAGE_STORAGE,
    "StudyDate": "20260101",
    "SeriesDate": "20260101",
    "AcquisitionDate": "20260101",
    "ContentDate": "20260101",
    "StudyTime": "120000",
    "SeriesTime": "120000",
    "AcquisitionTime": "120000",
    "ContentTime": "120000",
    "AccessionNumber": "PHANTOM",
    "Modality": "CT",
    "Manufacturer": "Limner",
    "ManufacturerModelName": "Torso phantom",
    "SoftwareVersions": "1",
    "ReferringPhysicianName": "",
    "StudyDescription": "Synthetic torso CT, no real person",
    "PatientName": "Limner^Phantom",
    "PatientID": "LIMNER-PHANTOM",
    "PatientBirthDate": "",
    "PatientSex": "O",
    "PatientPosition": "HFS",
    "BodyPartExamined": "CHEST",
    "StudyID": "1",
    "KVP": "120",
    "AcquisitionNumber": 1,
    "PositionReferenceIndicator": "",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
    "RescaleIntercept": str(INTERCEPT),
    "RescaleSlope": "1",
    "RescaleType": "HU",
    "BurnedInAnnotation": "NO",
    "PatientIdentityRemoved": "YES",
    "DeidentificationMethod": "Synthetic data",
}


def _instance(common: dict[str, Any], volume: Volume, k: int) -> Dataset:
    """The data set of one slice."""
    from pydicom.dataset import Dataset, FileMetaDataset

    position = volume.geometry.to_world((0, 0, k))
    image = Dataset()
    for keyword, value in common.items():
        setattr(image, keyword, value)
    image.SOPInstanceUID = _uid(common["SeriesInstanceUID"], f"instance {k}")
    image.InstanceNumber = k + 1
    image.ImagePositionPatient = [_decimal(value) for value in position]
    image.SliceLocation = _decimal(float(position[2]))
    stored = np.clip(np.asarray(volume.voxels[k], np.int32) - INTERCEPT, 0, 4095).astype("<u2")
    image.PixelData = stored.tobytes()
    image.file_meta = FileMetaDataset()
    image.file_meta.MediaStorageSOPClassUID = CT_IMAGE_STORAGE
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.file_meta.TransferSyntaxUID = EXPLICIT_VR_LITTLE_ENDIAN
    return image


def _uid(*entropy: str) -> str:
    """A UID of the 2.25 root, always the same for the same words (DICOM PS3.5, B.2)."""
    digest = hashlib.sha256("/".join(["limner phantom", *entropy]).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def _decimal(value: float) -> str:
    """A number in DICOM's Decimal String, at most 16 characters."""
    return f"{value + 0.0:.10g}"
