"""The network moved over the image, window by window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from imaging.errors import UserError
from inference.engine.blending import SlabBlender
from inference.engine.deciding import Decision
from inference.engine.early import FirstLook, Ground
from inference.engine.predictor import Predictor
from inference.engine.recipe import Head, Image, Shape, Windows
from inference.engine.windows import Padding, importance, padding, window_size, window_starts

if TYPE_CHECKING:
    import torch

THIN_HINT = "The model continues images by their mirror image, which takes at least half a window."
Progress = Callable[[int, int], None]  # windows done, windows in all; may raise to stop


def decided(
    image: Image,
    windows: Windows,
    head: Head,
    predictor: Predictor,
    progress: Progress,
    *,
    wants_doubt: bool = False,
    probability_of: Sequence[int] | None = None,
    early: FirstLook | None = None,
) -> Decision:
    """Run the network over an image.

    Args:
        image: (channel, x, y, z) as the network wants it.
        windows: how.
        head: what its channels mean, not SCORES.
        predictor: the network.
        progress: called before the first and after each batch.
        wants_doubt, probability_of: see ``Decision``.
        early: shows what there is before all is done.

    Returns:
        Labels on the image's grid.

    Raises:
        UserError: the network answers something else than scores for each voxel.
    """
    import torch

    with torch.inference_mode():
        taker = partial(_Taker, head, wants_doubt=wants_doubt, probability_of=probability_of)
        return _decided(image, windows, head, predictor, progress, taker, early)


def _decided(
    image: Image,
    windows: Windows,
    head: Head,
    predictor: Predictor,
    progress: Progress,
    taker_of: Callable[[Shape], _Taker],
    early: FirstLook | None,
) -> Decision:
    import torch

    x, y, z = image.shape[1:]
    size = window_size(windows, (x, y, z))
    pad = padding(size, (x, y, z))
    tensor = _padded(torch.from_numpy(image), pad, windows)
    shape = (tensor.shape[1], tensor.shape[2], tensor.shape[3])
    starts = window_starts(size, windows, shape)
    weight = torch.from_numpy(importance(size, windows))
    taker = taker_of(shape)
    ground = Ground(tensor, size, windows, head, taker.decision_of, lambda: taker.taken, lambda: taker.planes(pad))
    blender = SlabBlender(shape, weight, taker.take)
    progress(0, len(starts))
    if early is not None:
        early.begin()
    for first in range(0, len(starts), windows.batch):
        group = starts[first : first + windows.batch]
        batch = torch.stack([tensor[(slice(None), *_place(start, size))] for start in group])
        scores = predictor(batch)
        if scores.shape[2:] != size:
            given, answered = (" x ".join(str(n) for n in shape) for shape in (size, scores.shape[2:]))
            raise UserError(f"The network gives {answered} voxels for windows of {given}, so it is none for labels.")
        for start, answer in zip(group, scores, strict=True):
            blender.add(start, answer)
        progress(min(first + windows.batch, len(starts)), len(starts))
        if early is not None:
            early.after_batch(ground, min(first + windows.batch, len(starts)), len(starts))
    blender.close()
    return taker.without(pad)


def _place(start: Shape, size: Shape) -> tuple[slice, slice, slice]:
    x, y, z = (slice(n, n + count) for n, count in zip(start, size, strict=True))
    return x, y, z


def _padded(tensor: torch.Tensor, pad: Padding, windows: Windows) -> torch.Tensor:
    import torch

    both = [n for axis in (2, 1, 0) for n in (pad.before[axis], pad.after[axis])]
    if not any(both):
        return tensor
    if windows.padding == "reflect" and any(
        max(before, after) >= size for before, after, size in zip(pad.before, pad.after, tensor.shape[1:], strict=True)
    ):
        shape = " x ".join(str(n) for n in tensor.shape[1:])
        raise UserError(f"The image is too thin for this model: {shape} voxels on the network's grid.", THIN_HINT)
    value = windows.padding_value if windows.padding == "constant" else None
    return torch.nn.functional.pad(tensor[None], both, mode=windows.padding, value=value)[0]


class _Taker:
    """Makes the decision when the first planes come, for only then the number of channels is known."""

    def __init__(self, head: Head, shape: Shape, wants_doubt: bool, probability_of: Sequence[int] | None) -> None:
        self._head = head
        self._shape = shape
        self._wants_doubt, self._probability_of = wants_doubt, probability_of
        self._decision: Decision | None = None
        self.taken = 0  # so many planes are decided

    def decision_of(self, channels: int) -> Decision:
        """The decision on so many channels."""
        if self._decision is None:
            self._decision = Decision(
                self._head,
                self._shape,
                channels,
                wants_doubt=self._wants_doubt,
                probability_of=self._probability_of,
            )
        return self._decision

    def take(self, first: int, sums: torch.Tensor, weights: torch.Tensor) -> None:
        self.decision_of(len(sums)).take(first, sums, weights)
        self.taken = first + len(weights)

    def planes(self, pad: Padding) -> list[NDArray[Any]]:
        """The labels without padding."""
        decision = self._decision
        assert decision is not None
        return [plane[self._inside(pad)] for plane in decision.planes]

    def without(self, pad: Padding) -> Decision:
        decision = self._decision
        assert decision is not None
        decision.cut(self._inside(pad))
        return decision

    def _inside(self, pad: Padding) -> tuple[slice, ...]:
        return tuple(slice(b, n - a) for b, a, n in zip(pad.before, pad.after, self._shape, strict=True))
