"""Overlapping windows added up slab by slab: no more than one window's depth of all classes is ever in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inference.engine.recipe import Shape

if TYPE_CHECKING:
    import torch

# gets (first x, sums (channel, x, y, z), weights (x, y, z)) of planes to which nothing will be added any more
Finished = Callable[[int, "torch.Tensor", "torch.Tensor"], None]


class SlabBlender:
    """Adds weighted windows and hands out finished planes along x. Windows must come with rising x.

    Each voxel's windows are added in the order in which they come, as MONAI adds them: the sums are the same floats.

    Args:
        shape: (x, y, z) of the padded image.
        weight: (x, y, z) of one window: how much each voxel counts.
        finished: called with planes that are complete; the tensors are only valid during the call.
    """

    def __init__(self, shape: Shape, weight: torch.Tensor, finished: Finished) -> None:
        self._shape = shape
        self._weight = weight
        self._is_even = bool((weight == 1).all())
        self._finished = finished
        self._first = 0
        self._sums: torch.Tensor | None = None
        self._weights: torch.Tensor | None = None

    def add(self, start: Shape, scores: torch.Tensor) -> None:
        """Add the network's answer for one window.

        Args:
            start: first voxel of the window.
            scores: (channel, x, y, z); may be overwritten.
        """
        import torch

        depth = self._weight.shape[0]
        if self._sums is None or self._weights is None:
            space = (depth, *self._shape[1:])
            self._weight = self._weight.to(scores.device)
            self._sums = torch.zeros((len(scores), *space), dtype=scores.dtype, device=scores.device)
            self._weights = torch.zeros(space, dtype=torch.float32, device=scores.device)
        if start[0] != self._first:
            self._advance(start[0])
        _, y, z = start
        _, size_y, size_z = self._weight.shape
        place = (slice(None), slice(y, y + size_y), slice(z, z + size_z))
        if not self._is_even:
            scores = scores.mul_(self._weight)
        self._sums[(slice(None), *place)] += scores
        self._weights[place] += self._weight

    def close(self) -> None:
        """Hand out what is left."""
        if self._sums is not None and self._weights is not None:
            self._finished(self._first, self._sums, self._weights)
            self._sums = self._weights = None

    def _advance(self, first: int) -> None:
        assert self._sums is not None
        assert self._weights is not None
        gone = first - self._first
        depth = len(self._weights)
        self._finished(self._first, self._sums[:, :gone], self._weights[:gone])
        for part in (*self._sums, self._weights):  # channel by channel, so that no second buffer is needed
            part[: depth - gone] = part[gone:].clone()
            part[depth - gone :] = 0
        self._first = first
