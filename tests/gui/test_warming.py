"""Compiling before it is needed: in a quiet moment, once, and ended with the program."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app import warming
from app.warming import Warming
from render.compiled_folder import ALL_DONE, CHOICE, compiled_folder, is_all_compiled, is_anything_compiled
from session.jobs import Job
from session.session import Session
from session.settings import Settings

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Settings(tmp_path / "settings.json"))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The children that were started; they sleep instead of compiling."""
    children: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        children.append(subprocess.Popen(SLEEPER))
        return children[-1]

    monkeypatch.setattr(warming, "IDLE_MS", 10)
    monkeypatch.setattr(warming, "start_child", start)
    monkeypatch.setenv(CHOICE, str(tmp_path / "compiled"))
    yield children
    for child in children:
        child.kill()
        child.wait()


def test_the_child_starts_once_and_ends_with_the_program(
    started: list[subprocess.Popen[bytes]], session: Session, qtbot: QtBot
) -> None:
    parent = QObject()
    made = Warming(session, parent)
    qtbot.waitUntil(lambda: len(started) == 1)
    qtbot.wait(50)
    assert len(started) == 1
    assert started[0].poll() is None
    made.stop()
    assert started[0].poll() is not None


def test_it_waits_for_jobs(started: list[subprocess.Popen[bytes]], session: Session, qtbot: QtBot) -> None:
    go_on = threading.Event()

    def work(_job: Job) -> None:
        go_on.wait(30)

    job = session.jobs.start("long work", work, lambda _job: None)
    parent = QObject()
    made = Warming(session, parent)
    qtbot.wait(60)
    assert not started
    go_on.set()
    qtbot.waitUntil(lambda: job.is_over and len(started) == 1)
    made.stop()


def test_nothing_starts_where_all_is_compiled_or_in_a_frozen_program(
    started: list[subprocess.Popen[bytes]], session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled_folder().mkdir()
    (compiled_folder() / ALL_DONE).touch()
    assert is_all_compiled()
    parent = QObject()
    Warming(session, parent)
    (compiled_folder().parent / "other").mkdir()
    qtbot.wait(60)
    monkeypatch.setenv(CHOICE, str(compiled_folder().parent / "other"))
    assert not is_all_compiled()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    Warming(session, parent)
    qtbot.wait(60)
    assert not started


def test_compiled_code_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CHOICE, str(tmp_path))
    assert not is_anything_compiled()
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel" / "kernel.trace_rows-1.py311.nbi").touch()
    assert is_anything_compiled()
    assert not is_all_compiled()


@pytest.mark.slow
def test_the_child_compiles_everything(tmp_path: Path) -> None:
    child = warming.start_child()
    assert child.wait(300) == 0
    assert is_all_compiled()
    kept = {path.name.split("-")[0] for path in compiled_folder().rglob("*.nbi")}
    named = {"kernel.trace_rows", "bricks._bound", "class_source._tally", "caps._look_up", "cutaway._cut_slab",
             "border_smoothing._vote", "occupancy._smooth_slab"}  # fmt: skip
    assert named <= kept
