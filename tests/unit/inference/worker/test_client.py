"""The client and a real worker process: results, progress, cancel, and everything that can go wrong in there."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import psutil
import pytest

from imaging.errors import UserError
from imaging.volume import SourceSeries, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceCancelled, InferenceClient, InferenceFailed
from inference.worker import exchange
from inference.worker.source_hash import source_hash

TIMEOUT_S = 300.0
Foreign = Callable[..., ModelInfo]
Clients = Callable[..., InferenceClient]


def expect(condition: Callable[[], bool]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


class Background:
    """A job on a thread of its own, as the window runs it."""

    def __init__(self, client: InferenceClient, volume: Volume, do: str, **more: Any) -> None:
        self.error: BaseException | None = None
        self.messages: list[str] = []
        self.is_cancelled = False
        self._thread = threading.Thread(target=self._run, args=(client, volume, do, more))
        self._thread.start()

    def _run(self, client: InferenceClient, volume: Volume, do: str, more: dict[str, Any]) -> None:
        try:
            client.segment(
                volume, "pretend", {"do": do}, lambda f, m: self.messages.append(m), lambda: self.is_cancelled, **more
            )
        except (InferenceCancelled, InferenceFailed) as error:
            self.error = error

    def join(self) -> BaseException | None:
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()
        return self.error


def same_as_direct(client: InferenceClient, volume: Volume) -> None:
    """The worker gives what the model gives without a worker."""
    from models_for_worker_tests import PretendModel

    direct = PretendModel().run(volume.voxels, volume.geometry, {}, lambda f, m: None, lambda: False)
    result = client.segment(volume, "pretend")
    assert len(result.layers) == len(direct.layers)
    for got, wanted in zip(result.layers, direct.layers, strict=True):
        np.testing.assert_array_equal(got, wanted)
        assert got.dtype == np.uint8
    assert result.found == tuple(label.name for label in PretendModel.labels if direct.found[label.label_value])
    assert result.found


def test_result_is_that_of_a_direct_run(client: InferenceClient, volume: Volume) -> None:
    same_as_direct(client, volume)


@pytest.mark.parametrize("dtype", ["uint8", "int16", ">i2", "float32", "float64"])
def test_voxels_of_any_type_arrive(client: InferenceClient, volume: Volume, dtype: str) -> None:
    voxels = volume.voxels % 200 if dtype == "uint8" else volume.voxels
    same_as_direct(client, replace(volume, voxels=voxels.astype(dtype)))


def test_voxels_of_any_strides_arrive(client: InferenceClient, volume: Volume) -> None:
    strided = np.asfortranarray(np.repeat(volume.voxels, 2, axis=2))[:, ::-1, ::2]
    assert not strided.flags.c_contiguous
    same_as_direct(client, replace(volume, voxels=strided))


def test_result_says_what_ran_and_what_it_took(client: InferenceClient, volume: Volume) -> None:
    result = client.segment(volume, "pretend", {"do": "segment"})
    hashed = source_hash("models_for_worker_tests")
    assert result.author == f"model pretend@3.1+{hashed}"
    assert [(label.layer, label.label_value, label.name, label.term_name) for label in result.labels] == [
        (0, 1, "Bright", "skeleton"),
        (1, 2, "Very bright", ""),
    ]
    assert result.labels[0].voxel_count == np.count_nonzero(volume.voxels > 100)
    assert result.missing == ("Never there",)
    assert result.parameters == {"do": "segment", "threshold": 100.0}
    assert result.notes == ("Never there: not found",)
    assert result.seconds["first"] == 0.25
    assert result.seconds.keys() == {"copy image", "first", "check result"}
    assert 10 < result.peak_rss_mb < 500


def test_progress_only_grows_and_ends_at_one(client: InferenceClient, volume: Volume) -> None:
    reports: list[tuple[float, str]] = []
    client.segment(volume, "pretend", {}, lambda f, m: reports.append((f, m)))
    fractions = [f for f, _ in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {"Starting the worker", "Copying the image", "first", "second", "Checking the result"} <= {
        m for _, m in reports
    }


def test_many_reports_are_thinned_and_logs_arrive(
    client: InferenceClient, volume: Volume, caplog: pytest.LogCaptureFixture
) -> None:
    reports: list[str] = []
    with caplog.at_level(logging.INFO, "limner.worker"):
        client.segment(volume, "pretend", {"do": "chatty"}, lambda f, m: reports.append(m))
    assert 1 <= reports.count("chatty") < 1000
    assert "a sentence for the log" in caplog.text
    assert "a sentence for nobody" not in caplog.text


def test_one_worker_serves_many_jobs(client: InferenceClient, volume: Volume) -> None:
    client.start()
    first = client.worker_pid
    assert first is not None
    for _ in range(3):
        same_as_direct(client, volume)
    assert client.worker_pid == first


def test_model_that_stops_when_asked_keeps_its_worker(
    client: InferenceClient, volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "CANCEL_GRACE_S", TIMEOUT_S)  # a loaded machine is not what is tested
    job = Background(client, volume, "slow")
    expect(lambda: "slow" in job.messages)
    before = client.worker_pid
    job.is_cancelled = True
    assert isinstance(job.join(), InferenceCancelled)
    same_as_direct(client, volume)
    assert client.worker_pid == before


def test_model_that_does_not_listen_is_ended(client: InferenceClient, volume: Volume) -> None:
    job = Background(client, volume, "deaf")
    expect(lambda: "deaf" in job.messages)
    before = client.worker_pid
    job.is_cancelled = True
    assert isinstance(job.join(), InferenceCancelled)
    assert before is not None
    expect(lambda: not psutil.pid_exists(before))
    same_as_direct(client, volume)


def test_patience_with_a_model_that_does_not_listen_can_end(client: InferenceClient, volume: Volume) -> None:
    asked: list[float] = []
    is_patient = True

    def grace_s() -> float:
        asked.append(time.monotonic())
        return 1000.0 if is_patient else 0.0

    job = Background(client, volume, "deaf", grace_s=grace_s)
    expect(lambda: "deaf" in job.messages)
    before = client.worker_pid
    job.is_cancelled = True
    expect(lambda: len(asked) > 3)
    assert before is not None
    assert psutil.pid_exists(before)
    is_patient = False
    assert isinstance(job.join(), InferenceCancelled)
    expect(lambda: not psutil.pid_exists(before))


def test_error_in_report_stops_the_job_and_is_passed_on(client: InferenceClient, volume: Volume) -> None:
    def report(fraction: float, message: str) -> None:
        if message == "slow":
            raise OSError("the caller's own")

    with pytest.raises(OSError, match="the caller's own"):
        client.segment(volume, "pretend", {"do": "slow"}, report)
    same_as_direct(client, volume)


def test_second_job_waits_and_can_be_cancelled_meanwhile(client: InferenceClient, volume: Volume) -> None:
    first = Background(client, volume, "slow")
    expect(lambda: "slow" in first.messages)
    second = Background(client, volume, "slow")
    expect(lambda: "Waiting for another run to end" in second.messages)
    second.is_cancelled = True
    assert isinstance(second.join(), InferenceCancelled)
    first.is_cancelled = True
    first.join()


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_kill_in_the_middle_is_a_message_and_the_next_job_runs(client: InferenceClient, volume: Volume) -> None:
    job = Background(client, volume, "slow")
    expect(lambda: "slow" in job.messages)
    assert client.worker_pid is not None
    os.kill(client.worker_pid, signal.SIGKILL)
    error = job.join()
    assert isinstance(error, InferenceFailed)
    assert "The worker stopped" in error.message
    assert "memory" in error.message
    same_as_direct(client, volume)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_kill_between_two_jobs_goes_unnoticed(client: InferenceClient, volume: Volume) -> None:
    client.start()
    assert client.worker_pid is not None
    os.kill(client.worker_pid, signal.SIGKILL)
    expect(lambda: client.worker_pid is None)
    same_as_direct(client, volume)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_crash_in_native_code_is_a_message_with_its_trace(client: InferenceClient, volume: Volume) -> None:
    with pytest.raises(InferenceFailed, match="SIGSEGV") as caught:
        client.segment(volume, "pretend", {"do": "crashing"})
    assert "crashing" in caught.value.details
    same_as_direct(client, volume)


def test_worker_that_leaves_is_a_message(client: InferenceClient, volume: Volume) -> None:
    with pytest.raises(InferenceFailed, match="ended with code 3"):
        client.segment(volume, "pretend", {"do": "leaving"})
    same_as_direct(client, volume)


def test_end_of_memory_is_the_users_to_solve(client: InferenceClient, volume: Volume) -> None:
    with pytest.raises(UserError, match="memory does not suffice") as caught:
        client.segment(volume, "pretend", {"do": "greedy"})
    assert caught.value.hint
    same_as_direct(client, volume)


def test_too_large_a_job_is_refused_before_it_starts(
    pretend: ModelInfo, client: InferenceClient, volume: Volume
) -> None:
    greedy = InferenceClient([replace(pretend, memory_per_voxel=2.0**50)])
    with pytest.raises(UserError, match=r"needs .* GB of memory"):
        greedy.segment(volume, "pretend")
    assert greedy.worker_pid is None


def test_bug_of_the_model_is_a_message_without_its_text(client: InferenceClient, volume: Volume) -> None:
    with pytest.raises(InferenceFailed, match="ZeroDivisionError") as caught:
        client.segment(volume, "pretend", {"do": "with_bug"})
    assert "patient" not in caught.value.message + caught.value.hint
    assert "with_bug" in caught.value.details
    same_as_direct(client, volume)


def test_users_error_arrives_with_its_hint(client: InferenceClient, volume: Volume) -> None:
    with pytest.raises(UserError) as caught:
        client.segment(volume, "pretend", {"do": "refusing"})
    assert (caught.value.message, caught.value.hint) == ("The image is upside down.", "Turn it.")


def test_refused_image_starts_no_worker(client: InferenceClient, volume: Volume) -> None:
    with pytest.raises(UserError, match="needs a CT"):
        client.segment(replace(volume, source=SourceSeries(modality="MR")), "pretend")
    assert client.worker_pid is None


def test_unknown_model_is_named(client: InferenceClient, volume: Volume) -> None:
    with pytest.raises(UserError, match="no model “nonsense”"):
        client.segment(volume, "nonsense")


def test_model_cannot_write_into_the_image(client: InferenceClient, volume: Volume) -> None:
    before = volume.voxels.copy()
    with pytest.raises(InferenceFailed, match="ValueError"):
        client.segment(volume, "pretend", {"do": "writing"})
    np.testing.assert_array_equal(volume.voxels, before)


@pytest.mark.parametrize(
    ("do", "why"),
    [
        ("wrong_shape", "shape"),
        ("wrong_type", "type"),
        ("unknown_label", "has no name"),
        ("on_two_layers", "two layers"),
        ("found_without_voxels", "found other structures"),
    ],
)
def test_result_that_contradicts_the_model_is_not_used(
    client: InferenceClient, volume: Volume, do: str, why: str
) -> None:
    with pytest.raises(InferenceFailed, match=f"cannot be used: .*{why}"):
        client.segment(volume, "pretend", {"do": do})
    same_as_direct(client, volume)


@pytest.mark.skipif(not psutil.LINUX, reason="measured in /proc")
def test_memory_is_given_back_after_a_job(client: InferenceClient, volume: Volume) -> None:
    same_as_direct(client, volume)
    assert client.worker_pid is not None
    worker = psutil.Process(client.worker_pid)
    before = worker.memory_info().rss
    result = client.segment(volume, "pretend", {"do": "hungry"})
    assert result.peak_rss_mb > 300
    expect(lambda: worker.memory_info().rss < before + (40 << 20))
    assert client.segment(volume, "pretend").peak_rss_mb < 200  # a peak is of one job, not of the process's life


@pytest.mark.skipif(not psutil.LINUX, reason="Linux's rules")
def test_worker_yields_to_the_window(client: InferenceClient) -> None:
    client.start()
    assert client.worker_pid is not None
    worker = psutil.Process(client.worker_pid)
    assert worker.nice() >= psutil.Process().nice() + 10 or worker.nice() == 19
    with open(f"/proc/{client.worker_pid}/oom_score_adj") as score:
        assert int(score.read()) >= 700
    assert int(worker.environ()["OMP_NUM_THREADS"]) <= max(2, len(os.sched_getaffinity(0)) - 1)


def test_devices_end_with_the_processor(client: InferenceClient) -> None:
    assert client.devices()[-1].startswith("CPU, ")


def test_close_ends_a_running_job(client: InferenceClient, volume: Volume) -> None:
    job = Background(client, volume, "deaf")
    expect(lambda: "deaf" in job.messages)
    before: Any = client.worker_pid
    client.close()
    assert isinstance(job.join(), InferenceFailed)
    expect(lambda: not psutil.pid_exists(before))
    assert client.worker_pid is None


def test_a_worker_is_there_before_its_first_job(client: InferenceClient, volume: Volume) -> None:
    client.open_ahead("pretend")
    pid = client.worker_pid
    assert pid is not None
    client.segment(volume, "pretend")
    assert client.worker_pid == pid


def test_a_foreign_models_worker_is_there_before_its_run(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    info = foreign("return 1")
    client = clients(info)
    client.open_ahead("guest")
    pid = client.foreign_pid
    assert pid is not None
    client.segment(volume, "guest")
    assert client.foreign_pid == pid


def test_a_model_that_does_not_open_is_a_failure_and_the_worker_goes_on(
    foreign: Foreign, clients: Clients, volume: Volume
) -> None:
    info = foreign("return 1")
    broken = foreign("this is no Python", "Broken")
    client = clients(info, broken)
    with pytest.raises(InferenceFailed, match="SyntaxError"):
        client.open_ahead("broken")
    client.segment(volume, "guest")
    with pytest.raises(UserError):
        client.open_ahead("nobody")
