"""Draws pictures of one manner; it belongs to the thread that made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.pictures.manner import Manner
from render.cinematic.denoise import SIMPLE
from render.cinematic.stamp import stamped
from render.still import StillPainter, StillScene, chosen_backend
from render.volume_memory import MOST_VOXELS, voxels_in, voxels_on_card
from render.volume_scene import VolumeSceneState

Progress = Callable[[float, str], None]


class Artist:
    """Paints, and puts the mark on what is cinematic.

    Args:
        manner: how.

    Raises:
        UserError: GLSL was asked for and there is no OpenGL.
    """

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self._tracing: StillPainter | None = None
        self._casting: Any = None
        self.backend = "vtk"
        if manner.is_cinematic:
            backend = chosen_backend(manner.backend)
            self._tracing = StillPainter(backend, manner.denoises)
            self.backend = backend.value
            return
        from render.raycast_still import RaycastPainter

        self._casting = RaycastPainter()

    @property
    def device(self) -> str:
        """What draws, for people; known after the first picture."""
        device: str = self._tracing.tracer.device if self._tracing is not None else self._casting.device
        return device

    @property
    def denoiser(self) -> str:
        """What removes noise; empty for nothing."""
        found = self._tracing.denoiser if self._tracing is not None else None
        return found.name if found is not None else ""

    @property
    def note(self) -> str:
        """Why noise is removed by a simple filter; empty when it is not."""
        found = self._tracing.denoiser if self._tracing is not None else None
        return found.note if found is not None and found.name == SIMPLE else ""

    @property
    def samples(self) -> int:
        """For each pixel; 0 when nothing is sampled."""
        return self.manner.samples if self._tracing is not None else 0

    @property
    def largest_edge(self) -> int:
        """How many voxels a volume may have along one axis."""
        return self._tracing.largest_edge if self._tracing is not None else 16384

    @property
    def most_voxels(self) -> int:
        """How many voxels a volume may have in all: the person's limit, else the card's memory."""
        if self.manner.most_memory_mb > 0:
            return voxels_in(self.manner.most_memory_mb)
        memory = self._tracing.memory_bytes if self._tracing is not None else None
        return MOST_VOXELS if memory is None else min(voxels_on_card(memory), MOST_VOXELS)

    def exposure(self, scene: StillScene | VolumeSceneState) -> float | None:
        """The exposure that a picture of a scene would set; None where there is none."""
        if self._tracing is None or isinstance(scene, VolumeSceneState):
            return None
        return self._tracing.exposure(scene, self.manner.size_px)

    def paint(
        self,
        scene: StillScene | VolumeSceneState,
        exposure: float | None = None,
        progress: Progress = lambda fraction, message: None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> NDArray[Any]:
        """One picture of a volume, or of surfaces alone.

        Args:
            scene: what to show.
            exposure: measured on the picture when None.
            progress: told the fraction done.
            is_wanted: asked often.

        Returns:
            (height, width, 3 or 4) uint8.

        Raises:
            Stopped: it was not wanted any more.
        """
        manner = self.manner
        if isinstance(scene, VolumeSceneState):
            return np.asarray(self._casting.surfaces(scene, manner.size_px, is_transparent=manner.is_transparent))
        if self._tracing is None:
            pixels: NDArray[Any] = self._casting.paint(
                scene, manner.size_px, is_transparent=manner.is_transparent, progress=progress, is_wanted=is_wanted
            )
            return pixels
        pixels = self._tracing.paint(
            scene, manner.size_px, manner.samples, is_transparent=manner.is_transparent, exposure=exposure,
            progress=progress, is_wanted=is_wanted,
        )  # fmt: skip
        return stamped(pixels, manner.corner)

    def close(self) -> None:
        """Let everything go."""
        for painter in (self._tracing, self._casting):
            if painter is not None:
                painter.close()


@contextmanager
def artist(manner: Manner) -> Iterator[Artist]:
    """An artist that is closed at the end."""
    made = Artist(manner)
    try:
        yield made
    finally:
        made.close()
