"""500 DICOM slices of 512 x 512: our loader against a raw read of the same bytes, SimpleITK and pydicom.

    python3 dev.py bench loader

Each reader runs in a process of its own, the page cache is warm, the best of three runs counts. The raw read puts the
files' bytes one after the other into one new array, on one thread: what any reader has to do at least.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from budget_table import Measured, print_table
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SLICES = 500
RUNS = 3

TIMED = """
import sys, time
from pathlib import Path
def peak_kb():  # the kernel's ru_maxrss would count the parent's memory too
    return int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])
folder = Path(sys.argv[1])
{imports}
base = peak_kb()
began = time.perf_counter()
{body}
print(time.perf_counter() - began, (peak_kb() - base) / 1000)
"""

READERS = {
    "raw read": (
        "import numpy as np",
        "files = sorted(folder.iterdir()); size = files[0].stat().st_size\n"
        "into = memoryview(np.empty(len(files) * size, np.uint8))\n"
        "for n, f in enumerate(files):\n"
        "    with f.open('rb', buffering=0) as opened: opened.readinto(into[n * size : (n + 1) * size])",
    ),
    "limner": (
        "from imaging.opening import list_series, open_series\nimport imaging.dicom.load",
        "volume = open_series(list_series(folder)[0])[0]; assert volume.voxels.shape[0] == 500",
    ),
    "SimpleITK": (
        "import SimpleITK as sitk",
        "r = sitk.ImageSeriesReader(); r.SetFileNames(r.GetGDCMSeriesFileNames(str(folder))); r.Execute()",
    ),
    "pydicom": (
        "import numpy as np, pydicom",
        "ds = sorted((pydicom.dcmread(f) for f in folder.iterdir()), key=lambda d: float(d.ImagePositionPatient[2]))\n"
        "np.stack([d.pixel_array.astype(np.int16) + np.int16(d.RescaleIntercept) for d in ds])",
    ),
}

FIRST_SLICE = """
import sys, time
from pathlib import Path
from imaging.opening import list_series, start_loading
import imaging.dicom.load
began = time.perf_counter()
arrived = []
loading = start_loading(list_series(Path(sys.argv[1]))[0], None, lambda k0, k1: arrived.append(time.perf_counter()))
loading.volumes()
print(arrived[0] - began, 0)
"""


def write_series(folder: Path) -> None:
    """A CT with noise, 12 bits stored in 16, Explicit VR Little Endian."""
    rng = np.random.default_rng(0)
    base = rng.normal(1000, 22, (512, 512)).astype(np.uint16)
    series, study, frame = generate_uid(), generate_uid(), generate_uid()
    for k in range(SLICES):
        d = Dataset()
        d.file_meta = FileMetaDataset()
        d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = CTImageStorage
        d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = study, series, frame
        d.Modality, d.PatientID, d.InstanceNumber = "CT", "bench", k + 1
        d.ImageOrientationPatient, d.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [-180, -180, float(k)]
        d.PixelSpacing, d.Rows, d.Columns = [0.7, 0.7], 512, 512
        d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
        d.RescaleSlope, d.RescaleIntercept = 1, -1024
        d.PixelData = np.roll(base, k, 0).tobytes()
        d.save_as(folder / f"{k:04d}.dcm", enforce_file_format=True)


def best(program: str, folder: Path) -> tuple[float, float]:
    """Least seconds and least memory (MB above the imports) of some runs."""
    runs = []
    for _ in range(RUNS):
        out = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True)
        runs.append([float(word) for word in out.stdout.split()])
    return min(r[0] for r in runs), min(r[1] for r in runs)


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_series(folder)
        found = {r: best(TIMED.format(imports=i, body=b), folder) for r, (i, b) in READERS.items()}
        first, _ = best(FIRST_SLICE, folder)
    raw, ours = found["raw read"][0], found["limner"]
    volume_mb = SLICES * 512 * 512 * 2 / 1e6
    return print_table(
        "Loading 500 x 512 x 512 uncompressed DICOM, warm",
        [
            Measured("whole volume", ours[0] / raw, "x", 3, f"raw read of the bytes, {raw:.2f} s"),
            Measured("against SimpleITK", ours[0] / found["SimpleITK"][0], "x", None, f"{found['SimpleITK'][0]:.2f} s"),
            Measured("against pydicom", ours[0] / found["pydicom"][0], "x", None, f"{found['pydicom'][0]:.2f} s"),
            Measured("first slice", first * 1000, "ms", 150),
            Measured("peak memory above the volume", ours[1] - volume_mb, "MB", 60),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
