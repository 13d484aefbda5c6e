"""Reading 500 slices of 512 x 512, warm, and the headers of 5,000 files, against a raw read, SimpleITK and pydicom.

    python3 dev.py bench loading

Each measurement runs in a fresh process, as a user's would; ratios are of medians.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from budget_table import Measured, print_table
from numpy.typing import NDArray

SLICES, SIDE, HEADERS = 500, 512, 5000
CODECS = ("JPEG-LS", "JPEG lossless", "RLE")
# A virtual machine gives large free pages back to its host at once, and taking 250 MB of them again took 0 to 1 s here,
# whatever was measured: all programs use small pages.
SAME_PAGES = {"NUMPY_MADVISE_HUGEPAGE": "0"}

PRELUDE = """
import json, resource, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
def peak_mb(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
"""
RAW = """
import numpy as np
files = sorted(folder.iterdir())
began = time.perf_counter()
volume = np.empty((len(files), 512, 512), np.int16)
for k, path in enumerate(files):
    with open(path, "rb", buffering=0) as file:
        file.seek(path.stat().st_size - 512 * 512 * 2)
        file.readinto(volume[k].reshape(-1).view(np.uint8).data)
print(json.dumps({"seconds": time.perf_counter() - began}))
"""
OURS = """
from imaging.opening import list_series, start_loading
if "--warm" in sys.argv:  # as the window does when it has been idle
    import imaging.formats
    from imaging.dicom.foreign import warm_up
    warm_up()
    time.sleep(1)
before = peak_mb()
first = []
began = time.perf_counter()
(series,) = list_series(folder)
loading = start_loading(series, on_slices=lambda a, b: first or first.append(time.perf_counter() - began))
volume = loading.volume()
seconds = time.perf_counter() - began
extra = peak_mb() - before - volume.voxels.nbytes / 2**20
print(json.dumps({"seconds": seconds, "first_s": first[0], "extra_mb": extra}))
"""
SITK = """
import SimpleITK as sitk
began = time.perf_counter()
reader = sitk.ImageSeriesReader()
reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
image = reader.Execute()
print(json.dumps({"seconds": time.perf_counter() - began}))
"""
PYDICOM = """
import numpy as np, pydicom
began = time.perf_counter()
found = sorted((pydicom.dcmread(p) for p in folder.iterdir()), key=lambda d: float(d.ImagePositionPatient[2]))
volume = np.stack([d.pixel_array.astype(np.int16) + np.int16(d.RescaleIntercept) for d in found])
print(json.dumps({"seconds": time.perf_counter() - began}))
"""
CODEC_ALONE = """
import imagecodecs, numpy as np, pydicom
from concurrent.futures import ThreadPoolExecutor
from pydicom.encaps import generate_frames
decode = {"JPEG-LS": imagecodecs.jpegls_decode, "JPEG lossless": imagecodecs.ljpeg_decode,
          "RLE": lambda data: imagecodecs.dicomrle_decode(data, np.dtype("<u2"))}[sys.argv[2]]
frames = [next(generate_frames(pydicom.dcmread(p).PixelData, number_of_frames=1)) for p in folder.iterdir()]
began = time.perf_counter()
with ThreadPoolExecutor(4) as pool:
    list(pool.map(decode, frames))
print(json.dumps({"seconds": time.perf_counter() - began}))
"""
SCAN = """
from imaging.opening import find_series
began = time.perf_counter()
find_series(folder)
print(json.dumps({"seconds": time.perf_counter() - began, "mb": peak_mb()}))
"""
PYDICOM_SCAN = """
import pydicom
began = time.perf_counter()
for path in folder.rglob("*"):
    if path.is_file():
        pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID
print(json.dumps({"seconds": time.perf_counter() - began}))
"""


def measured(program: str, folder: Path, *arguments: str, repeats: int = 3) -> dict[str, float]:
    """Medians over fresh processes, after one that warms the page cache up."""
    runs = []
    for _ in range(repeats + 1):
        done = subprocess.run(
            [sys.executable, "-c", PRELUDE + program, str(folder), *arguments],
            capture_output=True,
            check=True,
            env={**os.environ, **SAME_PAGES, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        runs.append(json.loads(done.stdout))
    return {key: statistics.median(run[key] for run in runs[1:]) for key in runs[0]}


def noise() -> NDArray[np.uint16]:
    """One slice of 12-bit CT with the noise of a scanner."""
    return np.random.default_rng(0).normal(1000, 22, (SIDE, SIDE)).astype(np.uint16)


def write_series(folder: Path, count: int, codec: str = "") -> None:
    """A CT series of noise, uncompressed or compressed."""
    import pydicom
    from pydicom.uid import ExplicitVRLittleEndian, JPEGLosslessSV1, JPEGLSLossless, RLELossless

    syntaxes = {"JPEG-LS": JPEGLSLossless, "JPEG lossless": JPEGLosslessSV1, "RLE": RLELossless}
    base, ds = noise(), _template()
    for k in range(count):
        ds.ImagePositionPatient, ds.InstanceNumber = [-180, -180, float(k)], k + 1
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{k + 1}"
        pixels = np.roll(base, k, 0)
        ds.file_meta.TransferSyntaxUID = syntaxes.get(codec, ExplicitVRLittleEndian)
        ds.PixelData = pydicom.encaps.encapsulate([_packed(pixels, codec)]) if codec else pixels.tobytes()
        ds["PixelData"].is_undefined_length = bool(codec)
        ds.save_as(folder / f"{k:04d}.dcm", enforce_file_format=True)


def _packed(pixels: NDArray[np.uint16], codec: str) -> bytes:
    import imagecodecs

    if codec == "JPEG-LS":
        return bytes(imagecodecs.jpegls_encode(pixels))
    if codec == "JPEG lossless":
        return bytes(imagecodecs.ljpeg_encode(pixels, bitspersample=16))
    from rle import encode_pixel_data  # pylibjpeg-rle

    size = {"rows": SIDE, "columns": SIDE, "samples_per_pixel": 1, "bits_allocated": 16}
    return bytes(encode_pixel_data(pixels.tobytes(), byteorder="<", **size))


def _template() -> Any:
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import CTImageStorage

    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
    ds.Modality, ds.StudyInstanceUID, ds.SeriesInstanceUID = "CT", "1.2.3", "1.2.3.0"
    ds.FrameOfReferenceUID, ds.ImageType = "1.2.3.9", ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.ImageOrientationPatient, ds.PixelSpacing, ds.SliceThickness = [1, 0, 0, 0, 1, 0], [0.7, 0.7], 1
    ds.Rows = ds.Columns = SIDE
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    block = ds.private_block(0x0009, "LIMNER BENCH", create=True)
    for n in range(40):  # scanners write some hundred elements
        block.add_new(n, "LO", f"private value {n}")
    return ds


def write_mixed(folder: Path, count: int) -> None:
    """Headers of 100 series in nested folders, with a text file here and there."""
    ds = _template()
    ds.Rows = ds.Columns = 16
    ds.PixelData = bytes(512)
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    for n in range(count):
        series = n % 100
        place = folder / f"patient{series % 20}" / f"series{series}"
        place.mkdir(parents=True, exist_ok=True)
        ds.SeriesInstanceUID = f"1.2.3.{series}.0"
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{series}.{n + 1}"
        ds.ImagePositionPatient, ds.InstanceNumber = [0, 0, float(n // 100)], n // 100 + 1
        ds.save_as(place / f"{n}.dcm", enforce_file_format=True)


def plain_rows(root: Path) -> list[Measured]:
    """The uncompressed series."""
    folder = root / "plain"
    folder.mkdir()
    write_series(folder, SLICES)
    raw, ours, sitk = (measured(program, folder) for program in (RAW, OURS, SITK))
    pydicom = measured(PYDICOM, folder, repeats=1)
    shutil.rmtree(folder)
    size = f"{SLICES} x {SIDE} x {SIDE}"
    return [
        Measured(f"{size} uncompressed, whole", ours["seconds"] / raw["seconds"], "x", 3, "a raw read"),
        Measured("  the same", ours["seconds"] / sitk["seconds"], "x", None, "SimpleITK"),
        Measured("  the same", ours["seconds"] / pydicom["seconds"], "x", None, "pydicom"),
        Measured("  the same", ours["seconds"], "s"),
        Measured("  first slice", ours["first_s"] * 1000, "ms", 150),
        Measured("  memory beyond the volume", ours["extra_mb"], "MB", 60),
    ]


def codec_rows(root: Path, codec: str) -> list[Measured]:
    """A compressed series against its codec, which finds the frames in its own process's memory.

    What we add is reading the files, their headers, and the way from the sandbox. In the window a decoder waits; a
    command that opens such a series as its first deed starts it meanwhile.
    """
    folder = root / "packed"
    folder.mkdir()
    write_series(folder, SLICES, codec)
    alone, warm = measured(CODEC_ALONE, folder, codec, repeats=5), measured(OURS, folder, "--warm", repeats=5)
    cold = measured(OURS, folder)
    shutil.rmtree(folder)
    return [
        Measured(f"{SLICES} slices, {codec}", warm["seconds"] / alone["seconds"], "x", 1.2, "imagecodecs alone"),
        Measured("  first slice", warm["first_s"] * 1000, "ms", 150),
        Measured("  where no decoder waits", cold["seconds"] / alone["seconds"], "x", None, "imagecodecs alone"),
        Measured("  first slice", cold["first_s"] * 1000, "ms"),
    ]


def scan_rows(root: Path) -> list[Measured]:
    """The headers of a big folder."""
    folder = root / "mixed"
    folder.mkdir()
    write_mixed(folder, HEADERS)
    ours, pydicom = measured(SCAN, folder), measured(PYDICOM_SCAN, folder, repeats=1)
    return [
        Measured(f"headers of {HEADERS} files", ours["seconds"] / pydicom["seconds"], "x", 1 / 3, "pydicom"),
        Measured("  the same", ours["seconds"], "s"),
        Measured("  memory of the process", ours["mb"], "MB"),
    ]


def main() -> int:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        packed = [row for codec in CODECS for row in codec_rows(root, codec)]
        rows = plain_rows(root) + packed + scan_rows(root)
    return print_table("Reading DICOM", rows)


if __name__ == "__main__":
    raise SystemExit(main())
