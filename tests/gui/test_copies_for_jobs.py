"""Exports and comparisons copy the masks on their own thread, and get them as they were when they were asked for."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.window import MainWindow
from imaging.edit import PaintEdit
from imaging.errors import UserError
from imaging.formats.masks import read_labels
from imaging.geometry import Box
from imaging.layer_snapshot import LayerSnapshot
from session.exporting import frozen_labels
from session.session import Session


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Copies wait for this event, and must not be made on the window's thread."""
    go_on, copied = threading.Event(), LayerSnapshot.layers

    def layers(snapshot: LayerSnapshot) -> list[np.ndarray]:
        assert threading.current_thread() is not threading.main_thread()
        assert go_on.wait(60)
        return copied(snapshot)

    monkeypatch.setattr(LayerSnapshot, "layers", layers)
    return go_on


def test_a_stroke_after_the_export_began_is_not_in_the_file(
    qtbot, case_window: MainWindow, session: Session, held: threading.Event, tmp_path: Path
) -> None:
    document = session.open_document
    wanted = document.segmentation.mask(1)
    target = tmp_path / "masks.seg.nrrd"
    case_window.bridge.run("file.export_masks", path=str(target))
    box = Box(0, 10, 0, 40, 0, 50)
    document.apply(PaintEdit(1, box, np.ones(box.shape, bool)), title="paint", tool="brush")
    held.set()
    qtbot.waitUntil(lambda: all(job.is_finished for job in session.jobs.jobs), timeout=60_000)
    labels = read_labels(target)
    liver = next(one for one in labels.segments if one.name == "liver")
    assert np.array_equal(labels.mask(liver), wanted)
    assert document.segmentation.voxel_count(1) == 10 * 40 * 50


@pytest.mark.parametrize("name", ["masks.seg.nrrd", "surfaces.stl"])
def test_the_window_paints_on_while_masks_are_copied(
    qtbot, case_window: MainWindow, session: Session, held: threading.Event, tmp_path: Path, name: str
) -> None:
    action = "file.export_masks" if name.endswith("nrrd") else "file.export_surfaces"
    case_window.bridge.run(action, path=str(tmp_path / name))
    job = session.jobs.jobs[-1]
    before = session.open_document.segmentation.voxel_count(1)
    session.selection.update(segment_number=1)
    QTest.keyClick(case_window, Qt.Key.Key_B)
    view = case_window.grid.view("axial")
    assert view is not None
    qtbot.waitUntil(view.isVisible)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
    qtbot.waitUntil(lambda: session.open_document.segmentation.voxel_count(1) != before)
    assert not job.is_over
    held.set()
    qtbot.waitUntil(lambda: job.is_finished, timeout=60_000)
    assert job.error is None


def test_half_a_long_change_is_never_copied(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(session.open_document), "is_busy", True)
    with pytest.raises(UserError, match="still being worked out"):
        frozen_labels(session.open_document)
