"""Exporting surfaces from the window: what is asked, what is kept, and that nothing is replaced unasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from session.jobs import JobState
from session.surface_wishes import kept_wishes
from widgets.dialogs.choice import ChoiceDialog
from widgets.dialogs.surface_options import SurfaceOptionsDialog

LEFT = Qt.MouseButton.LeftButton


def _when_open(window: MainWindow, kind: type, act: Callable[[object], None], patience: int = 100) -> None:
    """Do something with a dialog as soon as it is on the screen."""
    shown = [dialog for dialog in window.findChildren(kind) if dialog.isVisible()]
    if shown:
        act(shown[0])
    elif patience:
        QTimer.singleShot(20, window, lambda: _when_open(window, kind, act, patience - 1))


def _choose(combo: QComboBox, value: object) -> None:
    """With the arrow keys, as people do."""
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    for _ in range(combo.findData(value)):
        QTest.keyClick(combo, Qt.Key.Key_Down)
    assert combo.currentData() == value


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """The answers of the file dialog, which belongs to the system; empty for cancelled."""
    answers = [tmp_path / "out"]

    def ask(_self: object, _title: str, suggestion: str, _filters: str) -> Path | None:
        return answers[0].with_suffix(Path(suggestion).suffix) if answers else None

    monkeypatch.setattr("app.window_services.Services.ask_save_path", ask)
    return answers


def _export(window: MainWindow, qtbot: QtBot, act: Callable[[SurfaceOptionsDialog], None]) -> None:
    before = len(window.session.jobs.jobs)
    QTimer.singleShot(0, window, lambda: _when_open(window, SurfaceOptionsDialog, act))  # type: ignore[arg-type]
    window.bridge.run("file.export_surfaces")
    for job in window.session.jobs.jobs[before:]:
        qtbot.waitUntil(lambda job=job: job.is_finished, timeout=60_000)
        assert job.state is JobState.DONE, job.error


def _accept_stl(dialog: SurfaceOptionsDialog) -> None:
    _choose(dialog.segments, "all")
    _choose(dialog.format, "stl")
    assert dialog.files.currentData() is True  # it goes with the format
    _choose(dialog.smoothing, 10)
    QTest.mouseClick(dialog.go_on, LEFT)


def test_the_options_are_carried_out_and_kept(
    case_window: MainWindow, qtbot: QtBot, place: list[Path], tmp_path: Path
) -> None:
    _export(case_window, qtbot, _accept_stl)
    assert sorted(p.name for p in tmp_path.glob("*.stl")) == ["out_liver.stl", "out_spleen.stl"]  # kidney is empty
    kept = kept_wishes(case_window.session)
    assert (kept.which, kept.format, kept.per_segment, kept.smoothing) == ("all", "stl", True, 10)
    seen: list[object] = []

    def look(dialog: SurfaceOptionsDialog) -> None:
        seen.extend([dialog.format.currentData(), dialog.smoothing.currentData()])
        QTest.keyClick(dialog, Qt.Key.Key_Escape)

    _export(case_window, qtbot, look)
    assert seen == ["stl", 10]


def test_cancel_writes_and_keeps_nothing(
    case_window: MainWindow, qtbot: QtBot, place: list[Path], tmp_path: Path
) -> None:
    def leave(dialog: SurfaceOptionsDialog) -> None:
        _choose(dialog.format, "glb")
        QTest.mouseClick(dialog.cancel, LEFT)

    _export(case_window, qtbot, leave)
    assert kept_wishes(case_window.session).format == "3mf"
    place.clear()  # and cancel of the file dialog
    _export(case_window, qtbot, _accept_stl)
    assert case_window.session.jobs.jobs == []
    assert not list(tmp_path.glob("out*"))


def test_files_of_segments_are_not_replaced_unasked(
    case_window: MainWindow, qtbot: QtBot, place: list[Path], tmp_path: Path
) -> None:
    older = tmp_path / "out_spleen.stl"
    older.write_bytes(b"older")

    def answer(key: Qt.Key) -> Callable[[SurfaceOptionsDialog], None]:
        def act(dialog: SurfaceOptionsDialog) -> None:
            QTimer.singleShot(
                0,
                case_window,
                lambda: _when_open(case_window, ChoiceDialog, lambda question: QTest.keyClick(question, key)),  # type: ignore[call-overload]
            )
            _accept_stl(dialog)

        return act

    _export(case_window, qtbot, answer(Qt.Key.Key_Escape))
    assert older.read_bytes() == b"older"
    assert case_window.session.jobs.jobs == []
    _export(case_window, qtbot, answer(Qt.Key.Key_Return))
    assert older.read_bytes() != b"older"


def test_hidden_segments_stay_out_and_the_active_one_can_go_alone(
    case_window: MainWindow, qtbot: QtBot, place: list[Path], tmp_path: Path
) -> None:
    case_window.session.presentation.set_visible(1, False)

    def accept(which: str) -> Callable[[SurfaceOptionsDialog], None]:
        def act(dialog: SurfaceOptionsDialog) -> None:
            _choose(dialog.segments, which)
            _choose(dialog.format, "obj")
            QTest.keyClick(dialog.go_on, Qt.Key.Key_Return)

        return act

    _export(case_window, qtbot, accept("visible"))
    assert [line for line in (tmp_path / "out.obj").read_text().splitlines() if line.startswith("o ")] == ["o spleen"]
    (tmp_path / "out.mtl").unlink()
    _export(case_window, qtbot, accept("active"))
    assert [line for line in (tmp_path / "out.obj").read_text().splitlines() if line.startswith("o ")] == ["o liver"]


def test_without_a_visible_segment_there_is_nothing_to_go_on_with(
    case_window: MainWindow, qtbot: QtBot, place: list[Path]
) -> None:
    for number in (1, 2, 3):
        case_window.session.presentation.set_visible(number, False)
    found: list[object] = []

    def look(dialog: SurfaceOptionsDialog) -> None:
        found.extend([dialog.go_on.isEnabled(), dialog.note.text()])
        QTest.keyClick(dialog, Qt.Key.Key_Escape)

    _export(case_window, qtbot, look)
    assert found == [False, "No segment is visible."]
