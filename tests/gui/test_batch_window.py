"""The window of the queue: filling it, its order, starting, what became of each image; by mouse and keys."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from test_window import nameless

from app.window import MainWindow
from imaging.geometry import Geometry
from imaging.phantom.series import write_dicom_series
from imaging.volume import Quantity, SourceSeries, Volume
from session.batch.item import BatchItem, ItemState
from session.batch.queue import BatchQueue
from widgets.batch_window.window import BatchWindow, next_time

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies")
    for name in ("anna", "bert", "carl"):
        voxels = np.full((4, 12, 12), len(name), np.int16)
        volume = Volume(Geometry(voxels.shape, np.eye(4)), voxels, Quantity.HU, SourceSeries(modality="CT"))
        write_dicom_series(volume, folder / name)
    return folder


@pytest.fixture
def batch(window: MainWindow, qtbot: QtBot) -> BatchWindow:
    window.bridge.run("segment_many.show", model="ct-anatomy-rules")
    (shown,) = window.findChildren(BatchWindow)
    qtbot.waitUntil(lambda: shown.adding.model.currentData() == "ct-anatomy-rules")
    return shown


@pytest.fixture
def filled(
    batch: BatchWindow, qtbot: QtBot, studies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> BatchWindow:
    """Three studies of a folder are in the queue."""
    chosen = [str(tmp_path / "out"), str(studies)]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: chosen.pop(0))
    QTest.mouseClick(batch.adding.choose, LEFT)
    QTest.mouseClick(batch.adding.folders, LEFT)
    qtbot.waitUntil(lambda: names(batch) == ["anna", "bert", "carl"])
    return batch


def names(batch: BatchWindow) -> list[str]:
    return [row.item.title for row in batch.table.shown_rows()]


def carried_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Instead of models, something quick; ``bert`` fails."""
    from imaging.errors import UserError

    done: list[str] = []

    def carry_out(item: BatchItem, *_: object) -> ItemState:
        done.append(item.title)
        if item.title == "bert":
            raise UserError("Bert cannot be segmented.", "Ask Bert.")
        return ItemState.DONE

    monkeypatch.setattr("session.batch.queue.carry_out", carry_out)
    monkeypatch.setattr("session.batch.queue.inference_client", lambda: None)
    return done


def test_an_empty_queue_offers_nothing_to_start(batch: BatchWindow) -> None:
    assert batch.said.text().startswith("The queue is empty.")
    assert not any(button.isEnabled() for button in (batch.start, batch.later, batch.pause, batch.stop, batch.up))


def test_every_control_has_a_name(batch: BatchWindow) -> None:
    assert not nameless(batch)


def test_order_is_changed_by_buttons_and_keys(filled: BatchWindow) -> None:
    filled.table.selectRow(0)
    assert not filled.up.isEnabled()
    QTest.mouseClick(filled.down, LEFT)
    assert names(filled) == ["bert", "anna", "carl"]
    row = filled.table.current_row()
    assert row is not None
    assert row.item.title == "anna"  # it stays selected
    filled.table.setFocus()
    QTest.keyClick(filled.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert names(filled) == ["bert", "carl", "anna"]
    QTest.keyClick(filled.table, Qt.Key.Key_Delete)
    assert names(filled) == ["bert", "carl"]


def test_it_runs_and_says_what_became_of_each(
    filled: BatchWindow, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = carried_out(monkeypatch)
    texts: list[str] = []
    window.session.messages.shown.connect(lambda message: texts.append(message.text))
    QTest.mouseClick(filled.start, LEFT)
    qtbot.waitUntil(lambda: not filled.queue.is_running and filled.said.text() == "3 of 3 over · 1 failed")
    assert done == ["anna", "bert", "carl"]
    qtbot.waitUntil(lambda: texts == ["The queue is done; 1 of 3 failed."])
    state = filled.table.rows_model.columns[-1]
    assert [state.text(row) for row in filled.table.rows_model.rows] == [
        "done",
        "failed: Bert cannot be segmented. Ask Bert.",
        "done",
    ]
    filled.table.select_where(lambda row: row.item.title == "bert")
    QTest.mouseClick(filled.retry, LEFT)
    qtbot.waitUntil(filled.start.isEnabled)
    QTest.mouseClick(filled.clear, LEFT)
    assert names(filled) == ["bert"]


def test_a_start_is_planned_and_forgotten(filled: BatchWindow, window: MainWindow) -> None:
    QTest.mouseClick(filled.later, LEFT)
    assert filled.queue.starts_at is not None
    assert filled.said.text().endswith("starts at 22:00, if the program still runs then")
    assert window.session.settings["segment.batch"]["time"] == "22:00"
    QTest.mouseClick(filled.pause, LEFT)
    assert filled.queue.starts_at is None


def test_dropped_images_are_added_and_choices_are_remembered(
    filled: BatchWindow, window: MainWindow, qtbot: QtBot, studies: Path, tmp_path: Path
) -> None:
    QTest.mouseClick(filled.adding.kind.button("cases"), LEFT)
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(studies / "anna"))])
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, content, LEFT, Qt.KeyboardModifier.NoModifier)
    filled.dropEvent(event)
    qtbot.waitUntil(lambda: len(names(filled)) == 4)
    assert filled.queue.items[-1].out == str(tmp_path / "out" / "anna.limner")
    kept = window.session.settings["segment.batch"]
    assert (kept["model"], kept["kind"], kept["folder"]) == ("ct-anatomy-rules", "cases", str(tmp_path / "out"))
    assert filled.queue.settle()
    again = BatchQueue(window.session)
    assert [item.title for item in again.items] == ["anna", "bert", "carl", "anna"]


def test_the_next_time_is_today_or_tomorrow() -> None:
    noon = datetime(2026, 3, 1, 12, 0)
    assert next_time(noon, 22, 0) == datetime(2026, 3, 1, 22, 0)
    assert next_time(noon, 12, 0) == datetime(2026, 3, 2, 12, 0)
