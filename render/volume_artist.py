"""All of the 3D view's pictures: surfaces, ray casting, path tracing, each with slices, caps and crosshair in it.

An object belongs to the drawing thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from render.cinematic.gl_context import GraphicsError
from render.cinematic.scene import TracedScene, Tracer
from render.graphics_probe import is_software
from render.raycast.scene import RaycastScene
from render.region_finder import RegionFinder
from render.sheets import Sheet
from render.volume_content import ContentKeeper, DrawnContent
from render.volume_memory import voxels_in, voxels_on_card
from render.volume_pick import PickableVolume
from render.volume_renderer import Frame, Quality, VolumeRenderer
from render.volume_scene import VolumeSceneState
from render.volume_wish import VolumeWish
from session.look.inside import Region
from session.look.look import Look
from session.presentation import VolumeMode

if TYPE_CHECKING:
    from render.cinematic.painter import Painter  # Numba with it: half a second, and only when a volume is drawn

logger = logging.getLogger(__name__)

MOVING_SECONDS = {True: 0.08, False: 0.03}  # that a traced frame may take while things move, on software and on a card
FIRST_PIXELS = {True: 40_000, False: 700_000}  # of a moving frame, on software OpenGL and on a card, until measured
FEWEST_PIXELS = 6_000
WAITING_SAMPLES = 4  # while the body is looked for, the processor is needed for that
FEWEST_VOXELS = 2_000_000  # a volume is not reduced further because a card would not take it
SOFTWARE_VOXELS = 1 << 28  # the processor has memory enough, but looking up in more gets slow
CARD_VOXELS = 1 << 28  # of a card that does not tell its memory


class VolumeArtist:
    """Draws scenes with and without a volume, and keeps what the next one may need.

    Args:
        on_found: called on some thread when the body or the brain was found, and the same scene is to be asked for
            again: until then everything is shown. None: each picture waits for what it needs.
    """

    def __init__(self, on_found: Callable[[], None] | None = None) -> None:
        self._finder = RegionFinder(on_found) if on_found is not None else None
        self._renderer = VolumeRenderer()
        self._keeper: ContentKeeper | None = None
        self._painters: dict[tuple[str, bool], Painter] = {}
        self._sheets: tuple[tuple[object, ...], tuple[Sheet, ...]] | None = None
        self._moving_pixels = 0.0
        self._most = 1 << 40  # voxels that the graphics card was found to take
        self._uses_processor = False  # because the graphics card cannot

    def frames(
        self,
        state: VolumeSceneState,
        wish: VolumeWish | None,
        size_px: tuple[int, int],
        quality: Quality,
        is_wanted: Callable[[], bool],
        is_open: Callable[[], bool] = lambda: True,
    ) -> Iterator[Frame]:
        """Ever better pictures of a scene; only traced ones get better.

        Args:
            state: surfaces, slices, crosshair and camera.
            wish: the volume in it; None for surfaces alone.
            size_px: width and height; moving pictures may come smaller.
            quality: how much it may cost.
            is_wanted: asked every 100 ms or so, while a picture that stands still gets better. Moving pictures and what
                is made once for a volume are finished all the same: in a long drag there is always something newer.
            is_open: asked while those are made.
        """
        if wish is None:
            yield self._renderer.render(state, size_px, quality)
            return
        drawn = self._drawn(wish, is_open)
        if drawn is None:
            return
        state = replace(state, sheets=self._caps(wish, drawn))
        if quality is Quality.MOVING:
            is_wanted = is_open
        if wish.mode is VolumeMode.CINEMATIC:
            try:
                yield from self._traced(state, wish, drawn, size_px, quality, is_wanted)
            except GraphicsError as error:
                self._give_way(error, drawn)
                yield from self.frames(state, wish, size_px, quality, is_wanted, is_open)
            return
        cast = RaycastScene(drawn.field, drawn.classes, drawn.records, wish.look)
        frame = self._renderer.render(replace(state, raycast=cast), size_px, quality)
        yield replace(
            frame,
            backend="vtk",
            device=self._renderer.device,
            reduction=drawn.field.reduction,
            volume=PickableVolume(drawn, wish.look),
            is_final=drawn.awaits is Region.EVERYTHING,
            awaits=drawn.awaits,
        )

    def forget_volume(self) -> None:
        """Let the volume and what draws it go, after something went wrong with it."""
        if self._finder is not None:
            self._finder.forget()
        for painter in self._painters.values():
            painter.close()
        self._painters.clear()
        self._keeper = self._sheets = None

    def close(self) -> None:
        """Let everything go."""
        if self._finder is not None:
            self._finder.close()
        for painter in self._painters.values():
            painter.close()
        self._painters.clear()
        self._renderer.close()

    def _give_way(self, error: GraphicsError, drawn: DrawnContent) -> None:
        """The graphics card would not: from now on a smaller volume, at last the processor; frames tell of both."""
        logger.warning("cinematic view: %s", error)
        self.forget_volume()
        if self._uses_processor:
            raise error
        if drawn.field.values.size > FEWEST_VOXELS:
            self._most = drawn.field.values.size // 2
        else:
            self._uses_processor = True

    def _drawn(self, wish: VolumeWish, is_wanted: Callable[[], bool]) -> DrawnContent | None:
        if self._keeper is None:
            self._keeper = ContentKeeper(1, finder=self._finder)
        self._keeper.most_voxels = min(self._most_voxels(wish), self._most)
        self._keeper.most_per_axis = 16384 if wish.backend == "numba" else self._largest_edge()
        return self._keeper.drawn(wish.content, wish.look, is_wanted)

    def _most_voxels(self, wish: VolumeWish) -> int:
        if wish.most_memory_mb > 0:
            return voxels_in(wish.most_memory_mb)
        if wish.backend == "numba" or is_software(self._renderer.device):
            return SOFTWARE_VOXELS
        from render.cinematic.gl_context import limits_of

        memory = limits_of(self._renderer.window).memory_bytes
        return CARD_VOXELS if memory is None else voxels_on_card(memory)

    def _largest_edge(self) -> int:
        from render.cinematic.gl_context import limits_of

        return limits_of(self._renderer.window).volume_edge

    def _caps(self, wish: VolumeWish, drawn: DrawnContent) -> tuple[Sheet, ...]:
        from render.caps import cap_sheets

        key = (drawn.field, drawn.classes, wish.look.cut, wish.look.segments, wish.look.segment, wish.caps)
        if self._sheets is None or self._sheets[0] != key:
            self._sheets = (key, cap_sheets(drawn.field, drawn.classes, drawn.records, wish.look, wish.caps))
        return self._sheets[1]

    def _traced(
        self,
        state: VolumeSceneState,
        wish: VolumeWish,
        drawn: DrawnContent,
        size_px: tuple[int, int],
        quality: Quality,
        is_wanted: Callable[[], bool],
    ) -> Iterator[Frame]:
        from render.cinematic.painter import Effort

        is_moving = quality is Quality.MOVING
        painter = self._painter(wish)
        if is_moving:
            size_px = self._smaller(size_px)
        began = time.perf_counter()
        behind = self._renderer.render(state, size_px, quality) if _has_geometry(state) else None
        scene = TracedScene(
            drawn.field, drawn.classes, drawn.records, wish.look, state.camera, size_px,
            backdrop_mm=behind.depth_mm if behind is not None else None,
        )  # fmt: skip
        backdrop = None
        if behind is not None:
            backdrop = _over_gradient(behind, wish.look)
        is_whole = drawn.awaits is Region.EVERYTHING
        samples = wish.samples if is_whole else min(wish.samples, WAITING_SAMPLES)
        effort = Effort(samples, 1, is_moving)
        for painted in painter.paint(scene, backdrop, effort, is_wanted):
            seconds = time.perf_counter() - began
            if is_moving:
                self._pace(seconds, size_px)
            yield Frame(
                painted.rgb,
                behind.depth_mm if behind is not None else _nowhere(size_px),
                state.camera,
                quality,
                seconds,
                samples=painted.samples,
                target_samples=0 if is_moving else wish.samples,
                noise=painted.noise,
                is_final=painted.is_final and is_whole,
                awaits=drawn.awaits,
                backend=painter.tracer.name,
                device=painter.tracer.device,
                denoiser=painter.denoiser.name if painter.denoiser is not None else "",
                note=self._note(painter),
                reduction=drawn.field.reduction,
                volume=PickableVolume(drawn, wish.look),
            )

    def _note(self, painter: Painter) -> str:
        if self._uses_processor:
            return "The graphics card cannot trace paths: the processor does it."
        return painter.denoiser.note if painter.denoiser is not None else ""

    def _painter(self, wish: VolumeWish) -> Painter:
        from render.cinematic.denoise import Denoiser
        from render.cinematic.painter import Painter

        backend = "glsl" if wish.backend == "auto" else wish.backend
        if self._uses_processor:
            backend = "numba"
        key = (backend, wish.denoises)
        if key not in self._painters:
            for other in self._painters.values():  # a tracer holds the volume: there is memory for one
                other.close()
            self._painters.clear()
            self._painters[key] = Painter(self._tracer(backend), Denoiser() if wish.denoises else None)
        return self._painters[key]

    def _tracer(self, backend: str) -> Tracer:
        if backend == "numba":
            from render.cinematic.numba_tracer import NumbaTracer

            return NumbaTracer(steps_back=True)
        from render.cinematic.glsl_tracer import GlslTracer

        return GlslTracer(self._renderer.window)

    def _smaller(self, size_px: tuple[int, int]) -> tuple[int, int]:
        """The size of a moving picture: as large as the time for it allows."""
        if not self._moving_pixels:
            self._moving_pixels = FIRST_PIXELS[is_software(self._renderer.device)]
        width, height = size_px
        scale = min(1.0, (self._moving_pixels / (width * height)) ** 0.5)
        return max(1, round(width * scale)), max(1, round(height * scale))

    def _pace(self, seconds: float, size_px: tuple[int, int]) -> None:
        pixels = size_px[0] * size_px[1]
        wanted = pixels * min(max(MOVING_SECONDS[is_software(self._renderer.device)] / max(seconds, 1e-3), 0.5), 1.5)
        self._moving_pixels = max(wanted, FEWEST_PIXELS)


def _has_geometry(state: VolumeSceneState) -> bool:
    return bool(state.surfaces or state.planes or state.sheets or state.crosshair or state.rulers)


def _over_gradient(behind: Frame, look: Look) -> NDArray[np.uint8]:
    """The opaque things over the look's own background."""
    from render.cinematic.finish import gradient

    height, width = behind.depth_mm.shape
    ground = gradient(look.background, (width, height))
    return np.where(np.isfinite(behind.depth_mm)[..., None], behind.rgb, ground)


def _nowhere(size_px: tuple[int, int]) -> NDArray[np.float32]:
    return np.full((size_px[1], size_px[0]), np.inf, np.float32)
