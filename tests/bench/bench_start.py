"""Start-up: from the start of the process to the case's slices on the screen, and against napari.

    python3 dev.py bench start

napari is measured where the variable LIMNER_NAPARI_PYTHON names a Python that has it, on the same volume as .nii.gz.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from budget_table import Measured, print_table

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, Batch, LabelsEdit
from imaging.formats.registry import write_volume
from imaging.geometry import Box
from imaging.opening import list_series
from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso
from imaging.segment import Segment
from session.document import Document

RUNS = 5

OURS = """
import os, sys, time
started = float(sys.argv[2])
from pathlib import Path
import app.main as main
application = main.make_application()
session = main.make_session(application, Path(os.environ["LIMNER_WORKSPACE"]) / "settings.json")
window = main.start(session, [Path(sys.argv[1])])
window.resize(1400, 900)
window.show()
application.processEvents()
up = time.time()
heavy = [m for m in ("torch", "monai", "scipy", "SimpleITK", "vtkmodules") if m in sys.modules]
assert not heavy, heavy
while session.document is None or window.grid.view("axial") is None or not window.grid.view("axial").isVisible():
    application.processEvents()
    time.sleep(0.001)
application.processEvents()
window.grid.view("axial").repaint()
print(up - started, time.time() - started)
os._exit(0)
"""

THEIRS = """
import sys, time
started = float(sys.argv[2])
import napari, nibabel, numpy as np
from qtpy.QtWidgets import QApplication
viewer = napari.Viewer()
QApplication.processEvents()
up = time.time()
viewer.add_image(np.asarray(nibabel.load(sys.argv[1]).dataobj).T)
viewer.dims.set_current_step(0, 100)
QApplication.processEvents()
print(up - started, time.time() - started)
import os; os._exit(0)
"""


def timed(python: str, program: str, path: Path, workspace: str) -> tuple[float, float]:
    """Median seconds to the empty window and to the slices; the first run, which warms the cache, is left out."""
    environment = {**os.environ, "LIMNER_WORKSPACE": workspace, "HOME": workspace}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    if not environment.get("DISPLAY"):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    runs = []
    for _ in range(RUNS + 1):
        command = [python, "-c", program, str(path), str(time.time())]
        out = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        runs.append([float(word) for word in out.stdout.split()[-2:]])
    return statistics.median(r[0] for r in runs[1:]), statistics.median(r[1] for r in runs[1:])


def make_case(folder: Path) -> tuple[Path, Path]:
    """The demo's torso, a DICOM series, with its truth as segments; returns the case and the same volume as NIfTI."""
    torso = make_torso()
    image = folder / "torso.nii.gz"
    write_volume(torso.volume, image)
    (folder / "series").mkdir()
    write_dicom_series(torso.volume, folder / "series")
    (series,) = list_series(folder / "series")
    reference = ImageReference(str(folder / "series"), series.id, "CT")
    case = Case.create(folder / "torso.limner", torso.volume.geometry, [reference])
    document = Document([], case, author="bench")
    numbers = sorted(torso.names)
    added = [AddSegment(Segment(n, torso.names[n], label_value=n)) for n in numbers]
    labels = LabelsEdit(Box.whole(torso.truth.shape), torso.truth, {n: n for n in numbers})
    document.apply(Batch((*added, labels)), title="truth", tool="bench")
    document.close()
    return folder / "torso.limner", image


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        case, image = make_case(Path(name))
        up, shown = timed(sys.executable, OURS, case, name)
        rows = [
            Measured("empty window up", up, "s"),
            Measured("demo case on the screen, warm", shown, "s", 1.5),
        ]
        napari = os.environ.get("LIMNER_NAPARI_PYTHON")
        if napari:
            _, theirs = timed(napari, THEIRS, image, name)
            rows.append(Measured("against napari, same volume", shown / theirs, "x", 1 / 3, f"{theirs:.2f} s"))
    status = print_table("Start-up", rows)
    if not napari:
        print("  napari: not measured, LIMNER_NAPARI_PYTHON names no Python that has it")
    return status


if __name__ == "__main__":
    raise SystemExit(main())
