"""Converted networks on their way to where they are kept, and back: nothing a worker sends there can do harm."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.volume import Volume
from inference.catalogue import ModelInfo, folder_info
from inference.client import InferenceClient, InferenceFailed
from inference.packages.kept_networks import KeptNetworks
from inference.worker import networks
from inference.worker.channel import Message
from inference.worker.networks import NetworkReceiver, NetworkSender
from inference.worker.process import WorkerGone
from inference.worker.shared_block import SharedBlock

NAME = "0123456789abcdef" * 2
CONTENT = np.random.default_rng(0).integers(0, 255, 1000).astype(np.uint8)
Foreign = Callable[..., ModelInfo]
Clients = Callable[..., InferenceClient]


class Line:
    """A channel that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, bytes]] = []

    def send(self, message: Message, blocks: Any = (), timeout_s: float | None = None) -> None:
        (block,) = blocks
        self.sent.append((message, b"".join(bytes(piece) for piece in block.pieces())))


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    found = KeptNetworks(tmp_path / "kept").of("liver", tmp_path, "a" * 64)
    assert found is not None
    return found


def receiver(mine: Path, look: Callable[[], None] = lambda: None) -> NetworkReceiver:
    return NetworkReceiver(KeptNetworks(mine.parent), mine, look)


def take(to: NetworkReceiver, name: Any = NAME, said: Any = 1000, content: Any = CONTENT) -> None:
    block = SharedBlock.holding(content)
    try:
        to.take({"kind": "network", "name": name, "bytes": said}, [block])
    finally:
        block.close()


def test_what_a_worker_offers_is_kept_and_found_by_its_name(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.worker.shared_block.SLAB_BYTES", 300)
    line = Line()
    sender = NetworkSender(mine, line, 5)  # type: ignore[arg-type]
    sender.offer(NAME, CONTENT)
    sender.close()
    ((message, content),) = line.sent
    assert (message["job"], message["bytes"], content) == (5, 1000, CONTENT.tobytes())
    take(receiver(mine), message["name"])
    assert sender.path(NAME).read_bytes() == CONTENT.tobytes()


def test_one_that_is_too_large_is_not_sent(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "MOST_OF_ONE", 999)
    line = Line()
    NetworkSender(mine, line, 5).offer(NAME, CONTENT)  # type: ignore[arg-type]
    assert line.sent == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("../../escape", 1000), (NAME[:-1], 1000), (NAME.upper(), 1000), (NAME + "\n", 1000), (7, 1000), (None, 1000),
     (NAME, 999), (NAME, "1000"), (NAME, None), (NAME, -1)],
)  # fmt: skip
def test_nonsense_is_refused(mine: Path, name: Any, said: Any) -> None:
    with pytest.raises(WorkerGone, match="sense"):
        take(receiver(mine), name, said)
    with pytest.raises(WorkerGone, match="sense"):
        receiver(mine).take({"kind": "network", "name": NAME, "bytes": 1000}, [])
    assert list(mine.iterdir()) == []


def test_a_flood_is_refused(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = receiver(mine)
    for n in range(networks.MOST_IN_A_RUN):
        take(to, f"{n:032x}")
    with pytest.raises(WorkerGone, match="too much"):
        take(to, NAME)
    monkeypatch.setattr(networks, "MOST_OF_ONE", 1999)
    to = receiver(mine)
    take(to)
    with pytest.raises(WorkerGone, match="too much"):
        take(to)


def test_memory_that_its_owner_shortens_is_no_network(mine: Path) -> None:
    block = SharedBlock.holding(CONTENT)
    handle = block.handle
    if not isinstance(handle, int):
        pytest.skip("memory of a fixed size here")
    import os

    os.ftruncate(handle, 10)
    with pytest.raises(WorkerGone, match="not there"):
        receiver(mine).take({"kind": "network", "name": NAME, "bytes": 1000}, [block])
    block.close()
    assert list(mine.iterdir()) == []


def test_a_cancel_is_heard_while_a_network_is_written(mine: Path) -> None:
    class Stop(Exception):
        pass

    def look() -> None:
        raise Stop

    with pytest.raises(Stop):
        take(receiver(mine, look))
    assert list(mine.iterdir()) == []


def test_a_worker_reads_its_own_models_networks_and_writes_nowhere(
    foreign: Foreign, clients: Clients, volume: Volume, tmp_path: Path
) -> None:
    kept = KeptNetworks(tmp_path / "kept")
    paths = []
    for model in ("guest", "other"):
        folder = kept.of(model, tmp_path, "0123abcd")
        assert folder is not None
        paths.append(folder / "net.network")
        paths[-1].write_text(model)
    code = f"""
        found = {{}}
        for n, path in enumerate({[str(path) for path in paths]!r}):
            for mode in ("r", "w", "a"):
                try:
                    with open(path, mode) as file:
                        found[f"{{n}} {{mode}}"] = file.read() if mode == "r" else "written"
                except OSError as error:
                    found[f"{{n}} {{mode}}"] = "refused"
        return found
    """
    result = clients(foreign(code), kept_networks=lambda: kept).segment(volume, "guest")
    assert result.record["outcome"] == {
        "0 r": "guest", "0 w": "refused", "0 a": "refused", "1 r": "refused", "1 w": "refused", "1 a": "refused"
    }  # fmt: skip
    assert [path.read_text() for path in paths] == ["guest", "other"]


def test_a_worker_that_ends_by_itself_loses_its_networks(
    foreign: Foreign, clients: Clients, volume: Volume, tmp_path: Path
) -> None:
    kept = KeptNetworks(tmp_path / "kept")
    folder = kept.of("guest", tmp_path, "0123abcd")
    assert folder is not None
    (folder / "net.network").write_text("perhaps what ends it")
    client = clients(foreign("import os; os._exit(3)"), kept_networks=lambda: kept)
    with pytest.raises(InferenceFailed):
        client.segment(volume, "guest")
    assert list(folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_second_run_finds_the_network_of_the_first(
    clients: Clients, volume: Volume, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
    pytest.importorskip("openvino", reason="needs OpenVINO (install with --ai)")
    package = tmp_path / "net"
    package.mkdir()
    torch.manual_seed(0)
    layers = (torch.nn.Conv3d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv3d(4, 2, 1))
    torch.jit.script(torch.nn.Sequential(*layers).eval()).save(str(package / "net.ts"))
    side = {
        "name": "Small",
        "version": "1",
        "channels": [{"name": "CT", "modality": "CT"}],
        "labels": [{"value": 1, "name": "thing"}],
        "window": {"roi": [16, 16, 16], "overlap": 0.25},
        "head": "softmax",
    }
    (package / "limner-model-side.json").write_text(json.dumps(side))
    info = folder_info(package)
    kept = KeptNetworks(tmp_path / "kept")
    wanted = {"backend": "openvino", "device": "cpu"}
    origins, layers_found = [], []
    for damage in (None, None, b"not a network", None):
        if damage is not None:
            (path,) = kept.of(info.id, package, "").glob("*.network")  # type: ignore[union-attr]
            path.write_bytes(damage)
        result = clients(info, kept_networks=lambda: kept).segment(volume, info.id, wanted)
        origins.append(result.record["network"])
        layers_found.append(result.layers[0])
    assert origins == ["converted", "kept", "converted", "kept"]
    assert all(np.array_equal(layers_found[0], layer) for layer in layers_found[1:])
    assert "a kept network cannot be used" in caplog.text
