"""What a network asked by clicks found in all of the image: the next click changes it near itself only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.backends.choosing import Choice
from inference.engine.deciding import Decision
from inference.engine.recipe import Image

if TYPE_CHECKING:
    import torch

_kept: dict[str, tuple[Decision, Choice | None]] = {}  # one at most


def decision_for_clicks(
    asked: str, image: Image, make: Callable[[], tuple[Decision, Choice | None]]
) -> tuple[Decision, Choice | None]:
    """The decision of the last call, where it was about the same; its own copy, to draw on.

    Args:
        asked: everything but the image that decides: model, weights, structures, wishes.
        image: as the network wants it.
        make: computes it.

    Returns:
        The decision, and what computed it.
    """
    digest = hashlib.sha256(asked.encode())
    digest.update(image.data.cast("B"))
    key = digest.hexdigest()
    if key not in _kept:
        _kept.clear()
        decision, choice = make()
        _kept[key] = deepcopy(decision), None if choice is None else _past(choice)
        return decision, choice
    decision, choice = _kept[key]
    return deepcopy(decision), choice


def _past(choice: Choice) -> Choice:
    """The choice without its network, which need not be held for the record."""
    return replace(choice, predictor=_Past(choice.predictor.backend, choice.predictor.device))


class _Past:
    """What computed a decision, for the record."""

    def __init__(self, backend: str, device: str) -> None:
        self.backend = backend
        self.device = device

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        """It is no longer there."""
        raise RuntimeError("this network was let go")
