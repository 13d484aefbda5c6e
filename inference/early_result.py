"""What a run has found before it is over: to be looked at, never to be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inference.model import Labels
from inference.result import FoundLabel

MOST_LAYERS = 4  # structures of further layers are not shown early


@dataclass(frozen=True, eq=False)
class EarlyResult:
    """Labels of an unfinished run.

    Attributes:
        layers: uint8 or uint16 arrays (k, j, i) on the input's grid, at most ``MOST_LAYERS``; 0 also where nothing was
            computed yet.
        labels: the structures that are there so far. Nobody counted them: their ``voxel_count`` is 0.
        is_coarse: labels will still change, because they come of windows without overlap. False: what is there stays,
            the rest is still to come.
    """

    layers: tuple[Labels, ...]
    labels: tuple[FoundLabel, ...]
    is_coarse: bool


ShowEarly = Callable[[EarlyResult], None]
