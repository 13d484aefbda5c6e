"""Pictures of one volume without a window on the screen: for the command line, exports, movies and thumbnails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from render.caps import cap_sheets
from render.cinematic.denoise import Denoiser
from render.cinematic.finish import cleaned, gradient, over, transparent
from render.cinematic.scene import LinearPicture, TracedScene, Tracer
from render.cinematic.tone import exposure_factor, metered
from render.graphics_probe import Graphics, probed
from render.plane_props import plane_pixels, sheet_corners_mm
from render.rulers import Ruler, ruler_sheets
from render.sheets import Sheet, drawn_sheets
from render.volume_content import DrawnContent
from render.volume_renderer import VolumeRenderer
from render.volume_scene import Crosshair, PlaneCut, ShownSurface, VolumeSceneState
from render.volume_wish import CapShade
from session.look.look import Look
from session.presentation import VolumeCamera

TILE_PX = 1024  # along one side: larger pictures are made of tiles
MARGIN_PX = 32  # around a tile, so that denoising leaves no seams
METERING_PX = 256  # the longer side of the small picture that sets the exposure of tiles

Progress = Callable[[float, str], None]


class Backend(StrEnum):
    """What draws a picture."""

    AUTO = "auto"
    GLSL = "glsl"
    NUMBA = "numba"
    VTK = "vtk"  # ray casting


class Stopped(Exception):
    """The picture is no longer wanted."""


@dataclass(frozen=True)
class StillScene:
    """What a still shows.

    Attributes:
        content: see ``DrawnContent``; compared by identity.
        look: with what is hidden already in it.
        camera: from where.
        surfaces: drawn with the volume where there is OpenGL.
        planes: slices in the volume.
        crosshair: drawn with the volume where there is OpenGL.
        caps: how cuts are capped; None for open cuts.
        seed: of the random numbers.
        rulers: measured lines.
    """

    content: DrawnContent
    look: Look
    camera: VolumeCamera
    surfaces: tuple[ShownSurface, ...] = ()
    planes: tuple[PlaneCut, ...] = ()
    crosshair: Crosshair | None = None
    caps: CapShade | None = None
    seed: int = 0
    rulers: tuple[Ruler, ...] = ()

    def sheets(self) -> tuple[Sheet, ...]:
        """The caps of the cuts."""
        if self.caps is None:
            return ()
        return cap_sheets(self.content.field, self.content.classes, self.content.records, self.look, self.caps)


def chosen_backend(wanted: Backend, graphics: Callable[[], Graphics] = probed) -> Backend:
    """What draws a cinematic picture: GLSL where there is OpenGL, Numba elsewhere, unless one is asked for.

    Raises:
        UserError: GLSL was asked for and there is no OpenGL.
    """
    if wanted is Backend.NUMBA:
        return wanted
    found = graphics()
    if wanted is Backend.GLSL and not found.is_available:
        raise UserError(f"The GLSL back end cannot work here. {found.reason}", "`--backend numba` needs no OpenGL.")
    return Backend.GLSL if found.is_available else Backend.NUMBA


class StillPainter:
    """Draws cinematic stills. It belongs to the thread that made it.

    Args:
        backend: GLSL or NUMBA.
        denoises: remove noise; the more samples, the less of it is done.
    """

    def __init__(self, backend: Backend, denoises: bool = True) -> None:
        self.denoiser = Denoiser() if denoises else None
        self._renderer = VolumeRenderer() if backend is Backend.GLSL else None
        self.tracer: Tracer = _tracer(self._renderer)

    @property
    def largest_edge(self) -> int:
        """How many voxels along one axis a texture holds."""
        if self._renderer is None:
            return 16384
        from render.cinematic.gl_context import limits_of

        return limits_of(self._renderer.window).volume_edge

    @property
    def memory_bytes(self) -> int | None:
        """Of the graphics card; None where it does not say, and where none is used."""
        if self._renderer is None:
            return None
        from render.cinematic.gl_context import limits_of

        return limits_of(self._renderer.window).memory_bytes

    def close(self) -> None:
        """Let everything go."""
        self.tracer.close()
        if self._renderer is not None:
            self._renderer.close()
        if self.denoiser is not None:
            self.denoiser.close()

    def exposure(self, scene: StillScene, size_px: tuple[int, int], samples: int = 4) -> float:
        """The exposure of a picture, measured on a small one."""
        scale = min(1.0, METERING_PX / max(size_px))
        small = (max(1, round(size_px[0] * scale)), max(1, round(size_px[1] * scale)))
        if not scene.look.exposure.is_automatic:
            return exposure_factor(scene.look.exposure, 1.0)
        picture = self._sampled(_traced(scene, small, (0, 0), small), samples, lambda: True)
        return exposure_factor(scene.look.exposure, metered(cleaned(picture, self.denoiser, "fast")))

    def paint(
        self,
        scene: StillScene,
        size_px: tuple[int, int],
        samples: int,
        *,
        is_transparent: bool = False,
        dtype: type[np.uint8] | type[np.uint16] = np.uint8,
        exposure: float | None = None,
        progress: Progress = lambda fraction, message: None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> NDArray[Any]:
        """One picture.

        Args:
            scene: what to show.
            size_px: width and height.
            samples: for each pixel.
            is_transparent: straight alpha in place of the background.
            dtype: of the transparent picture; others have 8 bits.
            exposure: measured on the picture when None.
            progress: told the fraction done.
            is_wanted: asked every 100 ms or so.

        Returns:
            (height, width, 3) uint8, or (height, width, 4).

        Raises:
            Stopped: it was not wanted any more.
        """
        width, height = size_px
        if exposure is None:
            exposure = self.exposure(scene, size_px)
        sheets = scene.sheets()
        if self._renderer is None and (scene.surfaces or scene.planes or scene.crosshair) and probed().is_available:
            self._renderer = VolumeRenderer()
        if self._renderer is None:
            sheets += tuple(Sheet(sheet_corners_mm(cut.grid), plane_pixels(cut)) for cut in scene.planes)
        out = np.empty((height, width, 4 if is_transparent else 3), dtype if is_transparent else np.uint8)
        behind = gradient(scene.look.background, (1, height))
        tiles = list(_tiles(width, height))
        for n, tile in enumerate(tiles):
            progress(n / len(tiles), "")
            rgba, backdrop, is_backed = self._tile(
                scene, sheets, size_px, tile, samples, is_wanted, n, len(tiles), progress
            )
            x, y, w, h = tile.inner
            inside = (slice(y - tile.y, y - tile.y + h), slice(x - tile.x, x - tile.x + w))
            place = (slice(y, y + h), slice(x, x + w))
            back = np.repeat(behind[y : y + h], w, axis=1)
            back[is_backed[inside]] = backdrop[inside][is_backed[inside]]
            if not is_transparent:
                out[place] = over(rgba[inside], exposure, back)
                continue
            straight = transparent(rgba, exposure, dtype)[inside]  # colours bleed from beyond the seam
            solid = is_backed[inside]
            full = over(rgba[inside], exposure, back).astype(dtype) * (257 if dtype is np.uint16 else 1)
            straight[solid, :3], straight[solid, 3] = full[solid], np.iinfo(dtype).max
            out[place] = straight
        progress(1.0, "")
        return out

    def _tile(
        self, scene: StillScene, sheets: tuple[Sheet, ...], frame: tuple[int, int], tile: _Tile, samples: int,
        is_wanted: Callable[[], bool], number: int, count: int, progress: Progress,
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.bool_]]:  # fmt: skip
        """Clean light of a tile, what lies behind it, and where that is more than background."""
        rgb, depth = self._backdrop(scene, sheets, frame, tile)
        is_backed = np.isfinite(depth)
        traced = _traced(scene, (tile.width, tile.height), (tile.x, tile.y), frame)
        if is_backed.any():
            traced = replace(traced, backdrop_mm=depth)

        def told(done: int) -> None:
            progress((number + done / samples) / count, f"{done} of {samples}")

        picture = self._sampled(traced, samples, is_wanted, told)
        return cleaned(picture, self.denoiser, "high"), rgb, is_backed

    def _sampled(
        self, scene: TracedScene, samples: int, is_wanted: Callable[[], bool], told: Callable[[int], None] | None = None
    ) -> LinearPicture:
        self.tracer.show(scene)
        for done in range(samples):
            if self.tracer.sample(1, is_wanted) < 1:
                raise Stopped
            if told is not None:
                told(done + 1)
        return self.tracer.picture()

    def _backdrop(
        self, scene: StillScene, sheets: tuple[Sheet, ...], frame: tuple[int, int], tile: _Tile
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        corner = (tile.x, tile.y)
        size = (tile.width, tile.height)
        if self._renderer is None or not (scene.surfaces or scene.planes or scene.crosshair):
            turned = ruler_sheets(scene.rulers, scene.camera, walls=sheets)
            return drawn_sheets((*sheets, *turned), scene.camera, size, frame, corner)
        state = VolumeSceneState(
            scene.camera, scene.surfaces, scene.planes, scene.crosshair, sheets, rulers=scene.rulers
        )  # fmt: skip
        drawn = self._renderer.render(state, size, frame_px=frame, corner_px=corner)
        return drawn.rgb, drawn.depth_mm


@dataclass(frozen=True)
class _Tile:
    """A part of a picture with its margin; ``inner`` (x, y, width, height) is what is kept of it."""

    x: int
    y: int
    width: int
    height: int
    inner: tuple[int, int, int, int]


def _tiles(width: int, height: int) -> Iterator[_Tile]:
    if width <= TILE_PX + 2 * MARGIN_PX and height <= TILE_PX + 2 * MARGIN_PX:
        yield _Tile(0, 0, width, height, (0, 0, width, height))
        return
    for y in range(0, height, TILE_PX):
        for x in range(0, width, TILE_PX):
            w, h = min(TILE_PX, width - x), min(TILE_PX, height - y)
            left, top = max(0, x - MARGIN_PX), max(0, y - MARGIN_PX)
            right, bottom = min(width, x + w + MARGIN_PX), min(height, y + h + MARGIN_PX)
            yield _Tile(left, top, right - left, bottom - top, (x, y, w, h))


def _traced(scene: StillScene, size: tuple[int, int], corner: tuple[int, int], frame: tuple[int, int]) -> TracedScene:
    content = scene.content
    return TracedScene(
        content.field, content.classes, content.records, scene.look, scene.camera, size, frame, corner, seed=scene.seed
    )  # fmt: skip


def _tracer(renderer: Any | None) -> Tracer:
    if renderer is None:
        from render.cinematic.numba_tracer import NumbaTracer

        return NumbaTracer()
    from render.cinematic.glsl_tracer import GlslTracer

    return GlslTracer(renderer.window)


@contextmanager
def still_painter(backend: Backend, denoises: bool = True) -> Iterator[StillPainter]:
    """A painter that is closed at the end."""
    painter = StillPainter(backend, denoises)
    try:
        yield painter
    finally:
        painter.close()
