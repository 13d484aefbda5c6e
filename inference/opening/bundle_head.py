"""From a bundle's post-processing to what its channels mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inference.engine.recipe import Head, HeadKind
from inference.packages.description import Head as StatedHead

_SILENT = ("Ensure", "ToTensor", "CastToType", "DeleteItems", "SelectItems", "Identity", "CopyItems", "AsDiscrete",
           "Activations", "Squeeze", "ToNumpy", "SplitDim")  # fmt: skip
THRESHOLD = 0.5


def head_and_notes(transforms: Sequence[Any], stated: StatedHead | None) -> tuple[Head, tuple[str, ...]]:
    """What the network's channels mean, and which steps of the post-processing are not done.

    Labels are decided on the network's grid and brought back by index, whatever the order of the bundle's steps is.

    Args:
        transforms: the post-processing's objects.
        stated: what the description says where the post-processing is silent.
    """
    kind, threshold, is_activated, is_softmaxed = _kind(stated), THRESHOLD, True, False
    largest: tuple[int, ...] = ()
    notes = []
    for transform in transforms:
        name = type(transform).__name__
        array_transform = getattr(transform, "converter", None)
        if name.startswith("Activations"):
            is_activated = False
            is_softmaxed = _any(getattr(transform, "softmax", False))
            if _any(getattr(transform, "sigmoid", False)):
                kind = HeadKind.INDEPENDENT
        elif name.startswith("AsDiscrete"):
            if _any(getattr(transform, "argmax", False)):
                kind = HeadKind.EXCLUSIVE
            elif _number(getattr(transform, "threshold", None)) is not None:
                kind = HeadKind.INDEPENDENT
                threshold = _number(getattr(transform, "threshold", None)) or 0.0
        elif name.startswith("KeepLargestConnectedComponent"):
            applied = getattr(array_transform, "applied_labels", None)
            largest = tuple(int(value) for value in applied) if applied else ()
            if not applied:
                notes.append(_left_out(name))
        elif not name.startswith(_SILENT):
            notes.append(_left_out(name))
    if is_activated and not any(type(t).__name__.startswith("Activations") for t in transforms):
        # without an activation, a threshold is on the network's own numbers, and argmax does not need one
        is_activated = kind is HeadKind.INDEPENDENT
    head = Head(kind, threshold=threshold, is_activated=is_activated, is_softmaxed=is_softmaxed, keeps_largest=largest)
    return head, tuple(notes)


def _kind(stated: StatedHead | None) -> HeadKind:
    return HeadKind.INDEPENDENT if stated is StatedHead.SIGMOID else HeadKind.EXCLUSIVE


def _left_out(name: str) -> str:
    return f"The step “{name}” of the model's post-processing is not done."


def _any(value: Any) -> bool:
    return any(value) if isinstance(value, (list, tuple)) else bool(value)


def _number(value: Any) -> float | None:
    value = value[0] if isinstance(value, (list, tuple)) and value else value
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
