"""How probable labels are, voxel by voxel, kept as one byte each: never all classes of all voxels.

Probabilities are those of the averaged scores (over windows, flips and folds), from which labels are decided, too:
their softmax where labels exclude each other, their sigmoid where they may overlap. A byte is 255 times the
probability, rounded to the nearest whole number, and upwards in the middle between two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from inference.engine.recipe import Head, HeadKind, Shape
from inference.model import WINNER_MAP, ModelLabel, Overlay, label_map

if TYPE_CHECKING:
    import torch

WINNER, ALL = "winner", "all"  # what may be wished beside names and label values
MOST_STRUCTURES = 8  # with a map of their own
MOST_NUMBERS = 1 << 24  # scores that are made probabilities at a time, 64 MB
_NO_MAPS = {
    HeadKind.DECIDED: "The network gives labels alone, so nobody knows how sure or how probable they are.",
    HeadKind.SCORES: "The model looks at the image as a whole, so there are no maps.",
    HeadKind.BOXES: "The model gives boxes with scores, so there are no maps.",
}


def why_no_maps(head: Head) -> str:
    """Why a model has neither a map of uncertainty nor of probability; empty when it has them."""
    return _NO_MAPS.get(head.kind, "")


def wished_values(wishes: Sequence[str], labels: Sequence[ModelLabel]) -> tuple[int, ...]:
    """The label values that get a map of their own.

    Args:
        wishes: names of structures or their label values, ``all``, ``winner`` (which needs none).
        labels: of the model.

    Raises:
        UserError: there is no such structure, or they are too many.
    """
    by_name = {label.name.casefold(): label.label_value for label in labels}
    values: list[int] = []
    for wish in wishes:
        name = wish.strip().casefold()
        if name in by_name:
            values.append(by_name[name])
        elif name == ALL:
            values += [label.label_value for label in labels]
        elif name.isdecimal() and int(name) > 0:
            values.append(int(name))
        elif name != WINNER:
            known = ", ".join(label.name for label in labels[:20])
            raise UserError(f"The model has no structure “{wish}”.", f"It has {known}." if known else "")
    found = tuple(dict.fromkeys(values))
    if len(found) > MOST_STRUCTURES:
        hint = f"Name up to {MOST_STRUCTURES} of them."
        raise UserError(f"Maps of {len(found)} structures' probabilities are too many at a time.", hint)
    return found


def score_limit(head: Head) -> float:
    """The mean score from which on an INDEPENDENT channel is in."""
    if head.is_activated:
        return head.threshold
    return math.log(head.threshold / (1 - head.threshold))


def pieces(sums: torch.Tensor) -> Iterator[slice]:
    """Planes (along x) of some scores (channel, x, y, z) that are looked at together, so that copies stay small."""
    depth = max(1, MOST_NUMBERS // max(sums[:, :1].numel(), 1))
    for first in range(0, sums.shape[1], depth):
        yield slice(first, min(first + depth, sums.shape[1]))


class Probabilities:
    """Maps on the network's grid, filled slab by slab.

    Args:
        head: what the channels mean, EXCLUSIVE or INDEPENDENT.
        shape: (x, y, z) of the image, padding included.
        channels: that the network gave.
        values: label values that get a map of their own.

    Raises:
        UserError: the network gives no channel for one of the values.

    Attributes:
        winner: of what was decided, uint8 (x, y, z). EXCLUSIVE: of the label that won. INDEPENDENT: of the most
            probable structure where at least one is in; elsewhere 1 less that. At least 1 where it is known, 0 where
            not: outside of what was computed, where the scores are no numbers, and where a part of a structure was
            dropped after the decision.
        of: of each of the values, whatever was decided.
    """

    def __init__(self, head: Head, shape: Shape, channels: int, values: Sequence[int]) -> None:
        self._head = head
        named = [head.value_of(channel) for channel in range(channels)]
        for value in values:
            if value not in named or not value:
                raise UserError(f"This run gives no scores for the label value {value}.")
        self._channels = {value: named.index(value) for value in values}
        self._structures = [channel for channel, value in enumerate(named) if value]
        self.winner: Overlay = np.zeros(shape, np.uint8)
        self.of: dict[int, Overlay] = {value: np.zeros(shape, np.uint8) for value in values}

    def take(self, first: int, sums: torch.Tensor, weights: torch.Tensor) -> None:
        """Fill some planes; see ``blending.Finished``."""
        for piece in pieces(sums):
            place = slice(first + piece.start, first + piece.stop)
            part, weight = sums[:, piece].float(), weights[piece]
            is_exclusive = self._head.kind is HeadKind.EXCLUSIVE
            winner, chances = self._exclusive(part, weight) if is_exclusive else self._independent(part, weight)
            self.winner[place] = _bytes(winner, least=1)
            for value, chance in chances.items():
                self.of[value][place] = _bytes(chance)

    def cut(self, place: tuple[slice, ...]) -> None:
        """Keep a part of the grid only."""
        self.winner = self.winner[place]
        self.of = {value: values[place] for value, values in self.of.items()}

    def forget(self, dropped: NDArray[np.bool_]) -> None:
        """What was decided in these voxels is no longer so."""
        self.winner[dropped] = 0

    def draw(
        self,
        place: tuple[slice, ...],
        value: int,
        sums: NDArray[np.float32],
        is_computed: NDArray[np.bool_],
        labels: NDArray[Any],
    ) -> None:
        """One structure was decided anew in a part of the grid, by scores of its own that are above zero inside of it.

        Args:
            place: the part.
            value: label value of the structure.
            sums: its scores in the part.
            is_computed: where there are such scores.
            labels: of the part, as they are now.
        """
        chance = 1 / (1 + np.exp(-sums.clip(-80, 80)))
        inside, outside = np.floor(255 * chance + 0.5), np.floor(255 * (1 - chance) + 0.5)
        winner = self.winner[place]
        is_in, is_empty = is_computed & (labels == value), is_computed & (labels == 0)
        winner[is_in] = inside[is_in]
        before = np.where(winner == 0, 255, winner)  # of no other structure either
        winner[is_empty] = np.maximum(np.minimum(before, outside), 1)[is_empty]
        winner[is_empty & (sums > 0)] = 0  # a part that was dropped
        if value in self.of:
            self.of[value][place][is_computed] = inside[is_computed]

    def by_name(self, labels: Sequence[ModelLabel]) -> dict[str, Overlay]:
        """The maps as a result has them."""
        names = {label.label_value: label.name for label in labels}
        own = {label_map(value, names.get(value, f"Label {value}")): values for value, values in self.of.items()}
        return {WINNER_MAP: self.winner} | own

    def _exclusive(self, part: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, dict[int, torch.Tensor]]:
        mean = part / weight
        if self._head.is_activated:
            return mean.amax(0), {value: mean[channel] for value, channel in self._channels.items()}
        mean.sub_(mean.amax(0)).exp_()  # the winner's is 1 now
        total = mean.sum(0)
        return 1 / total, {value: mean[channel] / total for value, channel in self._channels.items()}

    def _independent(self, part: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, dict[int, torch.Tensor]]:
        import torch

        def chance(sums: torch.Tensor) -> torch.Tensor:
            mean = sums / weight
            return mean if self._head.is_activated else mean.sigmoid()

        chances = {value: chance(part[channel]) for value, channel in self._channels.items()}
        if not self._structures:
            return torch.ones_like(weight), chances
        best = part[self._structures[0] :].amax(0)  # a background channel can only be the first
        highest = chance(best)
        return torch.where(best >= score_limit(self._head) * weight, highest, 1 - highest), chances


def _bytes(chance: torch.Tensor, least: int = 0) -> Overlay:
    """Probabilities as bytes; 0 for what is no number."""
    rounded = chance.mul(255).add_(0.5).floor_().clamp_(least, 255).nan_to_num_(0.0)
    return np.asarray(rounded.byte().cpu().numpy())
