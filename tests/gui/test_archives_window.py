"""Asking an archive through real keys and clicks: set up, searched, fetched, tested; failures are sentences."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import keyring
import keyring.core
import pytest
from closed_sockets import closed_sockets
from keyring.backend import KeyringBackend
from keyring.backends import fail
from made_series import SeriesMaker
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from imaging.errors import UserError
from session import archives
from sync.destination import Destination, Login, Network, read_destinations, write_destinations
from sync.dimse.send import outgoing
from sync.incoming import Fetched, Incoming, Limits
from sync.listener.config import LOOPBACK, ListenerConfig, Sender
from sync.listener.receiver import Receiver
from sync.outbox import Outbox
from sync.query import Answers, Level, Query
from widgets.archives_window.diagnosis import DiagnosisDialog
from widgets.archives_window.window import ArchivesWindow
from widgets.dialogs.destination import DestinationDialog

__all__ = ["closed_sockets"]
THERE = Destination("archive", host="127.0.0.1", port=104, ae_title="ORTHANC", is_inside=True)
STUDIES = (
    {
        "PatientName": "Abel^Adam",
        "PatientID": "7",
        "StudyDate": "20200304",
        "ModalitiesInStudy": "CT\\SEG",
        "StudyDescription": "Chest",
        "NumberOfStudyRelatedInstances": "120",
        "StudyInstanceUID": "1.2.3",
    },
    {"PatientName": "Berg^Bea", "PatientID": "8", "StudyDate": "20210101", "StudyInstanceUID": "1.2.4"},
)


class FakeArchive:
    """Answers what an archive would, and keeps the questions."""

    def __init__(self) -> None:
        self.asked: list[Query] = []
        self.fetched: list[Query] = []
        self.error: UserError | None = None
        self.is_slow = False

    def find(self, _there: Destination, query: Query, *_: object) -> Answers:
        self.asked.append(query)
        if self.error is not None:
            raise self.error
        if query.level is Level.STUDY:
            return Answers(query.level, STUDIES, is_cut=True)
        series = [{"SeriesInstanceUID": f"1.2.3.{n}", "SeriesNumber": str(n), "Modality": "CT"} for n in (1, 2)]
        return Answers(query.level, tuple(series))

    def fetch_into(
        self,
        _workspace: object,
        _there: Destination,
        query: Query,
        _tell: object,
        _stop: Callable[[], bool],
        done: Fetched,
    ) -> Fetched:
        self.fetched.append(query)
        done.new += 4
        while self.is_slow and not _stop():
            time.sleep(0.01)
        done.is_cancelled = self.is_slow
        return done


@pytest.fixture
def archive(monkeypatch) -> FakeArchive:
    made = FakeArchive()
    monkeypatch.setattr(archives, "find", made.find)
    monkeypatch.setattr(archives, "fetch_into", made.fetch_into)
    return made


@pytest.fixture
def shown(window, qtbot, archive):
    write_destinations(archives.destinations_file(window.session.settings), [THERE])
    window.session.actions.run_with_texts("archives.show", window.session, {})
    made = window.findChild(ArchivesWindow)
    qtbot.waitExposed(made)
    yield made
    qtbot.waitUntil(lambda: all(job.is_over for job in window.session.jobs.jobs), timeout=30_000)
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def search(qtbot, shown: ArchivesWindow, name: str = "abel") -> None:
    QTest.keyClicks(shown.fields["PatientName"], name)
    QTest.keyClick(shown.fields["PatientName"], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(shown.studies.rows_model.rows) == 2, timeout=30_000)


def test_a_typed_name_means_its_beginning_and_the_answers_are_listed(qtbot, shown, archive) -> None:
    search(qtbot, shown)
    assert archive.asked[0].matches == {"PatientName": "abel*"}
    assert "there are more" in shown.said.text()
    qtbot.waitUntil(lambda: len(shown.series.rows_model.rows) == 2, timeout=30_000)
    assert archive.asked[-1].level is Level.SERIES


@pytest.mark.parametrize(("typed", "asked"), [("Abel, Ad", "Abel^Ad*"), ("Abel^Adam", "Abel^Adam"), ("*bel", "*bel")])
def test_names_may_be_typed_as_lists_show_them(qtbot, shown, archive, typed, asked) -> None:
    search(qtbot, shown, typed)
    assert archive.asked[0].matches == {"PatientName": asked}


def test_a_range_of_dates_is_asked_for_and_what_is_none_is_said(qtbot, shown, archive) -> None:
    QTest.keyClicks(shown.fields["StudyDate"], "201x")
    QTest.keyClick(shown.fields["StudyDate"], Qt.Key.Key_Return)
    assert "no date" in shown.said.text()
    shown.fields["StudyDate"].clear()
    QTest.keyClicks(shown.fields["StudyDate"], "2019-05 - 2020")
    QTest.keyClick(shown.fields["StudyDate"], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(archive.asked) == 1, timeout=30_000)
    assert archive.asked[0].matches == {"StudyDate": "20190501-20201231"}
    assert not shown.span.isEnabled()  # it would contradict what was typed


def test_several_kinds_may_be_typed(qtbot, shown, archive) -> None:
    QTest.keyClicks(shown.fields["ModalitiesInStudy"], "ct, mr")
    QTest.keyClick(shown.fields["ModalitiesInStudy"], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(archive.asked) == 1, timeout=30_000)
    assert archive.asked[0].matches == {"ModalitiesInStudy": "CT\\MR"}


def test_a_study_or_some_of_its_series_are_fetched(qtbot, window, shown, archive) -> None:
    search(qtbot, shown)
    shown.studies.select_where(lambda record: record["PatientID"] == "7")
    qtbot.waitUntil(lambda: len(shown.series.rows_model.rows) == 2, timeout=30_000)
    QTest.mouseClick(shown.fetch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(archive.fetched) == 1, timeout=30_000)
    assert archive.fetched[0] == Query(Level.STUDY, {"StudyInstanceUID": "1.2.3"})
    assert not shown.fetch_series.isEnabled()
    shown.series.selectAll()
    said: list[str] = []
    window.session.messages.shown.connect(lambda message: said.append(message.text))
    QTest.mouseClick(shown.fetch_series, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(archive.fetched) == 3, timeout=30_000)
    assert archive.fetched[2].matches["SeriesInstanceUID"] == "1.2.3.2"
    qtbot.waitUntil(lambda: any("8 images fetched" in text for text in said), timeout=30_000)
    assert "It is here now" in shown.said.text()
    assert not shown.stop.isVisible()


def test_a_fetch_is_stopped_where_it_was_begun(qtbot, window, shown, archive) -> None:
    search(qtbot, shown)
    archive.is_slow = True
    said: list[str] = []
    window.session.messages.shown.connect(lambda message: said.append(message.text))
    QTest.mouseClick(shown.fetch, Qt.MouseButton.LeftButton)
    assert "Fetch from archive" in shown.said.text()
    QTest.mouseClick(shown.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "stopped" in shown.said.text(), timeout=30_000)
    assert not shown.stop.isVisible()
    assert any("4 images" in text for text in said)


def test_series_are_asked_for_where_the_choice_comes_to_rest(qtbot, shown, archive) -> None:
    search(qtbot, shown)
    qtbot.waitUntil(lambda: archive.asked[-1].level is Level.SERIES, timeout=30_000)
    before = len(archive.asked)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up) * 5 + (Qt.Key.Key_Down,):
        QTest.keyClick(shown.studies, key)
    qtbot.waitUntil(lambda: len(shown.series.rows_model.rows) == 2, timeout=30_000)
    uid = shown.studies.current_row()["StudyInstanceUID"]
    assert [query.matches["StudyInstanceUID"] for query in archive.asked[before:]] == [uid]


def test_what_does_not_work_is_said(qtbot, shown, archive) -> None:
    QTest.mouseClick(shown.ask, Qt.MouseButton.LeftButton)
    assert "what to look for" in shown.said.text()
    archive.error = UserError("“archive” does not know LIMNER.", "Ask its administrator.")
    QTest.keyClicks(shown.fields["PatientID"], "7")
    QTest.mouseClick(shown.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "does not know LIMNER" in shown.said.text(), timeout=30_000)


def test_titles_of_jobs_name_no_patient(qtbot, window, shown) -> None:
    search(qtbot, shown)
    assert all("abel" not in (job.title + job.message).lower() for job in window.session.jobs.jobs)


def test_an_archive_is_set_up_only_when_its_fields_fit(qtbot, window, shown) -> None:
    dialog = DestinationDialog(None, [], shown)
    dialog.show()
    QTest.keyClicks(dialog.name, "Second")
    QTest.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert "AE title" in dialog.problem.text()
    QTest.keyClicks(dialog.title_there, "ARCHIVE")
    QTest.keyClicks(dialog.host, "10.0.0.7")
    QTest.mouseClick(dialog.is_inside, Qt.MouseButton.LeftButton)
    QTest.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
    made = dialog.destination()
    assert (made.name, made.host, made.ae_title, made.port) == ("Second", "10.0.0.7", "ARCHIVE", 104)
    dialog.deleteLater()


def test_the_fields_follow_the_kind_of_network(qtbot, shown) -> None:
    dialog = DestinationDialog(THERE, ["other"], shown)
    dialog.show()
    assert dialog.host.isVisible()
    assert not dialog.url.isVisible()
    dialog.network.setCurrentIndex(dialog.network.findData(Network.DICOMWEB))
    assert not dialog.host.isVisible()
    assert dialog.url.isVisible()
    assert not dialog.user.isVisible()
    dialog.deleteLater()


def test_what_is_kept_is_on_disk_and_chosen(window, shown, monkeypatch) -> None:
    def answer(dialog: DestinationDialog) -> int:
        dialog.name.setText("Second")
        dialog.host.setText("10.0.0.7")
        dialog.title_there.setText("ARCHIVE")
        return 1

    monkeypatch.setattr(DestinationDialog, "exec", answer)
    shown.add.click()
    found = read_destinations(archives.destinations_file(window.session.settings))
    assert [one.name for one in found] == ["archive", "Second"]
    assert shown.archive.currentText() == "Second"


class SlowStore(KeyringBackend):
    """A key store that waits until somebody has typed a password, and is never asked on the window's thread."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.typed = threading.Event()
        self.kept = {"web": "old"}

    def _wait(self) -> None:
        assert threading.current_thread() is not threading.main_thread()
        assert self.typed.wait(60)

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._wait()
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._wait()
        del self.kept[username]


@pytest.fixture
def store(monkeypatch) -> SlowStore:
    made = SlowStore()
    monkeypatch.setattr(keyring.core, "_keyring_backend", made)
    return made


def web_by_password(dialog: DestinationDialog) -> int:
    """What somebody types who sets up a DICOMweb service."""
    dialog.name.setText("web")
    dialog.network.setCurrentIndex(dialog.network.findData(Network.DICOMWEB))
    dialog.login.setCurrentIndex(dialog.login.findData(Login.PASSWORD))
    dialog.url.setText("https://pacs.example/dicom-web")
    dialog.user.setText("me")
    dialog.secret.setText("secret")
    return 1


def names(window) -> list[str]:
    return [one.name for one in read_destinations(archives.destinations_file(window.session.settings))]


def test_the_window_goes_on_while_the_key_store_asks(qtbot, window, shown, store, monkeypatch) -> None:
    monkeypatch.setattr(DestinationDialog, "exec", web_by_password)
    QTest.mouseClick(shown.add, Qt.MouseButton.LeftButton)
    job = window.session.jobs.jobs[-1]
    qtbot.waitUntil(lambda: job.message == "Waiting for the system's key store", timeout=30_000)
    QTest.keyClicks(shown.fields["PatientID"], "7")  # it still answers
    assert shown.fields["PatientID"].text() == "7"
    assert names(window) == ["archive"]
    store.typed.set()
    qtbot.waitUntil(lambda: shown.archive.currentText() == "web", timeout=30_000)
    assert (names(window), store.kept) == (["archive", "web"], {"web": "secret"})
    store.typed.clear()
    monkeypatch.setattr("widgets.archives_window.window.ask_choice", lambda *_: "yes")
    QTest.mouseClick(shown.remove, Qt.MouseButton.LeftButton)
    assert names(window) == ["archive", "web"]
    store.typed.set()
    qtbot.waitUntil(lambda: names(window) == ["archive"], timeout=30_000)
    assert store.kept == {}


def test_without_its_password_an_archive_is_not_kept(qtbot, window, shown, monkeypatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())
    monkeypatch.setattr(DestinationDialog, "exec", web_by_password)
    QTest.mouseClick(shown.add, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "key store cannot be used" in shown.said.text(), timeout=30_000)
    assert names(window) == ["archive"]


def test_waiting_for_the_key_store_can_be_called_off(qtbot, window, shown, store, monkeypatch) -> None:
    monkeypatch.setattr(DestinationDialog, "exec", web_by_password)
    QTest.mouseClick(shown.add, Qt.MouseButton.LeftButton)
    job = window.session.jobs.jobs[-1]
    job.cancel()
    store.typed.set()
    qtbot.waitUntil(lambda: job.is_finished, timeout=30_000)
    assert names(window) == ["archive"]


def test_the_password_of_a_proxy_is_asked_for_and_kept(qtbot, window, shown, store, monkeypatch) -> None:
    store.kept.clear()
    store.typed.set()

    def answer(dialog: DestinationDialog) -> int:
        web_by_password(dialog)
        dialog.show()
        assert not dialog.proxy_secret.isVisible()
        QTest.keyClicks(dialog.proxy, "http://reader@proxy.example:3128")
        assert dialog.proxy_secret.isVisible()
        QTest.keyClicks(dialog.proxy_secret, "p@ss")
        dialog.hide()
        return 1

    monkeypatch.setattr(DestinationDialog, "exec", answer)
    QTest.mouseClick(shown.add, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "web" in names(window), timeout=30_000)
    assert store.kept == {"web": "secret", "web/proxy": "p@ss"}
    assert "p@ss" not in archives.destinations_file(window.session.settings).read_text()
    monkeypatch.setattr("widgets.archives_window.window.ask_choice", lambda *_: "yes")
    QTest.mouseClick(shown.remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(window) == ["archive"], timeout=30_000)
    assert store.kept == {}


@pytest.fixture
def receiver(tmp_path):
    """A real machine that answers to an association and to no search."""
    limits = Limits(free_bytes=0)
    config = ListenerConfig(ae_title="HERE", port=0, senders=(Sender("LIMNER", LOOPBACK),), limits=limits)
    with Incoming(tmp_path / "there", limits) as incoming, Receiver(config, incoming) as made:
        yield made


def diagnosis(qtbot, shown: ArchivesWindow, there: Destination) -> DiagnosisDialog:
    write_destinations(archives.destinations_file(shown._session.settings), [there])
    shown.show_archives(there.name)
    QTest.mouseClick(shown.test, Qt.MouseButton.LeftButton)
    dialog = shown.findChild(DiagnosisDialog)
    qtbot.waitUntil(dialog.again.isEnabled, timeout=60_000)
    return dialog


def test_each_step_of_a_test_shows_how_it_went(qtbot, shown, receiver) -> None:
    here = replace(THERE, name="St. Mary", port=receiver.port, ae_title="HERE", timeout_s=10)
    dialog = diagnosis(qtbot, shown, here)
    signs = [row.sign.accessibleName() for row in dialog.rows]
    assert signs[:3] == ["Name: works", "Connection: works", "Association: works"]
    assert signs[3] == "Search: fails"
    assert "Search fails" in dialog.verdict.text()
    assert dialog.rows[1].said.text() == f"Port {receiver.port} answers."
    assert dialog.rows[1].took.text().endswith(" ms")
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "connection: ok" in copied
    assert "association: ok" in copied
    assert not any(word in copied for word in ("127.0.0.1", "HERE", "LIMNER", "Mary"))
    dialog.close()


def test_what_comes_after_a_failure_was_not_reached_and_the_hint_says_what_to_do(qtbot, shown, receiver) -> None:
    there = replace(THERE, port=receiver.port, timeout_s=5)
    receiver.close()
    dialog = diagnosis(qtbot, shown, there)
    assert [row.sign.accessibleName() for row in dialog.rows] == [
        "Name: works",
        "Connection: fails",
        "Association: not tried",
        "Search: not tried",
    ]
    assert "Connection fails" in dialog.verdict.text()
    assert "may not run" in dialog.hint.text()
    QTest.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    assert not dialog.again.isEnabled()
    qtbot.waitUntil(dialog.again.isEnabled, timeout=60_000)
    assert len(dialog.steps) == 4
    dialog.close()


def test_what_waits_for_an_archive_is_sent_or_given_up(qtbot, window, shown, receiver, tmp_path, monkeypatch) -> None:
    (tmp_path / "series").mkdir()
    files = [(outgoing(path), "original") for path in sorted(SeriesMaker(tmp_path / "series")(3).iterdir())]
    here = replace(THERE, port=receiver.port, ae_title="HERE", timeout_s=10)
    write_destinations(archives.destinations_file(window.session.settings), [here])
    assert not shown.outbox.isVisible()
    with Outbox(window.session.settings.workspace()) as outbox:
        outbox.put(files, "archive")
    shown.show_archives("archive")
    qtbot.waitUntil(lambda: "3 wait to be sent" in shown.outbox.said.text(), timeout=30_000)
    QTest.mouseClick(shown.outbox.send, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: receiver.counts.new == 3, timeout=30_000)
    # what answers as an archive here knows none of them: they stay to be asked for again
    qtbot.waitUntil(lambda: "3 were accepted and not found there yet" in shown.outbox.said.text(), timeout=30_000)
    monkeypatch.setattr("widgets.archives_window.outbox_bar.ask_choice", lambda *_: "yes")
    QTest.mouseClick(shown.outbox.forget, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not shown.outbox.isVisible(), timeout=30_000)
    assert not list((window.session.settings.workspace() / "outbox").glob("*.dcm"))
