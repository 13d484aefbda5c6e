"""One run of one model inside the worker."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from imaging.case.images import geometry_from_json
from imaging.errors import UserError
from imaging.volume import Quantity
from inference.model import FoundBox, Model, ModelImage, ModelResult, RunCancelled
from inference.worker.channel import Channel, Message
from inference.worker.early_results import EarlySender
from inference.worker.networks import NetworkSender
from inference.worker.shared_block import SharedBlock
from inference.worker.source_hash import source_hash

REPORTS_PER_SECOND = 20


def run_model(
    request: Message,
    blocks: Sequence[SharedBlock],
    channel: Channel,
    cancelled: Callable[[], bool],
    results: list[SharedBlock],
) -> Message:
    """Run the model that the request names on the voxels in ``blocks``.

    Args:
        request: ``factory``, ``package``, ``parameters``, and ``images`` with the ``shape``, ``dtype``, ``geometry``,
            ``quantity`` and ``modality`` of each block; ``wants_early`` where somebody looks while it runs;
            ``networks`` where there is a folder of this model's converted networks.
        results: gets one block for each layer, then one for each map.

    Returns:
        The answer to send: what was found, and which model of which source found it.

    Raises:
        RunCancelled, UserError: by the model; and whatever is wrong with it.
    """
    model = load_model(request["factory"], request["package"] or request.get("external"))
    images = [_image(description, block) for description, block in zip(request["images"], blocks, strict=True)]
    model.check(images[0].geometry, images[0].quantity, images[0].modality)
    with _shown_early(model, request, channel), _networks_kept(model, request, channel):
        result = _run(model, images, request["parameters"], _Reports(channel, cancelled), cancelled)
    if cancelled():
        raise RunCancelled
    results += [SharedBlock.holding(np.ascontiguousarray(array)) for array in (*result.layers, *result.maps.values())]
    module = request["factory"].split(":")[0]
    return described(model, result) | {"source_hash": request["package_hash"] or source_hash(module)}


def open_model(request: Message, channel: Channel) -> Message:
    """Open the model for the run that comes; nothing for models that have nothing to open.

    Args:
        request: ``factory``, ``package``, ``parameters``; ``networks`` as for ``run_model``.

    Raises:
        UserError: by the model.
    """
    model = load_model(request["factory"], request["package"])
    open_ahead = getattr(model, "open_ahead", None)
    if open_ahead is not None:
        with _networks_kept(model, request, channel):
            open_ahead(request["parameters"])
    return {"kind": "open"}


def plan_model(request: Message) -> Message:
    """What a run of the model would take; None as the plan of models that do not plan.

    Args:
        request: ``factory``, ``package``, ``parameters``, ``geometry``, ``image_bytes``.

    Raises:
        UserError: by the model.
    """
    model = load_model(request["factory"], request["package"])
    plan = getattr(model, "plan", None)
    if plan is None:
        return {"kind": "plan", "plan": None}
    geometry = geometry_from_json(request["geometry"])
    planned = plan(geometry, int(request["image_bytes"]), request["parameters"])
    return {"kind": "plan", "plan": _plain(planned.to_json())}


def load_model(factory: str, given: str | Mapping[str, Any] | None = None) -> Model:
    """The model that ``module:callable`` makes.

    Args:
        factory: what makes it.
        given: what the callable gets: of a foreign model the folder, of a program installed on its own the task.
    """
    module, name = factory.split(":")
    make = getattr(importlib.import_module(module), name)
    model: Model = make() if given is None else make(Path(given) if isinstance(given, str) else given)
    return model


def described(model: Model, result: ModelResult) -> Message:
    """The answer that says what a model found; the arrays themselves travel beside it."""
    return {
        "kind": "done",
        "id": model.id,
        "name": model.name,
        "version": model.version,
        "labels": [[int(label.label_value), label.name, label.term_name] for label in model.labels],
        "layers": [{"shape": list(layer.shape), "dtype": layer.dtype.str} for layer in result.layers],
        "maps": [{"name": name, "shape": list(m.shape), "dtype": m.dtype.str} for name, m in result.maps.items()],
        "found": [[int(value), bool(is_found)] for value, is_found in result.found.items()],
        "seconds": {stage: round(float(seconds), 3) for stage, seconds in result.seconds.items()},
        "parameters": _plain(result.parameters),
        "notes": list(result.notes),
        "scores": [[score.name, float(score.value)] for score in result.scores],
        "boxes": [_box(box) for box in result.boxes],
        "record": _plain(result.record),
    }


def _image(description: Mapping[str, Any], block: SharedBlock) -> ModelImage:
    return ModelImage(
        block.view(tuple(description["shape"]), np.dtype(description["dtype"])),
        geometry_from_json(description["geometry"]),
        Quantity(description["quantity"]),
        description["modality"],
    )


@contextmanager
def _shown_early(model: Model, request: Message, channel: Channel) -> Iterator[None]:
    """What the model finds before it is over goes to the window, where both want that."""
    if not request.get("wants_early") or not hasattr(model, "early"):
        yield
        return
    sender = EarlySender(channel, request["job"])
    model.early = sender
    try:
        yield
    finally:
        sender.close()


@contextmanager
def _networks_kept(model: Model, request: Message, channel: Channel) -> Iterator[None]:
    """Converted networks are found again, and new ones go to where they are kept, where both want that."""
    if not request.get("networks") or not hasattr(model, "shelf"):
        yield
        return
    sender = NetworkSender(Path(request["networks"]), channel, request["job"])
    model.shelf = sender
    try:
        yield
    finally:
        sender.close()


def _run(
    model: Model,
    images: Sequence[ModelImage],
    parameters: Mapping[str, Any],
    report: _Reports,
    cancelled: Callable[[], bool],
) -> ModelResult:
    run_images: Callable[..., ModelResult] | None = getattr(model, "run_images", None)
    if run_images is not None:
        return run_images(images, parameters, report, cancelled)
    if len(images) > 1:
        raise UserError(f"{model.name} takes one image; {len(images)} were given.")
    return model.run(images[0].voxels, images[0].geometry, parameters, report, cancelled)


def _box(box: FoundBox) -> list[Any]:
    return [box.label, float(box.score), [[float(x) for x in corner] for corner in box.corners]]


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
