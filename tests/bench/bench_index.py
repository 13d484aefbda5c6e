"""Listing a folder of 5,000 mixed files: against reading their headers by pydicom, and looking again.

    python3 dev.py bench index

Rounds alternate, each in a fresh process with warm files; ratios are of medians.
"""

from __future__ import annotations

import io
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from budget_table import Measured, print_table
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

FILES, PATIENTS, SERIES, TEXTS, ROUNDS = 5000, 20, 100, 20, 3
PYDICOM = """
import sys, time
from pathlib import Path
import pydicom
from pydicom.errors import InvalidDicomError
began = time.perf_counter()
count = 0
for path in Path(sys.argv[1]).rglob("*"):
    if path.is_file():
        try:
            found = pydicom.dcmread(path, stop_before_pixels=True)
            count += bool(found.SeriesInstanceUID)
        except InvalidDicomError:
            pass
print(__import__("json").dumps({"seconds": time.perf_counter() - began, "count": count}))
"""
OURS = """
import sys, time
from pathlib import Path
from imaging.workspace.study_index import StudyIndex
from imaging.workspace import listing
began = time.perf_counter()
with StudyIndex(Path(sys.argv[2]) / "index.sqlite") as index:
    index.update(Path(sys.argv[1]))
    first = time.perf_counter() - began
    began = time.perf_counter()
    again = index.update(Path(sys.argv[1]))
    rescan = time.perf_counter() - began
    began = time.perf_counter()
    studies = listing.studies(index)
    listed = time.perf_counter() - began
    count = sum(study.instance_count for study in studies)
assert not again.is_change
print(__import__("json").dumps({"seconds": first, "rescan": rescan, "listed": listed, "count": count}))
"""


def make(folder: Path) -> None:
    """5,000 objects of 20 patients in 100 series, of four sizes and two encodings, and some texts."""
    choose = random.Random(0)
    studies = [(generate_uid(), f"Patient^{n}", f"id{n}") for n in range(PATIENTS)]
    series = [(generate_uid(), studies[n % PATIENTS]) for n in range(SERIES)]
    for n in range(FILES):
        uid, (study, name, patient) = series[n % SERIES]
        one = Dataset()
        one.file_meta = FileMetaDataset()
        syntax = ImplicitVRLittleEndian if n % SERIES % 4 == 0 else ExplicitVRLittleEndian
        one.file_meta.TransferSyntaxUID = syntax
        one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID = CTImageStorage
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID = generate_uid()
        one.PatientName, one.PatientID, one.StudyInstanceUID, one.SeriesInstanceUID = name, patient, study, uid
        one.Modality, one.StudyDate, one.InstanceNumber = choose.choice(("CT", "MR")), "20200101", n
        one.SeriesDescription, one.StudyDescription, one.ImageType = "axial", "chest", ["ORIGINAL", "PRIMARY"]
        one.ImagePositionPatient, one.ImageOrientationPatient = [0, 0, n], [1, 0, 0, 0, 1, 0]
        one.PixelSpacing, one.SliceThickness, one.KVP, one.Manufacturer = [1, 1], 1, 120, "Maker"
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CTImageStorage, generate_uid()
        one.ReferencedImageSequence = [item]
        side = (32, 64, 128, 256)[n % 4]
        one.Rows = one.Columns = side
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.PixelData = np.zeros((side, side), np.uint16).tobytes()
        buffer = io.BytesIO()
        one.save_as(buffer, enforce_file_format=True)
        below = folder / f"s{n % SERIES:03}"
        below.mkdir(exist_ok=True)
        (below / f"{n:05}.dcm").write_bytes(buffer.getvalue())
    for n in range(TEXTS):
        (folder / f"note{n}.txt").write_text("no image\n" * 200)


def run(code: str, *arguments: str) -> dict[str, float]:
    """What a script prints, from a process of its own."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def main() -> int:
    """Measure."""
    found: dict[str, list[dict[str, float]]] = {"pydicom": [], "ours": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "files"
        folder.mkdir()
        make(folder)
        for _ in range(ROUNDS):
            found["pydicom"].append(run(PYDICOM, str(folder)))
            found["ours"].append(run(OURS, str(folder), tempfile.mkdtemp(dir=name)))
    assert all(one["count"] == FILES for every in found.values() for one in every), found

    def middle(kind: str, key: str) -> float:
        return statistics.median(one[key] for one in found[kind])

    ratio = middle("ours", "seconds") / middle("pydicom", "seconds")
    return print_table(
        f"A folder of {FILES} DICOM files",
        [
            Measured("headers by pydicom", middle("pydicom", "seconds"), "s"),
            Measured("the list, from nothing", middle("ours", "seconds"), "s"),
            Measured("the list, from nothing", ratio, "x", 1 / 3, "pydicom's time"),
            Measured("looking again", middle("ours", "rescan"), "s", 0.2),
            Measured("asking for all studies", middle("ours", "listed"), "s"),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
