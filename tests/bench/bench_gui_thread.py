"""How long the window stands still: the longest gap between two turns of the event loop during the main job.

    python3 dev.py bench gui_thread

The demo's torso is opened, segmented, given maps of doubt and probability, accepted, undone, redone and painted on in
the real window, then looked at in the cinematic 3D view. A timer that is due every 2 ms notices the gaps; with other
programs on the machine they grow. A gap far longer than the processor time of this thread in it is theirs, or another
thread of the window kept the interpreter to itself.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from budget_table import Measured, print_table
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.ahead import Ahead
from app.main import make_application, make_session, make_window
from app.window import MainWindow
from imaging.blocks import Labels
from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso
from inference.model import UNCERTAINTY_MAP, WINNER_MAP, Overlay
from session.session import Session
from widgets.volume_view import VolumeView

PROMISE_MS = 50
LONGEST_S = 120


class Gaps:
    """Notes the longest time between two timer events, under the name of what is being done.

    ``busiest`` holds the most processor time of this thread in such a time, which other programs change less.
    """

    def __init__(self) -> None:
        self.longest: dict[str, float] = {}
        self.busiest: dict[str, float] = {}
        self._name = ""
        self._last = time.perf_counter()
        self._used = time.thread_time()
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(2)

    def during(self, name: str) -> None:
        """What is done from now on."""
        self._name = name
        if name:
            self.longest[name] = self.busiest[name] = 0.0
        self._last, self._used = time.perf_counter(), time.thread_time()

    def _tick(self) -> None:
        now, used = time.perf_counter(), time.thread_time()
        if self._name:
            self.longest[self._name] = max(self.longest[self._name], 1000 * (now - self._last))
            self.busiest[self._name] = max(self.busiest[self._name], 1000 * (used - self._used))
        self._last, self._used = now, used


def run(application: QApplication, until: Callable[[], bool], rest_s: float = 2.0) -> None:
    """Run the event loop until something is true, and for a while after."""
    began, reached = time.monotonic(), None
    while reached is None or time.monotonic() - reached < rest_s:
        application.processEvents()
        time.sleep(0.0005)
        if reached is None and until():
            reached = time.monotonic()
        if time.monotonic() - began > LONGEST_S:
            raise TimeoutError("the window did not get so far")


def main() -> int:
    """Do the main job, note the gaps."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["LIMNER_WORKSPACE"] = name
        write_dicom_series(make_torso().volume, Path(name) / "series")
        application = make_application()
        session = make_session(application, Path(name) / "settings.json")
        window = make_window(session)
        window.resize(1680, 1020)
        window.show()
        gaps = Gaps()
        gaps.during("loading ahead")  # as the window's entry point does
        ahead = Ahead(window)
        run(application, lambda: ahead.is_over)
        gaps.during("opening a series")
        window.open_paths([Path(name) / "series"])
        run(application, lambda: session.document is not None and not session.document.is_loading)
        gaps.during("segmenting, preview shown")
        session.actions["segment_image.run"].run(session)
        run(application, lambda: session.open_document.preview is not None, 4)
        give_maps(application, session, gaps)
        gaps.during("accepting")
        session.actions["preview.accept_all"].run(session)
        run(application, lambda: session.open_document.preview is None, 6)
        for step in ("undo", "redo"):
            gaps.during(f"{step} of the accepted result")
            session.actions[f"edit.{step}"].run(session)
            run(application, lambda: not session.open_document.is_busy, 4)
        gaps.during("painting")
        brush = {"surfaces": paint(application, window.grid.view("axial"), session)}
        gaps.during("scrolling")
        for _ in range(60):
            session.actions["view.next_slice"].run(session)
            run(application, lambda: True, 0.01)
        brush["cinematic"] = cinematic(application, window, session, gaps)
        view = window.grid.view("3d")
        assert isinstance(view, VolumeView)
        view.close_engine()  # no event loop ends here, which would do it
        window.close()
    rows = [Measured(what, longest, "ms", PROMISE_MS) for what, longest in gaps.longest.items()]
    rows += [Measured(f"{what}: processor", busiest, "ms", PROMISE_MS) for what, busiest in gaps.busiest.items()]
    for view, seconds in brush.items():
        for share, promise in ((50, 8), (95, 16)):
            found = 1000 * float(np.percentile(seconds, share))
            rows.append(Measured(f"brush, 3D view with {view}: {share} %", found, "ms", promise))
    return print_table("Longest the window stood still", rows)


def give_maps(application: QApplication, session: Session, gaps: Gaps) -> None:
    """The same result once more, as from a network that wavers at every border: its maps, and the places in them."""
    preview = session.open_document.preview
    assert preview is not None
    doubt = borders(preview.layers)
    for name, maps in (("doubt", {UNCERTAINTY_MAP: doubt}), ("probability", {WINNER_MAP: 255 - doubt // 2})):
        gaps.during(f"result with a map of {name}")
        session.open_document.set_preview(replace(preview, maps=maps))
        run(application, lambda: bool(session.doubting.state.places), 4)
        gaps.during("")  # what is drawn once more without a map is no part of it
        session.doubting.end()
        run(application, lambda: True)


def borders(layers: Sequence[Labels]) -> Overlay:
    """255 where a label meets another one."""
    found = np.zeros(layers[0].shape, np.uint8)
    for layer in layers:
        for axis in range(3):
            meets = np.diff(layer.astype(np.int32), axis=axis) != 0
            for place in (slice(1, None), slice(None, -1)):
                found[tuple(place if n == axis else slice(None) for n in range(3))][meets] = 255
    return found


def cinematic(application: QApplication, window: MainWindow, session: Session, gaps: Gaps) -> list[float]:
    """The 3D page, the first cinematic picture, turning, edits of the look, and a stroke while the picture refines.

    Returns:
        seconds of each move of the brush.
    """
    view = window.grid.view("3d")
    assert isinstance(view, VolumeView)
    gaps.during("opening the 3D page")
    window.show_page("look")
    window.right.look.show_page("3d")
    page = window.right.look.three_d
    run(application, lambda: len(page.sections) == 8)
    for mode in ("raycast", "cinematic"):
        gaps.during(f"first picture, {mode}")
        session.actions[f"view.volume_{mode}"].run(session)
        run(application, lambda: view.frame is not None and view.frame.backend != "" and view.is_settled)
    gaps.during("turning the cinematic picture")
    point = QPoint(view.width() // 2, view.height() // 2)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=point)
    for _ in range(60):
        point += QPoint(2, 0)
        QTest.mouseMove(view, point)
        run(application, lambda: True, 0.01)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=point)
    gaps.during("editing the transfer function")
    origin = session.looks.current.transfer
    for step in range(40):
        view.drags.shift_transfer(origin, QPointF(0, step), is_final=step == 39)
        run(application, lambda: True, 0.01)
    gaps.during("painting beside the cinematic picture")
    return paint(application, window.grid.view("axial"), session)


def paint(application: QApplication, view: QWidget, session: Session) -> list[float]:
    """A stroke of 60 mouse moves with a new segment; returns the seconds from each move to the repainted slice."""
    seconds = []
    session.actions["segment.add"].run(session)
    session.actions["tool.brush"].run(session)
    point = QPoint(view.width() // 2 - 60, view.height() // 2)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)
    for n in range(60):
        point += QPoint(2, (-1) ** (n // 6) * 3)
        began = time.perf_counter()
        QTest.mouseMove(view, point)
        application.processEvents()
        seconds.append(time.perf_counter() - began)
        run(application, lambda: True, 0.01)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)
    run(application, lambda: True)
    return seconds


if __name__ == "__main__":
    raise SystemExit(main())
