"""Undo and redo of looks: one step for each gesture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from session import look_editing
from session.look.look import Look
from session.look_editing import LookEditing
from session.presentation import Presentation

FIRST = Look(name="first")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, as a list of one number."""
    now = [100.0]
    monkeypatch.setattr(look_editing.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def editing(clock: list[float]) -> LookEditing:
    presentation = Presentation()
    presentation.update(look=FIRST)
    return LookEditing(presentation)


def ghost(value: float) -> Look:
    return replace(FIRST, ghost=value)


def test_a_drag_is_one_step(editing: LookEditing) -> None:
    for value in (0.1, 0.2, 0.3):
        editing.change(ghost(value), "transfer", is_final=False)
    editing.change(ghost(0.3), "transfer")
    editing.undo()
    assert editing.current == FIRST
    assert not editing.can_undo
    editing.redo()
    assert editing.current == ghost(0.3)
    assert not editing.can_redo


def test_two_drags_are_two_steps(editing: LookEditing, clock: list[float]) -> None:
    for value in (0.1, 0.2):
        editing.change(ghost(value), "transfer", is_final=False)
        editing.change(ghost(value), "transfer")
        clock[0] += 5
    editing.undo()
    assert editing.current == ghost(0.1)
    editing.undo()
    assert editing.current == FIRST


def test_a_click_that_changes_nothing_is_no_step(editing: LookEditing) -> None:
    editing.change(FIRST, "transfer")
    assert not editing.can_undo


def test_a_new_change_drops_what_was_undone(editing: LookEditing) -> None:
    editing.change(ghost(0.1))
    editing.undo()
    editing.change(ghost(0.2))
    assert not editing.can_redo
    editing.undo()
    assert editing.current == FIRST


def test_the_list_is_bounded(editing: LookEditing) -> None:
    for n in range(look_editing.MOST_STEPS + 10):
        editing.change(ghost(0.001 * (n + 1)))
    count = 0
    while editing.can_undo:
        editing.undo()
        count += 1
    assert count == look_editing.MOST_STEPS
    assert editing.current == ghost(0.001 * 10)


def test_nothing_to_undo_is_no_error(editing: LookEditing) -> None:
    editing.undo()
    editing.redo()
    assert editing.current == FIRST


def test_forgetting_keeps_the_look(editing: LookEditing) -> None:
    editing.change(ghost(0.1))
    told = []
    editing.history_changed.connect(lambda: told.append(True))
    editing.forget()
    assert (editing.can_undo, editing.can_redo, editing.current) == (False, False, ghost(0.1))
    assert told
