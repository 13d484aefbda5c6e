"""Trying a model, and what the message bar says of adding one that cannot run yet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import made_bundles
import made_models
import pytest

from inference.catalogue import ModelInfo
from inference.client import InferenceClient
from inference.packages.store import Candidate
from session.jobs import JobState
from session.messages import Message
from session.model_work import start_adding, start_trial
from session.models import model_store
from session.session import Session
from session.settings import Settings

MODELS = Path(__file__).parents[1] / "inference" / "worker"
FACTORY = "models_for_worker_tests:PretendModel"
PRETEND = ModelInfo("pretend", "Pretend", "3.1", (), "", FACTORY)
GREEDY = ModelInfo("greedy", "Greedy", "1", (), "", FACTORY, memory_base_mb=1e9)


@pytest.fixture(scope="module")
def client() -> Iterator[InferenceClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MODELS)
        client = InferenceClient([PRETEND, GREEDY], [MODELS])
        yield client
        client.close()
        sys.modules.pop("models_for_worker_tests", None)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.delenv("LIMNER_MODELS", raising=False)
    return Session(Settings(tmp_path / "settings.json"))


@pytest.fixture
def said(session: Session) -> list[Message]:
    messages: list[Message] = []
    session.messages.shown.connect(messages.append)
    return messages


def test_a_trial_says_how_long_it_took(session: Session, client: InferenceClient, said: list[Message]) -> None:
    job = session.jobs.wait(start_trial(session, "pretend", client))
    assert job.state is JobState.DONE
    (message,) = said
    assert message.text.startswith("Pretend runs: ")


def test_a_trial_that_fails_says_why(session: Session, client: InferenceClient, said: list[Message]) -> None:
    session.jobs.wait(start_trial(session, "greedy", client))
    (message,) = said
    assert "GB of memory" in message.text


def test_adding_says_what_is_still_to_be_done(session: Session, said: list[Message], tmp_path: Path) -> None:
    changed: list[bool] = []
    session.models_changed.connect(lambda: changed.append(True))

    def add(candidate: Candidate, answer: Callable[[str], None]) -> None:
        assert candidate.description.code.runs
        answer("trust")

    bundle = made_bundles.prostate(tmp_path / "prostate")  # its weights are elsewhere
    session.jobs.wait(start_adding(session, str(bundle), add))
    assert "lacks its weights" in said[-1].text
    assert "Fetch weights" in said[-1].hint
    assert said[-1].action_id == "models.show"
    record = model_store().models()[0].record
    assert record is not None
    assert record.trusted_by == session.settings["person.name"]
    session.jobs.wait(start_adding(session, str(bundle), add))  # there already: nobody is asked again
    assert len(model_store().models()) == 1
    assert len(changed) == 2


def test_a_model_without_code_is_ready_at_once(session: Session, said: list[Message], tmp_path: Path) -> None:
    mesh = made_models.layer_list(tmp_path / "mesh")
    session.jobs.wait(start_adding(session, str(mesh), lambda _candidate, answer: answer("add")))
    assert [message.text for message in said] == ["tissue-of-the-tests is in the store."]
