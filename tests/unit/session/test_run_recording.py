"""Each run leaves a record, however it ends: in the log of the workspace, and in the journal when it is accepted."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.case.images import ImageReference, pixel_hash
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceCancelled, InferenceClient, InferenceFailed
from inference.record.log import RunLog
from inference.record.readings import Source
from inference.record.run_record import RECORD_KEY, Outcome, RunRecord
from session.acceptance import accept
from session.document import Document
from session.run_recording import RunRecorder, RunRequest, run_log
from session.segmenting import preview_of, start_segmentation
from session.session import Session
from session.settings import Settings

MODELS = Path(__file__).parents[1] / "inference" / "worker"
PRETEND = ModelInfo("pretend", "Pretend", "3.1", (), "", "models_for_worker_tests:PretendModel")


@pytest.fixture(scope="module")
def client() -> Iterator[InferenceClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MODELS)
        client = InferenceClient([PRETEND], [MODELS])
        yield client
        client.close()
        sys.modules.pop("models_for_worker_tests", None)


@pytest.fixture
def volume() -> Volume:
    voxels = np.random.default_rng(7).integers(-1000, 1000, (12, 20, 30), np.int16)
    return Volume(Geometry((12, 20, 30), np.diag([1.0, 1, 2, 1])), voxels, Quantity.HU, SourceSeries(modality="CT"))


class Desk:
    """A recorder with a log, and what it told."""

    def __init__(self, path: Path, client: InferenceClient, volume: Volume) -> None:
        self.log = RunLog(path)
        self.told: list[UserError] = []
        self.recorder = RunRecorder(self.log, 12.0, self.told.append)
        self.client, self.volume = client, volume

    def run(self, do: str = "segment", **more):
        return self.recorder.run(self.client, RunRequest(self.volume, "pretend", {"do": do}), **more)

    def only(self) -> RunRecord:
        (record,) = self.log.read().records
        return record


@pytest.fixture
def desk(tmp_path: Path, client: InferenceClient, volume: Volume) -> Desk:
    return Desk(tmp_path / "runs.sqlite", client, volume)


def test_finished_run_says_what_ran_on_what_and_what_it_took(desk: Desk) -> None:
    result, record = desk.run()
    assert desk.only() == RunRecord.from_json(json.loads(record.to_text()))  # numbers are rounded on their way
    assert (record.outcome, record.reason) == (Outcome.DONE, "")
    assert (record.model_id, record.model_version, record.source_hash) == ("pretend", "3.1", result.source_hash)
    assert record.parameters == {"do": "segment", "threshold": 100.0}
    assert record.input_hash == pixel_hash(desk.volume)
    assert (record.shape, record.spacing_mm, record.modality) == ((12, 20, 30), (1.0, 1.0, 2.0), "CT")
    assert record.seconds["first"] == 0.25
    assert record.total_s > 0
    assert record.usage.ram_peak_mb.value >= result.peak_rss_mb
    assert record.usage.energy_j.source in (Source.COUNTER, Source.ESTIMATED)
    assert record.usage.gpu_energy_j.note or record.usage.gpu_energy_j.value
    assert record.computer["processor"]
    assert record.program.startswith("limner")


def test_the_journal_gets_the_record(desk: Desk) -> None:
    result, record = desk.run()
    preview = preview_of(result, desk.volume.geometry, record)
    assert RunRecord.from_json(json.loads(json.dumps(preview.parameters))[RECORD_KEY]).id == record.id
    assert RECORD_KEY not in preview_of(result, desk.volume.geometry).parameters


def test_scores_and_boxes_stand_in_the_record(desk: Desk) -> None:
    desk.run("rich")
    engine = desk.only().engine
    assert engine["scores"] == {"Pneumonia": 0.25, "None": 0.75}
    (box,) = engine["boxes"]
    assert (box["label"], box["score"], len(box["corners_mm"])) == ("Nodule", 0.5, 8)


def test_a_windows_run_is_in_the_log_and_with_acceptance_in_the_case(
    tmp_path: Path, client: InferenceClient, volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    session = Session(Settings(tmp_path / "settings.json"))
    case = Case.create(tmp_path / "a.limner", volume.geometry, [ImageReference("", "1", "CT", "", "known" * 10)])
    session.set_document(Document([volume], case, author="tester"))
    for do in ("segment", "with_bug"):
        session.jobs.wait(start_segmentation(session, "pretend", {"do": do}, client=client), 60)
    done, failed = run_log(session.settings).read().records
    assert (done.outcome, failed.outcome) == (Outcome.DONE, Outcome.FAILED)
    assert done.input_hash == "known" * 10  # the case knows it; it is not computed again
    accept(session.open_document)
    (entry,) = session.open_document.entries
    session.set_document(None)
    again = Case.open(tmp_path / "a.limner", read_only=True)
    assert RunRecord.from_json(again.journal.entries[0].parameters[RECORD_KEY]) == done
    assert entry.parameters["accepted_by"] == "tester"
    again.close()


@pytest.mark.parametrize(
    ("do", "outcome", "words"),
    [("with_bug", Outcome.FAILED, "ZeroDivisionError"), ("refusing", Outcome.REFUSED, "upside down")],
)
def test_failed_runs_are_kept_with_their_reason(desk: Desk, do: str, outcome: Outcome, words: str) -> None:
    with pytest.raises((UserError, InferenceFailed), match=words):
        desk.run(do)
    record = desk.only()
    assert record.outcome is outcome
    assert words in record.reason
    assert record.input_hash == pixel_hash(desk.volume)
    assert record.seconds == {}


def test_cancelled_runs_are_kept(desk: Desk) -> None:
    stop = threading.Event()

    def report(_fraction: float, message: str) -> None:
        if message == "slow":
            stop.set()

    with pytest.raises(InferenceCancelled):
        desk.run("slow", report=report, cancelled=stop.is_set)
    record = desk.only()
    assert (record.outcome, record.reason) == (Outcome.CANCELLED, "Stopped by the user.")
    assert record.usage.ram_peak_mb.value > 0


def test_wrong_kind_of_image_is_a_refused_run_without_numbers(desk: Desk) -> None:
    desk.volume = Volume(desk.volume.geometry, desk.volume.voxels, Quantity.SIGNAL, SourceSeries(modality="MR"))
    with pytest.raises(UserError, match="needs a CT"):
        desk.run()
    record = desk.only()
    assert record.outcome is Outcome.REFUSED
    assert record.usage.energy_j.value is None


def test_a_log_that_cannot_be_written_costs_no_result(desk: Desk) -> None:
    desk.log.path.write_bytes(b"no database" * 500)
    result, record = desk.run()
    assert result.labels
    assert record.is_done
    assert "could not be written" in desk.told[0].message


def test_a_broken_sensor_costs_the_numbers_and_not_the_result(desk: Desk, monkeypatch, caplog) -> None:
    from inference.record import processes

    def broken(*_):
        raise OSError("no sensor")

    monkeypatch.setattr(processes.CpuThermometer, "read", broken)
    result, record = desk.run()
    assert result.labels
    assert record.usage.energy_j.value is None
    assert "meter" in caplog.text


def test_waiting_for_another_run_is_not_measured(desk: Desk) -> None:
    told = threading.Event()
    stop = threading.Event()
    words: list[str] = []

    def first() -> None:
        with pytest.raises(InferenceCancelled):
            desk.client.segment(desk.volume, "pretend", {"do": "slow"}, lambda _f, m: told.set(), stop.is_set)

    other = threading.Thread(target=first)
    other.start()
    told.wait(30)

    def report(_fraction: float, message: str) -> None:
        words.append(message)
        if len(words) == 8:  # 0.05 s each
            stop.set()

    began_s = time.monotonic()
    _, record = desk.run(report=report)
    whole_s = time.monotonic() - began_s
    other.join()
    waited = sum(word.startswith("Waiting for another run") for word in words)
    assert waited >= 8
    assert record.total_s < whole_s - 0.05 * (waited - 2)
    began = next(n for n, word in enumerate(words) if not word.startswith("Waiting"))
    assert all(not word.startswith("Waiting") for word in words[began:])
