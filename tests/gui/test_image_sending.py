"""Images of the list on their way to a receiver here: refused, stopped, gone on with, without identifiers."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from closed_sockets import closed_sockets
from made_series import SeriesMaker
from pydicom import dcmread
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from session import archives
from session.images_to_send import SeriesToSend
from sync.destination import Destination, ObjectKind, write_destinations
from sync.dimse.association import ConnectionFailed
from sync.incoming import Incoming, Limits
from sync.listener.config import LOOPBACK, ListenerConfig, Sender
from sync.listener.receiver import Receiver
from widgets.deidentify.dialog import DeidentifyDialog
from widgets.deidentify.report import DeidentificationReport
from widgets.dialogs.image_sending import STATE, ImageSendDialog
from widgets.study_window.window import StudyWindow

__all__ = ["closed_sockets"]
LEFT = Qt.MouseButton.LeftButton
SECRET = b"Abel"


@pytest.fixture
def receiver(tmp_path: Path):
    limits = Limits(free_bytes=0)
    config = ListenerConfig(ae_title="HERE", port=0, senders=(Sender("LIMNER", LOOPBACK),), limits=limits)
    with Incoming(tmp_path / "there", limits) as incoming, Receiver(config, incoming) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two studies: two series of three and two slices, and one of four."""
    for name, counts in (("Abel^Adam", (3, 2)), ("Berg^Bea", (4,))):
        below = tmp_path / "images" / name[:4]
        below.mkdir(parents=True)
        make = SeriesMaker(below)

        def bend(_k: int, ds, name: str = name) -> None:
            ds.PatientName, ds.PatientID, ds.StudyDate = name, f"ID-{name[:4]}", "20200304"

        for number, count in enumerate(counts):
            make(count, bend, prefix=f"s{number}")
    return tmp_path / "images"


def there(receiver: Receiver, **fields) -> Destination:
    base = {"host": "127.0.0.1", "port": receiver.port, "ae_title": "HERE", "is_inside": True, "timeout_s": 10}
    return Destination("archive", **{**base, **fields})


@pytest.fixture
def studies(window, qtbot, folder, receiver):
    write_destinations(archives.destinations_file(window.session.settings), [there(receiver)])
    window.session.actions.run_with_texts("studies.show", window.session, {})
    made = window.findChild(StudyWindow)
    qtbot.waitExposed(made)
    made.add_folder(folder)
    qtbot.waitUntil(lambda: len(made.table.rows_model.rows) == 2, timeout=30_000)
    made.table.select_where(lambda row: row.patient_name.startswith("Abel"))
    qtbot.waitUntil(lambda: len(made.content.rows()) == 2, timeout=30_000)
    yield made
    for dialog in (*found(ImageSendDialog), *found(DeidentifyDialog), *found(DeidentificationReport)):
        dialog.close()
    qtbot.waitUntil(lambda: all(job.is_finished for job in window.session.jobs.jobs), timeout=30_000)
    made.close()
    made.browsing.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def arrived(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "there" / "images").glob("*/*.dcm"))


def found(kind: type) -> list:
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()]


def offered(qtbot) -> ImageSendDialog:
    qtbot.waitUntil(lambda: bool(found(ImageSendDialog)), timeout=30_000)
    (dialog,) = found(ImageSendDialog)
    return dialog


def states(dialog: ImageSendDialog) -> list[str]:
    model = dialog.table.rows_model
    return [model.index(row, STATE).data() for row in range(model.rowCount())]


def ended(qtbot, dialog: ImageSendDialog) -> None:
    qtbot.waitUntil(lambda: dialog.running.isHidden() and bool(dialog.said.text()), timeout=60_000)


def test_a_study_is_sent_as_it_is(qtbot, window, studies, receiver, tmp_path) -> None:
    QTest.mouseClick(studies.send, LEFT)
    dialog = offered(qtbot)
    assert "Abel, Adam" in dialog.what.text()
    assert "5 objects" in dialog.what.text()
    assert states(dialog) == ["whole, goes as it is"] * 2
    assert not dialog.remove.isVisible()
    QTest.mouseClick(dialog.go_on, LEFT)
    ended(qtbot, dialog)
    assert receiver.counts.new == 5
    assert states(dialog) == ["accepted"] * 2  # this receiver does not answer searches
    assert "5 were accepted" in dialog.said.text()
    assert [dcmread(path).PatientName for path in arrived(tmp_path)] == ["Abel^Adam"] * 5
    assert not list((window.session.settings.workspace() / "outbox").glob("*.dcm"))
    assert all("Abel" not in job.title + job.message for job in window.session.jobs.jobs)


def test_several_studies_by_the_key_and_one_series_by_the_menu(qtbot, studies, receiver) -> None:
    QTest.keyClick(studies.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    studies.table.setFocus()
    QTest.keyClick(studies.table, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    dialog = offered(qtbot)
    assert "2 studies" in dialog.what.text()
    assert dialog.what.text().startswith("Abel, Adam and 1 others")
    nameless = SeriesToSend("1.2", patient="^", files=dialog._found.series[0].files)
    dialog._found = replace(dialog._found, series=(nameless, *dialog._found.series))
    assert dialog._summary().startswith("Abel, Adam and 1 others")
    assert len(states(dialog)) == 3
    dialog.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    studies.table.select_where(lambda row: row.patient_name.startswith("Abel"))
    qtbot.waitUntil(lambda: len(studies.content.rows()) == 2, timeout=30_000)
    place = studies.content.visualItemRect(studies.content.item(2)).center()
    count = studies.content.rows()[1].instance_count
    QTest.mouseClick(studies.content.viewport(), LEFT, pos=place)
    studies.content.customContextMenuRequested.emit(place)
    menu = next(menu for menu in studies.findChildren(QMenu) if menu.isVisible())
    (send,) = [action for action in menu.actions() if action.text().startswith("Send")]
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(send).center())
    dialog = offered(qtbot)
    assert states(dialog) == ["whole, goes as it is"]
    QTest.mouseClick(dialog.go_on, LEFT)
    ended(qtbot, dialog)
    assert receiver.counts.new == count


def test_what_is_not_taken_is_said_before_and_stays(qtbot, window, studies, receiver) -> None:
    only = there(receiver, kinds=(ObjectKind.SEG,))
    write_destinations(archives.destinations_file(window.session.settings), [only])
    QTest.mouseClick(studies.send, LEFT)
    dialog = offered(qtbot)
    assert not dialog.go_on.isEnabled()
    assert states(dialog) == ["“archive” does not take original."] * 2
    assert "Nothing of this can be sent" in dialog.refusal.text()
    assert receiver.counts.new == 0


def test_a_cut_is_gone_on_with_in_the_dialog(qtbot, window, studies, receiver, monkeypatch) -> None:
    real = archives.send

    def cut(destination, files, on_progress, is_cancelled, done):
        real(destination, files[:2], on_progress, is_cancelled, done)
        raise ConnectionFailed("answer", "The connection was lost.")

    monkeypatch.setattr(archives, "send", cut)
    QTest.mouseClick(studies.send, LEFT)
    dialog = offered(qtbot)
    QTest.mouseClick(dialog.go_on, LEFT)
    ended(qtbot, dialog)
    assert "3 wait in the outbox" in dialog.said.text()
    assert dialog.go_on.text() == "Send the rest"
    assert not dialog.there.isEnabled()
    monkeypatch.setattr(archives, "send", real)
    QTest.mouseClick(dialog.go_on, LEFT)
    ended(qtbot, dialog)
    assert receiver.counts.new == 5
    assert receiver.counts.same == 0
    assert not dialog.go_on.isVisible()


def test_it_can_be_stopped_and_the_rest_waits(qtbot, window, studies, receiver, monkeypatch) -> None:
    real, stopped = archives.send, threading.Event()

    def slow(destination, files, on_progress, is_cancelled, done):
        def told(count: int, total: int) -> None:
            on_progress(count, total)
            assert count < 2 or stopped.wait(60)

        return real(destination, files, told, is_cancelled, done)

    monkeypatch.setattr(archives, "send", slow)
    QTest.mouseClick(studies.send, LEFT)
    dialog = offered(qtbot)
    QTest.mouseClick(dialog.go_on, LEFT)
    qtbot.waitUntil(lambda: dialog.bar.maximum() == 1000, timeout=30_000)
    assert dialog.said.isVisible()
    assert "of 5 objects" in dialog.said.text()
    QTest.mouseClick(dialog.stop, LEFT)
    stopped.set()
    ended(qtbot, dialog)
    assert "3 wait in the outbox" in dialog.said.text()
    assert len(list((window.session.settings.workspace() / "outbox").glob("*.dcm"))) == 5  # two are to be asked for


def test_a_closed_dialog_goes_on_and_the_message_bar_says_what_became_of_it(qtbot, window, studies, receiver) -> None:
    said: list[str] = []
    window.session.messages.shown.connect(lambda message: said.append(message.text))
    QTest.mouseClick(studies.send, LEFT)
    dialog = offered(qtbot)
    QTest.mouseClick(dialog.go_on, LEFT)
    QTest.mouseClick(dialog.cancel, LEFT)
    qtbot.waitUntil(lambda: "5 images were sent to archive." in said, timeout=60_000)
    assert receiver.counts.new == 5


def test_to_the_outside_it_goes_without_identifiers(qtbot, window, studies, receiver, folder, tmp_path) -> None:
    outside = replace(there(receiver), is_inside=False)
    write_destinations(archives.destinations_file(window.session.settings), [outside])
    QTest.mouseClick(studies.send, LEFT)
    dialog = offered(qtbot)
    assert "not marked as inside" in dialog.refusal.text()
    assert not dialog.go_on.isEnabled()
    QTest.mouseClick(dialog.remove, LEFT)
    qtbot.waitUntil(lambda: bool(found(DeidentifyDialog)), timeout=30_000)
    (asked,) = found(DeidentifyDialog)
    assert not asked.folder.isVisible()
    QTest.mouseClick(asked.go_on, LEFT)
    qtbot.waitUntil(lambda: "without identifiers" in dialog.what.text(), timeout=60_000)
    (report,) = found(DeidentificationReport)
    assert "5 objects were written" in report.summary.text()
    report.close()
    assert receiver.counts.new == 0  # nothing leaves before somebody has seen what it is
    assert dialog.go_on.isEnabled()
    QTest.mouseClick(dialog.go_on, LEFT)
    ended(qtbot, dialog)
    assert receiver.counts.new == 5
    assert not any(SECRET in path.read_bytes() for path in arrived(tmp_path))
    dialog.close()
    home = window.session.settings.workspace() / "outbox"
    qtbot.waitUntil(lambda: not list(home.glob("made-*")), timeout=30_000)
    assert len(list(folder.glob("*/*.dcm"))) == 9


def test_without_an_archive_it_says_where_to_set_one_up(qtbot, window, studies) -> None:
    said: list[str] = []
    window.session.messages.shown.connect(lambda message: said.append(message.text))
    write_destinations(archives.destinations_file(window.session.settings), [])
    QTest.mouseClick(studies.send, LEFT)
    assert said == ["No archive is set up yet."]
