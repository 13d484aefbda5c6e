"""The libraries themselves, with small networks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.errors import UserError
from inference.backends.torch_backend import TorchPredictor

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
ROOT = Path(__file__).parents[4]


def network(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    layers = (torch.nn.Conv3d(2, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv3d(4, 3, 1))
    return torch.nn.Sequential(*layers).eval()


def window(side: int = 12) -> Any:
    return torch.from_numpy(np.random.default_rng(0).normal(size=(2, 2, side, side, side)).astype(np.float32))


def test_the_networks_own_weights_stay_as_they_were() -> None:
    module = network()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    for precision in ("fp32", "bf16"):
        with torch.inference_mode():
            answer = TorchPredictor([module], "cpu", precision, is_channels_last=True)(window())
        assert answer.dtype == torch.float32
        assert answer.is_contiguous()
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])
        assert value.stride() == before[name].stride()  # the layout of plain fp32


def test_several_networks_are_averaged() -> None:
    modules = [network(seed) for seed in (1, 2, 3)]
    with torch.inference_mode():
        answer = TorchPredictor(modules)(window())
        expected = sum(module(window()) for module in modules) / 3
    torch.testing.assert_close(answer, expected)


def test_a_predictor_states_what_it_computes_with() -> None:
    assert TorchPredictor([network()], "cpu", "bf16", is_channels_last=True).backend == "torch bf16 channels last"


def test_openvino_computes_the_same_also_in_other_shapes() -> None:
    pytest.importorskip("openvino")
    from inference.backends.openvino_backend import OpenVinoPredictor

    module = network()
    predictor = OpenVinoPredictor(module, (1, 2, 16, 16, 16), "fp32")
    for side in (12, 16):
        with torch.inference_mode():
            torch.testing.assert_close(predictor(window(side)), module(window(side)), rtol=1e-4, atol=1e-4)


def test_onnx_runtime_computes_the_same_and_says_where(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    from inference.backends.onnx_backend import OnnxPredictor

    module = network()
    axes = {"given": {0: "batch"}}
    torch.onnx.export(
        module, (window(),), str(tmp_path / "net.onnx"), dynamo=False, input_names=["given"], dynamic_axes=axes
    )
    predictor = OnnxPredictor(tmp_path / "net.onnx", "cpu")
    with torch.inference_mode():
        torch.testing.assert_close(predictor(window()), module(window()), rtol=1e-4, atol=1e-4)
    assert (predictor.backend, predictor.device) == ("onnxruntime fp32", "cpu")
    (tmp_path / "net.onnx").write_bytes(b"not a network")
    with pytest.raises(UserError, match=r"net\.onnx is no ONNX network"):
        OnnxPredictor(tmp_path / "net.onnx", "cpu")


SILENT = """
import socket, sys
def refuse(*args, **kwargs):
    raise SystemExit(f"a socket was made: {args}")
socket.socket.__init__ = refuse
socket.create_connection = socket.getaddrinfo = refuse
import inference.backends.openvino_backend as backend
openvino = backend._openvino()
assert openvino.Core().available_devices
import openvino.tools.ovc, openvino.frontend
assert sys.modules["openvino_telemetry"] is None
assert not [name for name in sys.modules if name.startswith("openvino_telemetry.")]
import inference.backends.onnx_backend as backend
import onnxruntime
told = []
onnxruntime.disable_telemetry_events = lambda: told.append(True)
backend._onnxruntime()
assert told
print("silent")
"""


def test_the_libraries_tell_nobody_that_they_are_used() -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("onnxruntime")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SILENT], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "silent\n", done.stderr
