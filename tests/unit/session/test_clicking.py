"""Working with clicks without a window: what runs when, which run counts, and what is forgotten when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.edit import AddSegment
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from session.clicking import PATIENCE_S, Clicking
from session.clicks import ClickedModel
from session.document import Document
from session.jobs import JobState
from session.preview import Preview
from session.selection import Tool
from session.session import Session
from session.settings import Settings

GRID = Geometry((6, 7, 8), np.diag([1.0, 1.0, 2.0, 1.0]))
HERE, THERE, FAR = (1.0, 2.0, 4.0), (3.0, 3.0, 4.0), (99.0, 0.0, 0.0)
MODELS = {
    "vista": ClickedModel("vista", "VISTA3D", ("Liver", "Spleen"), may_choose=True, may_add=True),
    "edit": ClickedModel("edit", "DeepEdit", ("Spleen", "Liver")),
    "grow": ClickedModel("grow", "Deepgrow", may_add=True, needs_click=True),
}


class Started:
    """A run that was started, ended by the test."""

    def __init__(self, parameters: dict[str, Any], done: Callable[[Any], None], more: dict[str, Any]) -> None:
        self.prompts, self.parameters, self.names = parameters["prompts"], parameters, more["names"]
        self.grace_s: Callable[[], float] = more["options"]["grace_s"]
        self.is_cancelled = False
        self.job = SimpleNamespace(cancel=self._cancel, is_finished=False, state=JobState.RUNNING, seconds=0.0)
        self._done = done

    def _cancel(self) -> None:
        self.is_cancelled = True

    def end(self, seconds: float = 1.0, state: JobState = JobState.DONE, labels: tuple[str, ...] = ("x",)) -> None:
        vars(self.job).update(state=state, seconds=seconds, result=SimpleNamespace(labels=labels))
        self._done(self.job)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Started]:
    made: list[Started] = []

    def start(_session: Any, _model: str, parameters: Any, done: Any, **more: Any) -> Any:
        made.append(Started(parameters, done, more))
        return made[-1].job

    monkeypatch.setattr("session.segmenting.start_segmentation", start)
    monkeypatch.setattr(Clicking, "_model", lambda _self, model_id: MODELS.get(model_id))
    monkeypatch.setattr(Clicking, "_ask_for_plan", lambda _self, _model: None)
    return made


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    session = Session(Settings(tmp_path / "settings.json"))
    voxels = np.zeros(GRID.shape, np.int16)
    document = Document([Volume(GRID, voxels, Quantity.HU)], Case.create(tmp_path / "a.limner", GRID, []))
    session.set_document(document)
    yield session
    session.set_document(None)


def click(session: Session, at: tuple[float, float, float] = HERE, *, is_inside: bool = True) -> None:
    session.clicking.place(at, is_inside=is_inside)
    session.clicking.set_down()


def test_choosing_a_model_begins_with_what_it_knows(session: Session, runs: list[Started]) -> None:
    clicking = session.clicking
    assert not clicking.choose("other")
    assert session.selection.state.tool is Tool.CROSSHAIR
    assert clicking.choose("edit")
    assert session.selection.state.tool is Tool.CLICK
    assert (clicking.state.given.structures, clicking.state.active) == (("Spleen", "Liver"), "Spleen")
    click(session)
    assert clicking.choose("edit", {"roi": [0, 1, 0, 1, 0, 1]})  # the same one goes on
    assert len(clicking.state.given.clicks) == 1
    clicking.run()
    assert runs[0].parameters == {"roi": [0, 1, 0, 1, 0, 1], "prompts": {"clicks": {"Spleen": [[1, 2, 2]]}}}
    assert clicking.choose("vista")
    assert clicking.state.given.clicks == ()
    assert runs[0].is_cancelled


def test_a_quick_model_runs_at_each_click_and_the_newest_run_counts(session: Session, runs: list[Started]) -> None:
    clicking = session.clicking
    clicking.choose("edit")
    click(session)
    assert runs == []  # nobody knows yet how long it takes
    clicking.run()
    assert clicking.state.job is runs[0].job
    runs[0].end(seconds=2.0)
    assert (clicking.state.job, clicking.state.is_live) == (None, True)
    click(session, THERE)
    click(session, is_inside=False)
    assert [run.is_cancelled for run in runs] == [False, True, False]
    assert runs[1].grace_s() == PATIENCE_S  # its worker is wanted at once
    assert runs[2].grace_s() < 1
    assert runs[2].prompts["outside"] == {"Spleen": [[1, 2, 2]]}
    runs[1].end(seconds=60.0, state=JobState.CANCELLED)
    assert clicking.state.job is runs[2].job
    clicking.stop()
    assert runs[2].is_cancelled
    assert runs[2].grace_s() < 1  # whoever stops it waits for that
    runs[2].end(state=JobState.CANCELLED)
    assert clicking.state.job is None
    assert runs[2].parameters["backend"] == "torch"
    assert "backend" not in runs[0].parameters


def test_a_slow_model_runs_when_it_is_asked_unless_somebody_says_otherwise(
    session: Session, runs: list[Started]
) -> None:
    clicking = session.clicking
    clicking.choose("edit")
    clicking.run()
    runs[0].end(seconds=8.0)
    click(session)
    assert len(runs) == 1
    clicking.set_runs_at_once(True)
    click(session, THERE)
    assert len(runs) == 2
    runs[1].end(seconds=8.0)
    clicking.undo()
    assert len(runs) == 3
    clicking.set_runs_at_once(False)
    clicking.redo()
    assert len(runs) == 3
    assert len(clicking.state.given.clicks) == 2


def test_structures_are_chosen_by_name_or_by_a_click(session: Session, runs: list[Started]) -> None:
    clicking = session.clicking
    clicking.choose("vista")
    with pytest.raises(UserError, match="Choose a structure"):
        clicking.run()
    click(session)
    assert clicking.state.given.structures == ("Structure 1",)
    clicking.add("spleen")
    clicking.add("SPLEEN")
    clicking.add(" Clip ")
    assert clicking.state.given.structures == ("Structure 1", "Spleen", "Clip")
    clicking.activate("Structure 1")
    clicking.remove("Structure 1")
    assert (clicking.state.active, clicking.state.given.clicks) == ("Clip", ())
    clicking.set_only_around(True)
    clicking.run()
    assert runs[0].prompts == {"labels": ["Spleen"], "only_around_clicks": True}
    clicking.clear()
    assert (clicking.state.given.structures, clicking.state.given.only_around) == ((), True)
    clicking.choose("edit")
    with pytest.raises(UserError, match="knows no “Clip”"):
        clicking.add("Clip")
    clicking.remove("Spleen")
    assert clicking.state.given.structures == ("Spleen", "Liver")


def test_clicks_beside_the_image_and_half_made_ones_are_none(session: Session, runs: list[Started]) -> None:
    clicking = session.clicking
    with pytest.raises(UserError, match="No model"):
        click(session)
    clicking.choose("grow")
    click(session, FAR)
    assert (clicking.state.given.clicks, clicking.state.given.structures) == ((), ())
    clicking.place(HERE, is_inside=True)
    clicking.drop()
    clicking.set_down()
    assert clicking.state.given.clicks == ()
    click(session, is_inside=False)
    with pytest.raises(UserError, match="Click inside"):
        clicking.run()
    click(session, THERE)
    clicking.run()
    assert runs[0].prompts == {"clicks": {"new 1": [[3, 3, 2]]}, "outside": {"new 1": [[1, 2, 2]]}}
    assert runs[0].names == {"new 1": "Structure 1"}


def test_undo_and_redo_belong_to_the_click_tool(session: Session, runs: list[Started]) -> None:
    clicking = session.clicking
    clicking.choose("edit")
    click(session)
    click(session, THERE)
    assert clicking.can_undo
    clicking.undo()
    assert clicking.can_redo
    session.selection.update(tool=Tool.BRUSH)
    assert not clicking.can_undo
    assert not clicking.can_redo
    session.selection.update(tool=Tool.CLICK)
    clicking.redo()
    clicking.remove_click(clicking.state.given.clicks[0])
    assert [c.position_mm for c in clicking.state.given.clicks] == [THERE]


def test_nothing_found_takes_the_result_of_other_clicks_away(session: Session, runs: list[Started]) -> None:
    def waiting(model: str) -> Preview:
        return Preview("Title", "model edit@1", "segment.run", {"model": model}, [], [])

    document, clicking = session.open_document, session.clicking
    clicking.choose("edit")
    for model, is_left in (("edit", False), ("other", True)):
        document.set_preview(waiting(model))
        clicking.run()
        runs[-1].end(labels=())
        assert (document.preview is not None) is is_left


def test_another_image_and_another_model_forget_the_clicks(
    session: Session, runs: list[Started], tmp_path: Path
) -> None:
    clicking = session.clicking
    clicking.choose("edit")
    click(session)
    clicking.run()
    session.set_document(
        Document(
            [Volume(GRID, np.zeros(GRID.shape, np.int16), Quantity.HU)], Case.create(tmp_path / "b.limner", GRID, [])
        )
    )
    assert clicking.state.model is None
    assert runs[0].is_cancelled
    assert session.selection.state.tool is Tool.CROSSHAIR
    runs[0].end()
    assert clicking.state.expected_s is None


def test_the_selected_segment_is_the_one_that_is_clicked(session: Session, runs: list[Started]) -> None:
    document = session.open_document
    for number, name in ((1, "liver"), (2, "Aorta")):
        document.apply(AddSegment(Segment(number, name, (1, 2, 3))), title=name, tool="segment.add")
    session.selection.update(segment_number=1)
    session.clicking.choose("edit")
    assert session.clicking.state.active == "Liver"
    session.clicking.activate("Spleen")
    session.selection.update(segment_number=2)
    assert session.clicking.state.active == "Spleen"
    session.selection.update(segment_number=1)
    assert session.clicking.state.active == "Liver"
