"""Scenes of one snapshot of a case or image: under any look, from anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from render.cinematic.effective_look import effective_look
from render.rulers import Ruler
from render.still import StillScene, Stopped
from render.volume_content import ContentKeeper, DrawnContent, VolumeContent
from render.volume_memory import MOST_VOXELS
from render.volume_scene import Crosshair, PlaneCut, ShownSurface, VolumeSceneState
from render.volume_wish import CapShade
from session.look.look import Look
from session.presentation import VolumeCamera


@dataclass(frozen=True, eq=False)
class Shown:
    """What does not change from picture to picture.

    Attributes:
        content: image and segments.
        hidden: numbers of the segments that are not shown.
        caps: how cuts are capped; None for open cuts.
        surfaces, planes, crosshair: in the volume.
        seed: of the random numbers.
        rulers: measured lines.
    """

    content: VolumeContent
    hidden: frozenset[int] = frozenset()
    caps: CapShade | None = None
    surfaces: tuple[ShownSurface, ...] = ()
    planes: tuple[PlaneCut, ...] = ()
    crosshair: Crosshair | None = None
    seed: int = 0
    rulers: tuple[Ruler, ...] = ()


class Scenes(Protocol):
    """Makes what an ``Artist`` paints."""

    @property
    def key(self) -> str:
        """A text that differs where pictures would differ, as far as that is known without comparing voxels."""

    def scene(self, look: Look, camera: VolumeCamera) -> StillScene | VolumeSceneState:
        """The scene under a look, from somewhere."""


class SurfaceScenes:
    """Scenes of surfaces, slices and crosshair without a volume; no look changes them."""

    def __init__(self, state: VolumeSceneState) -> None:
        self._state = state

    @property
    def key(self) -> str:
        """See ``Scenes``."""
        surfaces = [(s.number, s.color, len(s.surface.points_mm)) for s in self._state.surfaces]
        return repr((surfaces, len(self._state.planes), self._state.crosshair, self._state.rulers))

    def scene(self, look: Look, camera: VolumeCamera) -> VolumeSceneState:
        """The scene from somewhere."""
        return replace(self._state, camera=camera)


class SceneMaker:
    """Makes scenes; what a renderer draws of image and segments is kept from scene to scene.

    Args:
        shown: what there is.
        largest_edge: voxels along one axis; larger images are reduced.
        most_voxels: altogether.
    """

    def __init__(self, shown: Shown, largest_edge: int = 16384, most_voxels: int = MOST_VOXELS) -> None:
        self._shown = shown
        self._keeper = ContentKeeper(most_voxels, largest_edge)
        self._drawn: tuple[Look, DrawnContent] | None = None

    @property
    def key(self) -> str:
        """See ``Scenes``."""
        shown, volume = self._shown, self._shown.content.volume
        place = (volume.source.path, volume.source.series_instance_uid, volume.geometry.shape)
        segments = [(s.number, s.name, s.color) for s in shown.content.labels.segments]
        things = (len(shown.surfaces), len(shown.planes), shown.crosshair, shown.rulers)
        parts = (place, segments, sorted(shown.hidden), shown.caps, things, shown.seed)
        return repr(parts)

    def scene(self, look: Look, camera: VolumeCamera) -> StillScene:
        """The scene under a look, in which the eye buttons need not have hidden anything yet."""
        shown = self._shown
        look = effective_look(look, shown.hidden, shown.content.labels.segments)
        if self._drawn is None or self._drawn[0] != look:
            content = self._keeper.drawn(shown.content, look, lambda: True)
            if content is None:
                raise Stopped
            self._drawn = (look, content)
        drawn = self._drawn[1]
        return StillScene(
            drawn, look, camera, shown.surfaces, shown.planes, shown.crosshair, shown.caps, shown.seed, shown.rulers
        )  # fmt: skip
