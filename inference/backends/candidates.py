"""What a network could be computed with on this machine."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.backends.torch_backend import BF16, FP16, FP32
from inference.engine.parameters import RunParameters
from inference.engine.predictor import Averaged, Predictor
from inference.opening.opened import Networks, OnnxNetwork, TorchNetworks

TORCH, ONNX, OPENVINO = "torch", "onnxruntime", "openvino"
AUTO = "auto"


@dataclass(frozen=True)
class Candidate:
    """One way to compute.

    Attributes:
        backend: ``torch``, ``onnxruntime``, ``openvino``.
        device: ``cpu``, ``cuda:0``, ``mps``.
        precision: ``fp32``, ``bf16``, ``fp16``.
        is_channels_last: torch's memory layout.
    """

    backend: str
    device: str
    precision: str
    is_channels_last: bool = False

    @property
    def name(self) -> str:
        """For people and records."""
        return f"{self.backend} {self.precision}{' channels last' if self.is_channels_last else ''} on {self.device}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def candidates(networks: Networks, wanted: RunParameters) -> list[Candidate]:
    """All ways that the wish allows, the plainest first.

    Raises:
        UserError: the wish cannot be met on this machine.
    """
    device = device_of(wanted.device)
    found = [c for c in _possible(networks, device) if _meets(c, wanted)]
    if not found:
        wish = " ".join(word for word in (wanted.backend, wanted.precision) if word != AUTO)
        known = ", ".join(c.name for c in _possible(networks, device))
        raise UserError(f"This model cannot be computed by {wish} on {device} here.", f"Possible: {known}.")
    return found


def made(candidate: Candidate, networks: Networks, shape: tuple[int, ...]) -> Predictor:
    """The predictor of a candidate.

    Args:
        shape: (window, channel, x, y, z) of what it will mostly be given.

    Raises:
        RuntimeError: the library cannot take this network.
    """
    if candidate.backend == TORCH:
        from inference.backends.torch_backend import TorchPredictor

        assert isinstance(networks, TorchNetworks)
        return TorchPredictor(
            networks.modules, candidate.device, candidate.precision, is_channels_last=candidate.is_channels_last
        )
    if candidate.backend == ONNX:
        from inference.backends.onnx_backend import OnnxPredictor

        assert isinstance(networks, OnnxNetwork)
        return OnnxPredictor(networks.path, candidate.device)
    return _by_openvino(candidate.precision, networks, shape)


def _by_openvino(precision: str, networks: Networks, shape: tuple[int, ...]) -> Predictor:
    from inference.backends.forms import KEPT
    from inference.backends.openvino_backend import OpenVinoPredictor

    sources: Sequence[Any] = networks.modules if isinstance(networks, TorchNetworks) else (networks.path,)
    forms = networks.forms if isinstance(networks, TorchNetworks) else None

    def make() -> Predictor:
        predictors = [OpenVinoPredictor(source, shape, precision, forms, n) for n, source in enumerate(sources)]
        return predictors[0] if len(predictors) == 1 else Averaged(predictors)

    try:
        return make()
    except RuntimeError:
        if forms is None or forms.origin != KEPT:
            raise
        forms.distrust()
        return make()


def _possible(networks: Networks, device: str) -> list[Candidate]:
    if isinstance(networks, OnnxNetwork):
        device = _onnx_device(device)
        found = [Candidate(ONNX, device, FP32)]
    elif device != "cpu":
        plain = [Candidate(TORCH, device, FP32)]
        found = plain if networks.is_scripted else [*plain, Candidate(TORCH, device, FP16, is_channels_last=True)]
    elif networks.is_scripted:
        found = [Candidate(TORCH, device, FP32)]
    else:
        found = [Candidate(TORCH, device, FP32), Candidate(TORCH, device, FP32, is_channels_last=True)]
        if _computes_bf16():
            found.append(Candidate(TORCH, device, BF16, is_channels_last=True))
    if device == "cpu" and importlib.util.find_spec("openvino") is not None:
        found.append(Candidate(OPENVINO, device, FP32))
        if _computes_bf16():
            found.append(Candidate(OPENVINO, device, BF16))
    return found


def _onnx_device(device: str) -> str:
    """Where ONNX Runtime computes: its usual build knows the CPU only, and says nothing when asked for more."""
    from inference.backends.onnx_backend import computes_on_cuda

    return device if device.startswith("cuda") and computes_on_cuda() else "cpu"


def _meets(candidate: Candidate, wanted: RunParameters) -> bool:
    return wanted.backend in (AUTO, candidate.backend) and wanted.precision in (AUTO, candidate.precision)


def device_of(wanted: str) -> str:
    """The device that a wish means here: ``auto`` is the best one.

    Raises:
        UserError: there is no such device.
    """
    import torch

    gpu = "cuda:0" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else ""
    if wanted == AUTO:
        return gpu or "cpu"
    kind, _, number = wanted.partition(":")
    if kind == "cpu" or (kind == "mps" and gpu == "mps"):
        return kind
    index = int(number) if number.isdigit() else 0
    if kind == "cuda" and torch.cuda.is_available() and index < torch.cuda.device_count():
        return f"cuda:{index}"
    raise UserError(f"There is no device “{wanted}” here.", f"There is: cpu{', ' + gpu if gpu else ''}.")


def _computes_bf16() -> bool:
    """Whether the processor has instructions for it; without them bf16 is slower than fp32."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return False
    flags = next((line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")), "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags
