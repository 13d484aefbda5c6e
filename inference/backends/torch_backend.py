"""Networks computed by torch itself."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from inference.engine.predictor import only_output

if TYPE_CHECKING:
    import torch

NAME = "torch"
FP32, BF16, FP16 = "fp32", "bf16", "fp16"


class TorchPredictor:
    """One network, or the mean of several.

    Args:
        modules: in evaluation mode.
        device: ``cpu``, ``cuda:0``, ``mps``.
        precision: of weights and sums between layers: fp32, bf16 or fp16.
        is_channels_last: the memory layout that CPUs with bf16 units and GPUs prefer.
    """

    def __init__(
        self,
        modules: Sequence[torch.nn.Module],
        device: str = "cpu",
        precision: str = FP32,
        *,
        is_channels_last: bool = False,
    ) -> None:
        import torch

        self._type = {FP32: torch.float32, BF16: torch.bfloat16, FP16: torch.float16}[precision]
        self._layout = torch.channels_last_3d if is_channels_last else torch.contiguous_format
        self._modules = []
        for module in modules:
            # neither rounding nor another layout of the weights must reach the original, which plain fp32 computes with
            own = deepcopy(module) if precision != FP32 or is_channels_last else module
            moved: Any = own.to(device=device, dtype=self._type)  # torch's own types leave memory_format out
            self._modules.append(moved.to(memory_format=self._layout) if is_channels_last else moved)
        self.backend = f"{NAME} {precision}" + (" channels last" if is_channels_last else "")
        self.device = device

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        """See ``Predictor``; the sum over networks is kept in float32."""
        given = batch.to(device=self.device, dtype=self._type)
        if given.ndim == 5:
            given = given.contiguous(memory_format=self._layout)
        total = only_output(self._modules[0](given)).float()
        for module in self._modules[1:]:
            total = total + only_output(module(given)).float()
        if len(self._modules) > 1:
            total = total / len(self._modules)
        return total.contiguous()
