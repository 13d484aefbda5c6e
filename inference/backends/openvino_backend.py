"""Networks computed by OpenVINO on the CPU, converted from torch or read from ONNX when they are first needed."""

from __future__ import annotations

import importlib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.backends.forms import NetworkForms
from inference.backends.group_norm import keep_memory_order
from inference.engine.predictor import only_output
from inference.worker.footprint import core_count

if TYPE_CHECKING:
    import torch

NAME = "openvino"
EXAMPLE_SIDE = 32
HINTS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}


class OpenVinoPredictor:
    """One network for windows of one shape.

    Args:
        source: a network in torch in evaluation mode, or an ONNX file.
        shape: (window, channel, x, y, z) of what it will be given; other shapes compile anew.
        precision: fp32, or bf16 on processors that compute in it.
        forms: where the converted network may be known from.
        number: which of the networks there it is.

    Raises:
        RuntimeError: OpenVINO cannot convert or compile the network.
    """

    def __init__(
        self,
        source: torch.nn.Module | Path,
        shape: tuple[int, ...],
        precision: str,
        forms: NetworkForms | None = None,
        number: int = 0,
    ) -> None:
        openvino = _openvino()
        self._core = openvino.Core()
        if isinstance(source, Path):
            self._model = self._core.read_model(str(source))
        else:
            forms = forms or NetworkForms()
            self._model = forms.model(openvino, number, shape, lambda: _converted(source, shape))
        self._settings = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "INFERENCE_NUM_THREADS": core_count(),
            "PERFORMANCE_HINT": "LATENCY",
        }
        self._shape: tuple[int, ...] = ()
        self._request: Any = None
        self.backend = f"{NAME} {precision}"
        self.device = "cpu"
        self._compile(shape)

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        """See ``Predictor``."""
        import torch

        if tuple(batch.shape) != self._shape:
            self._compile(tuple(batch.shape))
        # no copy of the answer, which may be the largest array of all: it is valid until the next call
        answer = self._request.infer([batch.contiguous().numpy()], share_inputs=True, share_outputs=True)
        return torch.from_numpy(answer[0])

    def _compile(self, shape: tuple[int, ...]) -> None:
        self._request = None  # the old one's memory first
        self._model.reshape(list(shape))
        self._request = self._core.compile_model(self._model, "CPU", self._settings).create_infer_request()
        self._shape = shape


def _converted(source: torch.nn.Module, shape: tuple[int, ...]) -> tuple[Any, bool]:
    """OpenVINO's model, and whether it holds for windows of other sizes, too."""
    import torch

    openvino = _openvino()
    module = _first_output(source)
    small = (1, shape[1], *(min(n, EXAMPLE_SIDE) for n in shape[2:]))
    with torch.no_grad():
        try:  # following the network through a small window takes a fraction of the time and memory
            model = _followed(openvino, module, torch.zeros(small))
            model.reshape(list(shape))
        except RuntimeError:  # its layers do not take so small a window, or keep sizes of the example
            return _followed(openvino, module, torch.zeros(shape)), False
    return model, True


def _followed(openvino: Any, module: torch.nn.Module, example: torch.Tensor) -> Any:
    """What OpenVINO makes of a network by following an example through it."""
    log = logging.getLogger()
    level, filters, handlers = log.level, list(log.filters), list(log.handlers)
    try:
        model = openvino.convert_model(module, example_input=example)
        keep_memory_order(model)
        return model
    finally:  # where it fails, OpenVINO leaves the whole process's log turned down
        log.setLevel(level)
        log.filters, log.handlers = filters, handlers


def _first_output(module: torch.nn.Module) -> torch.nn.Module:
    """The network without its further outputs."""
    import torch

    class FirstOutput(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, given: torch.Tensor) -> torch.Tensor:
            return only_output(self.module(given))

    return FirstOutput().eval()


def _openvino() -> Any:
    """The library, without the part of it that reports its use to its makers over the network."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # an ImportError, which openvino expects
    return importlib.import_module("openvino")
