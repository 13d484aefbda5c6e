"""The registry: what every action must have, and what typed arguments become."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files

import pytest

from app.actions import declare_all
from imaging.errors import UserError
from session.actions import Action, ActionRegistry
from session.session import Session
from session.settings import Settings


@pytest.fixture
def session(tmp_path) -> Session:
    session = Session(Settings(tmp_path / "settings.json"))
    declare_all(session)
    return session


def test_every_action_says_what_it_is(session) -> None:
    for action in session.actions:
        assert re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", action.id)
        assert action.title
        assert not action.title.endswith(".")
        assert action.doc.endswith(".")


def test_no_key_does_two_things(session) -> None:
    keys = Counter(key for a in session.actions for key in a.shortcut.split(", ") if key)
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_icon_exists(session) -> None:
    drawn = {entry.name for entry in (files("resources") / "icons").iterdir()}
    assert {f"{a.icon}.svg" for a in session.actions if a.icon} <= drawn


def test_nothing_that_needs_a_document_is_possible_without_one(session) -> None:
    for action in session.actions:
        if action.enabled is not None:
            assert not action.is_enabled(session), action.id


def test_an_id_is_taken_once() -> None:
    registry = ActionRegistry()
    registry.add(Action("a.b", "A", lambda session: None))
    with pytest.raises(ValueError, match=r"a\.b"):
        registry.add(Action("a.b", "B", lambda session: None))


def run(session: Session, number: int, name: str = "x", factor: float = 1.0, loud: bool = False) -> tuple:
    return number, name, factor, loud


@pytest.mark.parametrize(
    ("texts", "result"),
    [
        ({"number": "3"}, (3, "x", 1.0, False)),
        ({"number": "3", "name": "liver", "factor": "2.5", "loud": "yes"}, (3, "liver", 2.5, True)),
    ],
)
def test_typed_arguments_take_the_types_of_the_function(session, texts, result) -> None:
    session.actions.add(Action("test.run", "Run", run))
    assert session.actions.run_with_texts("test.run", session, texts) == result


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        ({}, "needs number"),
        ({"number": "three"}, "does not fit"),
        ({"number": "1", "loud": "perhaps"}, "does not fit"),
        ({"number": "1", "colour": "red"}, "no argument"),
    ],
)
def test_wrong_arguments_are_said_to_be_wrong(session, texts, complaint) -> None:
    session.actions.add(Action("test.run", "Run", run))
    with pytest.raises(UserError, match=complaint):
        session.actions.run_with_texts("test.run", session, texts)
