"""The queue of a batch: its order, what becomes of each image, stopping, and going on after the program ended."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.formats.masks import read_labels
from imaging.geometry import Geometry
from imaging.phantom.series import write_dicom_series
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceClient, QueueClass
from session.batch.finding import BatchWishes, spread, start_finding
from session.batch.item import BatchItem, ItemState
from session.batch.queue import BatchQueue, batch_of
from session.session import Session
from session.settings import Settings

MODELS = Path(__file__).parents[1] / "inference" / "worker"
PRETEND = ModelInfo("pretend", "Pretend", "3.1", (), "", "models_for_worker_tests:PretendModel")
SHAPE = (6, 20, 24)
TIMEOUT_S = 300.0


@pytest.fixture(scope="module")
def client() -> Iterator[InferenceClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MODELS)
        client = InferenceClient([PRETEND], [MODELS])
        yield client
        client.close()
        sys.modules.pop("models_for_worker_tests", None)


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two CT series in folders of their own, and a folder without images."""
    folder = tmp_path_factory.mktemp("studies")
    for number, name in enumerate(("anna", "bert"), 1):
        voxels = np.zeros(SHAPE, np.int16)
        voxels[1:4, 2:9, 3:12] = 300 * number
        geometry = Geometry(SHAPE, np.diag([1.0, 1.0, 2.0, 1.0]))
        write_dicom_series(Volume(geometry, voxels, Quantity.HU, SourceSeries(modality="CT")), folder / name)
    (folder / "letters").mkdir()
    (folder / "letters" / "note.txt").write_text("no image", "utf-8")
    return folder


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    return Session(Settings(tmp_path / "settings.json"))


@pytest.fixture
def queue(session: Session, client: InferenceClient) -> BatchQueue:
    return BatchQueue(session, client)


def fill(session: Session, queue: BatchQueue, studies: Path, out: Path, *, cases: bool = False) -> None:
    wishes = BatchWishes("pretend", "Pretend", out, cases)
    session.jobs.wait(start_finding(session, queue, spread(studies), wishes))


def expect(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


def run(queue: BatchQueue) -> None:
    queue.start()
    expect(lambda: not queue.is_running)


def states(queue: BatchQueue) -> list[tuple[str, ItemState]]:
    return [(item.title, item.state) for item in queue.items]


def test_each_series_of_a_folder_is_an_item_and_what_holds_none_is_said(
    session: Session, queue: BatchQueue, studies: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    session.messages.shown.connect(lambda message: said.append(message.text))
    fill(session, queue, studies, tmp_path / "out")
    assert states(queue) == [("anna", ItemState.WAITING), ("bert", ItemState.WAITING)]
    assert any("letters" in text for text in said)
    fill(session, queue, studies, tmp_path / "out")
    assert len(queue.items) == 2  # the same images are not put there twice


def test_results_are_written_and_found_the_next_time(
    session: Session, queue: BatchQueue, studies: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    fill(session, queue, studies, out)
    run(queue)
    assert states(queue) == [("anna", ItemState.DONE), ("bert", ItemState.DONE)]
    labels = read_labels(out / "bert.nii.gz")
    assert sum(int((layer > 0).sum()) for layer in labels.layers) == 3 * 7 * 9
    assert (out / "bert.run.json").is_file()
    queue.clear_finished()
    fill(session, queue, studies, out)
    run(queue)
    assert states(queue) == [("anna", ItemState.SKIPPED), ("bert", ItemState.SKIPPED)]


def test_cases_are_written_and_never_overwritten(
    session: Session, queue: BatchQueue, studies: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    fill(session, queue, studies, out, cases=True)
    run(queue)
    assert (out / "anna.limner").is_file()
    (out / "anna.run.json").unlink()  # somebody else's case of this name
    queue.clear_finished()
    fill(session, queue, studies, out, cases=True)
    run(queue)
    assert states(queue) == [("anna", ItemState.FAILED), ("bert", ItemState.SKIPPED)]
    assert "is there already" in queue.items[0].message


def test_masks_of_others_are_never_overwritten_those_of_older_versions_are(
    session: Session, queue: BatchQueue, studies: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "anna.nii.gz").write_bytes(b"somebody's work")
    (out / "bert.nii.gz").write_bytes(b"of last year")
    (out / "bert.run.json").write_text('{"model_id": "pretend", "model_version": "2"}', "utf-8")
    fill(session, queue, studies, out)
    run(queue)
    assert states(queue) == [("anna", ItemState.FAILED), ("bert", ItemState.DONE)]
    assert (out / "anna.nii.gz").read_bytes() == b"somebody's work"
    assert read_labels(out / "bert.nii.gz").layers


def test_one_failure_does_not_stop_the_others_and_can_be_tried_again(
    session: Session, queue: BatchQueue, studies: Path, tmp_path: Path
) -> None:
    fill(session, queue, studies, tmp_path / "out")
    good = queue.items[0]
    queue.add([BatchItem(str(tmp_path / "gone"), "1", "gone", "pretend", "Pretend", str(tmp_path / "gone.nii.gz"))])
    queue.move(queue.items[-1].number, -9)
    assert [item.title for item in queue.items] == ["gone", "anna", "bert"]
    queue.remove([good.number])
    run(queue)
    assert states(queue) == [("gone", ItemState.FAILED), ("bert", ItemState.DONE)]
    assert queue.items[0].message
    queue.retry([item.number for item in queue.items])
    assert states(queue) == [("gone", ItemState.WAITING), ("bert", ItemState.DONE)]


def test_whatever_somebody_runs_goes_first(
    session: Session, queue: BatchQueue, studies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classes: list[object] = []
    monkeypatch.setattr(
        "session.batch.carrying_out.segment_to_file",
        lambda _images, _out, wishes, *_: classes.append(wishes.queue_class),
    )
    fill(session, queue, studies, tmp_path / "out")
    run(queue)
    assert classes == [QueueClass.BATCH, QueueClass.BATCH]


def slow_items(studies: Path, out: Path) -> list[BatchItem]:
    from session.reading import image_series

    series = image_series(studies / "anna")[0]
    return [
        BatchItem(str(studies / "anna"), series.id, name, "pretend", "Pretend", str(out / f"{name}.nii.gz"), {"do": do})
        for name, do in (("slow", "slow"), ("quick", "segment"))
    ]


def test_stop_lets_the_running_image_wait_again(queue: BatchQueue, studies: Path, tmp_path: Path) -> None:
    queue.add(slow_items(studies, tmp_path / "out"))
    queue.start()
    expect(lambda: queue.items[0].message == "slow")
    queue.stop()
    expect(lambda: not queue.is_running)
    assert states(queue) == [("slow", ItemState.WAITING), ("quick", ItemState.WAITING)]
    assert not (tmp_path / "out" / "slow.nii.gz").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_killed_worker_costs_one_image(
    queue: BatchQueue, client: InferenceClient, studies: Path, tmp_path: Path
) -> None:
    queue.add(slow_items(studies, tmp_path / "out"))
    queue.start()
    expect(lambda: queue.items[0].message == "slow")
    assert client.worker_pid is not None
    os.kill(client.worker_pid, signal.SIGKILL)
    expect(lambda: not queue.is_running)
    assert states(queue) == [("slow", ItemState.FAILED), ("quick", ItemState.DONE)]
    assert "The worker stopped" in queue.items[0].message
    assert not (tmp_path / "out" / "slow.nii.gz").exists()


def test_pause_ends_after_the_running_image(queue: BatchQueue, studies: Path, tmp_path: Path) -> None:
    slow, quick = slow_items(studies, tmp_path / "out")
    queue.add([quick, slow])
    queue.start()
    queue.pause()
    expect(lambda: not queue.is_running)
    assert queue.items[1].state is ItemState.WAITING
    assert queue.items[0].state in (ItemState.DONE, ItemState.WAITING)  # the pause may come before it began


def test_it_starts_by_the_clock_and_a_pause_forgets_that(queue: BatchQueue, studies: Path, tmp_path: Path) -> None:
    queue.add(slow_items(studies, tmp_path / "out")[1:])
    queue.start_at(datetime.now() + timedelta(hours=3))
    queue.pause()
    assert queue.starts_at is None
    queue.start_at(datetime.now() + timedelta(seconds=0.05))
    expect(lambda: queue.items[0].state is ItemState.DONE)
    assert queue.starts_at is None


def test_the_queue_goes_on_after_the_program_ended(
    session: Session, queue: BatchQueue, studies: Path, tmp_path: Path
) -> None:
    queue.add(slow_items(studies, tmp_path / "out"))
    queue._set(queue.items[0].number, state=ItemState.RUNNING, message="Reading the image")  # killed in the middle
    assert queue.settle()
    again = batch_of(session)
    assert again is batch_of(session)
    assert states(again) == [("slow", ItemState.WAITING), ("quick", ItemState.WAITING)]
    assert again.items[0].parameters == {"do": "slow"}
    assert not again.is_running


def test_an_empty_queue_says_so_and_a_broken_file_costs_only_the_list(
    session: Session, client: InferenceClient
) -> None:
    path = session.settings.workspace() / "batch.json"
    path.parent.mkdir(parents=True)
    path.write_text('[{"state": "dancing"}]', "utf-8")
    queue = BatchQueue(session, client)
    assert queue.items == ()
    with pytest.raises(UserError, match="Nothing waits"):
        queue.start()
    with pytest.raises(UserError, match="Nothing waits"):
        queue.start_at(datetime.now())
