"""Sending from the window to a receiver of our own in this process: proven, sent, noted; what may not go is greyed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from closed_sockets import closed_sockets
from made_series import SeriesMaker
from pydicom import dcmread
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.opening import open_path
from imaging.case.entry import EntryKind
from imaging.edit import PaintEdit
from imaging.geometry import Box
from imaging.objects.proof import Proven
from session import archives
from sync.destination import Destination, ObjectKind, write_destinations
from sync.incoming import Incoming, Limits
from sync.listener.config import LOOPBACK, ListenerConfig, Sender
from sync.listener.receiver import Receiver
from widgets.dialogs.sending import SendDialog

__all__ = ["closed_sockets"]


@pytest.fixture
def receiver(tmp_path: Path):
    limits = Limits(free_bytes=0)
    config = ListenerConfig(ae_title="HERE", port=0, senders=(Sender("LIMNER", LOOPBACK),), limits=limits)
    with Incoming(tmp_path / "there", limits) as incoming, Receiver(config, incoming) as made:
        yield made


@pytest.fixture
def case(window, qtbot, tmp_path: Path):
    """An open case on a DICOM series, with one painted segment."""
    folder = tmp_path / "series"
    folder.mkdir()
    SeriesMaker(folder)(5)
    open_path(window.session, folder)
    qtbot.waitUntil(
        lambda: window.session.document is not None and not window.session.document.is_loading, timeout=30_000
    )
    session = window.session
    session.actions.run_with_texts("segment.add", session, {})
    box = Box(1, 4, 2, 8, 3, 7)
    number = session.document.segmentation.segments[0].number
    session.document.apply(PaintEdit(number, box, np.ones(box.shape, bool)), title="paint", tool="t")
    return session


def dialog_for(window, session, *destinations: Destination) -> SendDialog:
    write_destinations(archives.destinations_file(session.settings), destinations)
    session.actions.run_with_texts("file.send", session, {})
    return window.findChild(SendDialog)


def there(receiver: Receiver, **fields) -> Destination:
    base = {"host": "127.0.0.1", "port": receiver.port, "ae_title": "HERE", "is_inside": True, "timeout_s": 10}
    return Destination("archive", **{**base, **fields})


def test_masks_are_proven_sent_and_noted(qtbot, window, case, receiver) -> None:
    dialog = dialog_for(window, case, there(receiver))
    check = dialog.kinds[ObjectKind.RTSTRUCT]
    QTest.mouseClick(check, Qt.MouseButton.LeftButton, pos=QPoint(8, check.height() // 2))
    QTest.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.bar.isHidden() and not dialog.there.isEnabled(), timeout=60_000)
    assert dialog.table.rowCount() == 2, dialog.said.text()
    texts = [[dialog.table.item(row, column).text() for column in range(4)] for row in range(2)]
    assert "every voxel equal" in texts[0][1]
    assert receiver.counts.new == 2
    assert {row[2] for row in texts} == {"accepted"}  # this receiver does not answer searches
    assert "could not be asked" in texts[0][3]
    assert "accepted everything" in dialog.said.text()
    assert dialog.table.horizontalScrollBar().maximum() == 0  # the whole remark is seen
    last = case.document.entries[-1]
    assert (last.kind, last.title) == (EntryKind.NOTE, "Sent to archive")
    assert last.parameters["objects"][0]["agreement"]
    dialog.close()


def test_what_a_machine_does_not_take_cannot_be_chosen(window, case, receiver) -> None:
    only = there(receiver, kinds=(ObjectKind.SECONDARY_CAPTURE,))
    dialog = dialog_for(window, case, only)
    assert not dialog.kinds[ObjectKind.SEG].isEnabled()
    assert not dialog.go_on.isEnabled()
    dialog.close()


def test_nothing_leaves_the_hospital(qtbot, window, case, receiver) -> None:
    dialog = dialog_for(window, case, there(receiver, is_inside=False))
    assert "outside" in dialog.way.text()
    assert "not marked as inside" in dialog.said.text()  # said before anybody tries
    assert not dialog.go_on.isEnabled()
    QTest.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton)
    assert receiver.counts.new == 0
    dialog.close()


def test_what_is_said_of_one_machine_is_not_said_of_the_next(window, case, receiver) -> None:
    outside = replace(there(receiver, is_inside=False), name="outside")
    dialog = dialog_for(window, case, there(receiver), outside)
    assert dialog.said.text() == ""
    dialog.there.setCurrentIndex(1)
    assert "not marked as inside" in dialog.said.text()
    dialog.there.setCurrentIndex(0)
    assert dialog.said.text() == ""
    assert dialog.go_on.isEnabled()
    dialog.close()


def test_a_machine_that_is_off_leaves_it_in_the_outbox(qtbot, window, case, receiver) -> None:
    away = there(receiver)
    receiver.close()
    dialog = dialog_for(window, case, away)
    QTest.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.table.rowCount() == 1, timeout=60_000)
    assert dialog.table.item(0, 2).text() == "waits in the outbox"
    assert len(list((case.settings.workspace() / "outbox").glob("*.dcm"))) == 1
    dialog.close()


@pytest.mark.parametrize(("kind", "modality"), [("seg", "SEG"), ("rtstruct", "RTSTRUCT"), ("sr", "SR"), ("pdf", "DOC")])
def test_objects_are_written_to_files_and_proven(qtbot, window, case, tmp_path, monkeypatch, kind, modality) -> None:
    monkeypatch.setattr(type(case.window), "ask_choice", lambda *_: kind)
    monkeypatch.setattr(type(case.window), "ask_save_path", lambda *_: tmp_path / "out")
    said: list[str] = []
    case.messages.shown.connect(lambda message: said.append(message.text))
    case.actions.run_with_texts("file.export_object", case, {})
    qtbot.waitUntil(lambda: all(job.is_over for job in case.jobs.jobs), timeout=60_000)
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert dcmread(tmp_path / "out.dcm").Modality == modality, said


@pytest.mark.parametrize("before", [None, "an earlier one"])
def test_an_object_that_reads_back_differently_replaces_nothing(
    qtbot, window, case, tmp_path, monkeypatch, before
) -> None:
    path = tmp_path / "out" / "x.dcm"
    path.parent.mkdir()
    said: list[str] = []
    case.messages.shown.connect(lambda message: said.append(message.text))
    if before:
        case.actions.run_with_texts("file.export_object", case, {"kind": "seg", "path": str(path)})
        qtbot.waitUntil(lambda: any("was written" in text for text in said), timeout=60_000)
    earlier = path.read_bytes() if before else None
    wrong = Proven("pydicom", {"liver": 0.5}, ("“liver” reads back differently (0.5000).",))
    monkeypatch.setattr("session.object_export.prove", lambda *_: wrong)
    case.actions.run_with_texts("file.export_object", case, {"kind": "seg", "path": str(path)})
    qtbot.waitUntil(lambda: any("not written" in text for text in said), timeout=60_000)
    assert (path.read_bytes() if path.exists() else None) == earlier
    assert [one.name for one in path.parent.iterdir()] == (["x.dcm"] if before else [])
