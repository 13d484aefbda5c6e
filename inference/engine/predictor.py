"""What the engine asks of a network, wherever and in whatever precision it computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from imaging.errors import UserError

if TYPE_CHECKING:
    import torch


class Predictor(Protocol):
    """A network that is ready to compute.

    Attributes:
        backend: for the record, such as ``torch fp32``.
        device: for the record, such as ``cpu`` or ``cuda:0``.
    """

    backend: str
    device: str

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        """Scores of a batch of windows.

        Args:
            batch: (window, channel, x, y, z) float32 on the CPU.

        Returns:
            (window, class, x, y, z), or (window, class) for scores of the whole image; the caller may overwrite it,
            and it is valid until the next call.
        """


def only_output(answer: Any) -> torch.Tensor:
    """The scores among what a network returns: deep supervision gives a list (or one stack), some give a dict.

    Raises:
        UserError: there is no tensor in it.
    """
    import torch

    if isinstance(answer, torch.Tensor):
        return answer
    parts = list(answer.values()) if isinstance(answer, dict) else answer
    if isinstance(parts, (list, tuple)) and parts:
        return only_output(parts[0])
    raise UserError(f"The network gives {type(answer).__name__} where scores should be.")


class Mirrored:
    """Averages a network over flips of its input: steadier, and as many times slower.

    Args:
        predictor: the network.
        axes: spatial axes (0-2) that may be flipped, each combination of them once.

    Attributes:
        plain: the network without flips.
        count: how many answers are averaged.
    """

    def __init__(self, predictor: Predictor, axes: Sequence[int]) -> None:
        self.plain = predictor
        self._flips = [
            tuple(axis + 2 for n, axis in enumerate(axes) if combination >> n & 1)
            for combination in range(1 << len(axes))
        ]
        self.count = len(self._flips)
        self.backend = predictor.backend
        self.device = predictor.device

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        total = self.plain(batch).clone()
        for flips in self._flips[1:]:
            total = total + self.plain(batch.flip(flips)).flip(flips)
        return total / len(self._flips)


class Averaged:
    """Averages several networks, such as the folds of a cross-validation."""

    def __init__(self, predictors: Sequence[Predictor]) -> None:
        self._predictors = predictors
        self.backend = predictors[0].backend
        self.device = predictors[0].device

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        total = self._predictors[0](batch).clone()
        for predictor in self._predictors[1:]:
            total = total + predictor(batch)
        return total / len(self._predictors)
