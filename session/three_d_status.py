"""What the 3D view is doing: told by the view, shown by panel and status line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import psygnal

from session.presentation import VolumeCamera, VolumeMode


@dataclass(frozen=True)
class ThreeDState:
    """What is drawn at the moment, and by what.

    Attributes:
        mode: what the view really draws; another than the presentation's where that is not possible.
        backend: what draws: ``vtk``, ``glsl``, ``numba``; empty before anything was drawn.
        device: the graphics card or processor, as it calls itself.
        samples: for each pixel, so far.
        target_samples: when the picture is finished; 0 when nothing is accumulated.
        noise: the estimated relative error of the picture, 0-1; None when it is not known.
        note: a sentence about what is not as it was asked for, such as a reduced volume; empty for nothing.
        denoiser: what removes the noise; empty for nothing.
        camera: from where the last picture was seen; None before there was one of the open document.
        problem: a sentence about why nothing can be drawn; empty while something can.
    """

    mode: VolumeMode = VolumeMode.SURFACES
    backend: str = ""
    device: str = ""
    samples: int = 0
    target_samples: int = 0
    noise: float | None = None
    note: str = ""
    denoiser: str = ""
    camera: VolumeCamera | None = None
    problem: str = ""

    @property
    def is_refining(self) -> bool:
        """True while more samples are to come."""
        return self.samples < self.target_samples


class ThreeDStatus:
    """The present state; ``update`` replaces fields and says once what it was and what it is."""

    changed = psygnal.Signal(ThreeDState, ThreeDState)  # before, after

    def __init__(self) -> None:
        self.state = ThreeDState()

    def update(self, **fields: Any) -> None:
        """Set fields of the state; nothing happens when they already have these values."""
        before, after = self.state, replace(self.state, **fields)
        if before != after:
            self.state = after
            self.changed.emit(before, after)
