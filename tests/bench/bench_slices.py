"""Brush and scroll of the slice view against their budgets; prints a table.

    python3 dev.py bench slices

The volume is 512 x 512 x 600 with 100 segments, made here. Times are from the mouse event to the repainted view.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from budget_table import Measured, print_table
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from imaging.case.case import Case
from imaging.edit import AddSegment, Batch, LabelsEdit
from imaging.geometry import Box, Geometry
from imaging.palette import PALETTE
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from session.document import Document
from session.presentation import Plane, Windowing
from session.selection import BrushShape, Tool
from session.session import Session
from session.settings import Settings
from widgets.slice_view import SliceView

SHAPE = (600, 512, 512)
SPACING_MM = 0.8
RADIUS_VOXELS = 50
SEGMENTS = 100
VIEW_PX = 1000
BRUSH_MEDIAN_MS, BRUSH_95_MS, FRAMES_PER_S = 8.0, 16.0, 60.0


Times = NDArray[np.float64]  # (steps, 2): by the clock, of the processor


def make_session(folder: Path) -> Session:
    """Noise with a bright cylinder, and 100 boxes of labels in a regular pattern."""
    geometry = Geometry(SHAPE, np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0]))
    random = np.random.default_rng(1)
    voxels = np.empty(SHAPE, np.int16)
    plane = random.normal(40, 30, SHAPE[1:]).astype(np.int16)
    for k in range(SHAPE[0]):
        voxels[k] = np.roll(plane, k * 7, axis=1)
    labels = np.zeros(SHAPE, np.uint8)
    for n in range(SEGMENTS):
        j, i = divmod(n, 10)
        labels[20:580, 15 + j * 50 : 50 + j * 50, 15 + i * 50 : 50 + i * 50] = n + 1
    segmentation = Segmentation(geometry)
    add = [AddSegment(Segment(n, f"Segment {n}", PALETTE[n % len(PALETTE)])) for n in range(1, SEGMENTS + 1)]
    fill = LabelsEdit(Box.whole(SHAPE), labels, {n: n for n in range(1, SEGMENTS + 1)})
    segmentation.apply(Batch((*add, fill)))
    session = Session(Settings(folder / "settings.json"))
    volume = Volume(geometry, voxels, Quantity.HU)
    session.presentation.center_on(geometry)
    session.presentation.update(windowing=Windowing(40, 300))
    session.set_document(Document([volume], Case.create(folder / "bench.limner", geometry, [], segmentation)))
    session.selection.update(segment_number=1, radius_mm=RADIUS_VOXELS * SPACING_MM)
    return session


def make_view(session: Session, plane: Plane) -> SliceView:
    """A view of 1,000 pixels on the screen."""
    view = SliceView(session, plane)
    view.resize(VIEW_PX, VIEW_PX)
    view.show()
    QTest.qWaitForWindowExposed(view)
    return view


def times_ms(steps: int, step: Callable[[int], None]) -> Times:
    """How long each step takes until the view has painted itself: by the clock, and of the processor alone."""
    taken = []
    for n in range(steps):
        began, worked = time.perf_counter(), time.process_time()
        step(n)
        QApplication.processEvents()
        taken.append(((time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000))
    return np.array(taken)


def brush_ms(view: SliceView, shape: BrushShape, events: int) -> Times:
    """One long stroke in a spiral; the time of each mouse move."""
    view.session.selection.update(tool=Tool.BRUSH, brush_shape=shape)
    center = QPoint(VIEW_PX // 2, VIEW_PX // 2)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=center)

    def step(n: int) -> None:
        angle, reach = n * 0.12, 60 + n * 0.8
        QTest.mouseMove(view, center + QPoint(round(reach * np.cos(angle)), round(reach * np.sin(angle))))

    taken = times_ms(events, step)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=center)
    QApplication.processEvents()
    return taken


def scroll_ms(view: SliceView, events: int) -> Times:
    """Steps through slices."""
    return times_ms(events, lambda n: view.step(1 if n % 100 < 50 else -1))


def window_ms(view: SliceView, events: int) -> Times:
    """Steps of window and level."""

    def step(n: int) -> None:
        view.session.presentation.update(windowing=Windowing(40 + n % 50, 300 + n))

    return times_ms(events, step)


def rows_of(name: str, taken: Times, median: float, high: float) -> list[Measured]:
    """Median and 95th percentile, and the processor's share: other work on the machine does not count in that."""
    middle, slow = np.median(taken[:, 0]), np.percentile(taken[:, 0], 95)
    return [
        Measured(f"{name}, median", float(middle), "ms", round(median, 1)),
        Measured(f"{name}, 95 %", float(slow), "ms", round(high, 1)),
        Measured(f"{name}, processor", float(np.median(taken[:, 1])), "ms"),
    ]


def measure_plane(session: Session, plane: Plane, events: int) -> list[Measured]:
    """Everything in one view."""
    view, frame = make_view(session, plane), 1000 / FRAMES_PER_S
    session.selection.update(tool=Tool.CROSSHAIR)
    rows = rows_of(f"scroll {plane.value}", scroll_ms(view, events), frame, 2 * frame)
    rows += rows_of(f"window and level {plane.value}", window_ms(view, events), frame, 2 * frame)
    for shape in BrushShape:
        name = f"brush {shape.value} r = {RADIUS_VOXELS} voxels {plane.value}"
        rows += rows_of(name, brush_ms(view, shape, events), BRUSH_MEDIAN_MS, BRUSH_95_MS)
    view.close()
    view.deleteLater()
    QApplication.processEvents()
    return rows


def main() -> int:
    """Measure the three planes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=120)
    events = parser.parse_args().events
    application = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        session = make_session(Path(folder))
        rows = [row for plane in Plane for row in measure_plane(session, plane, events)]
        session.set_document(None)
    application.quit()
    return print_table("Slice view of 1,000 pixels, 512 x 512 x 600, 100 segments", rows)


if __name__ == "__main__":
    raise SystemExit(main())
