"""Runs of a program that is installed on its own, through our worker: what comes back, and what never does."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from made_program import VERSION, install

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.client import InferenceCancelled, InferenceClient, InferenceFailed
from inference.external.listing import external_models
from inference.worker.landlock import landlock_version

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
WAIT_S = 300.0


@pytest.fixture
def volume() -> Volume:
    affine = np.array([[0, -0.8, 0, 4], [0.9, 0, 0, -20], [0, 0, 2.5, 100], [0, 0, 0, 1.0]])
    voxels = np.random.default_rng(3).integers(-1000, 1000, (6, 20, 30), np.int16)
    return Volume(Geometry((6, 20, 30), affine), voxels, Quantity.HU, SourceSeries(modality="CT"))


@dataclass
class Place:
    """A computer with the program: its environment, the home of its user, where temporary folders lie, our client."""

    env: Path
    home: Path
    temporary: Path
    client: InferenceClient


@contextmanager
def computer(folder: Path, *, with_weights: bool = False) -> Iterator[Place]:
    install(folder / "env", with_weights=with_weights)
    (folder / "temporary").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder / "temporary"))
        patch.setenv("SECRET_TOKEN", "hush")
        patch.setenv("TOTALSEG_HOME_DIR", str(folder / "home"))
        patch.delenv("TOTALSEG_WEIGHTS_PATH", raising=False)
        patch.delenv("LIMNER_TOTALSEGMENTATOR", raising=False)
        client = InferenceClient(external_models(folder / "programs.json", {"totalsegmentator": str(folder / "env")}))
        yield Place(folder / "env", folder / "home", folder / "temporary", client)
        client.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with computer(tmp_path_factory.mktemp("computer")) as made:
        yield made


@pytest.fixture
def client(place: Place) -> InferenceClient:
    return place.client


@pytest.fixture
def temporary(place: Place) -> Path:
    return place.temporary


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def told_by(client: InferenceClient, volume: Volume, **parameters: Any) -> dict[str, Any]:
    """What the program saw, which it says as it ends."""
    with pytest.raises(UserError) as refused:
        client.segment(volume, "totalsegmentator:tell", parameters)
    told: dict[str, Any] = json.loads(refused.value.hint.removeprefix("It said last: "))
    return told


def test_a_result(client: InferenceClient, volume: Volume, temporary: Path) -> None:
    said: list[tuple[float, str]] = []
    result = client.segment(volume, "totalsegmentator:good", None, lambda f, m: said.append((f, m)))
    expected = (volume.voxels > 0).astype(np.uint8) + (volume.voxels > 500)
    np.testing.assert_array_equal(result.layers[0], expected)
    assert result.found == ("spleen", "kidney right")
    assert result.author == f"model totalsegmentator:good@{VERSION}+{result.source_hash}"
    assert result.record["backend"] == f"TotalSegmentator {VERSION}"
    assert result.record["device"] == "cpu"
    assert result.record["memory"] == "not planned"
    assert {"write image", "program", "read result"} <= set(result.seconds)
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(fractions)
    assert any("Predicting part 2 of 2" in message for _, message in said)
    wait_until(lambda: not list(temporary.iterdir()))


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("shifted", "another grid"),
        ("unknown", r"does not name \(9\)"),
        ("fractions", "no label values"),
        ("crash", "failed with code 1"),
        ("nothing", "gave no result"),
        ("fetching", "wanted to fetch weights"),
    ],
)
def test_what_is_no_result_is_refused(
    client: InferenceClient, volume: Volume, temporary: Path, task: str, words: str
) -> None:
    with pytest.raises(UserError, match=words) as refused:
        client.segment(volume, f"totalsegmentator:{task}")
    if task == "crash":
        assert "the network is broken" in refused.value.hint
    wait_until(lambda: not list(temporary.iterdir()))
    assert client.segment(volume, "totalsegmentator:good").found


def test_it_reports_nothing_and_sees_nothing(client: InferenceClient, volume: Volume, place: Place) -> None:
    (place.env / "port").write_text("1")
    told = told_by(client, volume, fast=True, device="cuda:1")
    assert told["sends"] is False
    assert told["number"] is None
    assert (told["fast"], told["device"], told["input"]) == (True, "gpu:1", "in.nii.gz")
    assert told["secret"] is False
    assert told["proxy"] == "http://127.0.0.1:9"
    assert told["is_at_home"] is True  # in its scratch folder
    assert told["weights"] == ["home", "nnunet", "results"]  # of its user


def test_without_consent_it_has_no_network(client: InferenceClient, volume: Volume, place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        (place.env / "port").write_text(str(server.getsockname()[1]))
        told = told_by(client, volume, network=True)
        assert told["reached"] is True
        assert told["proxy"] is None
        assert (place.home / "nnunet" / "results").is_dir()  # where it may put its weights
        result = client.segment(volume, "totalsegmentator:good")
        if result.record["network"] not in ("namespace", "no TCP"):
            pytest.skip("this system lets nobody cut a program's network")
        assert told_by(client, volume)["reached"] is False


def test_it_cannot_write_elsewhere(client: InferenceClient, volume: Volume, place: Place) -> None:
    if landlock_version() == 0:
        pytest.skip("this kernel has no Landlock")
    with pytest.raises(UserError, match="failed") as refused:
        client.segment(volume, "totalsegmentator:elsewhere")
    assert "Permission" in refused.value.hint
    assert not (place.env / "left-behind").exists()


def endless_run(
    client: InferenceClient, volume: Volume
) -> tuple[threading.Thread, list[BaseException], Any, list[int]]:
    """A run that never ends, on a thread; its failure, what stops it, and its two processes once it has both."""
    failures: list[BaseException] = []
    pids: list[int] = []
    stopped = threading.Event()

    def hear(_: float, message: str) -> None:
        found = re.search(r"by (\d+) and (\d+)", message)
        if found is not None and not pids:
            pids.extend(map(int, found.groups()))

    def run() -> None:
        try:
            client.segment(volume, "totalsegmentator:endless", None, hear, stopped.is_set)
        except BaseException as failure:  # noqa: BLE001  (for the test's own thread)
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: len(pids) == 2 or bool(failures))
    assert not failures
    return thread, failures, stopped, pids


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_cancel_ends_all_of_it(client: InferenceClient, volume: Volume, temporary: Path) -> None:
    thread, failures, stopped, pids = endless_run(client, volume)
    worker = client.worker_pid
    stopped.set()
    thread.join(WAIT_S)
    assert isinstance(failures[0], InferenceCancelled)
    wait_until(lambda: all(map(is_gone, pids)))  # the second one had left for a session of its own
    wait_until(lambda: not list(temporary.iterdir()))
    assert client.worker_pid in (worker, None)  # it stops by itself, or was ended on a slow machine


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody adopts what a program leaves behind")
def test_the_workers_end_is_its_end(client: InferenceClient, volume: Volume, temporary: Path) -> None:
    thread, failures, _, pids = endless_run(client, volume)
    assert client.worker_pid is not None
    os.kill(client.worker_pid, 9)
    thread.join(WAIT_S)
    assert isinstance(failures[0], InferenceFailed)
    wait_until(lambda: all(map(is_gone, pids)))
    wait_until(lambda: not list(temporary.iterdir()))  # its keeper outlived the worker for that


def test_wishes_that_it_does_not_take(client: InferenceClient, volume: Volume) -> None:
    with pytest.raises(UserError, match="takes no “mirror”"):
        client.segment(volume, "totalsegmentator:good", {"mirror": True})
    with pytest.raises(UserError, match="no device"):
        client.segment(volume, "totalsegmentator:good", {"device": "toaster"})
    with pytest.raises(UserError, match="made for MR"):
        client.segment(volume, "totalsegmentator:brain_mr")


def test_missing_weights_are_not_fetched_unasked(tmp_path: Path, volume: Volume) -> None:
    with computer(tmp_path, with_weights=True) as place:
        client, weights = place.client, place.home / "nnunet" / "results"
        with pytest.raises(UserError, match="no weights on this computer"):
            client.segment(volume, "totalsegmentator:good")
        for name in ("Dataset001", "Dataset002"):
            (weights / name).mkdir(parents=True)
            (weights / name / "checkpoint.pth").write_bytes(name.encode())
        first = client.segment(volume, "totalsegmentator:good").record["weights_hash"]
        with pytest.raises(UserError, match="no weights on this computer"):
            client.segment(volume, "totalsegmentator:good", {"fast": True})
        (weights / "Dataset001" / "checkpoint.pth").write_bytes(b"other")
        assert first != client.segment(volume, "totalsegmentator:good").record["weights_hash"] != ""


def test_the_users_licence_number_goes_along(client: InferenceClient, volume: Volume, place: Place) -> None:
    (place.env / "port").write_text("1")
    config = place.home / "config.json"
    place.home.mkdir(exist_ok=True)
    config.write_text(json.dumps({"license_number": "aca_12345", "send_usage_stats": True}))
    try:
        told = told_by(client, volume)
        kept = json.loads(config.read_text())
    finally:
        config.unlink()
    assert told["number"] == "aca_12345"
    assert told["sends"] is False
    assert kept == {"license_number": "aca_12345", "send_usage_stats": True}  # its user's own is left alone
