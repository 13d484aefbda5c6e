"""Stills by VTK's ray casting, and of surfaces alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.raycast.scene import RaycastScene
from render.sheets import Sheet
from render.still import Progress, StillScene, Stopped
from render.volume_renderer import VolumeRenderer
from render.volume_scene import VolumeSceneState
from session.look.lighting import Background
from session.look.transfer_function import Rgb

TILE_PX = 2048  # along one side: larger pictures are made of tiles
MARGIN_PX = 8  # around a tile, for the smoothing of edges
LARGEST_SURFACES_PX = 8192  # along one side, with supersampling: contact shadows would show the seams of tiles


class RaycastPainter:
    """Draws ray-cast stills. It belongs to the thread that made it."""

    def __init__(self) -> None:
        self._renderer = VolumeRenderer()

    @property
    def device(self) -> str:
        """What OpenGL calls itself; known after the first picture."""
        return self._renderer.device

    def close(self) -> None:
        """Let everything go."""
        self._renderer.close()

    def paint(
        self,
        scene: StillScene,
        size_px: tuple[int, int],
        *,
        is_transparent: bool = False,
        progress: Progress = lambda fraction, message: None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> NDArray[Any]:
        """One picture.

        Coverage of a transparent picture is what a white and a black background do not agree about.

        Args:
            scene: what to show.
            size_px: width and height.
            is_transparent: straight alpha in place of the background.
            progress: told the fraction done.
            is_wanted: asked before each tile.

        Returns:
            (height, width, 3 or 4) uint8.

        Raises:
            Stopped: it was not wanted any more.
        """
        width, height = size_px
        out = np.empty((height, width, 4 if is_transparent else 3), np.uint8)
        sheets = scene.sheets()
        tiles = list(_tiles(width, height))
        for n, (x, y, w, h) in enumerate(tiles):
            if not is_wanted():
                raise Stopped
            progress(n / len(tiles), "")
            part = (x, y, w, h)
            drawn = (
                self._clear(scene, sheets, size_px, part)
                if is_transparent
                else self._drawn(scene, sheets, size_px, part)
            )
            out[y : y + h, x : x + w] = drawn
        progress(1.0, "")
        return out

    def surfaces(self, state: VolumeSceneState, size_px: tuple[int, int], *, is_transparent: bool) -> NDArray[Any]:
        """Surfaces, slices and crosshair without a volume, at twice the size and averaged where that is possible.

        Args:
            state: what to show.
            size_px: width and height.
            is_transparent: straight alpha in place of the background.

        Returns:
            (height, width, 3 or 4) uint8.
        """
        width, height = size_px
        fine = 2 if 2 * max(size_px) <= LARGEST_SURFACES_PX else 1
        frame = self._renderer.render(state, (fine * width, fine * height))
        if not is_transparent:
            return _averaged(frame.rgb.astype(np.float32), fine)
        solid = np.isfinite(frame.depth_mm)[..., None].astype(np.float32)
        share = _mean(solid, fine)
        color = _mean(frame.rgb * solid, fine) / np.maximum(share, 1e-6)
        return np.concatenate([color + 0.5, 255 * share + 0.5], axis=2).clip(0, 255).astype(np.uint8)

    def _clear(
        self, scene: StillScene, sheets: tuple[Sheet, ...], frame: tuple[int, int], part: tuple[int, int, int, int]
    ) -> NDArray[np.uint8]:
        white, black = (self._drawn(scene, sheets, frame, part, (c, c, c)).astype(np.float32) for c in (1.0, 0.0))
        alpha = (1 - (white - black).mean(axis=2, keepdims=True) / 255).clip(0, 1)
        color = np.where(alpha > 0, black / np.maximum(alpha, 1e-6), 0).clip(0, 255)
        return np.concatenate([color + 0.5, 255 * alpha + 0.5], axis=2).astype(np.uint8)

    def _drawn(
        self,
        scene: StillScene,
        sheets: tuple[Sheet, ...],
        frame: tuple[int, int],
        part: tuple[int, int, int, int],
        ground: Rgb | None = None,
    ) -> NDArray[np.uint8]:
        """A part (x, y, width, height) of a picture, over one colour or over the look's background."""
        x, y, w, h = part
        left, top = max(0, x - MARGIN_PX), max(0, y - MARGIN_PX)
        right, bottom = min(frame[0], x + w + MARGIN_PX), min(frame[1], y + h + MARGIN_PX)
        whole = scene.look.background if ground is None else Background(ground, ground)
        behind = _strip(whole, top / frame[1], bottom / frame[1])
        content = scene.content
        cast = RaycastScene(content.field, content.classes, content.records, replace(scene.look, background=behind))
        state = VolumeSceneState(
            scene.camera, scene.surfaces, scene.planes, scene.crosshair, sheets, cast, scene.rulers
        )  # fmt: skip
        drawn = self._renderer.render(state, (right - left, bottom - top), frame_px=frame, corner_px=(left, top))
        return drawn.rgb[y - top : y - top + h, x - left : x - left + w]


def _tiles(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    for y in range(0, height, TILE_PX):
        for x in range(0, width, TILE_PX):
            yield x, y, min(TILE_PX, width - x), min(TILE_PX, height - y)


def _strip(whole: Background, top: float, bottom: float) -> Background:
    """The part of a gradient between two heights, 0 the upper edge and 1 the lower one."""
    ends = [tuple((1 - t) * a + t * b for a, b in zip(whole.top, whole.bottom, strict=True)) for t in (top, bottom)]
    (r0, g0, b0), (r1, g1, b1) = ends
    return Background((r0, g0, b0), (r1, g1, b1))


def _averaged(picture: NDArray[np.float32], fine: int) -> NDArray[np.uint8]:
    return (_mean(picture, fine) + 0.5).astype(np.uint8)


def _mean(picture: NDArray[np.float32], fine: int) -> NDArray[np.float32]:
    """The mean of each ``fine`` x ``fine`` pixels."""
    height, width = picture.shape[0] // fine, picture.shape[1] // fine
    blocks = picture.reshape(height, fine, width, fine, -1)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)
