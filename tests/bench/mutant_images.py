"""A valid file or folder that is to be bent, and DICOM images of every kind to bend."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import mutating as bends
from mutating import Bend


@dataclass(frozen=True)
class Source:
    """Something that can be opened, and how it is bent.

    Attributes:
        kind: what the table counts it as.
        files: name -> bytes; with more than one, the folder is what is opened, unless ``opened`` names a file.
        bend: makes a mutant of one file's bytes.
        opened: the file that is opened, empty for the folder.
        bendable: names of the files of which some are bent; all when empty.
    """

    kind: str
    files: dict[str, bytes]
    bend: Bend
    opened: str = ""
    bendable: tuple[str, ...] = field(default=())

    def write(self, folder: Path, dice: random.Random) -> Path:
        """Write a mutant into an empty folder; what is to be opened."""
        names = self.bendable or tuple(self.files)
        chosen = set(dice.sample(names, min(len(names), dice.choice((1, 1, 2)))))
        for name, data in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(self.bend(data, dice) if name in chosen else data)
        return folder / self.opened if self.opened else folder


def single(kind: str, name: str, data: bytes, bend: Bend) -> Source:
    """One file that is opened by itself."""
    return Source(kind, {name: data}, bend, name)


def plain_and_compressed() -> list[Source]:
    """One slice in every transfer syntax that has an encoder here, and multi-frames."""
    import imagecodecs
    import numpy as np
    from pydicom import uid

    pixels = np.random.default_rng(1).integers(0, 4000, (24, 20), np.uint16)
    plain = (
        uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
    )  # fmt: skip
    codecs: dict[str, Callable[..., Any]] = {
        uid.JPEGLSLossless: imagecodecs.jpegls_encode,
        uid.JPEG2000Lossless: lambda a: imagecodecs.jpeg2k_encode(a, codecformat="j2k", reversible=True, level=0),
        uid.JPEGLosslessSV1: lambda a: imagecodecs.ljpeg_encode(a, bitspersample=16),
        uid.JPEGLossless: lambda a: imagecodecs.ljpeg_encode(a, bitspersample=16),
        uid.RLELossless: rle,
    }
    found = [single("uncompressed images", "x.dcm", dicom_file(pixels, one), bends.bent_dicom) for one in plain]
    found += [
        single("compressed images", "x.dcm", dicom_file(pixels, one, encode), bends.bent_dicom)
        for one, encode in codecs.items()
    ]
    eight = (pixels >> 4).astype(np.uint8)
    data = dicom_file(eight, uid.JPEGBaseline8Bit, imagecodecs.jpeg8_encode, change={"BitsAllocated": 8})
    found.append(single("compressed images", "x.dcm", data, bends.bent_dicom))
    for syntax, encode in ((uid.ExplicitVRLittleEndian, None), *((one, codecs[one]) for one in list(codecs)[:2])):
        data = dicom_file(pixels, syntax, encode, frames=4)
        found.append(single("multi-frame images", "x.dcm", data, bends.bent_dicom))
    return found


def odd_images() -> list[Source]:
    """Kinds of pixels beside 12 of 16 bits, other modalities, and names in many character sets."""
    import numpy as np
    from pydicom import uid

    pixels = np.random.default_rng(2).integers(0, 4000, (24, 20), np.uint16)
    colour = np.random.default_rng(3).integers(0, 255, (24, 20, 3), np.uint8)
    lut = bytes(512)
    palette = {
        "PhotometricInterpretation": "PALETTE COLOR",
        "BitsAllocated": 8,
        **{f"{c}PaletteColorLookupTableDescriptor": [256, 0, 16] for c in ("Red", "Green", "Blue")},
        **{f"{c}PaletteColorLookupTableData": lut for c in ("Red", "Green", "Blue")},
    }
    rgb = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "BitsAllocated": 8}
    pet = {
        "Modality": "PT", "Units": "BQML", "PatientWeight": 70, "DecayCorrection": "START", "SeriesTime": "120000",
        "CorrectedImage": ["ATTN", "DECY"],
    }  # fmt: skip
    dose = {
        "Modality": "RTDOSE",
        "DoseGridScaling": 0.01,
        "GridFrameOffsetVector": [0.0, 2.0, 4.0],
        "NumberOfFrames": 3,
    }
    kinds: list[tuple[Any, dict[str, Any]]] = [
        (colour, {**rgb, "PhotometricInterpretation": "RGB"}),
        (colour, {**rgb, "PhotometricInterpretation": "YBR_FULL"}),
        ((pixels >> 4).astype(np.uint8), palette),
        ((pixels >> 4).astype(np.uint8), {"BitsAllocated": 8}),
        (np.packbits((pixels & 1).astype(np.uint8)).reshape(6, 10), {"BitsAllocated": 1, "Rows": 24, "Columns": 20}),
        (pixels.astype(np.int16) - 1000, {"PixelRepresentation": 1, "PixelPaddingValue": -1000}),
        (pixels.astype(np.uint32), {"BitsAllocated": 32}),
        (pixels.astype(np.float32), {"BitsAllocated": 32, "FloatPixelData": True}),
        (pixels, pet),
        (np.stack([pixels] * 3), {**dose, "Rows": 24, "Columns": 20}),
    ]
    syntax = uid.ExplicitVRLittleEndian
    found = [
        single("odd images", "x.dcm", dicom_file(array, syntax, change=how), bends.bent_dicom) for array, how in kinds
    ]
    names = {
        "ISO_IR 192": "Wang^XiaoDong=王^小東=", "GB18030": "Wang^XiaoDong=王^小东=", "ISO_IR 126": "Διονυσιος",
        "ISO_IR 144": "Люкceмбypг", "ISO_IR 138": "שרון^דבורה",
    }  # fmt: skip
    many: dict[Any, str] = {
        ("", "ISO 2022 IR 87"): "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ("", "ISO 2022 IR 149"): "Hong^Gildong=洪^吉洞=홍^길동",
        ("ISO 2022 IR 13", "ISO 2022 IR 87"): "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    }
    for sets, name in {**names, **many}.items():
        said = list(sets) if isinstance(sets, tuple) else sets
        how = {"SpecificCharacterSet": said, "PatientName": name, "SeriesDescription": name.split("^")[0]}
        found.append(single("character sets", "x.dcm", dicom_file(pixels, syntax, change=how), bends.bent_dicom))
    return found


def rle(pixels: Any) -> bytes:
    """16-bit pixels as a frame of RLE Lossless (PS3.5 annex G), without any runs."""
    import numpy as np

    planes = [plane.astype(np.uint8).tobytes() for plane in (pixels >> 8, pixels & 0xFF)]
    parts = [b"".join(bytes([len(p[n : n + 128]) - 1]) + p[n : n + 128] for n in range(0, len(p), 128)) for p in planes]
    parts = [part + b"\0" * (len(part) % 2) for part in parts]
    offsets = np.zeros(16, "<u4")
    offsets[:3] = 2, 64, 64 + len(parts[0])
    return bytes(offsets.tobytes()) + b"".join(parts)


def dicom_file(
    pixels: Any,
    syntax: str,
    encode: Callable[..., Any] | None = None,
    frames: int = 1,
    change: dict[str, Any] | None = None,
    k: int = 0,
) -> bytes:
    """A DICOM image; ``change`` names elements that are other than in a CT slice."""
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, ExplicitVRBigEndian

    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.SOPClassUID = CTImageStorage if frames == 1 else EnhancedCTImageStorage
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = f"1.2.3.4.{k + 1}"
    ds.SpecificCharacterSet, ds.PatientName, ds.PatientID = "ISO_IR 100", "Made^Nobody", "made-1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = "1.2.3", "1.2.3.1", "1.2.3.9"
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber, ds.PatientBirthDate = "20260101", "120000", "7", "19500101"
    ds.ImageType, ds.Modality, ds.SeriesDescription = ["ORIGINAL", "PRIMARY", "AXIAL"], "CT", "made"
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 5 + 2 * k], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness, ds.InstanceNumber, ds.AcquisitionNumber = [0.7, 0.7], 2, k + 1, 1
    ds.WindowCenter, ds.WindowWidth = [40, 300], [400, 1500]
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    inner = Dataset()
    inner.Modality, inner.ReferencedSOPInstanceUID = "CT", "1.2.3.5"
    ds.ReferencedImageSequence = [inner]
    is_float = bool((change or {}).pop("FloatPixelData", False))
    for keyword, value in (change or {}).items():
        setattr(ds, keyword, value)
    if ds.BitsAllocated != 16:
        ds.BitsStored, ds.HighBit = ds.BitsAllocated, ds.BitsAllocated - 1
    if ds.Modality == "PT":
        drug = Dataset()
        drug.RadionuclideTotalDose, drug.RadionuclideHalfLife, drug.RadiopharmaceuticalStartTime = 3e8, 6586, "110000"
        ds.RadiopharmaceuticalInformationSequence = [drug]
    if frames > 1:
        _add_groups(ds, frames)
    raw = (pixels.byteswap() if syntax == ExplicitVRBigEndian else pixels).tobytes() * frames
    if encode is not None:
        ds.PixelData = encapsulate([encode(pixels)] * frames)
        ds["PixelData"].is_undefined_length = True
    elif is_float:
        ds.FloatPixelData = raw
    else:
        ds.PixelData = raw + b"\0" * (len(raw) % 2)
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _add_groups(ds: Any, frames: int) -> None:
    from pydicom import Dataset

    ds.NumberOfFrames = frames
    shared = Dataset()
    shared.PixelMeasuresSequence = [Dataset()]
    shared.PixelMeasuresSequence[0].PixelSpacing = [0.7, 0.7]
    shared.PlaneOrientationSequence = [Dataset()]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.PerFrameFunctionalGroupsSequence = []
    for n in range(frames):
        frame = Dataset()
        frame.PlanePositionSequence = [Dataset()]
        frame.PlanePositionSequence[0].ImagePositionPatient = [0, 0, 2.0 * n]
        ds.PerFrameFunctionalGroupsSequence.append(frame)
