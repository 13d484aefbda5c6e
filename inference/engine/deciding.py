"""From the network's numbers to labels, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from inference.engine.near_ties import are_in, winners
from inference.engine.probabilities import Probabilities, pieces
from inference.engine.recipe import Head, HeadKind, Shape

if TYPE_CHECKING:
    import torch

MOST_UINT8, MOST_UINT16 = 255, 65535
ONE_CHANNEL_HINT = "If it gives label values, a side file with the head “labels” says so."


class Decision:
    """Labels on the network's grid, filled slab by slab.

    Args:
        head: what the channels mean.
        shape: (x, y, z) of the image, padding included.
        channels: that the network gave.
        wants_doubt: also keep how unsure each voxel is.
        probability_of: also keep how probable the decided labels are, and these label values; None not to.

    Raises:
        UserError: the network gives more channels than the model's files name, or one where labels compete.

    Attributes:
        planes: EXCLUSIVE: one array of label values; INDEPENDENT: for each channel 0 or its label value. uint8, or
            uint16 where a label value needs it. (x, y, z) each.
        doubt: uint8, 0 sure to 255 undecided; None when it was not wanted. EXCLUSIVE: entropy of the probabilities
            over its largest possible value; INDEPENDENT: the largest binary entropy of all channels.
        probabilities: None where they were not wanted, and where the network itself decided.
    """

    def __init__(
        self,
        head: Head,
        shape: Shape,
        channels: int,
        *,
        wants_doubt: bool,
        probability_of: Sequence[int] | None = None,
    ) -> None:
        self._head = head
        if head.kind is HeadKind.EXCLUSIVE and channels == 1:
            raise UserError("The network gives one number where a score for each label should be.", ONE_CHANNEL_HINT)
        if head.values and channels > len(head.values):
            raise UserError(f"The network gives {channels} channels, the model's files name {len(head.values)}.")
        values = [head.value_of(channel) for channel in range(channels)]
        is_decided = head.kind is HeadKind.DECIDED
        kind = np.uint8 if max(values) <= MOST_UINT8 and not is_decided else np.uint16
        count = channels if head.kind is HeadKind.INDEPENDENT else 1
        self._values = np.array(values, kind)
        self._is_identity = values == list(range(channels))
        self.planes: list[NDArray[Any]] = [np.zeros(shape, kind) for _ in range(count)]
        gives_doubt = wants_doubt and not is_decided
        self.doubt: NDArray[np.uint8] | None = np.zeros(shape, np.uint8) if gives_doubt else None
        self.probabilities: Probabilities | None = None
        if probability_of is not None and not is_decided:
            self.probabilities = Probabilities(head, shape, channels, probability_of)

    def take(self, first: int, sums: torch.Tensor, weights: torch.Tensor) -> None:
        """Decide some planes; see ``blending.Finished``."""
        place = slice(first, first + len(weights))
        if self._head.kind is HeadKind.EXCLUSIVE:
            winner = winners(sums, weights, through_softmax=self._head.is_softmaxed).cpu().numpy()
            self.planes[0][place] = winner if self._is_identity else self._values[winner]
        elif self._head.kind is HeadKind.DECIDED:
            values = (sums[0] / weights).nan_to_num(0.0).round().clamp(0, MOST_UINT16)
            self.planes[0][place] = values.cpu().numpy()
        else:
            head = self._head
            for channel, plane in enumerate(self.planes):
                is_in = are_in(sums[channel], weights, head.threshold, is_activated=head.is_activated)
                plane[place] = is_in.cpu().numpy() * self._values[channel]
        if self.doubt is not None:
            for piece in pieces(sums):
                doubt = self._doubt(sums[:, piece], weights[piece]).mul(255).round().byte().cpu().numpy()
                self.doubt[first + piece.start : first + piece.stop] = doubt
        if self.probabilities is not None:
            self.probabilities.take(first, sums, weights)

    def cut(self, place: tuple[slice, ...]) -> None:
        """Keep a part of the grid only: the image without its padding."""
        self.planes = [plane[place] for plane in self.planes]
        if self.doubt is not None:
            self.doubt = self.doubt[place]
        if self.probabilities is not None:
            self.probabilities.cut(place)

    def keep_largest(self) -> None:
        """Drop what the head says is to be dropped; it has no probability then."""
        for plane in self.planes:
            dropped = keep_largest(plane, self._head.keeps_largest)
            if dropped is not None and self.probabilities is not None:
                self.probabilities.forget(dropped)

    def _doubt(self, sums: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        import torch

        mean = sums.float() / weights
        if self._head.kind is HeadKind.EXCLUSIVE:
            chances = mean.clamp(1e-7, 1.0) if self._head.is_activated else mean.softmax(0).clamp_min(1e-7)
            entropy = -(chances * chances.log()).sum(0)
            return (entropy / math.log(max(len(mean), 2))).clamp(0, 1)
        chance = mean if self._head.is_activated else mean.sigmoid()
        chance = chance.clamp(1e-7, 1 - 1e-7)
        entropy = -(chance * chance.log() + (1 - chance) * torch.log1p(-chance))
        return (entropy.amax(0) / math.log(2)).clamp(0, 1)


def merged_layers(planes: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """As few layers as hold the planes without overlap; each plane goes to the first layer that it does not touch.

    Small ones come first, so what lies inside of another structure always has an earlier layer than that, whatever the
    order of the channels: it touches at least what its inside touches. Earlier layers hide later ones where a file has
    one layer only.
    """
    layers: list[NDArray[Any]] = []
    for plane in sorted(planes, key=np.count_nonzero):
        is_in = plane != 0
        free = next((layer for layer in layers if not (is_in & (layer != 0)).any()), None)
        if free is None:
            layers.append(plane.copy())
        else:
            np.copyto(free, plane, where=is_in)
    return layers


def keep_largest(layer: NDArray[Any], values: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Of each label value keep only the largest part that is connected by faces, edges or corners; in place.

    Returns:
        Where something was dropped; None where nothing was.
    """
    import cc3d

    if not values:
        return None
    before = layer.copy()
    for value in values:
        is_in = layer == value
        if is_in.any():
            largest = cc3d.largest_k(is_in, k=1, connectivity=26)
            layer[is_in & (largest == 0)] = 0
    dropped: NDArray[np.bool_] = layer != before
    return dropped if dropped.any() else None
