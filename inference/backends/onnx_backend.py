"""Networks computed by ONNX Runtime on the CPU (or what else it was built for), from an ONNX file."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError
from inference.worker.footprint import core_count

if TYPE_CHECKING:
    import torch

NAME = "onnxruntime"
CUDA = "CUDAExecutionProvider"


class OnnxPredictor:
    """One network.

    Args:
        path: the file.
        device: ``cpu`` or ``cuda:0``; the latter needs ONNX Runtime's build for CUDA.

    Raises:
        UserError: the file is damaged, or uses operations that are not known here.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        onnxruntime = _onnxruntime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = core_count()
        options.log_severity_level = 3
        providers = [CUDA] if device.startswith("cuda") else []
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, [*providers, "CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exceptions have no common class but this
            raise UserError(f"{path.name} is no ONNX network that can be run here.", str(error)[:200]) from error
        self._input = self._session.get_inputs()[0].name
        self._is_half = "float16" in self._session.get_inputs()[0].type
        self.backend = f"{NAME} {'fp16' if self._is_half else 'fp32'}"
        self.device = device

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        """See ``Predictor``."""
        import numpy as np
        import torch

        given = batch.contiguous().numpy()
        answer = self._session.run(None, {self._input: given.astype(np.float16) if self._is_half else given})[0]
        return torch.from_numpy(np.asarray(answer, np.float32))


def computes_on_cuda() -> bool:
    """Whether the ONNX Runtime that is installed was built for CUDA."""
    return CUDA in _onnxruntime().get_available_providers()


def _onnxruntime() -> Any:
    """The library; the builds for Windows report to their makers that they are used, unless told not to."""
    onnxruntime = importlib.import_module("onnxruntime")
    if hasattr(onnxruntime, "disable_telemetry_events"):  # builds from source may lack it
        onnxruntime.disable_telemetry_events()
    return onnxruntime
