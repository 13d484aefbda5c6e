"""Which backend computes a model here."""

from __future__ import annotations

from imaging.errors import UserError
from inference.backends.torch_backend import FP32, TorchPredictor
from inference.engine.parameters import RunParameters
from inference.engine.predictor import Predictor
from inference.opening.opened import Networks, TorchNetworks


def predictor_for(networks: Networks, wanted: RunParameters) -> Predictor:
    """The backend for a run.

    Raises:
        UserError: what was wished for is not here.
    """
    if isinstance(networks, TorchNetworks):
        device = "cpu" if wanted.device == "auto" else wanted.device
        precision = FP32 if wanted.precision == "auto" else wanted.precision
        return TorchPredictor(networks.modules, device, precision)
    raise UserError("ONNX models cannot be run yet.")
