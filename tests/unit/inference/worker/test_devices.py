"""What the worker says that it computes on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inference.worker import devices as module
from inference.worker.devices import devices

TORCH = """
from types import SimpleNamespace

cuda = SimpleNamespace(
    is_available=lambda: {available},
    device_count=lambda: 1,
    get_device_properties=lambda n: SimpleNamespace(name="NVIDIA H200", total_memory=139 << 30),
)
"""


@pytest.mark.parametrize("available", [True, False])
def test_gpu_stands_before_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, available: bool) -> None:
    (tmp_path / "torch.py").write_text(TORCH.format(available=available))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(module, "core_count", lambda: 2)
    try:
        assert devices() == (["GPU NVIDIA H200, 139 GB"] if available else []) + ["CPU, 2 cores"]
    finally:
        sys.modules.pop("torch", None)  # monkeypatch would put the false one back, and others would find it


def test_without_torch_there_is_the_processor_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(module, "core_count", lambda: 1)
    assert devices() == ["CPU, 1 core"]
