"""What a running model has found so far: seen in the window only, never part of the case, gone when the run ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceClient
from inference.early_result import EarlyResult
from inference.result import FoundLabel
from render.slice_scene import overlay_layers, preview_styles
from session.acceptance import accept
from session.change import DocumentChange
from session.document import Document
from session.early import EarlyShowing
from session.jobs import Job, JobState
from session.messages import Message
from session.preview import EarlyPreview
from session.segmenting import start_segmentation
from session.session import Session
from session.settings import Settings
from session.window_services import WindowServices

MODELS = Path(__file__).parents[1] / "inference" / "worker"
PRETEND = ModelInfo("pretend", "Pretend", "3.1", (), "", "models_for_worker_tests:PretendModel")
TIMEOUT_S = 300.0
SHAPE = (6, 20, 24)


@pytest.fixture(scope="module")
def client() -> Iterator[InferenceClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MODELS)
        client = InferenceClient([PRETEND], [MODELS])
        yield client
        client.close()
        sys.modules.pop("models_for_worker_tests", None)


def new_document(path: Path) -> Document:
    voxels = np.random.default_rng(3).integers(-1000, 1000, SHAPE, np.int16)
    volume = Volume(Geometry(SHAPE, np.diag([1.0, 1, 2, 1])), voxels, Quantity.HU, SourceSeries(modality="CT"))
    return Document([volume], Case.create(path, volume.geometry, [ImageReference("", "1", "CT")]), author="tester")


class Desk:
    """A session with a window that is none, and what happened to its document."""

    def __init__(self, folder: Path) -> None:
        self.session = Session(Settings(folder / "settings.json"))
        self.session.window = cast(WindowServices, object())
        self.session.set_document(new_document(folder / "a.limner"))
        self.go = folder / "go"
        self.said: list[Message] = []
        self.seen: list[tuple[EarlyPreview | None, bool]] = []  # early result, and whether a preview waited
        self.session.messages.shown.connect(self.said.append)
        self.document.changed.connect(self._note)

    def _note(self, change: DocumentChange) -> None:
        self.seen.append((self.document.early, self.document.preview is not None))

    @property
    def document(self) -> Document:
        return self.session.open_document

    def start(self, client: InferenceClient, do: str = "early_first") -> Job:
        return start_segmentation(self.session, "pretend", {"do": do, "until": str(self.go)}, client=client)

    def finish(self, job: Job) -> Job:
        self.go.touch()
        return self.session.jobs.wait(job, TIMEOUT_S)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.go.touch()
    desk.session.set_document(None)


def expect(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


def test_it_is_drawn_and_the_result_takes_its_place(desk: Desk, client: InferenceClient) -> None:
    job = desk.start(client)
    expect(lambda: desk.document.early is not None)
    early = desk.document.early
    assert early is not None
    assert (early.title, early.is_coarse, early.job) == ("Pretend", True, job)
    np.testing.assert_array_equal(early.layers[0], desk.document.volume.voxels > 0)
    assert overlay_layers(desk.document) is early.layers
    (style,) = preview_styles(desk.document, desk.session.presentation.state)
    assert style.is_preview
    desk.finish(job)
    preview = desk.document.preview
    assert preview is not None
    assert desk.document.early is None
    assert overlay_layers(desk.document) is preview.layers
    assert preview.segments[0].color == early.segments[0].color


def test_nothing_of_it_can_be_accepted_or_reaches_the_journal(desk: Desk, client: InferenceClient) -> None:
    job = desk.start(client)
    expect(lambda: desk.document.early is not None)
    assert accept(desk.document) is None
    assert desk.document.preview is None
    assert desk.session.reviewing.state.chosen is None
    assert not desk.document.entries
    desk.finish(job)
    assert not desk.document.entries
    accept(desk.document)
    (entry,) = desk.document.entries
    np.testing.assert_array_equal(desk.document.segmentation.mask(1), desk.document.volume.voxels > 100)
    assert "early" not in str(entry.parameters["settings"]).replace("early_first", "")


def test_stopping_takes_it_away_at_once(desk: Desk, client: InferenceClient) -> None:
    job = desk.start(client)
    expect(lambda: desk.document.early is not None)
    job.cancel()
    assert desk.document.early is None
    desk.session.jobs.wait(job, TIMEOUT_S)
    assert job.state is JobState.CANCELLED
    assert desk.document.early is None
    assert not desk.said


def test_a_failed_run_takes_it_away_and_says_so(desk: Desk, client: InferenceClient) -> None:
    job = desk.start(client, "early_then_bug")
    expect(lambda: desk.document.early is not None)
    desk.finish(job)
    assert job.state is JobState.FAILED
    assert desk.document.early is None
    (message,) = desk.said
    assert message.text.endswith("What it had shown so far is gone.")


def test_nonsense_from_the_worker_is_a_message_and_shows_nothing(desk: Desk, client: InferenceClient) -> None:
    desk.session.jobs.wait(desk.start(client, "early_small"), TIMEOUT_S)
    (message,) = desk.said
    assert "does not make sense" in message.text
    assert not message.text.endswith("gone.")
    assert all(early is None for early, _ in desk.seen)


def test_where_nobody_looks_nothing_is_asked_for(
    desk: Desk, client: InferenceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.session, "window", None)
    desk.finish(desk.start(client))
    desk.document.set_preview(None)
    monkeypatch.undo()
    desk.session.settings.set("segment.early", False)
    desk.finish(desk.start(client))
    assert desk.document.preview is not None
    assert all(early is None for early, _ in desk.seen)


def test_another_document_is_left_alone(desk: Desk, client: InferenceClient, tmp_path: Path) -> None:
    before = desk.document
    job = desk.start(client)
    expect(lambda: before.early is not None)
    desk.session.set_document(new_document(tmp_path / "b.limner"))
    assert desk.document.early is None
    desk.finish(job)
    assert before.early is None
    assert desk.document.early is None
    assert desk.document.preview is None


def test_a_result_that_waits_is_what_is_drawn(desk: Desk, client: InferenceClient) -> None:
    desk.finish(desk.start(client, "segment"))
    waiting = desk.document.preview
    assert waiting is not None
    desk.go.unlink()
    job = desk.start(client)
    expect(lambda: desk.document.early is not None)
    assert overlay_layers(desk.document) is waiting.layers
    assert desk.document.preview is waiting
    desk.document.set_preview(None)
    assert desk.document.early is not None
    assert overlay_layers(desk.document) is desk.document.early.layers
    desk.finish(job)


def label(value: int, name: str) -> FoundLabel:
    return FoundLabel(0, value, name, "", 0)


def test_colours_stay_when_more_is_found(desk: Desk) -> None:
    showing = EarlyShowing(desk.session, desk.document, "Model")
    layer = np.zeros(SHAPE, np.uint8)
    job = Job("run")
    showing.show(job, EarlyResult((layer,), (label(5, "thing"),), is_coarse=True))
    showing.show(job, EarlyResult((layer,), (label(2, "gadget"), label(5, "thing")), is_coarse=True))
    early = desk.document.early
    assert early is not None
    first, second = early.segments
    assert second.color == showing.colors[5]
    assert first.color != second.color


def test_what_comes_after_the_stop_is_dropped(desk: Desk) -> None:
    showing = EarlyShowing(desk.session, desk.document, "Model")
    job = Job("run")
    job.cancel()
    showing.show(job, EarlyResult((np.zeros(SHAPE, np.uint8),), (label(5, "thing"),), is_coarse=True))
    assert desk.document.early is None
    assert not showing.has_shown


def test_another_grid_is_refused(desk: Desk) -> None:
    showing = EarlyShowing(desk.session, desk.document, "Model")
    with pytest.raises(ValueError, match="another grid"):
        showing.show(Job("run"), EarlyResult((np.zeros((2, 2, 2), np.uint8),), (), is_coarse=True))
