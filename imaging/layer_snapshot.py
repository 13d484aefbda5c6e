"""The label layers as they are at one moment, copied on another thread while work on them goes on.

Copying takes as long as the volume is large; whoever paints must not wait for it. So a snapshot copies a few slices at
a time, and a change first copies those that it is about to write, unless they were copied already (copy on write).
"""

from __future__ import annotations

import threading

import numpy as np

from imaging.blocks import Labels
from imaging.geometry import Box

COPIED_BYTES = 1 << 20  # at once: the most that a change has to wait for, well under a millisecond


class LayerSnapshot:
    """Make one with ``Segmentation.snapshot``, on the thread that changes the layers; ask for ``layers`` on any thread.

    Args:
        layers: the arrays that go on changing; ``keep`` is called before each of their changes.
    """

    def __init__(self, layers: list[Labels]) -> None:
        self._parts = [_Part(layer) for layer in layers]

    def keep(self, layer: int, box: Box) -> None:
        """A region of a layer is about to be written: copy its slices first."""
        if layer < len(self._parts):  # else it was made later
            self._parts[layer].copy(box.k0, box.k1)

    def layers(self) -> list[Labels]:
        """Copies of all layers as they were, uint8 or uint16 (k, j, i); nobody else changes them."""
        for part in self._parts:
            part.copy(0, len(part.live))
        return [part.copied for part in self._parts]


class _Part:
    """One layer. Each group of slices has a lock of its own: who copies the whole never makes a change wait twice."""

    def __init__(self, live: Labels) -> None:
        self.live = live
        self.copied = np.empty_like(live)  # memory is taken when it is written
        self._step = max(1, COPIED_BYTES // max(1, live[:1].nbytes))
        self._locks = [threading.Lock() for _ in range(0, len(live), self._step)]
        self._is_done = [False] * len(self._locks)

    def copy(self, k0: int, k1: int) -> None:
        """Copy the groups that slices k0 to k1 (exclusive) lie in, where that was not done yet."""
        for n in range(k0 // self._step, -(-k1 // self._step)):
            if self._is_done[n]:
                continue
            with self._locks[n]:
                if not self._is_done[n]:
                    place = slice(n * self._step, (n + 1) * self._step)
                    self.copied[place] = self.live[place]
                    self._is_done[n] = True
