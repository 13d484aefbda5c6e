"""A still by VTK's ray casting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.raycast.scene import RaycastScene
from render.still import StillScene
from render.volume_renderer import VolumeRenderer
from render.volume_scene import VolumeSceneState
from session.look.lighting import Background


def cast_still(
    scene: StillScene, size_px: tuple[int, int], *, is_transparent: bool = False
) -> tuple[NDArray[Any], str]:
    """A picture and the device that drew it.

    Coverage of a transparent picture is what a white and a black background do not agree about.

    Args:
        scene: what to show.
        size_px: width and height.
        is_transparent: straight alpha in place of the background.

    Returns:
        (height, width, 3 or 4) uint8.
    """
    renderer = VolumeRenderer()
    try:
        if not is_transparent:
            return _drawn(renderer, scene, size_px, scene.look.background), renderer.device
        white, black = (
            _drawn(renderer, scene, size_px, Background((c, c, c), (c, c, c))).astype(np.float32) for c in (1.0, 0.0)
        )
        alpha = (1 - (white - black).mean(axis=2, keepdims=True) / 255).clip(0, 1)
        color = np.where(alpha > 0, black / np.maximum(alpha, 1e-6), 0).clip(0, 255)
        return np.concatenate([color + 0.5, 255 * alpha + 0.5], axis=2).astype(np.uint8), renderer.device
    finally:
        renderer.close()


def _drawn(
    renderer: VolumeRenderer, scene: StillScene, size_px: tuple[int, int], background: Background
) -> NDArray[np.uint8]:
    content = scene.content
    cast = RaycastScene(content.field, content.classes, content.records, replace(scene.look, background=background))
    state = VolumeSceneState(scene.camera, scene.surfaces, sheets=scene.sheets(), raycast=cast)
    return renderer.render(state, size_px).rgb
