"""Slices with their segments as RGB arrays, without a window: for reports and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render.grey import grey_of
from render.label_overlay import LabelStyle, overlay_codes
from render.reslice import grey_pixels, label_pixels, outside_value
from render.screen_map import ScreenMap, screen_map
from render.slice_geometry import SliceGrid, slice_grid
from session.presentation import Plane, SliceCamera, Windowing

Picture = NDArray[np.uint8]  # (height, width, 3), first row at the top

LETTER_PX = 15
LETTER_COLOR = (242, 227, 166)
EDGE_PX = 8


def slice_picture(
    volume: Volume,
    segmentation: Segmentation | None,
    plane: Plane,
    position_mm: Iterable[float] | None = None,
    size_px: tuple[int, int] = (512, 512),
    windowing: Windowing | None = None,
    hidden: frozenset[int] = frozenset(),
    opacity: float = 0.45,
) -> Picture:
    """One slice as the slice views show it: radiological convention, segments filled and outlined, sides lettered.

    Args:
        volume: the image.
        segmentation: drawn over it, on the same grid; None for the image alone.
        plane: axial, coronal or sagittal.
        position_mm: an LPS point that the slice passes through; the middle of the image by default.
        size_px: width and height of the picture; the slice is fitted into it.
        windowing: level and width; by default from the image's values.
        hidden: numbers of the segments to leave out.
        opacity: of the segments' fill.
    """
    k, j, i = volume.geometry.shape
    middle = volume.geometry.to_world([(i - 1) / 2, (j - 1) / 2, (k - 1) / 2])
    camera = SliceCamera()
    grid = slice_grid(volume.geometry, plane, camera, middle if position_mm is None else list(position_mm))
    place = screen_map(grid, camera, *size_px)
    picture = _placed(_pixels(volume, grid, windowing or _window_of(volume)), place, size_px)
    if segmentation is not None:
        for style in _styles(segmentation, hidden, opacity):
            labels = label_pixels(segmentation.layers[style.layer], volume.geometry, grid)
            found = overlay_codes(style, labels, place, (0, 0, *size_px))
            if found is not None:
                codes, (left, top, width, height) = found
                covered = picture[top : top + height, left : left + width]
                covered[...] = _over(covered, np.take(style.argb, codes))
    return lettered(picture, grid.letters())


def lettered(picture: Picture, letters: tuple[str, str, str, str]) -> Picture:
    """A copy of a picture with the patient's sides at its left, right, top and bottom edge."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(LETTER_PX)
    width, height = image.size
    right, bottom = width - EDGE_PX, height - EDGE_PX
    places = (
        (EDGE_PX, height // 2, "lm"),
        (right, height // 2, "rm"),
        (width // 2, EDGE_PX, "mt"),
        (width // 2, bottom, "mb"),
    )
    for text, (x, y, anchor) in zip(letters, places, strict=True):
        draw.text((x, y), text, LETTER_COLOR, font, anchor, stroke_width=1, stroke_fill=(0, 0, 0))
    return np.array(image)


def _window_of(volume: Volume) -> Windowing:
    low, high = volume.window_range()
    return Windowing((low + high) / 2, max(high - low, 1e-3))


def _pixels(volume: Volume, grid: SliceGrid, windowing: Windowing) -> Picture:
    """The slice's own pixels in RGB."""
    outside = outside_value(volume.voxels.dtype, volume.is_inverted)
    values = grey_pixels(volume.voxels, volume.geometry, grid, outside=outside)
    if values.ndim == 3:
        return np.ascontiguousarray(values, np.uint8)
    grey = grey_of(np.ascontiguousarray(values), windowing, volume.is_inverted)
    return np.repeat(grey[..., None], 3, axis=2)


def _placed(pixels: Picture, place: ScreenMap, size_px: tuple[int, int]) -> Picture:
    """The slice scaled to its place on black ground, interpolated between pixels."""
    from PIL import Image

    width, height = size_px
    scaled = (1 / place.column_px, 0.0, -place.left / place.column_px, 0.0, 1 / place.row_px, -place.top / place.row_px)
    image = Image.fromarray(pixels)
    return np.array(image.transform((width, height), Image.Transform.AFFINE, scaled, Image.Resampling.BILINEAR))


def _styles(segmentation: Segmentation, hidden: frozenset[int], opacity: float) -> list[LabelStyle]:
    layers: dict[int, list[tuple[int, tuple[int, int, int]]]] = {}
    for segment in segmentation.segments:
        if segment.number not in hidden and segment.layer < len(segmentation.layers):
            layers.setdefault(segment.layer, []).append((segment.label_value, segment.color))
    return [LabelStyle(layer, tuple(colors), opacity, True) for layer, colors in sorted(layers.items())]


def _over(picture: Picture, argb: NDArray[Any]) -> Picture:
    """Premultiplied 0xAARRGGBB colours over a picture."""
    alpha = (argb >> 24).astype(np.float32)[..., None] / 255
    rgb = np.stack([(argb >> shift) & 0xFF for shift in (16, 8, 0)], axis=-1).astype(np.float32)
    return np.asarray(np.clip(rgb + picture * (1 - alpha) + 0.5, 0, 255), np.uint8)
