"""A model's run from the open image to the journal, and what the case keeps when the worker dies."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, PaintEdit
from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceClient
from session.acceptance import accept
from session.document import Document
from session.jobs import Job, JobState
from session.messages import Message, Severity
from session.segmenting import preview_of, segment_now, start_device_probe, start_segmentation
from session.session import Session

MODELS = Path(__file__).parents[1] / "inference" / "worker"
PRETEND = ModelInfo("pretend", "Pretend", "3.1", (), "", "models_for_worker_tests:PretendModel")
TIMEOUT_S = 300.0
SHAPE = (16, 40, 48)


@pytest.fixture(scope="module")
def client() -> Iterator[InferenceClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MODELS)
        client = InferenceClient([PRETEND], [MODELS])
        yield client
        client.close()
        sys.modules.pop("models_for_worker_tests", None)


def new_document(path: Path, modality: str = "CT") -> Document:
    voxels = np.random.default_rng(3).integers(-1000, 1000, SHAPE, np.int16)
    volume = Volume(Geometry(SHAPE, np.diag([1.0, 1, 2, 1])), voxels, Quantity.HU, SourceSeries(modality=modality))
    case = Case.create(path, volume.geometry, [ImageReference("", "1", modality)])
    return Document([volume], case, author="tester")


class Desk:
    """A session with an open document, and what it said."""

    def __init__(self, folder: Path, modality: str = "CT") -> None:
        self.folder = folder
        self.session = Session()
        self.session.set_document(new_document(folder / "a.limner", modality))
        self.said: list[Message] = []
        self.session.messages.shown.connect(self.said.append)

    @property
    def document(self) -> Document:
        return self.session.open_document

    def run(self, client: InferenceClient, do: str = "segment") -> Job:
        """Segment and wait."""
        return self.wait(start_segmentation(self.session, "pretend", {"do": do}, client=client))

    def wait(self, job: Job) -> Job:
        return self.session.jobs.wait(job, TIMEOUT_S)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.session.set_document(None)


def expect(condition: Callable[[], bool]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


def paint(document: Document) -> int:
    """A new segment with one stroke; returns its number."""
    number = document.segmentation.next_number
    document.apply(AddSegment(Segment(number, f"Painted {number}")), title="Add", tool="segment.add")
    box = Box(2, 6, 3, 9, 4, 12)
    stroke = document.stroke(title="Brush", tool="tool.brush")
    stroke.apply(PaintEdit(number, box, np.ones(box.shape, bool)))
    stroke.finish()
    return number


def test_result_is_a_preview_and_accepting_it_is_one_entry(desk: Desk, client: InferenceClient) -> None:
    desk.run(client)
    preview = desk.document.preview
    assert preview is not None
    assert not desk.document.entries  # nothing is in the case before somebody accepts it
    bright = desk.document.volume.voxels > 100
    assert (preview.segments[0].name, preview.segments[0].voxel_count) == ("Bright", bright.sum())
    accept(desk.document)
    (entry,) = desk.document.entries
    assert entry.author.startswith("model pretend@3.1+")
    assert entry.parameters["model"] == "pretend"
    assert entry.parameters["settings"] == {"do": "segment", "threshold": 100.0}
    assert entry.parameters["source_hash"] in entry.author
    np.testing.assert_array_equal(desk.document.segmentation.mask(1), bright)


def test_known_structures_get_codes_and_others_a_colour_of_their_own(desk: Desk, client: InferenceClient) -> None:
    result = segment_now(desk.document.volume, "pretend", {}, client=client)
    coded, plain = preview_of(result, desk.document.volume.geometry).segments
    assert coded.type is not None
    assert coded.type.scheme == "SCT"
    assert plain.type is None
    assert plain.color != coded.color


def test_progress_reaches_the_observers_but_not_too_often(desk: Desk, client: InferenceClient) -> None:
    seen: list[tuple[float, str]] = []
    desk.session.jobs.changed.connect(lambda job: seen.append((time.monotonic(), job.message)))
    job = start_segmentation(desk.session, "pretend", {"do": "slow"}, client=client)
    expect(lambda: len(seen) >= 8)
    job.cancel()
    desk.wait(job)
    reports = [t for t, message in seen if message == "slow"]
    assert reports
    assert reports[-1] - reports[0] >= 0.1 * (len(reports) - 2)  # the last one is the job's end


@pytest.mark.parametrize("do", ["slow", "deaf"])
def test_cancel_ends_the_job_and_says_nothing(desk: Desk, client: InferenceClient, do: str) -> None:
    job = start_segmentation(desk.session, "pretend", {"do": do}, client=client)
    expect(lambda: job.message == do)
    asked = time.monotonic()
    job.cancel()
    desk.wait(job)
    assert time.monotonic() - asked < 5  # 1 s is promised; the rest is a loaded machine
    assert job.state is JobState.CANCELLED
    assert desk.document.preview is None
    assert not desk.said


@pytest.mark.parametrize(("do", "words"), [("with_bug", "ZeroDivisionError"), ("refusing", "upside down")])
def test_failure_is_a_message_and_no_preview(desk: Desk, client: InferenceClient, do: str, words: str) -> None:
    job = desk.run(client, do)
    assert job.state is JobState.FAILED
    (message,) = desk.said
    assert message.severity is Severity.ERROR
    assert words in message.text
    assert message.hint
    assert desk.document.preview is None


def test_wrong_kind_of_image_is_a_users_error(tmp_path: Path, client: InferenceClient) -> None:
    desk = Desk(tmp_path, "MR")
    job = desk.run(client)
    assert isinstance(job.error, UserError)
    assert "needs a CT" in desk.said[0].text
    desk.session.set_document(None)


def test_unknown_model_is_refused_at_once(desk: Desk, client: InferenceClient) -> None:
    with pytest.raises(UserError, match="no model"):
        start_segmentation(desk.session, "nonsense", client=client)
    assert not desk.session.jobs.jobs


def test_result_for_another_document_is_dropped_with_a_word(desk: Desk, client: InferenceClient) -> None:
    before = desk.document
    go = threading.Event()

    def hold(job: Job) -> None:
        # on the job's thread only: the worker may be as far as this before the first word about the job is out
        if job.message == "Copying the image" and threading.current_thread() is not threading.main_thread():
            go.wait(TIMEOUT_S)

    desk.session.jobs.changed.connect(hold)
    job = start_segmentation(desk.session, "pretend", client=client)
    desk.session.set_document(new_document(desk.folder / "b.limner"))
    go.set()
    desk.wait(job)
    assert job.state is JobState.DONE
    assert before.preview is None
    assert desk.document.preview is None
    assert [m.severity for m in desk.said] == [Severity.WARNING]
    assert "dropped" in desk.said[0].text


def test_image_that_is_still_loading_is_waited_for(desk: Desk, client: InferenceClient) -> None:
    whole = desk.document.volume
    half = Volume(whole.geometry, np.zeros(SHAPE, np.int16), Quantity.HU, whole.source)
    desk.document.replace_volumes([half])
    desk.document.is_loading = True
    job = start_segmentation(desk.session, "pretend", client=client)
    expect(lambda: job.message == "Waiting for the image")
    desk.document.replace_volumes([whole])
    desk.wait(job)
    assert desk.document.preview is not None
    assert desk.document.preview.segments[0].voxel_count == np.count_nonzero(whole.voxels > 100)


def test_devices_arrive_on_the_documents_thread(client: InferenceClient) -> None:
    posted: list[Callable[[], None]] = []
    session = Session(post=posted.append)
    found: list[str] = []
    start_device_probe(session, found.extend, client)
    expect(lambda: bool(posted))
    assert not found
    posted[0]()
    assert found[-1].startswith("CPU, ")


def test_killed_worker_leaves_the_case_as_it_was(desk: Desk, client: InferenceClient) -> None:
    kept = paint(desk.document)
    job = start_segmentation(desk.session, "pretend", {"do": "slow"}, client=client)
    expect(lambda: job.message == "slow")
    assert client.worker_pid is not None
    psutil.Process(client.worker_pid).kill()
    desk.wait(job)
    assert job.state is JobState.FAILED
    assert "The worker stopped" in desk.said[0].text

    undone = paint(desk.document)
    desk.document.undo()
    count = desk.document.segmentation.voxel_count(kept)
    titles = [entry.title for entry in desk.document.entries]
    path, volume = desk.document.case.path, desk.document.volume
    desk.session.set_document(None)

    case = Case.open(path)
    assert case.verify().is_ok
    assert [entry.title for entry in case.journal.entries] == titles
    assert (case.segmentation.voxel_count(kept), case.segmentation.voxel_count(undone)) == (count, 0)
    assert count > 0
    again = Document([volume], case)
    desk.session.set_document(again)
    desk.run(client)
    assert again.preview is not None
