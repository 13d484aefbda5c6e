"""DICOM files made by code: plain series that a test then bends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

Bend = Callable[[int, Dataset], None]
ROWS, COLUMNS = 12, 10


def stored_slice(k: int, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """Stored values of slice k: each voxel of a series is different, from 1000 up."""
    return (1000 + 100 * k + np.arange(rows * columns) % 97).reshape(rows, columns).astype(np.uint16)


def ct_slice(k: int, series: str, study: str) -> Dataset:
    """A CT slice at z = 2 k mm with HU = stored - 1024."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.Modality, ds.PatientName, ds.PatientID = "CT", "Nobody^Made", "made-1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
    ds.FrameOfReferenceUID = study + ".1"
    ds.SeriesDescription = "made by a test"
    ds.InstanceNumber, ds.AcquisitionNumber = k + 1, 1
    ds.ImagePositionPatient = [-4.0, -6.0, 2.0 * k]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness = [0.8, 0.7], 2
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = ROWS, COLUMNS
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, -1024, "HU"
    ds.PixelData = stored_slice(k).tobytes()
    return ds


class SeriesMaker:
    """Writes a series of CT slices to a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.study = generate_uid()[:50]

    def __call__(self, count: int = 20, bend: Bend | None = None, prefix: str = "s", series: str | None = None) -> Path:
        """Write ``count`` slices, each after ``bend(k, data_set)``; returns the folder."""
        series = series or generate_uid()[:50]
        for k in range(count):
            ds = ct_slice(k, series, self.study)
            if bend is not None:
                bend(k, ds)
            self.write(ds, f"{prefix}{k:03d}.dcm")
        return self.folder

    def write(self, ds: Dataset, name: str) -> Path:
        """Write one data set."""
        path = self.folder / name
        ds.save_as(path, enforce_file_format=True)
        return path
