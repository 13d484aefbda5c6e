"""The first look at a long run: windows side by side before all that overlap, and true labels as they are decided.

Windows that overlap by a half in each direction are eight times as many as windows side by side. So a long run begins
with those, the middle of the image first. Their labels stand in the same arrays as the true ones, which take their
places slab by slab: nothing more is held in memory, and the result is the same as without. Where the first pass would
cost too much, only the true labels are shown as they come.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inference.engine.deciding import Decision
from inference.engine.predictor import Predictor
from inference.engine.recipe import Head, Shape, Windows
from inference.engine.windows import window_starts

if TYPE_CHECKING:
    import torch

LEAST_RUN_S = 15.0  # whoever waits less sees nothing early
MOST_EXTRA = 0.3  # of the run's own windows may be computed for a first look
EVERY_S = 2.0  # between two looks, at least
MOST_SHARE = 0.1  # of the time may go into showing
SURE_S = 3.0  # a first batch that takes so long is no matter of warming up

logger = logging.getLogger("limner.engine")
Planes = list[NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Ground:
    """What a run works on.

    Attributes:
        tensor: (channel, x, y, z), padded to a window.
        size: of a window.
        windows, head: see ``recipe``.
        decision_of: the labels for so many channels; planes from ``taken`` on are not decided yet.
        taken: so many planes along x are decided.
        planes: the labels without padding.
    """

    tensor: torch.Tensor
    size: Shape
    windows: Windows
    head: Head
    decision_of: Callable[[int], Decision]
    taken: Callable[[], int]
    planes: Callable[[], Planes]


class FirstLook:
    """Follows one run, and shows what is there.

    Args:
        show: takes planes of labels on the network's grid and whether they are coarse. MemoryError ends the showing.
        predictor: for the first pass; may be quicker than the run's own.
        cost: of one of its windows, in windows of the run.
        progress: told windows of the first pass, done and in all; raises to stop.

    Attributes:
        seconds: what it took from the run so far.
    """

    def __init__(
        self,
        show: Callable[[Planes, bool], None],
        predictor: Predictor,
        cost: float,
        progress: Callable[[int, int], None],
    ) -> None:
        self.seconds = 0.0
        self._show = show
        self._predictor = predictor
        self._cost = cost
        self._progress = progress
        self._is_worth: bool | None = None  # not known before some windows were computed
        self._is_coarse = False
        self._batches = 0
        self._last = time.monotonic()
        self._due = 0.0
        self._shown = 0

    def begin(self) -> None:
        """The run's first batch comes next."""
        self._last = time.monotonic()

    def after_batch(self, ground: Ground, done: int, count: int) -> None:
        """Look whether there is something to do after one batch of the run.

        Args:
            done, count: of the run's windows.
        """
        if done == count:
            return
        if self._is_worth is None:
            self._is_worth = self._weighed(done, count)
            if self._is_worth:
                self._first_pass(ground, count)
        elif self._is_worth and ground.taken() > self._shown and time.monotonic() >= self._due:
            self._shown = ground.taken()
            self._look(ground)

    def _weighed(self, done: int, count: int) -> bool | None:
        """Whether the run is a long one, by its second batch: the first one also warms up. None: not known yet."""
        if self._predictor.device.startswith("cuda"):
            import torch

            torch.cuda.synchronize()
        now = time.monotonic()
        took, self._last = now - self._last, now
        self._batches += 1
        if self._batches == 1 and took <= SURE_S:
            return None
        return took * self._batches / done * count >= LEAST_RUN_S

    def _first_pass(self, ground: Ground, count: int) -> None:
        """Labels by windows side by side, where that is cheap."""
        import torch

        began, taken = time.monotonic(), ground.taken()
        shape: Shape = (ground.tensor.shape[1], ground.tensor.shape[2], ground.tensor.shape[3])
        windows = replace(ground.windows, overlap=(0.0, 0.0, 0.0))
        starts = [s for s in window_starts(ground.size, windows, shape) if s[0] + ground.size[0] > taken]
        if len(starts) * self._cost > MOST_EXTRA * count:
            return
        self._is_coarse = True
        starts = nearest_first(starts, ground.size, shape)
        for first in range(0, len(starts), windows.batch):
            self._progress(first, len(starts))
            group = starts[first : first + windows.batch]
            batch = torch.stack([ground.tensor[(slice(None), *_place(start, ground.size))] for start in group])
            for start, scores in zip(group, self._predictor(batch), strict=True):
                _put(ground, start, scores, taken)
            if time.monotonic() >= self._due and first + windows.batch < len(starts):
                self._look(ground, is_counted=False)
        self._progress(len(starts), len(starts))
        self._look(ground, is_counted=False)
        self.seconds += time.monotonic() - began

    def _look(self, ground: Ground, *, is_counted: bool = True) -> None:
        began = time.monotonic()
        try:
            self._show(ground.planes(), self._is_coarse)
        except MemoryError:
            logger.warning("no room to show what is found before the run is over")
            self._is_worth = False
        took = time.monotonic() - began
        self._due = time.monotonic() + max(EVERY_S, took / MOST_SHARE)
        self.seconds += took if is_counted else 0.0


def nearest_first(starts: Sequence[Shape], size: Shape, shape: Shape) -> list[Shape]:
    """Windows by how far their middle lies from the image's."""

    def distance(start: Shape) -> float:
        return sum((s + n / 2 - whole / 2) ** 2 for s, n, whole in zip(start, size, shape, strict=True))

    return sorted(starts, key=distance)


def _place(start: Shape, size: Shape) -> tuple[slice, slice, slice]:
    x, y, z = (slice(n, n + count) for n, count in zip(start, size, strict=True))
    return x, y, z


def _put(ground: Ground, start: Shape, scores: torch.Tensor, taken: int) -> None:
    """Decide one window by itself, and write its labels where no true ones are yet."""
    import torch

    weights = torch.ones(ground.size, device=scores.device)
    window = Decision(ground.head, ground.size, len(scores), wants_doubt=False)
    window.take(0, scores, weights)
    known = max(taken - start[0], 0)
    x, y, z = _place(start, ground.size)
    place = (slice(x.start + known, x.stop), y, z)
    for plane, part in zip(ground.decision_of(len(scores)).planes, window.planes, strict=True):
        plane[place] = np.asarray(part[known:])
