"""Voxels whose decision hangs on rounding: decided by the same steps as MONAI's chain takes, so that they are its.

MONAI divides the sums by the weights, and mostly makes them probabilities, before it takes the highest. Each step
rounds, and two scores that differ in the last places may become equal; of equal ones the first wins. Doing that to all
numbers costs more than all the rest of deciding, and changes a voxel in a million: it is done to those alone where two
scores are nearly the same.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from inference.engine.probabilities import pieces

if TYPE_CHECKING:
    import torch

SLACK = 1e-6  # of a mean score, relative and absolute: some units in float32's last place


def winners(sums: torch.Tensor, weights: torch.Tensor, *, through_softmax: bool) -> torch.Tensor:
    """The channel with the highest score.

    Args:
        sums: (channel, x, y, z) of weighted windows.
        weights: (x, y, z) that they were weighted with.
        through_softmax: scores are made probabilities first.

    Returns:
        (x, y, z) whole numbers.
    """
    import torch

    best, winner = sums.max(0)  # both at once take less time than argmax alone
    if sums.dtype != torch.float32:
        return winner  # rounded by the backend long before
    for piece in pieces(sums):
        part, weight = sums[:, piece], weights[piece]
        limit = best[piece] - SLACK * (best[piece].abs() + weight)
        is_close = (part >= limit).view(torch.uint8).sum(0, dtype=torch.uint8) != 1
        if is_close.any():
            means = part[:, is_close] / weight[is_close]
            winner[piece][is_close] = (means.softmax(0) if through_softmax else means).argmax(0)
    return winner


def are_in(sums: torch.Tensor, weights: torch.Tensor, threshold: float, *, is_activated: bool) -> torch.Tensor:
    """Where the mean score of one structure reaches a threshold.

    Args:
        sums, weights: (x, y, z).
        threshold: of the probability, or of the score itself where ``is_activated``.

    Returns:
        (x, y, z) truth values.
    """
    import torch

    limit = (threshold if is_activated else math.log(threshold / (1 - threshold))) * weights
    sums = sums.float()
    is_in = sums >= limit
    is_close = (sums - limit).abs() <= SLACK * (limit.abs() + weights)
    if is_close.any():
        means = sums[is_close] / weights[is_close]
        is_in[is_close] = (means if is_activated else torch.sigmoid(means)) >= threshold
    return is_in
