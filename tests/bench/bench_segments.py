"""104 segments on 512 x 512 x 300: opening the case with its images and drawing the first overlays; memory.

python3 dev.py bench segments
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from budget_table import Measured, print_table

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, Batch, LabelsEdit
from imaging.formats.registry import write_volume
from imaging.geometry import Box, Geometry
from imaging.palette import PALETTE
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from session.document import Document

SHAPE = (300, 512, 512)
SEGMENTS = 104

OPENING = """
import sys, time
from pathlib import Path
def peak_kb():  # the kernel's ru_maxrss would count the parent's memory too
    return int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])
began = time.perf_counter()
import numpy
from PySide6.QtWidgets import QApplication
app = QApplication([])
from session.opening import open_case
from session.session import Session
from session.presentation import Plane
from widgets.slice_view import SliceView
base = peak_kb()
session = Session()
session.set_document(open_case(Path(sys.argv[1]), read_only=True))
session.presentation.center_on(session.document.volume.geometry)
views = [SliceView(session, plane) for plane in Plane]
for view in views:
    view.resize(700, 560)
    view.grab()
print(time.perf_counter() - began, (peak_kb() - base) / 1000)
"""


def make_case(folder: Path) -> Path:
    """A CT-like volume and 104 blocks of labels, as a case."""
    rng = np.random.default_rng(0)
    geometry = Geometry(SHAPE, np.diag([0.8, 0.8, 1.5, 1.0]))
    voxels = np.empty(SHAPE, np.int16)
    for k in range(SHAPE[0]):
        voxels[k] = rng.normal(0, 25, SHAPE[1:])
    image = folder / "image.nii"
    write_volume(Volume(geometry, voxels, Quantity.HU), image)
    labels = np.zeros(SHAPE, np.uint8)
    for n in range(SEGMENTS):
        k, j, i = 10 + 70 * (n // 26), 20 + 80 * ((n // 5) % 6), 20 + 96 * (n % 5)
        labels[k : k + 60, j : j + 70, i : i + 90] = n + 1
    path = folder / "bench.limner"
    document = Document([], Case.create(path, geometry, [ImageReference(str(image), image.name)]), author="bench")
    segments = [AddSegment(Segment(n, f"s{n}", PALETTE[n % len(PALETTE)], n)) for n in range(1, SEGMENTS + 1)]
    edit = Batch((*segments, LabelsEdit(Box.whole(SHAPE), labels, {n: n for n in range(1, SEGMENTS + 1)})))
    document.apply(edit, title="import", tool="t")
    document.close()
    return path


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        case = make_case(Path(name))
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": name}
        runs = []
        for _ in range(3):
            out = subprocess.run(
                [sys.executable, "-c", OPENING, case], capture_output=True, text=True, check=True, env=environment
            )
            runs.append([float(word) for word in out.stdout.split()])
    both_mb = np.prod(SHAPE) * 3 / 1e6  # int16 image and uint8 labels
    return print_table(
        "104 segments on 512 x 512 x 300",
        [
            Measured("start to three slices with overlays", min(r[0] for r in runs), "s", 5),
            Measured("peak memory", min(r[1] for r in runs) / both_mb, "x", 3, f"image and labels, {both_mb:.0f} MB"),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
