"""One run of one model inside the worker."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from imaging.case.images import geometry_from_json
from imaging.volume import Quantity
from inference.model import Model, ModelResult, RunCancelled
from inference.worker.channel import Channel, Message
from inference.worker.shared_block import SharedBlock
from inference.worker.source_hash import source_hash

REPORTS_PER_SECOND = 20


def run_model(
    request: Message, block: SharedBlock, channel: Channel, cancelled: Callable[[], bool], results: list[SharedBlock]
) -> Message:
    """Run the model that the request names on the voxels in ``block``.

    Args:
        request: ``factory``, ``shape``, ``dtype``, ``geometry``, ``quantity``, ``modality``, ``parameters``.
        results: gets one block for each layer.

    Returns:
        The answer to send: what was found, and which model of which source found it.

    Raises:
        RunCancelled, UserError: by the model; and whatever is wrong with it.
    """
    model = load_model(request["factory"])
    voxels = block.view(tuple(request["shape"]), np.dtype(request["dtype"]))
    geometry = geometry_from_json(request["geometry"])
    model.check(geometry, Quantity(request["quantity"]), request["modality"])
    result = model.run(voxels, geometry, request["parameters"], _Reports(channel, cancelled), cancelled)
    if cancelled():
        raise RunCancelled
    results += [SharedBlock.holding(np.ascontiguousarray(layer)) for layer in result.layers]
    return _described(model, result) | {"source_hash": source_hash(request["factory"].split(":")[0])}


def load_model(factory: str) -> Model:
    """The model that ``module:callable`` makes."""
    module, name = factory.split(":")
    model: Model = getattr(importlib.import_module(module), name)()
    return model


def _described(model: Model, result: ModelResult) -> Message:
    return {
        "kind": "done",
        "id": model.id,
        "name": model.name,
        "version": model.version,
        "labels": [[int(label.label_value), label.name, label.term_name] for label in model.labels],
        "layers": [{"shape": list(layer.shape), "dtype": layer.dtype.str} for layer in result.layers],
        "found": [[int(value), bool(is_found)] for value, is_found in result.found.items()],
        "seconds": {stage: round(float(seconds), 3) for stage, seconds in result.seconds.items()},
        "parameters": _plain(result.parameters),
        "notes": list(result.notes),
    }


def _plain(value: Any) -> Any:
    """The same in types that JSON has; numpy's numbers come out of every computation."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


class _Reports:
    """Passes on what the model says about its progress, but not more often than anybody can read."""

    def __init__(self, channel: Channel, cancelled: Callable[[], bool]) -> None:
        self._channel = channel
        self._cancelled = cancelled
        self._last = (0.0, "")

    def __call__(self, fraction: float, message: str) -> None:
        """Called by the model.

        Raises:
            RunCancelled: the window asked to stop.
        """
        if self._cancelled():
            raise RunCancelled
        now = time.monotonic()
        if message != self._last[1] or now - self._last[0] > 1 / REPORTS_PER_SECOND:
            self._last = (now, message)
            self._channel.send({"kind": "progress", "fraction": float(fraction), "message": message})
