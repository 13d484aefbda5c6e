"""Pictures without a window: surfaces and slices as RGB arrays, for reports and the command line."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from imaging.segmentation import Segmentation
from render.slice_pictures import Picture, lettered, slice_picture
from render.surfaces import Surface, segment_surface, triangle_shares
from render.volume_camera import StandardView, fitted, letters_of
from render.volume_renderer import Quality, VolumeRenderer
from render.volume_scene import VolumeSceneState, scene_points_mm, shown_surfaces

__all__ = ["Picture", "segmentation_surfaces", "slice_picture", "surfaces_picture"]

PICTURE_TRIANGLES = 400_000
SUPERSAMPLING = 2


def segmentation_surfaces(
    segmentation: Segmentation, numbers: Iterable[int] | None = None, triangles: int = PICTURE_TRIANGLES
) -> dict[int, Surface]:
    """The surfaces of all segments, or of some; empty ones are left out."""
    chosen = [s.number for s in segmentation.segments] if numbers is None else list(numbers)
    shares = triangle_shares({n: segmentation.voxel_count(n) for n in chosen}, triangles)
    surfaces = {}
    for number in chosen:
        box = segmentation.bounding_box(number)
        if box is None:
            continue
        surface = segment_surface(segmentation.mask(number, box), segmentation.geometry, box, shares[number])
        if surface is not None:
            surfaces[number] = surface
    return surfaces


def surfaces_picture(
    segmentation: Segmentation,
    size_px: tuple[int, int] = (900, 900),
    camera: str = StandardView.ANTERIOR,
    hidden: frozenset[int] = frozenset(),
) -> Picture:
    """The segments' surfaces from a standard direction, drawn off screen at twice the size and averaged.

    Args:
        size_px: width and height.
        camera: anterior, posterior, left, right, superior or inferior.
        hidden: numbers of the segments to leave out.
    """
    numbers = [s.number for s in segmentation.segments if s.number not in hidden]
    shown = shown_surfaces(segmentation, segmentation_surfaces(segmentation, numbers), hidden)
    width, height = size_px
    aim = fitted(scene_points_mm(shown, segmentation.geometry), width / height, StandardView(camera))
    renderer = VolumeRenderer()
    try:
        large = (width * SUPERSAMPLING, height * SUPERSAMPLING)
        frame = renderer.render(VolumeSceneState(aim, shown), large, Quality.STILL)
    finally:
        renderer.close()
    return lettered(halved(frame.rgb), letters_of(aim))


def halved(picture: Picture) -> Picture:
    """The mean of each 2 x 2 pixels."""
    height, width = (n // SUPERSAMPLING for n in picture.shape[:2])
    blocks = picture.reshape(height, SUPERSAMPLING, width, SUPERSAMPLING, 3)
    return np.asarray(blocks.mean(axis=(1, 3)) + 0.5, np.uint8)
