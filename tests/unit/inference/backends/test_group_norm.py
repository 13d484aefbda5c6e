"""Group normalisation in another form gives the same numbers, for windows and batches of other sizes, too."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from inference.backends.candidates import Candidate, made
from inference.backends.group_norm import KIND, keep_memory_order
from inference.opening.opened import TorchNetworks

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("openvino", reason="needs OpenVINO (install with --ai)")
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning", "ignore::torch.jit.TracerWarning"
)
FP32 = Candidate("openvino", "cpu", "fp32")


def network(groups: int) -> Any:
    """Normalises numbers that are far from 0 and have a scale and shift of their own for each channel."""
    torch.manual_seed(0)
    norm = torch.nn.GroupNorm(groups, 8)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    layers = (torch.nn.Conv3d(1, 8, 3, padding=1), norm, torch.nn.ReLU(), torch.nn.Conv3d(8, 3, 1))
    return torch.nn.Sequential(*layers).eval()


def image(*shape: int) -> Any:
    return torch.from_numpy(np.random.default_rng(0).normal(50, 3, shape).astype(np.float32))


def kinds(model: Any) -> set[str]:
    return {node.get_type_name() for node in model.get_ordered_ops()}


@pytest.mark.parametrize("groups", [1, 4, 8])
@pytest.mark.parametrize("shape", [(1, 1, 16, 16, 16), (3, 1, 8, 24, 12)])
def test_it_is_as_precise_as_torch(groups: int, shape: tuple[int, ...]) -> None:
    module = network(groups)
    predictor = made(FP32, TorchNetworks((module,)), shape)
    assert KIND not in kinds(predictor._model)  # type: ignore[attr-defined]
    with torch.inference_mode():
        exact = deepcopy(module).double()(image(*shape).double())
        of_torch = float((module(image(*shape)).double() - exact).abs().max())
    ours = float((predictor(image(*shape)).double() - exact).abs().max())
    assert ours < max(10 * of_torch, 1e-5 * float(exact.abs().max()))


@pytest.mark.parametrize("shape", [(1, 8, 16, 16), (-1, -1, 8, 8, 8)], ids=["flat", "unknown channels"])
def test_flat_images_and_unknown_numbers_of_channels_are_left_alone(shape: tuple[int, ...]) -> None:
    import openvino
    from openvino import opset13 as ops

    given = ops.parameter(shape, np.float32)
    norm = ops.group_normalization(given, np.ones(8, np.float32), np.zeros(8, np.float32), 4, 1e-5)
    model = openvino.Model([norm], [given])
    keep_memory_order(model)
    assert KIND in kinds(model)
