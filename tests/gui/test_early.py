"""A coarse result while a model still runs: seen over the slices, said in a bar, replaced or taken away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import early_model
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.actions.segment_image import DEFAULT_MODEL
from app.window import MainWindow
from inference.catalogue import ModelInfo
from inference.client import InferenceClient
from session.change import DocumentChange
from session.messages import Message
from widgets.slice_view import SliceView

LEFT = Qt.MouseButton.LeftButton
TIMEOUT_MS = 300_000
LEAST_DIFFERENCE = 12  # of a colour channel, for a pixel to count as painted over


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file that the model waits for."""
    path = tmp_path / "go"
    monkeypatch.setenv(early_model.GO, str(path))
    monkeypatch.syspath_prepend(Path(__file__).parent)
    info = ModelInfo(DEFAULT_MODEL, "Early", "1", ("thing",), "", "early_model:EarlyModel")
    client = InferenceClient([info], [Path(__file__).parent])
    monkeypatch.setattr("session.segmenting.inference_client", lambda: client)
    yield path
    path.touch()
    client.close()


@pytest.fixture
def axial(case_window: MainWindow, go: Path) -> SliceView:
    view = case_window.grid.view("axial")
    assert isinstance(view, SliceView)
    case_window.session.presentation.update(shows_crosshair=False)
    case_window.session.open_document.set_preview(None)
    view.setFocus()
    QApplication.processEvents()
    return view


def pixels(view: SliceView) -> NDArray[np.int16]:
    """(rows, columns, channel) of the picture in the view."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)[:, :, :3].astype(np.int16)


def halves(view: SliceView, plain: NDArray[np.int16]) -> tuple[float, float]:
    """How much of the left and of the right half of the view is painted over, 0 to 1."""
    is_other = np.abs(pixels(view) - plain).max(axis=2) > LEAST_DIFFERENCE
    margin = is_other.shape[1] // 4
    is_other = is_other[margin:-margin, margin:-margin]  # without the texts at the edges
    middle = is_other.shape[1] // 2
    return float(is_other[:, :middle].mean()), float(is_other[:, middle:].mean())


def start(window: MainWindow, view: SliceView, qtbot: QtBot) -> None:
    """Run the model by its key, and wait for what it shows."""
    QTest.keyClick(view, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(window.early_bar.isVisible, timeout=TIMEOUT_MS)
    QApplication.processEvents()


def test_seen_first_then_replaced(case_window: MainWindow, axial: SliceView, qtbot: QtBot, go: Path) -> None:
    window, document = case_window, case_window.session.open_document
    plain, count = pixels(axial), len(document.entries)
    states: list[tuple[bool, bool]] = []

    def note(change: DocumentChange) -> None:
        states.append((document.early is not None, document.preview is not None))

    start(window, axial, qtbot)
    document.changed.connect(note)
    left, right = halves(axial, plain)
    assert left > 0.3
    assert right < 0.02
    qtbot.waitUntil(lambda: "37%" in window.early_bar.text.text(), timeout=TIMEOUT_MS)
    assert "coarse, still running" in window.early_bar.text.text()
    assert window.preview_bar.isHidden()
    QTest.keyClick(axial, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)  # accepting finds nothing
    QApplication.processEvents()
    assert len(document.entries) == count
    assert document.preview is None

    go.touch()
    qtbot.waitUntil(window.preview_bar.isVisible, timeout=TIMEOUT_MS)
    QApplication.processEvents()
    assert window.early_bar.isHidden()
    left, right = halves(axial, plain)
    assert left < 0.02
    assert right > 0.3
    assert (False, False) not in states  # at no moment there was neither: nothing flickers
    QTest.mouseClick(window.preview_bar.accept, LEFT)
    qtbot.waitUntil(lambda: len(document.entries) == count + 1)


def test_stop_takes_it_away(case_window: MainWindow, axial: SliceView, qtbot: QtBot, go: Path) -> None:
    document = case_window.session.open_document
    plain = pixels(axial)
    said: list[Message] = []
    case_window.session.messages.shown.connect(said.append)
    start(case_window, axial, qtbot)
    assert halves(axial, plain)[0] > 0.3
    QTest.mouseClick(case_window.early_bar.stop, LEFT)
    qtbot.waitUntil(case_window.early_bar.isHidden)
    QApplication.processEvents()
    assert halves(axial, plain) == (0.0, 0.0)
    assert document.early is None
    (job,) = case_window.session.jobs.jobs
    qtbot.waitUntil(lambda: job.is_finished, timeout=TIMEOUT_MS)
    assert document.preview is None
    assert not said


def test_a_failed_run_takes_it_away_and_says_so(
    case_window: MainWindow, axial: SliceView, qtbot: QtBot, go: Path
) -> None:
    plain = pixels(axial)
    said: list[Message] = []
    case_window.session.messages.shown.connect(said.append)
    start(case_window, axial, qtbot)
    (partial := go.with_suffix(".partial")).write_text("fail")
    partial.rename(go)
    qtbot.waitUntil(lambda: bool(said), timeout=TIMEOUT_MS)
    qtbot.waitUntil(case_window.early_bar.isHidden)
    assert said[0].text.endswith("What it had shown so far is gone.")
    assert case_window.session.open_document.early is None
    QApplication.processEvents()
    assert halves(axial, plain)[0] < 0.3


def test_switched_off_nothing_is_shown(case_window: MainWindow, axial: SliceView, qtbot: QtBot, go: Path) -> None:
    case_window.session.settings.set("segment.early", False)
    states: list[bool] = []
    document = case_window.session.open_document
    document.changed.connect(lambda change: states.append(document.early is not None))
    QTest.keyClick(axial, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    go.touch()
    qtbot.waitUntil(case_window.preview_bar.isVisible, timeout=TIMEOUT_MS)
    assert not any(states)
