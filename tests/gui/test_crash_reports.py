"""Uncaught errors: users' mistakes become messages, ours a report without anybody's names."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.crash import CrashReports, known_place, masked
from app.turn import Turn
from imaging.errors import UserError
from session.messages import Message
from session.session import Session
from session.settings import Settings

SECRET = "DOE^JANE"


class Shown:
    """Stands in for the crash dialog."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, Path | None]] = []

    def __call__(self, text: str, path: Path | None) -> None:
        self.reports.append((text, path))


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Settings(tmp_path / "settings.json"))


@pytest.fixture
def reports(session: Session, shown: Shown, tmp_path: Path) -> CrashReports:
    return CrashReports(session, tmp_path / "reports", shown)


@pytest.fixture
def own_hooks() -> Iterator[None]:
    """Put Python's hooks back afterwards."""
    before = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = before


def fail(patient: str) -> None:
    """Raise an error whose message and cause quote what was being read."""
    try:
        {}[patient]
    except KeyError as error:
        raise ValueError(f"cannot read /home/someone/{patient}.dcm") from error


def caught(reports: CrashReports, error: BaseException) -> None:
    reports.caught(type(error), error, error.__traceback__)


def test_report_tells_where_but_no_names(reports: CrashReports, shown: Shown) -> None:
    try:
        fail(SECRET)
    except ValueError as error:
        caught(reports, error)
    ((text, path),) = shown.reports
    assert "builtins.ValueError" in text
    assert "builtins.KeyError" in text
    assert "in fail" in text
    assert SECRET not in text
    assert "someone" not in text
    assert str(Path.home()) not in text
    assert path is not None
    assert path.read_text("utf-8") == text


def test_users_mistake_is_a_message(reports: CrashReports, shown: Shown, session: Session) -> None:
    said: list[Message] = []
    session.messages.shown.connect(said.append)
    caught(reports, UserError("Locked.", "Unlock it."))
    assert [m.text for m in said] == ["Locked."]
    assert shown.reports == []


def test_the_same_error_in_every_frame_is_one_report(reports: CrashReports, shown: Shown, tmp_path: Path) -> None:
    for text in ("a", "b", "c"):
        try:
            fail(text)
        except ValueError as error:
            caught(reports, error)
    assert len(shown.reports) == 1
    caught(reports, KeyError("another"))
    assert len(shown.reports) == 2
    assert len(list((tmp_path / "reports").iterdir())) == 2


def test_error_in_a_paint_event_is_caught(qtbot: QtBot, reports: CrashReports, shown: Shown, own_hooks: None) -> None:
    class Broken(QWidget):
        def paintEvent(self, _event: QPaintEvent) -> None:
            fail("x")

    sys.excepthook = reports.caught
    widget = Broken()
    qtbot.addWidget(widget)
    QTimer.singleShot(0, widget.show)
    loop = QEventLoop()  # not the application's own, which could not be run again after its end
    QTimer.singleShot(200, loop.quit)
    loop.exec()
    widget.hide()
    assert len(shown.reports) == 1
    assert "in paintEvent" in shown.reports[0][0]


def test_report_without_a_folder_is_still_shown(session: Session, shown: Shown, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    caught(CrashReports(session, blocked / "reports", shown), ValueError())
    assert shown.reports[0][1] is None


def test_error_in_a_slot_is_caught(reports: CrashReports, shown: Shown, qtbot: QtBot, own_hooks: None) -> None:
    sys.excepthook = reports.caught
    QTimer.singleShot(0, lambda: fail("x"))
    qtbot.waitUntil(lambda: len(shown.reports) == 1)


def test_error_in_a_thread_is_caught_on_the_gui_thread(
    qtbot: QtBot, shown: Shown, tmp_path: Path, own_hooks: None
) -> None:
    turn = Turn()
    where: list[threading.Thread] = []
    session = Session(Settings(tmp_path / "settings.json"), post=turn.post)

    def show(text: str, path: Path | None) -> None:
        where.append(threading.current_thread())
        shown(text, path)

    threading.excepthook = CrashReports(session, tmp_path, show)._caught_in_thread
    thread = threading.Thread(target=fail, args=("x",))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(shown.reports) == 1)
    assert where == [threading.main_thread()]


@pytest.mark.parametrize(
    ("place", "known"),
    [
        ("/home/someone/limner/imaging/case/case.py", "imaging/case/case.py"),
        ("/opt/x/lib/python3.11/site-packages/numpy/core.py", "numpy/core.py"),
        ("/home/someone/scripts/mine.py", "…"),
        ("C:\\x.py", "…"),
    ],
)
def test_known_places(place: str, known: str) -> None:
    assert known_place(place) == known


def test_qt_lines_lose_their_paths() -> None:
    assert masked(f'cannot open "/data/{SECRET}/1.png": gone') == 'cannot open "…": gone'
