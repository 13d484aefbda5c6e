"""Thousands of broken DICOM files, each of which must open or be refused: no crash, no hang, no flood of memory.

    python3 dev.py bench mutations            10,000 mutants
    python tests/bench/bench_mutations.py --count 300 --seed 5

Valid files of every layout are made here (and taken from the folder of real images where it is present), then bent:
bytes flipped in the header or anywhere, pieces cut out, repeated or inserted, lengths made huge, ends cut off. The same
seed makes the same files. A worker process opens each with all its voxels.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from budget_table import Measured, print_table

MAX_SECONDS = 5.0  # of processor time per file
MAX_MB = 1024
HANGS_AFTER = 60.0
REAL = (
    "04_ct_lung_gtv_rtstruct/pat_3/DCM_IMG_00001.dcm",
    "10_multiframe/XA10/6_1.dcm",
    "10_multiframe/NM-MONO2-16-13x-heart",
    "10_multiframe/emri_small_RLE.dcm",
    "10_multiframe/emri_small_jpeg_2k_lossless.dcm",
    "10_multiframe/emri_small_jpeg_ls_lossless.dcm",
    "11_seg_sr_rt/ct_image.dcm",
    "11_seg_sr_rt/seg_image_ct_binary.dcm",
    "11_seg_sr_rt/seg_image_ct_binary_fractional.dcm",
    "11_seg_sr_rt/sr_document.dcm",
    "11_seg_sr_rt/mock_data/invalid_reference_rt.dcm",
    "13_charsets/chrX1.dcm",
    "14_hostile_and_odd/report_dfl",
)


# ------------------------------------------------------------------------------------------------ valid files


def valid_files(shared: Path) -> list[bytes]:
    """Small valid files of every layout that Limner reads."""
    import imagecodecs
    import numpy as np
    from pydicom.uid import (
        DeflatedExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        JPEG2000Lossless,
        JPEGLosslessSV1,
        JPEGLSLossless,
        RLELossless,
    )

    pixels = np.random.default_rng(1).integers(0, 4000, (24, 20), np.uint16)
    plain = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
    codecs: tuple[tuple[str, Callable[..., Any]], ...] = (
        (JPEGLSLossless, imagecodecs.jpegls_encode),
        (JPEG2000Lossless, lambda a: imagecodecs.jpeg2k_encode(a, codecformat="j2k", reversible=True, level=0)),
        (JPEGLosslessSV1, lambda a: imagecodecs.ljpeg_encode(a, bitspersample=16)),
        (RLELossless, _rle),
    )
    made = [_file(pixels, syntax) for syntax in plain]
    made += [_file(pixels, syntax, encode) for syntax, encode in codecs]
    made += [_file(pixels, ExplicitVRLittleEndian, frames=4), _file(pixels, JPEGLSLossless, codecs[0][1], frames=4)]
    return made + [(shared / name).read_bytes() for name in REAL if (shared / name).is_file()]


def _rle(pixels: Any) -> bytes:
    import numpy as np

    planes = [plane.astype(np.uint8).tobytes() for plane in (pixels >> 8, pixels & 0xFF)]
    parts = [b"".join(bytes([len(p[n : n + 128]) - 1]) + p[n : n + 128] for n in range(0, len(p), 128)) for p in planes]
    parts = [part + b"\0" * (len(part) % 2) for part in parts]
    offsets = np.zeros(16, "<u4")
    offsets[:3] = 2, 64, 64 + len(parts[0])
    return bytes(offsets.tobytes()) + b"".join(parts)


def _file(pixels: Any, syntax: str, encode: Callable[..., Any] | None = None, frames: int = 1) -> bytes:
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, ExplicitVRBigEndian

    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.SOPClassUID = CTImageStorage if frames == 1 else EnhancedCTImageStorage
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = "1.2.3.4"
    ds.SpecificCharacterSet, ds.PatientName = "ISO_IR 100", "Made^Nobody"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = "1.2.3", "1.2.3.1", "1.2.3.9"
    ds.ImageType, ds.Modality, ds.SeriesDescription = ["ORIGINAL", "PRIMARY", "AXIAL"], "CT", "made"
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 5], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness, ds.InstanceNumber = [0.7, 0.7], 2, 1
    ds.Rows, ds.Columns = pixels.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    inner = Dataset()
    inner.Modality, inner.ReferencedSOPInstanceUID = "CT", "1.2.3.5"
    ds.ReferencedImageSequence = [inner]
    if frames > 1:
        _add_groups(ds, frames)
    if encode is None:
        ds.PixelData = (pixels.byteswap() if syntax == ExplicitVRBigEndian else pixels).tobytes() * frames
    else:
        ds.PixelData = encapsulate([encode(pixels)] * frames)
        ds["PixelData"].is_undefined_length = True
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


# ------------------------------------------------------------------------------------------------ mutants


def mutant(data: bytes, dice: random.Random) -> bytes:
    """A copy of a valid file with one to three kinds of damage."""
    bent = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 3))):
        dice.choice((_flip_header, _flip_header, _flip_anywhere, _cut_end, _cut_out, _repeat, _insert, _huge_length))(
            bent, dice
        )
    return bytes(bent)


def _flip_header(bent: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 3, 20))):
        bent[dice.randrange(min(128, len(bent) - 1), min(3000, len(bent)))] = dice.randrange(256)


def _flip_anywhere(bent: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 10, 100))):
        bent[dice.randrange(len(bent))] ^= 1 << dice.randrange(8)


def _cut_end(bent: bytearray, dice: random.Random) -> None:
    del bent[dice.randrange(140, max(141, len(bent))) :]
    bent.extend(b"\0" * max(0, 200 - len(bent)))


def _cut_out(bent: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(bent))
    del bent[at : at + dice.choice((1, 2, 8, 100))]
    bent.extend(b"\0" * max(0, 200 - len(bent)))


def _repeat(bent: bytearray, dice: random.Random) -> None:
    at, count = dice.randrange(len(bent)), dice.choice((4, 50, 500))
    bent[at:at] = bent[at : at + count] * dice.choice((1, 30))


def _insert(bent: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(bent))
    bent[at:at] = dice.randbytes(dice.choice((1, 2, 16, 300)))


def _huge_length(bent: bytearray, dice: random.Random) -> None:
    at = dice.randrange(132, max(133, min(3000, len(bent) - 8)))
    bent[at : at + 4] = dice.choice((b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\xfe\xff\0\0"))


# ------------------------------------------------------------------------------------------------ the worker


def work(*, with_objects: bool) -> None:
    """Open every path that arrives on standard input; one JSON line each."""
    import numpy as np

    from imaging.errors import UserError
    from imaging.geometry import Geometry
    from imaging.opening import list_series, open_series
    from imaging.workspace.looking import Looker
    from session.object_import import read_object_masks

    grid = Geometry((8, 32, 32), np.diag([1.0, 1.0, 2.0, 1.0]))
    for line in sys.stdin:
        before, outcome, path = _cpu_s(), "volume", Path(line.strip())
        try:
            for series in list_series(path):
                if series.geometry is not None:
                    open_series(series)
        except UserError as error:
            outcome = "refused" if error.message else "refused without a reason"
        if with_objects:
            with Looker() as looker:
                looker.look(str(path))
            try:
                read_object_masks(path, grid, consent=True)
            except UserError as error:
                outcome = outcome if error.message else "masks refused without a reason"
        print(json.dumps({"outcome": outcome, "cpu_s": _cpu_s() - before, "peak_mb": _peak_mb()}), flush=True)


def _usage() -> list[resource.struct_rusage]:
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


def _cpu_s() -> float:
    return sum(use.ru_utime + use.ru_stime for use in _usage())


def _peak_mb() -> float:
    return max(use.ru_maxrss for use in _usage()) / 1024


class Worker:
    """A process that opens files; it is replaced when it dies."""

    def __init__(self, *, with_objects: bool) -> None:
        self._more = ["--objects"] if with_objects else []
        self._process: subprocess.Popen[str] | None = None

    def open(self, path: Path) -> dict[str, Any]:
        """What opening a file came to."""
        if self._process is None:
            command = [sys.executable, "-W", "error", __file__, "--worker", *self._more]
            root = str(Path(__file__).parents[2])
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": root},
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(HANGS_AFTER, process.kill)
        watch.start()
        print(path, file=process.stdin, flush=True)
        line = process.stdout.readline()
        watch.cancel()
        if line:
            return dict(json.loads(line))
        self.close()
        return {"outcome": f"died ({process.returncode}): {self.last_words}", "cpu_s": 0.0, "peak_mb": 0.0}

    def close(self) -> None:
        """End the process, keeping the last line it wrote to its error stream."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            assert self._process.stderr is not None
            self.last_words = (self._process.stderr.read().strip().splitlines() or [""])[-1]
            self._process.wait()
            self._process = None


def main() -> int:
    """Make and open the mutants; print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--objects", action="store_true", help="also list each, and read it as masks")
    parser.add_argument("--keep", type=Path, help="folder for the files that misbehaved")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(with_objects=arguments.objects)
        return 0
    shared = Path(os.environ.get("LIMNER_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
    sources = valid_files(shared)
    outcomes: Counter[str] = Counter()
    slowest = peak = 0.0
    worker, began = Worker(with_objects=arguments.objects), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.dcm"
        for number in range(arguments.count):
            dice = random.Random(f"{arguments.seed} {number}")
            data = mutant(sources[number % len(sources)], dice)
            path.write_bytes(data)
            found = worker.open(path)
            outcomes[found["outcome"]] += 1
            slowest, peak = max(slowest, found["cpu_s"]), max(peak, found["peak_mb"])
            if arguments.keep and (found["outcome"] not in ("volume", "refused") or found["cpu_s"] > MAX_SECONDS):
                (arguments.keep / f"mutant_{arguments.seed}_{number}.dcm").write_bytes(data)
    worker.close()
    bad = {name: count for name, count in outcomes.items() if name not in ("volume", "refused")}
    for name, count in bad.items():
        print(f"{count} x {name}")
    fine = f"{outcomes['volume']} opened, {outcomes['refused']} refused, {time.perf_counter() - began:.0f} s"
    return print_table(
        "Mutated DICOM files",
        [
            Measured(f"{arguments.count} mutants: misbehaved ({fine})", sum(bad.values()), "", 0),
            Measured("slowest file, processor time", slowest, "s", MAX_SECONDS),
            Measured("peak memory of a process", peak, "MB", MAX_MB),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
