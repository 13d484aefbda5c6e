"""DICOM segmentations and structure sets, 20 segments on 500 slices of 512 x 512, against highdicom and copying.

    python3 dev.py bench objects

Writing includes what Limner always does: reading the file back and comparing every pixel. highdicom, which does not,
takes part where it is installed.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from budget_table import Measured, peak_mb, print_table
from imagecodecs import packbits_encode
from numpy.typing import NDArray

from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry
from imaging.objects.attributes import REQUIRED
from imaging.objects.segmentation_dataset import SegmentationKind
from imaging.objects.segmentation_read import read_segmentation
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import ObjectSource, SourceImage
from imaging.objects.structure_set_masks import read_structures
from imaging.objects.structure_set_write import write_structure_set

SLICES, SIZE, SEGMENTS = 500, 512, 20
SPACING_MM = (0.7, 0.7, 1.0)
CT = "1.2.840.10008.5.1.4.1.1.2"
STUDY, SERIES, FRAME_OF_REFERENCE = "1.2.3.1", "1.2.3.2", "1.2.3.3"


def columns_of_discs() -> NDArray[np.uint8]:
    """20 columns that swell and shrink along the slices, as organs do; nearly all slices hold all of them."""
    labels = np.zeros((SLICES, SIZE, SIZE), np.uint8)
    rows, columns = np.ogrid[:100, :100]
    distance = np.hypot(rows - 50, columns - 50)
    for n in range(SEGMENTS):
        j, i = 15 + n // 5 * 125, 5 + n % 5 * 100
        for k in range(SLICES):
            labels[k, j : j + 100, i : i + 100][distance < 30 + 15 * np.sin(k / 40 + n)] = n + 1
    return labels


def measured(action: Callable[[], Any], repeats: int = 1) -> tuple[float, float]:
    """Wall and processor seconds, the least of some runs."""
    walls, processors = [], []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        action()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return min(walls), min(processors)


def resident_mb() -> float:
    """Memory of this process now, in MB."""
    return int(Path("/proc/self/status").read_text(encoding="utf-8").split("VmRSS:")[1].split()[0]) / 1000


def copied_and_compressed(labels: NDArray[np.uint8]) -> None:
    """What nobody who writes a label map can avoid."""
    for plane in labels.copy():
        packbits_encode(plane)


def source_of_bench(geometry: Geometry) -> ObjectSource:
    """A CT series of 500 slices."""
    images = tuple(SourceImage(CT, f"1.2.3.4.{k}", None, (0.0, 0.0, k * SPACING_MM[2])) for k in range(SLICES))
    attributes = {keyword: "" for keyword, _ in REQUIRED}
    return ObjectSource(geometry, images, STUDY, SERIES, FRAME_OF_REFERENCE, "CT", attributes)


def highdicom_source(k: int) -> Any:
    """One slice of the same series as highdicom wants it."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = CT, f"1.2.3.4.{k}", "CT"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = STUDY, SERIES, FRAME_OF_REFERENCE
    ds.Rows, ds.Columns, ds.PixelSpacing, ds.SliceThickness = SIZE, SIZE, list(SPACING_MM[:2]), SPACING_MM[2]
    ds.ImageOrientationPatient, ds.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, k * SPACING_MM[2]]
    for keyword, _ in REQUIRED:
        setattr(ds, keyword, "")
    ds.PositionReferenceIndicator, ds.InstanceNumber = "", k + 1
    return ds


def by_highdicom(labels: NDArray[np.uint8], path: Path) -> None:
    """The same segmentation written by highdicom."""
    import highdicom
    from pydicom.sr.codedict import codes

    described = [
        highdicom.seg.SegmentDescription(
            n, f"S{n}", codes.SCT.Tissue, codes.SCT.Tissue, highdicom.seg.SegmentAlgorithmTypeValues.MANUAL
        )
        for n in range(1, SEGMENTS + 1)
    ]
    made = highdicom.seg.Segmentation(
        [highdicom_source(k) for k in range(SLICES)],
        labels,
        highdicom.seg.SegmentationTypeValues.BINARY,
        described,
        *(highdicom.UID(), 1, highdicom.UID(), 1, "x", "x", "1", "1"),
    )
    made.save_as(path)


def structure_set_rows(labels: LabelFile, source: ObjectSource, path: Path) -> list[Measured]:
    """The same segments as contours."""
    written = measured(lambda: write_structure_set(labels, source, path))
    read = measured(lambda: read_structures(path, labels.geometry))
    return [
        Measured(f"RTSTRUCT, {path.stat().st_size / 1e6:.0f} MB, wall time", written[0], "s"),
        Measured("RTSTRUCT, processor time", written[1], "s"),
        Measured("RTSTRUCT, read onto the image's grid, processor time", read[1], "s"),
    ]


def main() -> int:
    """Measure everything and print the table."""
    geometry = Geometry((SLICES, SIZE, SIZE), np.diag([*SPACING_MM, 1.0]), FRAME_OF_REFERENCE)
    layer = columns_of_discs()
    labels = LabelFile(geometry, [layer], [LabelSegment(f"S{n}", None, n, number=n) for n in range(1, SEGMENTS + 1)])
    source = source_of_bench(geometry)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        binary, label_map = Path(folder) / "binary.dcm", Path(folder) / "map.dcm"
        before = resident_mb()
        wall, processor = measured(lambda: write_segmentation(labels, source, binary))
        held = layer.nbytes / 1e6
        rows.append(Measured("BINARY, 10,000 frames: memory with the labels", 1 + (peak_mb() - before) / held, "x", 2.0,
                             "the labels"))  # fmt: skip
        rows += [Measured("BINARY, wall time", wall, "s"), Measured("BINARY, processor time", processor, "s")]
        limit = measured(lambda: copied_and_compressed(layer), repeats=5)
        for compress, name in ((True, "LABELMAP, RLE"), (False, "LABELMAP, uncompressed")):
            took = measured(
                lambda c=compress: write_segmentation(labels, source, label_map, SegmentationKind.LABELMAP, compress=c),
                repeats=5,
            )
            for n, clock in enumerate(("wall", "processor")):
                promise = 2.0 if compress else None
                rows.append(Measured(f"{name}, {clock} time", took[n] / limit[n], "x", promise, "copy and compress"))
        read = measured(lambda: read_segmentation(binary, geometry))
        rows.append(Measured("BINARY, read onto the image's grid, processor time", read[1], "s"))
        rows += structure_set_rows(labels, source, Path(folder) / "rt.dcm")
        if importlib.util.find_spec("highdicom") is None:
            print("highdicom is not installed: BINARY has nothing to be compared with")
        else:
            theirs = measured(lambda: by_highdicom(layer, Path(folder) / "theirs.dcm"))
            for n, clock in enumerate(("wall", "processor")):
                rows.append(Measured(f"BINARY, {clock} time", (wall, processor)[n] / theirs[n], "x", 0.2, "highdicom"))
    return print_table(
        "DICOM segmentations and structure sets: 20 segments on 500 slices of 512 x 512, written and proved", rows
    )


if __name__ == "__main__":
    raise SystemExit(main())
