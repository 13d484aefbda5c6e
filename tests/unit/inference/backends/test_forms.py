"""OpenVINO's forms of networks: converted once, the same bit for bit when they come out of a file, never a crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.backends import network_file
from inference.backends.candidates import Candidate, made
from inference.backends.forms import NetworkForms
from inference.backends.network_file import Content
from inference.backends.openvino_backend import OpenVinoPredictor
from inference.opening.opened import TorchNetworks

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("openvino", reason="needs OpenVINO (install with --ai)")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
SHAPE = (1, 1, 16, 16, 16)
FP32 = Candidate("openvino", "cpu", "fp32")


class Folder:
    """A shelf that keeps what is offered at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.offered: list[str] = []

    def path(self, name: str) -> Path:
        return self.folder / name

    def offer(self, name: str, content: Content) -> None:
        self.offered.append(name)
        self.path(name).write_bytes(content.tobytes())


@pytest.fixture
def shelf(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def network(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    layers = (torch.nn.Conv3d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv3d(4, 3, 1))
    return torch.nn.Sequential(*layers).eval()


def answer(predictor: Any, shape: tuple[int, ...] = SHAPE) -> Any:
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    return predictor(torch.from_numpy(image)).clone()


def run(shelf: Folder | None, key: str = "key", count: int = 1, shape: tuple[int, ...] = SHAPE) -> tuple[str, Any]:
    """One run: where its network came from, and what it answers."""
    forms = NetworkForms(key, shelf)
    networks = TorchNetworks(tuple(network(seed) for seed in range(count)), forms=forms)
    predictor = made(FP32, networks, shape)
    forms.settle(is_used=True)
    return forms.origin, answer(predictor, shape)


def test_a_kept_network_answers_bit_for_bit_as_the_converted_one(shelf: Folder) -> None:
    (first, converted), (second, kept) = run(shelf), run(shelf)
    assert (first, second) == ("converted", "kept")
    assert len(shelf.offered) == 1
    assert torch.equal(converted, kept)
    assert torch.equal(run(None)[1], kept)
    with torch.inference_mode():
        assert torch.allclose(answer(network()), kept, atol=1e-5)


def test_one_form_serves_windows_of_all_sizes_where_it_can(shelf: Folder) -> None:
    run(shelf)
    assert run(shelf, shape=(2, 1, 24, 16, 32))[0] == "kept"

    class Fixed(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return image.reshape(1, 1, 48, 48, 48) * 2

    forms = NetworkForms("other", shelf)
    predictor = made(FP32, TorchNetworks((Fixed(),), forms=forms), (1, 1, 48, 48, 48))
    forms.settle(is_used=True)
    assert forms.origin == "converted"
    assert answer(predictor, (1, 1, 48, 48, 48)).shape == (1, 1, 48, 48, 48)


def test_another_network_is_not_taken_for_it(shelf: Folder) -> None:
    run(shelf)
    assert run(shelf, key="other weights")[0] == "converted"


def test_networks_that_are_averaged_are_kept_each(shelf: Folder) -> None:
    _, converted = run(shelf, count=2)
    assert len(shelf.offered) == 2
    origin, kept = run(shelf, count=2)
    assert origin == "kept"
    assert torch.equal(converted, kept)
    assert not torch.equal(run(shelf)[1], kept)


def test_what_does_not_compute_the_run_is_not_kept(shelf: Folder) -> None:
    forms = NetworkForms("key", shelf)
    made(FP32, TorchNetworks((network(),), forms=forms), SHAPE)
    forms.settle(is_used=False)
    assert shelf.offered == []


def test_a_run_converts_once_however_often_it_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    from inference.backends import openvino_backend

    convert, calls = openvino_backend._converted, []

    def counted(*given: Any) -> Any:
        calls.append(given)
        return convert(*given)

    monkeypatch.setattr(openvino_backend, "_converted", counted)
    forms = NetworkForms("key")
    networks = TorchNetworks((network(),), forms=forms)
    answers = [answer(made(FP32, networks, SHAPE)) for _ in range(2)]
    assert forms.origin == "converted"
    made(FP32, networks, (1, 1, 32, 32, 32))
    assert len(calls) == 1
    assert torch.equal(*answers)


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "nonsense", "description"])
def test_a_damaged_one_is_converted_anew(shelf: Folder, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    _, expected = run(shelf)
    path = shelf.path(shelf.offered[0])
    content = bytearray(path.read_bytes())
    if damage == "bit":
        content[-5] ^= 1  # a weight
    elif damage == "description":  # whole, but of a version that OpenVINO does not read
        content = bytearray(forged(b"<net name='x' version='99'></net>", b"1234").tobytes())
    path.write_bytes({"cut": content[:-9], "empty": b"", "nonsense": b"PK" * 400}.get(damage, content))
    origin, found = run(shelf)
    assert origin == "converted"
    assert torch.equal(found, expected)
    assert "kept network" in caplog.text
    assert run(shelf)[0] == "kept"


def test_one_that_openvino_reads_but_cannot_compute_is_converted_anew(
    shelf: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = run(shelf)
    compile_, failures = OpenVinoPredictor._compile, [True]

    def fails_once(self: OpenVinoPredictor, shape: tuple[int, ...]) -> None:
        if failures:
            failures.clear()
            raise RuntimeError("unsupported")
        compile_(self, shape)

    monkeypatch.setattr(OpenVinoPredictor, "_compile", fails_once)
    origin, found = run(shelf)
    assert origin == "converted"
    assert torch.equal(found, expected)
    assert len(shelf.offered) == 2


def test_a_full_disk_costs_only_the_keeping(shelf: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inference.backends.forms.packed", full)
    origin, found = run(shelf)
    assert origin == "converted"
    assert shelf.offered == []
    assert torch.equal(found, run(None)[1])


def forged(description: bytes, weights: bytes) -> Content:
    import hashlib

    body = description + weights
    head = network_file._HEAD.pack(network_file.MAGIC, hashlib.sha256(body).digest(), len(description))
    return np.frombuffer(head + body, np.uint8)
