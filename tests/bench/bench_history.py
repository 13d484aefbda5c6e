"""The journal: how long a stroke takes to be safe, its size, and undo, on a 512 x 512 x 300 case.

python3 dev.py bench history
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from budget_table import Measured, print_table

from imaging.case.case import Case
from imaging.edit import AddSegment, PaintEdit
from imaging.edits.paint import swept_ball
from imaging.geometry import Geometry
from imaging.segment import Segment
from session.document import Document

SHAPE = (300, 512, 512)


def stroke(document: Document, dabs: int, radius_mm: float, rng: np.random.Generator) -> None:
    """A wandering ball stroke of some dabs."""
    geometry = document.segmentation.geometry
    here = geometry.to_world([256, 256, 150]) + rng.normal(0, 30, 3)
    running = document.stroke(title="Paint", tool="brush")
    for _ in range(dabs):
        there = here + rng.normal(0, radius_mm / 4, 3)
        box, mask = swept_ball(geometry, here, there, radius_mm)
        running.apply(PaintEdit(1, box, mask))
        here = there
    running.finish()


def timed(action, *arguments) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    action(*arguments)
    return 1000 * (time.perf_counter() - began)


def main() -> int:
    """Measure and print."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "bench.limner"
        document = Document([], Case.create(path, Geometry(SHAPE, np.diag([0.8, 0.8, 0.8, 1.0])), []), author="bench")
        document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
        durable, undo, redo = [], [], []
        for _ in range(20):
            stroke(document, 120, 10.0, rng)
            durable.append(timed(document.case.journal.flush))
            undo.append(timed(document.undo))
            redo.append(timed(document.redo))
        document.go_to(1)
        before = document.segmentation.voxel_count(1)
        stroke(document, 600, 12.0, rng)
        document.case.journal.flush()
        large_undo, large_redo = timed(document.undo), timed(document.redo)
        voxels = document.segmentation.voxel_count(1) - before
        sequence = document.case.timeline.undo_target
        connection = sqlite3.connect(path)
        size = connection.execute("SELECT sum(length(data)) FROM deltas WHERE sequence = ?", (sequence,)).fetchone()[0]
        connection.close()
        document.close()
        opening = timed(lambda: Case.open(path).close())
    return print_table(
        "Journal, 512 x 512 x 300",
        [
            Measured("stroke's end to safe on disk, worst of 20", max(durable), "ms", 250),
            Measured("undo of a stroke, median", statistics.median(undo), "ms", 50),
            Measured("redo of a stroke, median", statistics.median(redo), "ms", 50),
            Measured(f"undo of {voxels / 1e6:.2f} million voxels", large_undo, "ms", 50),
            Measured(f"redo of {voxels / 1e6:.2f} million voxels", large_redo, "ms", 50),
            Measured("its size on disk, per million voxels", size / 1000 / max(voxels / 1e6, 1e-9), "kB", 200),
            Measured("opening this case", opening, "ms"),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
