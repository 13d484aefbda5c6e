"""The window of the queue with a model that wants several images, and with options; by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import made_bundles
import made_models
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.formats.registry import write_volumes
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from session.batch.item import ItemState
from session.batch.queue import BatchQueue
from session.models import model_store
from widgets import theme
from widgets.batch_window.window import BatchWindow
from widgets.dialogs.channels import ChannelsDialog
from widgets.dialogs.run_options import RunOptionsDialog

LEFT = Qt.MouseButton.LeftButton
NAMES = ("t1ce", "t1", "t2", "flair")
SHAPE = (3, 4, 5)


def store(key: str, source: Path) -> None:
    (source / "models").mkdir(exist_ok=True)
    made_models.safetensors(source / "models" / "model.pt", {"weight": (1,)})
    with model_store().candidate(str(source), "Ada", lambda *_: None, lambda: False, wanted_id=key) as candidate:
        model_store().accept(candidate, trusted_by="Ada")


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """One study whose files are named after the channels, and two whose files are not."""
    volume = Volume(Geometry(SHAPE, np.eye(4)), np.zeros(SHAPE, np.int16), Quantity.SIGNAL, SourceSeries(modality="MR"))
    for study, names in (("anna", NAMES), ("bert", "abcd"), ("carl", "abcd")):
        (tmp_path / "studies" / study).mkdir(parents=True)
        for name in names:
            write_volumes([volume], tmp_path / "studies" / study / f"{name}.nii.gz")
    return tmp_path / "studies"


@pytest.fixture
def batch(
    window: MainWindow, qtbot: QtBot, studies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> BatchWindow:
    """The window with a model of four channels and the three studies in its queue."""
    store("brats", made_bundles.brats(tmp_path / "brats"))
    window.bridge.run("segment_many.show", model="brats")
    (shown,) = window.findChildren(BatchWindow)
    qtbot.waitUntil(lambda: shown.adding.model.currentData() == "brats")
    chosen = [str(tmp_path / "out"), str(studies)]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: chosen.pop(0))
    QTest.mouseClick(shown.adding.choose, LEFT)
    QTest.mouseClick(shown.adding.folders, LEFT)
    qtbot.waitUntil(lambda: [row.item.title for row in shown.table.shown_rows()] == ["anna", "bert", "carl"])
    return shown


def answer(dialog_type: type, then: Callable[[Any], None]) -> None:
    """Do something with a modal dialog as soon as it is there."""

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, dialog_type):
            then(dialog)
        else:
            QTimer.singleShot(30, look)

    QTimer.singleShot(30, look)


def choose(batch: BatchWindow, title: str) -> None:
    row = next(n for n, row in enumerate(batch.table.shown_rows()) if row.item.title == title)
    index = batch.table.model().index(row, 1)
    QTest.mouseClick(batch.table.viewport(), LEFT, pos=batch.table.visualRect(index).center())


def say_abcd(dialog: ChannelsDialog) -> None:
    """Take the first image for the first channel, and so on."""
    for n, field in enumerate(dialog.fields):
        field.setFocus()
        for _ in range(n + 1):
            QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.mouseClick(dialog.go_on, LEFT)


def states(batch: BatchWindow) -> list[ItemState]:
    return [row.item.state for row in batch.table.rows_model.rows]


def test_which_image_is_which_is_shown_and_asked_where_nobody_knows(batch: BatchWindow) -> None:
    assert batch.adding.said.text().startswith("Wants 4 images of each study: T1c, T1, T2, FLAIR")
    assert states(batch) == [ItemState.WAITING, ItemState.UNDECIDED, ItemState.UNDECIDED]
    assert "2 wait to hear which image is which" in batch.said.text()
    model = batch.table.rows_model
    colors = [model.data(model.index(row, 1), Qt.ItemDataRole.ForegroundRole) for row in range(3)]
    assert colors == [None, theme.current().color("warn"), theme.current().color("warn")]
    choose(batch, "anna")
    assert "T1c = t1ce.nii.gz" in batch.details.text()
    assert batch.images.isEnabled()  # a guess can be corrected
    choose(batch, "bert")
    assert batch.details.text() == "T1c = ? · T1 = ? · T2 = ? · FLAIR = ?"
    answer(ChannelsDialog, lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    QTest.mouseClick(batch.images, LEFT)
    assert states(batch)[1] is ItemState.UNDECIDED
    seen: list[bool] = []

    def look_and_say(dialog: ChannelsDialog) -> None:
        seen.append(dialog.go_on.isEnabled())
        say_abcd(dialog)

    answer(ChannelsDialog, look_and_say)
    QTest.mouseClick(batch.images, LEFT)
    assert seen == [False]
    assert states(batch) == [ItemState.WAITING] * 3  # carl's images have the same names
    assert "T1c = a.nii.gz" in batch.details.text()
    assert "FLAIR = d.nii.gz" in batch.details.text()


def test_a_guess_is_corrected_and_outlives_the_program(batch: BatchWindow, window: MainWindow) -> None:
    def swap(dialog: ChannelsDialog) -> None:
        first, second = dialog.fields[:2]
        places = first.currentIndex(), second.currentIndex()
        for field, place in zip((first, second), reversed(places), strict=True):
            field.setFocus()
            QTest.keyClick(field, Qt.Key.Key_Home)
            for _ in range(place):
                QTest.keyClick(field, Qt.Key.Key_Down)
        QTest.keyClick(dialog, Qt.Key.Key_Return)

    choose(batch, "anna")
    answer(ChannelsDialog, swap)
    index = batch.table.currentIndex()
    QTest.mouseDClick(batch.table.viewport(), LEFT, pos=batch.table.visualRect(index).center())
    assert "T1c = t1.nii.gz · T1 = t1ce.nii.gz" in batch.details.text()
    assert batch.queue.settle()
    again = BatchQueue(window.session).items[0]
    assert [image.title for n in range(4) if (image := again.image_of(n))] == [
        "t1.nii.gz",
        "t1ce.nii.gz",
        "t2.nii.gz",
        "flair.nii.gz",
    ]


def test_options_for_what_is_added_and_for_one_of_the_queue(
    batch: BatchWindow, window: MainWindow, studies: Path, qtbot: QtBot
) -> None:
    def wish(dialog: RunOptionsDialog) -> None:
        dialog.device.setFocus()
        QTest.keyClick(dialog.device, Qt.Key.Key_Down)
        QTest.mouseClick(dialog.mirror, LEFT, pos=QPoint(8, dialog.mirror.height() // 2))
        QTest.mouseClick(dialog.go_on, LEFT)

    choose(batch, "carl")
    answer(RunOptionsDialog, wish)
    QTest.mouseClick(batch.options, LEFT)
    assert batch.queue.items[2].parameters == {"device": "cpu", "mirror": True}
    assert batch.queue.items[1].parameters == {}
    assert batch.details.text().endswith("Options: Processor, flips averaged")
    answer(RunOptionsDialog, wish)
    QTest.mouseClick(batch.adding.options, LEFT)
    assert batch.adding.said.text().endswith("Options: Processor, flips averaged")
    QTest.keyClick(batch.table, Qt.Key.Key_Delete)
    batch.adding.add([studies / "carl"])
    qtbot.waitUntil(lambda: len(batch.queue.items) == 3)
    assert batch.queue.items[2].parameters == {"device": "cpu", "mirror": True}
    assert window.session.settings["segment.batch"]["options"] == {"brats": {"device": "cpu", "mirror": True}}


def test_the_built_in_model_takes_no_options(batch: BatchWindow) -> None:
    batch.adding.model.setFocus()
    QTest.keyClick(batch.adding.model, Qt.Key.Key_Home)
    assert batch.adding.model.currentData() == "ct-anatomy-rules"
    assert not batch.adding.options.isEnabled()
    assert batch.adding.said.text() == ""
