"""What a run shows before it is over: it arrives, in time, and nothing that a worker sends there can do harm."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from imaging.volume import Volume
from inference.client import InferenceClient, InferenceFailed
from inference.early_result import MOST_LAYERS, EarlyResult
from inference.result import FoundLabel
from inference.worker.channel import Message
from inference.worker.early_results import AT_ONCE, EarlyReceiver
from inference.worker.exchange import Watch, ask, stop
from inference.worker.process import WorkerGone, WorkerProcess
from inference.worker.shared_block import SharedBlock

SHAPE = (3, 4, 5)
LAYER = np.arange(60, dtype=np.uint8).reshape(SHAPE)


def message(**changes: Any) -> Message:
    described = {"shape": list(SHAPE), "dtype": "|u1"}
    made: Message = {"kind": "early", "job": 5, "is_coarse": True, "layers": [described]}
    return made | {"labels": [[0, 7, "liver", ""]]} | changes


class Sent:
    """Blocks as a worker sends them, and whether they were closed."""

    def __init__(self, *layers: Any) -> None:
        self.blocks = [SharedBlock.holding(layer) for layer in layers]

    @property
    def are_closed(self) -> bool:
        return not any(block._is_open for block in self.blocks)


class ScriptedProcess:
    """A worker that says what it is told to say."""

    def __init__(self, *said: tuple[Message, Sequence[SharedBlock]]) -> None:
        self.said = list(said)
        self.heard: list[str] = []

    def send(self, message: Message, blocks: Sequence[SharedBlock] = (), timeout_s: float = 0.0) -> None:
        self.heard.append(message["kind"])

    def receive(self, timeout_s: float) -> tuple[Message, list[SharedBlock]] | None:
        if not self.said:
            raise WorkerGone("the script is over")
        said, blocks = self.said.pop(0)
        return said, list(blocks)


def scripted(*said: tuple[Message, Sequence[SharedBlock]]) -> WorkerProcess:
    return cast(WorkerProcess, ScriptedProcess(*said))


DONE: Message = {"kind": "done", "job": 5}


def test_the_window_takes_a_copy(volume: Volume) -> None:
    seen: list[EarlyResult] = []
    sent = Sent(LAYER)
    watch = Watch(None, None, seen.append)
    ask(scripted((message(), sent.blocks), (DONE, [])), {"kind": "run", "job": 5}, [], watch, shape=SHAPE)
    (early,) = seen
    np.testing.assert_array_equal(early.layers[0], LAYER)
    assert early.layers[0].flags.owndata
    assert early.labels == (FoundLabel(0, 7, "liver", "", 0),)
    assert early.is_coarse
    assert sent.are_closed


BAD: dict[str, dict[str, Any]] = {
    "another shape": {"layers": [{"shape": [3, 4, 6], "dtype": "|u1"}]},
    "another type": {"layers": [{"shape": list(SHAPE), "dtype": "<f4"}]},
    "a wider type than there are bytes": {"layers": [{"shape": list(SHAPE), "dtype": "<u2"}]},
    "no layers": {"layers": []},
    "more layers than came": {"layers": [{"shape": list(SHAPE), "dtype": "|u1"}] * 2},
    "layers that are none": {"layers": 7},
    "maps": {"layers": [], "maps": [{"shape": list(SHAPE), "dtype": "|u1"}]},
    "no labels": {"labels": None},
    "labels that are none": {"labels": [[0, 7, "liver"]]},
    "a label on a layer that is not there": {"labels": [[1, 7, "liver", ""]]},
    "a label for the background": {"labels": [[0, 0, "liver", ""]]},
    "a label of no number": {"labels": [[0, -1, "liver", ""]]},
    "a name without end": {"labels": [[0, 7, "x" * 100_000, ""]]},
    "another job": {"job": 4},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_what_makes_no_sense_ends_the_worker(changes: dict[str, Any]) -> None:
    seen: list[EarlyResult] = []
    sent = Sent(LAYER)
    watch = Watch(None, None, seen.append)
    with pytest.raises(WorkerGone, match="sense"):
        ask(scripted((message(**changes), sent.blocks)), {"kind": "run", "job": 5}, [], watch, shape=SHAPE)
    assert not seen
    assert sent.are_closed


def test_nobody_asked_for_it() -> None:
    sent = Sent(LAYER)
    with pytest.raises(WorkerGone, match="sense"):
        ask(scripted((message(), sent.blocks)), {"kind": "run", "job": 5}, [], Watch(None, None), shape=SHAPE)
    assert sent.are_closed


def test_too_many_layers_are_refused() -> None:
    count = MOST_LAYERS + 1
    sent = Sent(*[LAYER] * count)
    receiver = EarlyReceiver(lambda early: pytest.fail("shown"))
    with pytest.raises(WorkerGone):
        receiver.take(message(layers=[{"shape": list(SHAPE), "dtype": "|u1"}] * count), sent.blocks, SHAPE)
    for block in sent.blocks:
        block.close()


def test_a_flood_is_dropped_unread_and_closed() -> None:
    seen: list[EarlyResult] = []
    floods = [Sent(LAYER) for _ in range(50)]
    said = [(message(), flood.blocks) for flood in floods]
    ask(scripted(*said, (DONE, [])), {"kind": "run", "job": 5}, [], Watch(None, None, seen.append), shape=SHAPE)
    assert 1 <= len(seen) <= AT_ONCE + 1
    assert all(flood.are_closed for flood in floods)


def test_memory_beside_progress_and_after_a_cancel_is_closed() -> None:
    beside, late, last = Sent(LAYER), Sent(LAYER), Sent(LAYER)
    progress = {"kind": "progress", "fraction": 0.5, "message": "half"}
    watch = Watch(None, None)
    ask(scripted((progress, beside.blocks), (DONE, [])), {"kind": "run", "job": 5}, [], watch, shape=SHAPE)
    process = ScriptedProcess((message(), late.blocks), ({"kind": "cancelled", "job": 5}, last.blocks))
    assert stop(cast(WorkerProcess, process), 5)
    assert process.heard == ["cancel", "taken"]
    assert beside.are_closed
    assert late.are_closed
    assert last.are_closed


def test_without_room_it_is_left_out(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(SharedBlock, "copied", full)
    sent = Sent(LAYER)
    with caplog.at_level(logging.WARNING):
        EarlyReceiver(lambda early: pytest.fail("shown")).take(message(), sent.blocks, SHAPE)
    assert "no room" in caplog.text
    for block in sent.blocks:
        block.close()


def test_it_comes_while_the_model_computes(client: InferenceClient, volume: Volume, tmp_path: Path) -> None:
    go = tmp_path / "go"
    seen: list[EarlyResult] = []

    def look(early: EarlyResult) -> None:
        seen.append(early)
        go.touch()  # only now the model goes on

    result = client.segment(volume, "pretend", {"do": "early_first", "until": str(go)}, early=look)
    np.testing.assert_array_equal(seen[0].layers[0], volume.voxels > 0)
    np.testing.assert_array_equal(result.layers[0], volume.voxels > 100)
    assert seen[0].labels[0].name == "Bright"


def test_who_does_not_look_is_sent_nothing(client: InferenceClient, volume: Volume) -> None:
    result = client.segment(volume, "pretend", {"do": "early_first"})
    np.testing.assert_array_equal(result.layers[0], volume.voxels > 100)


def test_a_worker_that_floods_still_gives_its_result(client: InferenceClient, volume: Volume) -> None:
    seen: list[EarlyResult] = []
    result = client.segment(volume, "pretend", {"do": "early_flood"}, early=seen.append)
    np.testing.assert_array_equal(result.layers[0], volume.voxels > 100)
    assert 1 <= len(seen) < 150


@pytest.mark.parametrize("do", ["early_small", "early_floats"])
def test_a_worker_that_shows_nonsense_is_ended(client: InferenceClient, volume: Volume, do: str) -> None:
    with pytest.raises(InferenceFailed, match="before its end"):
        client.segment(volume, "pretend", {"do": do, "until": "/never"}, early=lambda early: pytest.fail("shown"))
    assert client.worker_pid is None
    assert client.segment(volume, "pretend").found


def test_who_raises_while_looking_stops_the_run(client: InferenceClient, volume: Volume) -> None:
    class Enough(Exception):
        pass

    def look(early: EarlyResult) -> None:
        raise Enough

    with pytest.raises(Enough):
        client.segment(volume, "pretend", {"do": "early_first", "until": "/never"}, early=look)
    assert client.segment(volume, "pretend").found
