"""The 3D view: making surfaces, drawing frames, and what that costs the user's thread; prints a table.

    python3 dev.py bench volume

104 ellipsoids in 512 x 512 x 300 voxels; the view has 1,000 x 1,000 pixels.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from budget_table import Measured, print_table, seconds
from numpy.typing import NDArray
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from imaging.case.case import Case
from imaging.edit import AddSegment, Batch, LabelsEdit, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.palette import PALETTE
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from render.graphics_probe import probed
from render.volume_camera import fitted, turned
from render.volume_renderer import Quality, VolumeRenderer
from render.volume_scene import VolumeSceneState, corners_mm
from session.document import Document
from session.session import Session
from session.settings import Settings
from widgets.volume_view import VolumeView

SHAPE = (300, 512, 512)
SEGMENTS = 104
VIEW_PX = 1000
STEPS = 120
BLOCKED_MS = 50.0


def ellipsoids() -> NDArray[np.uint8]:
    """Labels 1 to 104 at random places."""
    labels = np.zeros(SHAPE, np.uint8)
    random = np.random.default_rng(0)
    for value in range(1, SEGMENTS + 1):
        center, radius = random.uniform([40, 70, 70], [260, 440, 440]), random.uniform([12, 18, 18], [40, 70, 70])
        box = tuple(slice(int(c - r) - 1, int(c + r) + 2) for c, r in zip(center, radius, strict=True))
        offsets = np.ogrid[box]
        inside = sum(((o - c) / r) ** 2 for o, c, r in zip(offsets, center, radius, strict=True)) < 1
        labels[box][inside] = value
    return labels


def make_session(folder: Path) -> Session:
    """A case with the ellipsoids."""
    geometry = Geometry(SHAPE, np.diag([0.8, 0.8, 1.5, 1.0]))
    document = Document(
        [Volume(geometry, np.zeros(SHAPE, np.int16), Quantity.HU)], Case.create(folder / "b.limner", geometry, [])
    )
    add = [AddSegment(Segment(n, f"s{n}", PALETTE[n % len(PALETTE)], n)) for n in range(1, SEGMENTS + 1)]
    fill = LabelsEdit(Box.whole(SHAPE), ellipsoids(), {n: n for n in range(1, SEGMENTS + 1)})
    document.apply(Batch((*add, fill)), title="Ellipsoids", tool="bench")
    session = Session(Settings(folder / "settings.json"))
    session.set_document(document)
    session.presentation.center_on(geometry)
    return session


class Watch:
    """Runs the event loop until something is true, and notes the longest time the loop stood still."""

    def __init__(self) -> None:
        self._loop = QEventLoop()
        self._last = 0.0
        self._is_over: Callable[[], bool] = lambda: True
        self.longest_ms = 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    def run(self, is_over: Callable[[], bool]) -> float:
        """Seconds until it is true."""
        self._is_over, self.longest_ms = is_over, 0.0
        began = self._last = time.perf_counter()
        self._timer.start(1)
        self._loop.exec()
        self._timer.stop()
        return time.perf_counter() - began

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest_ms, self._last = max(self.longest_ms, (now - self._last) * 1000), now
        if self._is_over():
            self._loop.quit()


def in_the_view(session: Session) -> list[Measured]:
    """From the first showing to the last stroke, with the event loop running."""
    watch, view = Watch(), VolumeView(session)
    view.resize(VIEW_PX, VIEW_PX)
    view.show()
    rows = [Measured("first showing to the final picture", watch.run(lambda: view.is_settled), "s")]
    rows.append(Measured("longest stop of the window meanwhile", watch.longest_ms, "ms", BLOCKED_MS))
    frames: list[float] = []
    view._engine.frame_ready.connect(lambda _, frame: frames.append(frame.seconds))
    steps = QTimer()
    steps.timeout.connect(lambda: view.move_camera(turned(view.camera, 6, 1, VIEW_PX)))
    steps.start(16)
    took = watch.run(lambda: len(frames) >= STEPS)
    steps.stop()
    rows.append(Measured("frames per second while turning", len(frames) / took, "/s"))
    rows.append(Measured("longest stop of the window meanwhile ", watch.longest_ms, "ms", BLOCKED_MS))
    watch.run(lambda: view.is_settled)
    old, box = view.surfaces[5], Box(150, 170, 200, 230, 200, 230)
    session.open_document.apply(PaintEdit(5, box, np.ones(box.shape, bool)), title="Stroke", tool="bench")
    stroke = watch.run(lambda: view.is_settled and view.surfaces[5] is not old)
    rows.append(Measured("end of a stroke to the final picture", stroke, "s"))
    rows.extend(without_a_view(view, session))
    view.close()
    return rows


def without_a_view(view: VolumeView, session: Session) -> list[Measured]:
    """Frames of the same scene, one after the other."""
    state = VolumeSceneState(
        fitted(corners_mm(session.open_document.volume.geometry), 1.0), view._surfaces.shown(frozenset())
    )
    renderer = VolumeRenderer()
    size = (VIEW_PX, VIEW_PX)
    rows = []
    for quality in Quality:
        took = seconds(partial(renderer.render, state, size, quality))
        rows.append(Measured(f"one frame, {quality.value}", took * 1000, "ms"))
    depth = renderer._depth(*size)
    read = seconds(lambda: (renderer._depth(*size), renderer._colors(*size, depth)))
    renderer.close()
    return [*rows, Measured("of it reading the pixels and depths back", read * 1000, "ms")]


def main() -> int:
    """Measure and print."""
    graphics = probed()
    if not graphics.is_available:
        print(f"not measured: {graphics.reason}")
        return 0
    application = QApplication([])
    with tempfile.TemporaryDirectory() as name:
        session = make_session(Path(name))
        rows = in_the_view(session)
        session.set_document(None)
    application.quit()
    return print_table(f"3D view, {SEGMENTS} segments on 512 x 512 x 300, {graphics.renderer}", rows)


if __name__ == "__main__":
    raise SystemExit(main())
