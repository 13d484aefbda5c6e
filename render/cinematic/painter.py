"""From a scene to a finished picture that gets better while it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.convergence import is_converged
from render.cinematic.denoise import Denoiser
from render.cinematic.finish import cleaned, gradient, over
from render.cinematic.oidn import Quality
from render.cinematic.scene import LinearPicture, TracedScene, Tracer
from render.cinematic.tone import exposure_factor, metered, nearing
from session.look.lighting import Exposure
from session.look.look import Look

FOLLOWS = 0.5  # of the way to a new exposure, when only the camera moved
FINE_FROM = 16  # samples from which on denoising takes its time


@dataclass(frozen=True)
class Effort:
    """How good a picture gets.

    Attributes:
        samples: for each pixel, at most.
        first: samples of the first picture that is shown.
        is_moving: nothing but the first picture, with the exposure of before, denoised quickly.
    """

    samples: int = 256
    first: int = 1
    is_moving: bool = False


@dataclass(frozen=True, eq=False)
class Painted:
    """One state of a picture.

    Attributes:
        rgb: (height, width, 3) uint8.
        samples, noise: see ``LinearPicture``.
        is_final: no better one follows.
    """

    rgb: NDArray[np.uint8]
    samples: int
    noise: float
    is_final: bool


class Painter:
    """Traces, denoises, exposes. It belongs to the thread of its tracer.

    Args:
        tracer: is closed with the painter.
        denoiser: None to show the samples as they are.
    """

    def __init__(self, tracer: Tracer, denoiser: Denoiser | None) -> None:
        self.tracer = tracer
        self.denoiser = denoiser
        self._metered: tuple[Any, float] | None = None  # what of, and the automatic factor
        self._shown: TracedScene | None = None
        self._samples = 0

    def paint(
        self,
        scene: TracedScene,
        backdrop_rgb: NDArray[np.uint8] | None = None,
        effort: Effort | None = None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Iterator[Painted]:
        """Ever better pictures of a scene, until it is good enough or no longer wanted.

        Args:
            scene: what to draw.
            backdrop_rgb: (height, width, 3) what lies behind; the look's background when None.
            effort: how good it gets.
            is_wanted: asked at least every 100 ms or so.
        """
        effort = effort or Effort()
        if not scene.is_same(self._shown):
            self._shown = None  # in case showing fails
            self.tracer.show(scene)
            self._shown, self._samples = scene, 0
        behind = gradient(scene.look.background, scene.size_px) if backdrop_rgb is None else backdrop_rgb
        wanted = effort.first if effort.is_moving else effort.samples
        for stage in stages(effort.first, wanted):
            is_first = self._samples == 0
            if not self._reach(stage, is_wanted):
                return
            if self._samples > stage and stage < wanted:
                continue  # it was better than that before
            picture = self.tracer.picture()
            rgba = self.clean(picture, "fast" if picture.samples < FINE_FROM else "high")
            if not is_wanted():
                return
            factor = self._factor(scene, rgba, is_first, effort.is_moving)
            is_final = stage >= wanted or is_converged(picture, effort.samples)
            yield Painted(over(rgba, factor, behind), picture.samples, picture.noise, is_final)
            if is_final:
                return

    def clean(self, picture: LinearPicture, quality: Quality) -> NDArray[np.float32]:
        """(height, width, 4) premultiplied light with less noise; as it is without a denoiser."""
        return cleaned(picture, self.denoiser, quality)

    def exposure(self, look: Look) -> float:
        """The factor of the last picture, by the setting of a look."""
        return exposure_factor(look.exposure, self._metered[1] if self._metered is not None else 1.0)

    def close(self) -> None:
        """Let the tracer and the denoiser go."""
        self.tracer.close()
        if self.denoiser is not None:
            self.denoiser.close()

    def _reach(self, samples: int, is_wanted: Callable[[], bool]) -> bool:
        missing = samples - self._samples
        if missing > 0:
            self._samples += self.tracer.sample(missing, is_wanted)
        return self._samples >= samples

    def _factor(self, scene: TracedScene, rgba: NDArray[np.float32], is_first: bool, is_moving: bool) -> float:
        """The exposure: measured on the first picture of a scene, kept while it gets better and while it moves."""
        of = (scene.field, scene.classes, scene.records, replace(scene.look, exposure=Exposure()))
        if self._metered is None:
            self._metered = (of, metered(rgba))
        elif is_first and not is_moving:
            before, found = self._metered[1], metered(rgba)
            only_moved = self._metered[0] == of
            self._metered = (of, nearing(before, found, FOLLOWS) if only_moved else found)
        return self.exposure(scene.look)


def stages(first: int, last: int) -> list[int]:
    """Sample counts at which a picture is shown: doubling from the first, and the last."""
    found = []
    at = max(first, 1)
    while at < last:
        found.append(at)
        at *= 2
    return [*found, max(last, first, 1)]
