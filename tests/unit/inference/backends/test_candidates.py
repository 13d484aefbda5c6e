from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from imaging.errors import UserError
from inference.backends import candidates as module
from inference.backends.candidates import candidates
from inference.engine.parameters import RunParameters
from inference.opening.opened import Networks, OnnxNetwork, TorchNetworks

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
PLAIN, SCRIPTED = TorchNetworks(()), TorchNetworks((), is_scripted=True)
ONNX = OnnxNetwork(Path("net.onnx"))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call it with what the pretended machine has."""

    def have(*, bf16: bool = False, openvino: bool = True, gpus: int = 0, onnx_on_gpu: bool = False) -> None:
        monkeypatch.setattr(module, "_computes_bf16", lambda: bf16)
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: (find(name) if openvino else None) if name == "openvino" else None
        )
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
        providers = ["CPUExecutionProvider", *(["CUDAExecutionProvider"] if onnx_on_gpu else [])]
        monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace(get_available_providers=lambda: providers))

    return have


def names(networks: Networks, **wish: Any) -> list[str]:
    return [candidate.name for candidate in candidates(networks, RunParameters(**wish))]


def test_the_plainest_comes_first_and_bf16_only_where_the_processor_has_it(machine: Any) -> None:
    pytest.importorskip("openvino")
    machine()
    assert names(PLAIN) == ["torch fp32 on cpu", "torch fp32 channels last on cpu", "openvino fp32 on cpu"]
    assert names(SCRIPTED) == ["torch fp32 on cpu", "openvino fp32 on cpu"]
    assert names(ONNX) == ["onnxruntime fp32 on cpu", "openvino fp32 on cpu"]
    with pytest.raises(UserError, match="cannot be computed by bf16"):
        names(PLAIN, precision="bf16")
    machine(bf16=True)
    assert names(PLAIN, precision="bf16") == ["torch bf16 channels last on cpu", "openvino bf16 on cpu"]
    assert names(SCRIPTED, precision="bf16") == ["openvino bf16 on cpu"]


def test_without_openvino_torch_is_left(machine: Any) -> None:
    machine(openvino=False)
    assert names(SCRIPTED) == ["torch fp32 on cpu"]
    with pytest.raises(UserError, match="openvino") as caught:
        names(PLAIN, backend="openvino")
    assert "torch fp32 on cpu" in caught.value.hint


def test_a_gpu_is_taken_where_there_is_one(machine: Any) -> None:
    machine(gpus=2)
    assert names(PLAIN) == ["torch fp32 on cuda:0", "torch fp16 channels last on cuda:0"]
    assert names(SCRIPTED) == ["torch fp32 on cuda:0"]
    assert names(PLAIN, device="cuda:1", precision="fp32") == ["torch fp32 on cuda:1"]
    assert "torch fp32 on cpu" in names(PLAIN, device="cpu")
    with pytest.raises(UserError, match="no device “cuda:2”") as caught:
        names(PLAIN, device="cuda:2")
    assert "cuda:0" in caught.value.hint


def test_onnx_runtime_without_cuda_says_that_it_computes_on_the_cpu(machine: Any) -> None:
    pytest.importorskip("openvino")
    machine(gpus=1)
    assert names(ONNX) == ["onnxruntime fp32 on cpu", "openvino fp32 on cpu"]
    machine(gpus=1, onnx_on_gpu=True)
    assert names(ONNX) == ["onnxruntime fp32 on cuda:0"]


@pytest.mark.parametrize(("flags", "has"), [("fpu avx2 avx512f", False), ("fpu avx512_bf16", True), ("amx_bf16", True)])
def test_bf16_is_read_from_the_processors_flags(
    flags: str, has: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nmodel name : Any\nflags : {flags}\n\nprocessor : 1\n")
    monkeypatch.setattr(module, "Path", lambda path: tmp_path / "cpuinfo")
    assert module._computes_bf16() is has
    monkeypatch.setattr(module, "Path", lambda path: tmp_path / "nothing")
    assert not module._computes_bf16()


def test_what_is_said_of_a_device_that_is_not_there(machine: Any) -> None:
    machine()
    for device in ("cuda:0", "mps", "tpu"):
        with pytest.raises(UserError, match=f"no device “{device}”") as caught:
            names(PLAIN, device=device)
        assert caught.value.hint == "There is: cpu."
