"""A job's error becomes a message or a crash report, never nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from imaging.errors import UserError
from session.job_end import failed
from session.jobs import Job
from session.session import Session
from session.settings import Settings


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Settings(tmp_path / "settings.json"))


def job(error: BaseException | None = None) -> Job:
    made = Job("work")
    made.error = error
    return made


def test_a_mistake_is_a_message(session: Session) -> None:
    told = []
    session.messages.shown.connect(told.append)
    assert failed(session, job(UserError("There is no such folder.", "Choose another.")))
    assert [message.text for message in told] == ["There is no such folder."]


def test_a_fault_of_the_program_is_raised(session: Session) -> None:
    with pytest.raises(ZeroDivisionError):
        failed(session, job(ZeroDivisionError()))


def test_what_was_cancelled_is_not_done_and_not_told(session: Session) -> None:
    told = []
    session.messages.shown.connect(told.append)
    stopped = job()
    stopped.cancel()
    assert failed(session, stopped)
    assert not failed(session, job())
    assert not told
